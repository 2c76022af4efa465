package websocket

import (
	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/lambda/authorizer"
	"github.com/streamfront/streamfront/internal/template"
)

// An Authorizer is a function that says whether a client may connect.
type Authorizer struct {
	template.Place

	Type     template.Text
	Sources  []authorizer.Source // that have to be there
	Function *authorizer.Function

	Log *template.Log // what was found in it
}

func (r *reading) readAuthorizer(res *assembly.Resource, of *template.Reader) *Authorizer {
	a := &Authorizer{Place: template.Place{Resource: res}, Log: &template.Log{}}
	of.Into(a.Log)
	a.Type = of.Text("AuthorizerType", template.Required, template.OneOf("REQUEST"))
	of.Skip("Name", "IdentityValidationExpression", "AuthorizerPayloadFormatVersion", "EnableSimpleResponses")
	of.Number("AuthorizerResultTtlInSeconds", template.Between(0, authorizer.MaxTTL)) // of HTTP APIs
	a.Sources = authorizer.ParseSources(of.Texts("IdentitySource", template.Quiet).Items, nil, a.Log)
	a.Function = authorizer.Read(res, of, "AuthorizerCredentialsArn", r.functions, a.Log)
	return a
}
