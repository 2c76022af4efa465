// Package signin admits requests that have a token of an OpenID Connect issuer, and tells the chat page
// how to get one.
//
// Environment variables name the issuer:
//
//	AUTH_ISSUER     https URL, as tokens have it in the claim iss
//	AUTH_AUDIENCE   accepted values of aud, or of client_id, with commas in between
//	AUTH_TOKEN_USE  "access" or "id", of Amazon Cognito; default: either
//	AUTH_CLIENT_ID  client by which the page signs in, a public one with PKCE; default: the
//	                page does not sign in
//	AUTH_ISSUER_ORIGINS
//	                further origins that the issuer gives and revokes tokens at, with commas in
//	                between, such as https://oauth2.googleapis.com: the page may ask no other.
//	                Default: none
//	AUTH_URL        managed login of Amazon Cognito, which has /oauth2/authorize and so on
//	                below it; default: what the issuer's discovery document says
//	AUTH_SCOPE      scopes that the page asks for, with spaces in between; default: openid and
//	                email, and offline_access if the issuer has it
//
// The page asks for a token for the first audience, unless that is the client itself.
//
// A token that the authorizer at the edge verified is not verified again. Others are, so that the sample
// is just as closed behind another front door and on a laptop.
package signin

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/streamfront/streamfront/functions/stream/page"
	"github.com/streamfront/streamfront/functions/streamhttp"
	"github.com/streamfront/streamfront/functions/streamhttp/jwt"
)

// A Guard knows the issuer.
type Guard struct {
	authorizer *jwt.Authorizer
	page       page.SignIn
}

// FromEnvironment returns the guard that the package comment describes, or nil if there is no issuer.
func FromEnvironment(getenv func(string) string) (*Guard, error) {
	issuer := getenv("AUTH_ISSUER")
	if issuer == "" {
		if getenv("AUTH_AUDIENCE")+getenv("AUTH_CLIENT_ID")+getenv("AUTH_ISSUER_ORIGINS")+getenv("AUTH_URL")+getenv("AUTH_SCOPE") != "" {
			return nil, errors.New("AUTH_AUDIENCE, AUTH_CLIENT_ID, AUTH_ISSUER_ORIGINS, AUTH_URL or AUTH_SCOPE is set, but AUTH_ISSUER is not: set it to the issuer's https URL, or set none of them")
		}
		return nil, nil
	}
	audience := strings.FieldsFunc(getenv("AUTH_AUDIENCE"), func(r rune) bool { return r == ',' || r == ' ' })
	authorizer, err := jwt.New(jwt.Config{Issuer: issuer, TokenUse: getenv("AUTH_TOKEN_USE"), Audience: audience})
	if err != nil {
		return nil, fmt.Errorf("AUTH_ISSUER, AUTH_AUDIENCE and AUTH_TOKEN_USE: %w", err)
	}
	origins, err := readOrigins(getenv("AUTH_ISSUER_ORIGINS"))
	if err != nil {
		return nil, err
	}
	g := &Guard{authorizer: authorizer}
	if client := getenv("AUTH_CLIENT_ID"); client != "" {
		g.page = page.SignIn{ClientID: client, Issuer: issuer, IssuerOrigins: origins, LoginURL: strings.TrimSuffix(getenv("AUTH_URL"), "/"), Scope: getenv("AUTH_SCOPE")}
		if audience[0] != client { // New refuses none
			g.page.Audience = audience[0]
		}
	}
	return g, nil
}

// origin is an https origin as a Content-Security-Policy can name it.
var origin = regexp.MustCompile(`^https://[A-Za-z0-9.-]+(:[0-9]+)?$`)

// readOrigins returns AUTH_ISSUER_ORIGINS with spaces in between.
func readOrigins(value string) (string, error) {
	if value == "" {
		return "", nil
	}
	origins := strings.Split(value, ",")
	for i, text := range origins {
		if origins[i] = strings.TrimSpace(text); !origin.MatchString(origins[i]) {
			return "", fmt.Errorf("AUTH_ISSUER_ORIGINS is %q: want https origins with commas in between, such as https://oauth2.googleapis.com, without paths and wildcards", value)
		}
	}
	return strings.Join(origins, " "), nil
}

// Page is what the chat page needs in order to sign in.
func (g *Guard) Page() page.SignIn {
	if g == nil {
		return page.SignIn{}
	}
	return g.page
}

// Require serves requests with a valid token.
func (g *Guard) Require(next http.Handler) http.Handler {
	verify := g.authorizer.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := streamhttp.Claims(r.Context()); ok {
			next.ServeHTTP(w, r)
			return
		}
		verify.ServeHTTP(w, r)
	})
}
