package websocket

import (
	"regexp"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

// An Authorizer is a function that says whether a client may connect.
type Authorizer struct {
	template.Place

	ID          string
	Type        template.Text
	Sources     []source // that have to be there
	Credentials template.Text
	ARN         string // of the function
	Function    *lambda.Definition

	Log *template.Log // what was found in it
}

// A source is where an identity stands in a request.
type source struct{ header, query string }

// sourceForm is a header or a parameter of the query, as WebSocket APIs name them.
var sourceForm = regexp.MustCompile(`^route\.request\.(header|querystring)\.(.+)$`)

func (r *reading) readAuthorizer(id string, res *assembly.Resource, of *template.Reader) *Authorizer {
	a := &Authorizer{Place: template.Place{Resource: res}, ID: id, Log: &template.Log{}}
	of.Into(a.Log)
	a.Type = of.Text("AuthorizerType", template.Required, template.OneOf("REQUEST"))
	of.Skip("Name", "IdentityValidationExpression", "AuthorizerPayloadFormatVersion", "EnableSimpleResponses")
	of.Number("AuthorizerResultTtlInSeconds", template.Between(0, maxCached)) // of HTTP APIs
	for _, s := range of.Texts("IdentitySource", template.Quiet).Items {
		if !s.Known() || s.V == "" {
			continue
		}
		for one := range strings.SplitSeq(s.V, ",") {
			switch found := sourceForm.FindStringSubmatch(strings.TrimSpace(one)); {
			case found == nil:
				a.Log.Unmodelled(s.Place, "is %s: the local chain models headers and parameters of the query", one)
			case found[1] == "header":
				a.Sources = append(a.Sources, source{header: found[2]})
			default:
				a.Sources = append(a.Sources, source{query: found[2]})
			}
		}
	}
	a.Credentials = of.Text("AuthorizerCredentialsArn", template.Quiet)
	if uri := of.Text("AuthorizerUri", template.Required); uri.Known() && uri.V != "" {
		a.ARN, a.Function = r.function(uri, a.Log)
	}
	return a
}
