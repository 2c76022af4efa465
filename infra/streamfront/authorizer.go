package streamfront

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscognito"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/functions/authorizer"
	"github.com/streamfront/streamfront/infra/internal/problems"
)

// Authorizer says which bearer tokens a route accepts. A Lambda@Edge function verifies them at
// origin-request, before the function is invoked and billed. On routes with PayloadHash_EDGE it
// replaces the signer. NewJwtAuthorizer, NewUserPoolAuthorizer and NewNoneAuthorizer make an
// Authorizer.
//
// A request without a valid token is answered at the edge: with 401, or 403 if the token lacks a
// scope, and with WWW-Authenticate as in RFC 6750. OPTIONS passes, because preflights carry no token.
// The function gets the viewer's Authorization unchanged, and the claims of the token, which
// streamhttp.Claims returns.
type Authorizer interface {
	// headers returns the configuration of a route as custom headers of its origin, because
	// Lambda@Edge has no environment variables. It is nil if the route is open.
	headers(found *problems.List, scopes []string) map[string]*string
}

// JwtAuthorizerProps are the properties of NewJwtAuthorizer.
type JwtAuthorizerProps struct {
	// JwtAudience are the accepted values of the claim aud. If a token has no aud, like access tokens
	// of Amazon Cognito, its client_id must be one of them.
	// Required.
	JwtAudience *[]*string
	// JwksUri is the https URL of the issuer's keys.
	// Default: - the URL in the issuer's discovery document, /.well-known/openid-configuration.
	JwksUri *string
	// Jwks are the issuer's public keys as a JSON Web Key Set of at most 1,783 characters. With them
	// the edge fetches no keys. When the issuer changes a key you must deploy again.
	// Default: - the keys are fetched with the first token, and again after 15 minutes or for an unknown key.
	Jwks *string
	// ServeResourceMetadata lets the edge serve /.well-known/oauth-protected-resource followed by the
	// path of the resource (RFC 9728), and name that URL when it refuses a request, so that MCP
	// clients and other agents find the issuer by themselves. If a route has another authorizer than
	// the default route, this adds a cache behavior.
	// Default: false.
	ServeResourceMetadata *bool
	// AllowedOrigins are the origins of pages that may read a refusal, such as
	// https://app.example.com, or "*". The function sets the CORS headers of all other answers.
	// Default: - none; a browser reports a refusal to pages of other origins as a network error.
	AllowedOrigins *[]*string
}

// UserPoolAuthorizerProps are the properties of NewUserPoolAuthorizer.
type UserPoolAuthorizerProps struct {
	// UserPoolClients are the app clients of the pool whose tokens are accepted.
	// Required.
	UserPoolClients *[]awscognito.IUserPoolClient
	// TokenUse is the kind of tokens that are accepted: "access", which carry scopes, or "id".
	// Default: "access".
	TokenUse *string
	// ServeResourceMetadata is the same as in JwtAuthorizerProps.
	// Default: false.
	ServeResourceMetadata *bool
	// AllowedOrigins is the same as in JwtAuthorizerProps.
	// Default: - none.
	AllowedOrigins *[]*string
}

// NewJwtAuthorizer returns an Authorizer that accepts the tokens of an OpenID Connect issuer. The
// issuer is the https URL in the claim iss. It may be a CDK token of this stack or another. The
// function panics with all values that the edge cannot use.
//
// The edge accepts RS256, RS384, RS512, ES256, ES384, ES512 and EdDSA, and verifies exp and nbf with a
// leeway of 60 seconds. If the issuer's keys cannot be fetched, it answers 503.
func NewJwtAuthorizer(issuer *string, props *JwtAuthorizerProps) Authorizer {
	var p JwtAuthorizerProps
	if props != nil {
		p = *props
	}
	const what = "NewJwtAuthorizer"
	var found problems.List
	if issuer == nil || *issuer == "" {
		found.Add("the issuer of %s is required; pass the https URL that its tokens have in the claim iss", what)
	} else {
		requireHTTPS(&found, "the issuer of "+what, *issuer)
	}
	a := &jwtAuthorizer{issuer: issuer, audience: words(&found, what, "JwtAudience", p.JwtAudience)}
	if length(p.JwtAudience) == 0 {
		found.Add("JwtAuthorizerProps.JwtAudience is required; pass the audience of your API: without it, tokens for any other application of the issuer would be accepted")
	}
	if p.JwksUri != nil {
		requireHTTPS(&found, "JwtAuthorizerProps.JwksUri", *p.JwksUri)
		a.jwksURI = p.JwksUri
	}
	if p.Jwks != nil {
		a.jwks = jsii.String(compactKeys(&found, *p.Jwks))
	}
	a.answers(&found, p.ServeResourceMetadata, p.AllowedOrigins)
	found.Report()
	return a
}

