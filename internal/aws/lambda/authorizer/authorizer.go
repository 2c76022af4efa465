// Package authorizer asks Lambda authorizers of Amazon API Gateway, the same for its REST, HTTP
// and WebSocket APIs: whether the API may invoke the function, what identifies a caller, what
// the function's answer decides, and for how long.
//
// The APIs' own packages (apigateway, websocket) read the rest of their templates, make the
// events, and say it to callers in their own words. It imports lambda, and none of them.
package authorizer

import (
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

// Service is the principal that API Gateway invokes functions as.
const Service = "apigateway.amazonaws.com"

// MaxTTL is for how many seconds an answer may be kept.
//
// Source: Amazon API Gateway API Reference, "Authorizer". Documented.
const MaxTTL = 3600

// Limits of answers.
//
// Sources: Amazon API Gateway Developer Guide, "Quotas for configuring and running an HTTP API"
// (the time) and those of REST and WebSocket APIs (the size; assumed for HTTP APIs). That the
// other APIs wait as long as for an integration is assumed.
const (
	HTTPTimeout = 10 * time.Second
	Timeout     = 29 * time.Second
	maxAnswer   = 8 << 10
)

// A Function is the function of an authorizer, as a template has it.
type Function struct {
	template.Place

	ID          string        // of the authorizer
	Credentials template.Text // of the role that invokes, in place of a permission
	ARN         string        // of the function, with the alias if it names one
	Definition  *lambda.Definition
}

// Read reads the properties of an authorizer that say what it invokes.
func Read(res *assembly.Resource, of *template.Reader, credentials string, functions *lambda.Definitions, log *template.Log) *Function {
	f := &Function{Place: template.Place{Resource: res}}
	f.ID, _ = res.Attribute("")
	f.Credentials = of.Text(credentials, template.Quiet)
	uri := of.Text("AuthorizerUri", template.Required)
	if !uri.Known() || uri.V == "" {
		return f
	}
	arn, streaming := lambda.ParseURI(uri.V)
	if arn == "" || streaming {
		log.Unmodelled(uri.Place, "is %s: the local chain models Lambda functions", uri.V)
		return f
	}
	f.ARN, f.Definition = arn, functions.Invoked(arn, uri.Place, log)
	return f
}

// Permitted reports whether a permission lets an API invoke the function, or a role does, whose
// policies are taken to fit. The API is named by its ARN, as for execute-api.
//
// Source: Amazon API Gateway Developer Guide, "Control access to HTTP APIs with AWS Lambda
// authorizers". Documented.
func (f *Function) Permitted(permissions []*lambda.Permission, api string) bool {
	return f.Credentials.Given || f.Definition == nil ||
		lambda.Permits(permissions, f.ARN, f.Definition.Account, api+"/authorizers/"+f.ID)
}

// JudgeGrant finds an authorizer that its API may not invoke.
func (f *Function) JudgeGrant(permissions []*lambda.Permission, api string, r *template.Report) {
	if !f.Permitted(permissions, api) {
		r.Error(f.Place, "invokes %s, and no AWS::Lambda::Permission lets %s do so for this authorizer: every request fails with 500", f.Definition.Name, Service)
	}
}
