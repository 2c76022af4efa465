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
// origin-request, where the signer runs already: before the function is invoked, and billed.
// NewJwtAuthorizer, NewUserPoolAuthorizer and NewNoneAuthorizer make one.
//
// A request without a good token is answered at the edge: 401, or 403 if it lacks a scope, with
// WWW-Authenticate as RFC 6750 has it. OPTIONS passes, since preflights carry no token. The
// function gets Authorization as the viewer sent it, and the claims of the token, which
// streamhttp.Claims returns.
type Authorizer interface {
	// headers returns the configuration of a route as custom headers of its origin, which is
	// where Lambda@Edge, which has no environment, finds it. Nil: the route is open.
	headers(found *problems.List, scopes []string) map[string]*string
}

// JwtAuthorizerProps are the properties of NewJwtAuthorizer.
type JwtAuthorizerProps struct {
	// JwtAudience are the accepted values of the claim aud. A token without aud, such as an
	// access token of Amazon Cognito, needs one of them in client_id.
	// Required.
	JwtAudience *[]*string
	// JwksUri is the https address of the issuer's keys.
	// Default: - what the issuer's discovery document, /.well-known/openid-configuration, says.
	JwksUri *string
	// Jwks are the issuer's public keys as a JSON Web Key Set, at most 1,783 characters, in
	// the place of fetching them. They last as long as the deployment: a key that the issuer
	// changes needs another one.
	// Default: - the keys are fetched when the first token comes, and again after 15 minutes or for an unknown key.
	Jwks *string
	// ServeResourceMetadata has the edge serve /.well-known/oauth-protected-resource (RFC 9728),
	// followed by the path of the resource, and name it in the answers to requests without a
	// good token, so that MCP clients and other agents find the issuer by themselves. A route
	// with another authorizer than the default one has one more cache behavior for it.
	// Default: false.
	ServeResourceMetadata *bool
	// AllowedOrigins are the origins of pages, such as https://app.example.com, that may read
	// a refusal, or "*". The CORS headers of all other answers are the function's own.
	// Default: - none; to the page of another origin a refusal looks like a network error.
	AllowedOrigins *[]*string
}

// UserPoolAuthorizerProps are the properties of NewUserPoolAuthorizer.
type UserPoolAuthorizerProps struct {
	// UserPoolClients are the clients of the pool whose tokens are accepted.
	// Required.
	UserPoolClients *[]awscognito.IUserPoolClient
	// TokenUse is which tokens of the pool are accepted: "access", which carry scopes, or "id".
	// Default: "access".
	TokenUse *string
	// ServeResourceMetadata is that of JwtAuthorizerProps.
	// Default: false.
	ServeResourceMetadata *bool
	// AllowedOrigins is that of JwtAuthorizerProps.
	// Default: - none.
	AllowedOrigins *[]*string
}

// NewJwtAuthorizer accepts the tokens of an OpenID Connect issuer. The issuer is the https URL
// of the claim iss; it may be a token of CDK, of this stack or another. Panics with every
// value that the edge could not use.
//
// The algorithms RS256, RS384, RS512, ES256, ES384, ES512 and EdDSA are accepted; exp and nbf
// with a leeway of 60 seconds. An issuer whose keys cannot be fetched makes requests fail with
// 503.
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
		found.Add("JwtAuthorizerProps.JwtAudience is required; pass the audience of your API: without it a token for any other application of the issuer would do")
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

// NewUserPoolAuthorizer accepts the tokens of clients of an Amazon Cognito user pool. Panics if
// there is no client.
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
	found.Report() // what follows asks the pool and its clients
	a := &jwtAuthorizer{issuer: jsii.Sprintf("https://%s", *pool.UserPoolProviderName()), tokenUse: "access"}
	for _, client := range *p.UserPoolClients {
		a.audience = append(a.audience, *client.UserPoolClientId())
	}
	if p.TokenUse != nil {
		a.tokenUse = *p.TokenUse
		if a.tokenUse != "access" && a.tokenUse != "id" {
			found.Add(`UserPoolAuthorizerProps.TokenUse is %q; use "access" or "id"`, a.tokenUse)
		}
	}
	// Cognito's keys are where every pool has them: one fetch less.
	a.jwksURI = jsii.Sprintf("%s/.well-known/jwks.json", *a.issuer)
	a.answers(&found, p.ServeResourceMetadata, p.AllowedOrigins)
	found.Report()
	return a
}

