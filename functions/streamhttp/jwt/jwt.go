// Package jwt verifies bearer tokens in front of an http.Handler, by the rules of the
// authorizer at the edge: for those who keep the edge thin, or stand behind another front
// door.
//
//	authorizer, err := jwt.New(jwt.Config{
//		Issuer:   "https://issuer.example.com",
//		Audience: []string{"https://chat.example.com"},
//	})
//	...
//	http.Handle("/v1/", authorizer.Handler(api, "chat"))
//
// The signature, by a key of the issuer and an algorithm of a fixed list, the issuer, the
// audience and the times are verified, with a leeway of 60 seconds. A request without a good
// token is answered 401, or 403 if it lacks a scope, with WWW-Authenticate as RFC 6750 has it;
// if the issuer's keys cannot be had, 503. OPTIONS passes, without Authorization, since
// preflights carry no token. The handler gets the claims by [streamhttp.Claims]. Nothing of a
// token is logged.
//
// A function URL renames WWW-Authenticate; set RestoreChallenge on the route.
package jwt

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

// Config says which tokens are good.
type Config struct {
	// Issuer is the https URL of the claim iss. Required.
	Issuer string
	// Audience are the accepted values of the claim aud. A token without aud, such as an
	// access token of Amazon Cognito, needs one of them in client_id. Required.
	Audience []string
	// TokenUse is "access" or "id", for tokens of Amazon Cognito; "" accepts both.
	TokenUse string
	// Resource is the https URL of this server, such as https://chat.example.com. With TokenUse
	// "access" a token is good, too, whose client has bound it to this server (RFC 8707): with
	// one of Audience in client_id, and in aud this URL or one below it. "" accepts none: the
	// Host of a request is its sender's choice, who may have the token of another server.
	Resource string
	// JWKSURI is the https URL of the issuer's keys; "" asks the issuer's discovery document,
	// /.well-known/openid-configuration.
	JWKSURI string
	// JWKS are the keys themselves, a JSON Web Key Set, which are then never fetched.
	JWKS []byte
	// ResourceMetadata is the URL of the protected resource metadata (RFC 9728) that refusals
	// name, or its path on this server.
	ResourceMetadata string
	// AllowedOrigins are origins of pages, or "*", that may read a refusal.
	AllowedOrigins []string
	// Client fetches the keys; nil stands for one with a timeout of 3 seconds that follows no
	// redirects.
	Client *http.Client
}

// An Authorizer verifies tokens of one issuer. It may be used for many handlers, which then
// share its keys.
type Authorizer struct {
	config Config
	keys   *keys
}

// New returns an Authorizer. It fails if the configuration would let too much pass, or
// nothing.
func New(config Config) (*Authorizer, error) {
	if err := requireHTTPS("Issuer", config.Issuer); err != nil {
		return nil, err
	}
	if config.JWKSURI != "" {
		if err := requireHTTPS("JWKSURI", config.JWKSURI); err != nil {
			return nil, err
		}
	}
	if config.Resource != "" {
		if err := requireHTTPS("Resource", config.Resource); err != nil {
			return nil, err
		}
		config.Resource = strings.TrimRight(config.Resource, "/")
	}
	if len(config.Audience) == 0 {
		return nil, errors.New("jwt: Config.Audience is required: without it a token for any other application of the issuer would do")
	}
	for _, audience := range config.Audience {
		if audience == "" {
			return nil, errors.New("jwt: Config.Audience has an empty value; leave it out")
		}
	}
	if use := config.TokenUse; use != "" && use != "access" && use != "id" {
		return nil, fmt.Errorf(`jwt: Config.TokenUse is %q; use "access", "id" or ""`, use)
	}
	k, err := newKeys(&config)
	if err != nil {
		return nil, err
	}
	return &Authorizer{config: config, keys: k}, nil
}

func requireHTTPS(field, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("jwt: Config.%s is %q, which is not an https URL; what comes over plain HTTP can be anybody's", field, address)
	}
	return nil
}

// Handler returns a handler that lets only requests with a good token reach next. If scopes
// are given, the token must have one of them, in its claim scope, scp or permissions.
func (a *Authorizer) Handler(next http.Handler, scopes ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			// What is there was not verified, and would be taken for it.
			r = r.WithContext(streamhttp.ContextWithClaims(r.Context(), nil))
			r.Header = r.Header.Clone()
			r.Header.Del("Authorization")
			next.ServeHTTP(w, r)
			return
		}
		token, err := bearer(r.Header.Values("Authorization"))
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		claims, err := a.verify(r.Context(), token, scopes)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(streamhttp.ContextWithClaims(r.Context(), claims)))
	})
}

// bearer returns the token. Who sends nothing, or what another scheme asks for, learns what
// is asked for here, and no error (RFC 6750, 3.1).
func bearer(values []string) (string, error) {
	if len(values) > 1 {
		return "", &refusal{code: "invalid_request", reason: "there are several Authorization headers"}
	}
	required := &refusal{reason: "a bearer token is required"}
	if len(values) == 0 {
		return "", required
	}
	const scheme = "Bearer"
	value := values[0]
	if len(value) < len(scheme) || !strings.EqualFold(value[:len(scheme)], scheme) {
		return "", required
	}
	rest := value[len(scheme):]
	if rest != "" && !strings.ContainsAny(rest[:1], " \t") {
		return "", required
	}
	token := strings.Trim(rest, " ")
	if token == "" || rest[0] != ' ' || strings.ContainsAny(token, " \t\r\n,") {
		return "", &refusal{code: "invalid_request", reason: `Authorization is not "Bearer" and a token`}
	}
	return token, nil
}