// NewUserPoolAuthorizer returns an Authorizer that accepts the tokens of app clients of an Amazon
// Cognito user pool. It panics if there is no client.
func NewUserPoolAuthorizer(pool awscognito.IUserPool, props *UserPoolAuthorizerProps) Authorizer {
	var p UserPoolAuthorizerProps
	if props != nil {
		p = *props
	}
	var found problems.List
	if pool == nil {
		found.Add("the user pool of NewUserPoolAuthorizer is required; pass the pool that gives the tokens")
	}
	if length(p.UserPoolClients) == 0 {
		found.Add("UserPoolAuthorizerProps.UserPoolClients is required; pass the clients of the pool whose tokens are accepted")
	}
	if p.UserPoolClients != nil {
		for i, client := range *p.UserPoolClients {
			if client == nil {
				found.Add("UserPoolAuthorizerProps.UserPoolClients has nil at index %d; remove it", i)
			}
		}
	}
	if p.TokenUse != nil && *p.TokenUse != "access" && *p.TokenUse != "id" {
		found.Add(`UserPoolAuthorizerProps.TokenUse is %q; use "access" or "id"`, *p.TokenUse)
	}
	found.Report() // what follows asks the pool and its clients
	a := &jwtAuthorizer{issuer: jsii.Sprintf("https://%s", *pool.UserPoolProviderName()), tokenUse: "access"}
	for _, client := range *p.UserPoolClients {
		a.audience = append(a.audience, *client.UserPoolClientId())
	}
	if p.TokenUse != nil {
		a.tokenUse = *p.TokenUse
	}
	// The URL of Cognito's keys is known, which saves the discovery.
	a.jwksURI = jsii.Sprintf("%s/.well-known/jwks.json", *a.issuer)
	a.answers(&found, p.ServeResourceMetadata, p.AllowedOrigins)
	found.Report()
	return a
}

// NewNoneAuthorizer returns an Authorizer that leaves a route open on an endpoint with an authorizer.
func NewNoneAuthorizer() Authorizer { return noneAuthorizer{} }

type noneAuthorizer struct{}

func (noneAuthorizer) headers(*problems.List, []string) map[string]*string { return nil }

type jwtAuthorizer struct {
	issuer   *string
	audience []string
	tokenUse string // "": any
	jwksURI  *string
	jwks     *string
	metadata bool
	origins  []string
}

func (a *jwtAuthorizer) answers(found *problems.List, metadata *bool, origins *[]*string) {
	a.metadata = metadata != nil && *metadata
	a.origins = words(found, "an authorizer", "AllowedOrigins", origins)
	for _, origin := range a.origins {
		if origin != "*" && !isOrigin(origin) {
			found.Add("AllowedOrigins of an authorizer has %q, which is not an origin; write it as a browser does, such as https://app.example.com, or \"*\"", origin)
		}
	}
}

// isOrigin reports whether a value is an origin as a browser writes it, or not known yet.
func isOrigin(origin string) bool {
	u, err := url.Parse(origin)
	return isToken(origin) || err == nil && u.Host != "" && u.Scheme+"://"+u.Host == origin
}

func (a *jwtAuthorizer) headers(found *problems.List, scopes []string) map[string]*string {
	headers := map[string]*string{}
	set := func(name, value string) {
		if value != "" {
			headers["x-streamfront-jwt-"+name] = &value
		}
	}
	set("issuer", *a.issuer)
	set("audience", strings.Join(a.audience, " "))
	set("scopes", strings.Join(scopes, " "))
	set("token-use", a.tokenUse)
	set("origins", strings.Join(a.origins, " "))
	if a.jwksURI != nil {
		set("jwks-uri", *a.jwksURI)
	}
	if a.jwks != nil {
		set("jwks", *a.jwks)
	}
	if a.metadata {
		set("resource-metadata", "edge")
	}
	for name, value := range headers {
		requireHeaderValue(found, name, *value)
	}
	return headers
}

// maxHeaderValue is CloudFront's limit for the length of a custom header's value (documented).
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
const maxHeaderValue = 1783

func requireHeaderValue(found *problems.List, name, value string) {
	if n := len(value); n > maxHeaderValue && !isToken(value) {
		found.Add("the authorizer's %s has %d characters, but it travels to the edge in a header of %d at most; shorten it", strings.TrimPrefix(name, "x-streamfront-jwt-"), n, maxHeaderValue)
	}
}

func requireHTTPS(found *problems.List, what, address string) {
	u, err := url.Parse(address)
	if !isToken(address) && (err != nil || u.Scheme != "https" || u.Host == "") {
		found.Add("%s is %q, which is not an https URL; use https, because anybody can forge keys that come over plain HTTP", what, address)
	}
}