// NewNoneAuthorizer leaves a route open on an endpoint that has an authorizer.
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

// maxHeaderValue is the length of an origin custom header's value that CloudFront takes
// (documented).
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
		found.Add("%s is %q, which is not an https URL; keys that come over plain HTTP can be anybody's", what, address)
	}
}

// words returns a list whose values are sent with spaces between them.
func words(found *problems.List, what, field string, list *[]*string) []string {
	if list == nil {
		return nil
	}
	var out []string
	for _, word := range *list {
		if word == nil || *word == "" || !isToken(*word) && strings.ContainsFunc(*word, func(r rune) bool { return r <= ' ' || r > '~' }) {
			found.Add("%s of %s has %q; values have printable ASCII characters, without spaces", field, what, value(word))
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
			found.Add("JwtAuthorizerProps.Jwks has a private or symmetric key, which would be in the template for all to read; pass the public keys only")
		}
	}
	text, err := json.Marshal(set)
	if err != nil {
		found.Add("JwtAuthorizerProps.Jwks: %v", err)
	}
	return string(text)
}

// authorize takes over the endpoint's authorizer, and refuses what would let requests pass it.
func (r *route) authorize(endpoints Authorizer) {
	if r.Authorizer == nil {
		r.Authorizer = endpoints
	}
	scopes := words(r.found, r.name(), "AuthorizationScopes", r.AuthorizationScopes)
	for _, scope := range scopes {
		if strings.ContainsAny(scope, `"\`) { // they stand in a quoted string of WWW-Authenticate
			r.found.Add("%s has %q; a scope has no quotation marks and no backslashes (RFC 6749, 3.3)", r.option("AuthorizationScopes"), scope)
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
			r.found.Add("%s has an origin-request function, but CloudFront runs one only and that is the authorizer; do its work in the function, or verify tokens in your function and leave the authorizer out", r.base("EdgeLambdas"))
		}
	}
}

// metadataPath is where clients look for the issuer of a resource, whose path follows it
// (RFC 9728, 3.1).
const metadataPath = "/.well-known/oauth-protected-resource"

// metadataPattern returns the path pattern that the metadata of a route needs beside the
// route's own, since the path does not begin with that of the route: "" if there is none, or
// the default route answers the same.
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

// authorizerLambda returns the association of the edge function that authorizes: with the
// signer's work where the edge hashes bodies. All routes of one kind share a function.
func (e *endpoint) authorizerLambda(r *route) *awscloudfront.EdgeLambda {
	kind := &e.checkingAuthorizer
	name, source, description := "Authorizer", authorizer.Checking, "streamfront: verifies bearer tokens"
	if r.PayloadHash == PayloadHash_EDGE {
		kind = &e.signingAuthorizer
		name, source, description = "SigningAuthorizer", authorizer.Signing, "streamfront: verifies bearer tokens and hashes request bodies for OAC"
	}
	if *kind == nil {
		// The keys of an issuer may have to be found and fetched, which takes 6 s at most.
		*kind = newEdgeFunction(e, name, source, description, jsii.Number(128), 10)
	}
	return &awscloudfront.EdgeLambda{
		EventType:       awscloudfront.LambdaEdgeEventType_ORIGIN_REQUEST,
		FunctionVersion: (*kind).CurrentVersion(),
		IncludeBody:     jsii.Bool(r.PayloadHash == PayloadHash_EDGE),
	}
}

// authorizationOf names a configuration: routes to one function with the same one share an
// origin.
func authorizationOf(headers map[string]*string) string {
	var out []string
	for name, value := range headers {
		out = append(out, name+"="+*value)
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}
