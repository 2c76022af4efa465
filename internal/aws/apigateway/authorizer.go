package apigateway

import (
	"regexp"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
)

// An Authorizer lets requests through by their tokens. Those that ask a Lambda function are not
// modelled: what they protect is answered 501.
type Authorizer struct {
	template.Place

	Type     template.Text
	Header   string   // that has the token
	Issuers  []string // that the token may be of
	Audience []string // of which it has one; nil: any

	Log *template.Log // what was found in it
}

// poolARN is the form of the ARN of a user pool.
var poolARN = regexp.MustCompile(`^arn:aws[a-z-]*:cognito-idp:([^:]+):\d*:userpool/(.+)$`)

// headerSource is a header in the words of REST APIs and of HTTP APIs.
var headerSource = regexp.MustCompile(`(?i)^(?:method\.request|\$request)\.header\.([A-Za-z0-9-]+)$`)

func readRESTAuthorizer(res *assembly.Resource, of *template.Reader) *Authorizer {
	a := &Authorizer{Place: template.Place{Resource: res}, Header: "Authorization", Log: &template.Log{}}
	of.Into(a.Log)
	a.Type = of.Text("Type", template.Required, template.OneOf("TOKEN", "REQUEST", "COGNITO_USER_POOLS"))
	of.Skip("Name", "AuthType", "AuthorizerResultTtlInSeconds", "IdentityValidationExpression")
	pools := of.Texts("ProviderARNs", template.Quiet)
	source := of.Text("IdentitySource", template.Quiet)
	if !a.Type.Is("COGNITO_USER_POOLS") {
		of.SkipAll()
		a.Log.Unmodelled(a.Type.Place, "is %s: the local chain models COGNITO_USER_POOLS, and does not let through what it cannot look at", a.Type.V)
		return a
	}
	if of.Has("IdentityValidationExpression") {
		of.Unmodelled("IdentityValidationExpression", "is not modelled by the local chain")
	}
	a.setHeader(source, []template.Text{source})
	for _, pool := range pools.Items {
		found := poolARN.FindStringSubmatch(pool.V)
		if found == nil {
			if pool.Known() {
				a.Log.Unmodelled(pool.Place, "is %s, which is no ARN of a user pool", pool.V)
			}
			continue
		}
		a.Issuers = append(a.Issuers, "https://cognito-idp."+found[1]+".amazonaws.com/"+found[2])
	}
	if len(a.Issuers) == 0 && pools.Known() {
		a.Log.Unmodelled(pools.Place, "has no user pool")
	}
	return a
}

func readHTTPAuthorizer(res *assembly.Resource, of *template.Reader) *Authorizer {
	a := &Authorizer{Place: template.Place{Resource: res}, Header: "Authorization", Log: &template.Log{}}
	of.Into(a.Log)
	a.Type = of.Text("AuthorizerType", template.Required, template.OneOf("REQUEST", "JWT"))
	of.Skip("Name", "AuthorizerResultTtlInSeconds", "AuthorizerPayloadFormatVersion", "EnableSimpleResponses")
	if !a.Type.Is("JWT") {
		of.SkipAll()
		a.Log.Unmodelled(a.Type.Place, "is %s: the local chain models JWT, and does not let through what it cannot look at", a.Type.V)
		return a
	}
	sources := of.Texts("IdentitySource", template.Quiet)
	a.setHeader(template.Text{Place: sources.Place, Given: sources.Given, Why: sources.Why}, sources.Items)
	configuration := of.Object("JwtConfiguration", template.Required)
	issuer := configuration.Text("Issuer", template.Required, template.Quiet)
	audience := configuration.Texts("Audience", template.Quiet)
	if issuer.V != "" {
		a.Issuers = []string{strings.TrimSuffix(issuer.V, "/")}
	}
	a.Audience = append([]string{}, audience.Strings()...)
	return a
}

// setHeader finds the header with the token. A token elsewhere is not modelled.
func (a *Authorizer) setHeader(at template.Text, sources []template.Text) {
	for _, source := range sources {
		if !source.Given || !source.Known() {
			continue
		}
		found := headerSource.FindStringSubmatch(source.V)
		if found == nil || len(sources) > 1 {
			a.Log.Unmodelled(at.Place, "is %s: the local chain models one header", source.V)
			continue
		}
		a.Header = found[1]
	}
}