// words returns the values of a list that is sent with spaces between them.
func words(found *problems.List, what, field string, list *[]*string) []string {
	if list == nil {
		return nil
	}
	var out []string
	for _, word := range *list {
		if word == nil || *word == "" || !isToken(*word) && strings.ContainsFunc(*word, func(r rune) bool { return r <= ' ' || r > '~' }) {
			found.Add("%s of %s has %q; use printable ASCII characters without spaces", field, what, value(word))
			continue
		}
		out = append(out, *word)
	}
	return out
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// compactKeys returns a key set without white space.
func compactKeys(found *problems.List, jwks string) string {
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal([]byte(jwks), &set); err != nil || len(set.Keys) == 0 {
		found.Add("JwtAuthorizerProps.Jwks is not a JSON Web Key Set (%v); pass what the issuer's jwks_uri answers: {\"keys\": [...]}", err)
	}
	for _, key := range set.Keys {
		if key["d"] != nil || key["k"] != nil {
			found.Add("JwtAuthorizerProps.Jwks has a private or symmetric key, which the template would reveal; pass only the public keys")
		}
	}
	text, err := json.Marshal(set)
	if err != nil {
		found.Add("JwtAuthorizerProps.Jwks: %v", err)
	}
	return string(text)
}

// authorize applies the endpoint's authorizer, and finds options that would let requests bypass it.
func (r *route) authorize(endpoints Authorizer) {
	if r.Authorizer == nil {
		r.Authorizer = endpoints
	}
	scopes := words(r.found, r.name(), "AuthorizationScopes", r.AuthorizationScopes)
	for _, scope := range scopes {
		if strings.ContainsAny(scope, `"\`) { // they stand in a quoted string of WWW-Authenticate
			r.found.Add("%s has %q; remove quotation marks and backslashes, which a scope cannot have (RFC 6749, 3.3)", r.option("AuthorizationScopes"), scope)
		}
	}
	if r.Authorizer != nil {
		r.authorization = r.Authorizer.headers(r.found, scopes)
	}
	if !r.authorized() {
		if len(scopes) > 0 {
			r.found.Add("%s is set, but the route has no authorizer that checks them; set EndpointProps.Authorizer or RouteOptions.Authorizer", r.option("AuthorizationScopes"))
		}
		return
	}
	if r.key.caches {
		r.found.Add("%s has an authorizer and caching, but tokens are verified at origin-request, which a response from the cache never reaches: a later caller would get it without a token; leave the cache policy out, or set RouteOptions.Authorizer to NewNoneAuthorizer() for responses that all may see", r.name())
	}
	if r.behavior.EdgeLambdas == nil {
		return
	}
	for _, l := range *r.behavior.EdgeLambdas {
		if l.EventType == awscloudfront.LambdaEdgeEventType_ORIGIN_REQUEST {
			r.found.Add("%s has an origin-request function, but CloudFront runs only one, which is the authorizer; do its work in the function, or verify tokens in your function and leave the authorizer out", r.base("EdgeLambdas"))
		}
	}
}

// metadataPath is the path at which clients look for the issuer of a resource. The resource's path
// follows it (RFC 9728, 3.1).
const metadataPath = "/.well-known/oauth-protected-resource"

// metadataPattern returns the path pattern for the metadata of a route, which the route's own pattern
// does not match. It is "" if there is no metadata, or if the default route serves the same.
func (e *endpoint) metadataPattern(r *route) string {
	if r.authorization["x-streamfront-jwt-resource-metadata"] == nil || authorizationOf(r.authorization) == e.defaultAuthorization {
		return ""
	}
	pattern := metadataPath + "/" + normalPattern(r.pattern)
	for _, earlier := range e.patterns {
		if covers(earlier, pattern) {
			r.found.Add("the resource metadata of %s would never be served, since the path pattern %q comes first and matches %s; add the route before it, or leave ServeResourceMetadata out and let the function behind it answer", r.name(), earlier, pattern)
		}
	}
	return pattern
}

func (r *route) authorized() bool { return r.authorization != nil }

// authorizerLambda returns the association of the edge function that verifies tokens, and does the
// signer's work if the edge hashes bodies. All routes of one kind share a function.
func (e *endpoint) authorizerLambda(r *route) *awscloudfront.EdgeLambda {
	kind := &e.checkingAuthorizer
	name, source, description := "Authorizer", authorizer.Checking, "streamfront: verifies bearer tokens"
	if r.PayloadHash == PayloadHash_EDGE {
		kind = &e.signingAuthorizer
		name, source, description = "SigningAuthorizer", authorizer.Signing, "streamfront: verifies bearer tokens and hashes request bodies for OAC"
	}
	if *kind == nil {
		// The function may have to discover and fetch the issuer's keys, which takes 6 s at most.
		*kind = newEdgeFunction(e, name, source, description, jsii.Number(128), 10)
	}
	return &awscloudfront.EdgeLambda{
		EventType:       awscloudfront.LambdaEdgeEventType_ORIGIN_REQUEST,
		FunctionVersion: (*kind).CurrentVersion(),
		IncludeBody:     jsii.Bool(r.PayloadHash == PayloadHash_EDGE),
	}
}

// authorizationOf names a configuration. Routes to one function with the same configuration share an
// origin.
func authorizationOf(headers map[string]*string) string {
	var out []string
	for name, value := range headers {
		out = append(out, name+"="+*value)
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}
