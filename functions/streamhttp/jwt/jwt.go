// Package jwt verifies bearer tokens in front of an http.Handler, by the same rules as the authorizer at
// the edge. It is for functions behind another front door, and for those who do not want to verify
// tokens at the edge.
//
//	authorizer, err := jwt.New(jwt.Config{
//		Issuer:   "https://issuer.example.com",
//		Audience: []string{"https://chat.example.com"},
//	})
//	...
//	http.Handle("/v1/", authorizer.Handler(api, "chat"))
//
// It verifies the signature, by a key of the issuer and an algorithm of a fixed list, the issuer, the
// audience, and the times with a leeway of 60 seconds. A request without a valid token is answered with
// 401, or 403 if the token lacks a scope, and with WWW-Authenticate as in RFC 6750. If the issuer's keys
// cannot be fetched, the answer is 503. OPTIONS passes, without Authorization, because preflights carry
// no token. [streamhttp.Claims] returns the claims to the handler. Nothing of a token is logged.
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

// Config says which tokens are accepted.
type Config struct {
	// Issuer is the https URL in the claim iss. Required.
	Issuer string
	// Audience are the accepted values of the claim aud. If a token has no aud, like access tokens of
	// Amazon Cognito, its client_id must be one of them. Required.
	Audience []string
	// TokenUse is "access" or "id", for tokens of Amazon Cognito; "" accepts both.
	TokenUse string
	// Resource is the https URL of this server, such as https://chat.example.com. With TokenUse
	// "access", tokens that their client bound to this server are also accepted (RFC 8707): those with
	// one of Audience in client_id, and this URL or one below it in aud. "" accepts none of them. The
	// Host of a request cannot name this server, because a sender with a token for another server
	// could choose it.
	Resource string
	// JWKSURI is the https URL of the issuer's keys. "" means the URL in the issuer's discovery
	// document, /.well-known/openid-configuration.
	JWKSURI string
	// JWKS are the keys themselves, a JSON Web Key Set. With them no keys are fetched.
	JWKS []byte
	// ResourceMetadata is the URL of the protected resource metadata (RFC 9728) that refusals
	// name, or its path on this server.
	ResourceMetadata string
	// AllowedOrigins are the origins of pages that may read a refusal, or "*".
	AllowedOrigins []string
	// Client fetches the keys. Nil means a client with a timeout of 3 seconds that follows no
	// redirects.
	Client *http.Client
}

// An Authorizer verifies tokens of one issuer. Many handlers may use it, and then share its keys.
type Authorizer struct {
	config Config
	keys   *keys
}

// New returns an Authorizer. It fails if the configuration would accept too much, or nothing.
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
		return nil, errors.New("jwt: Config.Audience is required: without it, tokens for any other application of the issuer would be accepted")
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
		return fmt.Errorf("jwt: Config.%s is %q, which is not an https URL; use https, because anybody can forge what comes over plain HTTP", field, address)
	}
	return nil
}

// Handler returns a handler that passes only requests with a valid token to next. If scopes are given,
// the token must have one of them, in its claim scope, scp or permissions.
func (a *Authorizer) Handler(next http.Handler, scopes ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			// Nothing verified the header, but the next handler would trust it.
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

// bearer returns the token. A request without a token, or with another scheme, gets a challenge without
// an error (RFC 6750, 3.1).
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
		return "", &refusal{code: "invalid_request", reason: "Authorization is not the word Bearer and one token"}
	}
	return token, nil
}
