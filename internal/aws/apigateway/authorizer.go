package apigateway

import (
	"regexp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/lambda/authorizer"
	"github.com/streamfront/streamfront/internal/template"
)

// An Authorizer lets requests through by their tokens, or as a Lambda function says.
type Authorizer struct {
	template.Place

	API      *API
	Type     template.Text
	Header   string   // that has the token
	Issuers  []string // that the token may be of
	Audience []string // of which it has one; nil: any

	// Of those that ask a function.
	Function   *authorizer.Function // nil: it asks none
	Sources    []authorizer.Source  // that have to be there
	Identified bool                 // the template names sources, known or not
	Validation *regexp.Regexp       // of the token; nil: any
	TTL        template.Number      // seconds
	Format     template.Text        // of the event of an HTTP API: 1.0 or 2.0
	Simple     template.Bool        // the answer is true or false

	Log *template.Log // what was found in it
}

// parameters are those of a request that say who calls.
func (a *Authorizer) parameters() []string {
	var all []string
	for _, s := range a.Sources {
		if p := s.Parameter(); p != "" {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		all = append(all, "method.request.header."+a.Header)
	}
	return all
}

// poolARN is the form of the ARN of a user pool.
var poolARN = regexp.MustCompile(`^arn:aws[a-z-]*:cognito-idp:([^:]+):\d*:userpool/(.+)$`)

// headerSource is a header in the words of REST APIs and of HTTP APIs.
var headerSource = regexp.MustCompile(`(?i)^(?:method\.request|\$request)\.header\.([A-Za-z0-9-]+)$`)

func (r *reading) readRESTAuthorizer(api *API, res *assembly.Resource, of *template.Reader) *Authorizer {
	a := &Authorizer{Place: template.Place{Resource: res}, API: api, Header: "Authorization", Log: &template.Log{}}
	of.Into(a.Log)
	a.Type = of.Text("Type", template.Required, template.OneOf("TOKEN", "REQUEST", "COGNITO_USER_POOLS"))
	of.Skip("Name", "AuthType")
	a.TTL = of.Number("AuthorizerResultTtlInSeconds", template.Default(defaultTTL), template.Between(0, authorizer.MaxTTL))
	switch {
	case a.Type.Is("COGNITO_USER_POOLS"):
		of.Skip("AuthorizerUri", "AuthorizerCredentials")
		a.readPools(of)
	case a.Type.Known():
		of.Skip("ProviderARNs")
		a.Function = authorizer.Read(res, of, "AuthorizerCredentials", r.functions, a.Log)
		a.readIdentity(of)
	default:
		of.SkipAll()
	}
	return a
}

// readIdentity reads what identifies a caller to an authorizer of a REST API that asks a
// function.
//
// Source: Amazon API Gateway API Reference, "Authorizer". Documented; that the whole token has
// to match, too (AWS Knowledge Center).
func (a *Authorizer) readIdentity(of *template.Reader) {
	options := []template.Option{template.Quiet}
	if a.Type.Is("TOKEN") {
		options = append(options, template.Required)
	}
	source := of.Text("IdentitySource", options...)
	a.setSources([]template.Text{source}, restContext)
	validation := of.Text("IdentityValidationExpression", template.Quiet)
	if !a.Type.Is("TOKEN") {
		return // it does not apply to the others
	}
	if source.Given && source.Known() && !headerSource.MatchString(source.V) {
		a.Log.Unmodelled(source.Place, "is %s: a TOKEN authorizer takes one header, such as method.request.header.Authorization", source.V)
	}
	if validation.V == "" {
		return
	}
	var err error
	if a.Validation, err = regexp.Compile("^(?:" + validation.V + ")$"); err != nil {
		a.Log.Unmodelled(validation.Place, "is %q, which the local chain does not read: %v", validation.V, err)
	}
}

// readPools reads the user pools whose tokens count.
func (a *Authorizer) readPools(of *template.Reader) {
	pools := of.Texts("ProviderARNs", template.Quiet)
	source := of.Text("IdentitySource", template.Quiet)
	if of.Has("IdentityValidationExpression") {
		of.Unmodelled("IdentityValidationExpression", "is not modelled by the local chain")
	}
	a.setHeader(source, []template.Text{source})
	for _, pool := range pools.Items {
		found := poolARN.FindStringSubmatch(pool.V)
		if found == nil {
			if pool.Known() {
				a.Log.Unmodelled(pool.Place, "is %s, which is not the ARN of a user pool", pool.V)
			}
			continue
		}
		a.Issuers = append(a.Issuers, "https://cognito-idp."+found[1]+".amazonaws.com/"+found[2])
	}
	if len(a.Issuers) == 0 && pools.Known() {
		a.Log.Unmodelled(pools.Place, "has no user pool")
	}
}

func (r *reading) readHTTPAuthorizer(api *API, res *assembly.Resource, of *template.Reader) *Authorizer {
	a := &Authorizer{Place: template.Place{Resource: res}, API: api, Header: "Authorization", Log: &template.Log{}}
	of.Into(a.Log)
	a.Type = of.Text("AuthorizerType", template.Required, template.OneOf("REQUEST", "JWT"))
	of.Skip("Name")
	sources := of.Texts("IdentitySource", template.Quiet)
	switch {
	case a.Type.Is("JWT"):
		of.Skip("AuthorizerResultTtlInSeconds", "AuthorizerPayloadFormatVersion", "EnableSimpleResponses")
		a.setHeader(template.Text{Place: sources.Place, Given: sources.Given, Why: sources.Why}, sources.Items)
		configuration := of.Object("JwtConfiguration", template.Required)
		issuer := configuration.Text("Issuer", template.Required, template.Quiet)
		audience := configuration.Texts("Audience", template.Quiet)
		if issuer.V != "" {
			a.Issuers = []string{strings.TrimSuffix(issuer.V, "/")}
		}
		a.Audience = append([]string{}, audience.Strings()...)
	case a.Type.Known():
		of.Skip("JwtConfiguration", "IdentityValidationExpression") // the latter is not used
		a.Function = authorizer.Read(res, of, "AuthorizerCredentialsArn", r.functions, a.Log)
		a.setSources(sources.Items, httpContext)
		a.TTL = of.Number("AuthorizerResultTtlInSeconds", template.Default(0), template.Between(0, authorizer.MaxTTL))
		a.Format = of.Text("AuthorizerPayloadFormatVersion", template.Required, template.OneOf("1.0", "2.0"))
		if a.Simple = of.Bool("EnableSimpleResponses"); a.Simple.Is(true) && a.Format.Is("1.0") {
			a.Log.Unmodelled(a.Simple.Place, "is true with the payload format 1.0, which has no simple responses")
		}
	default:
		of.SkipAll()
	}
	return a
}

// setSources finds what identifies a caller.
func (a *Authorizer) setSources(texts []template.Text, context []string) {
	a.Sources = authorizer.ParseSources(texts, context, a.Log)
	a.Identified = slices.ContainsFunc(texts, func(t template.Text) bool { return t.V != "" || !t.Known() })
	for _, s := range a.Sources {
		if header := s.Header(); header != "" {
			a.Header = header
			return
		}
	}
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
