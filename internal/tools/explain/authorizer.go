package explain

import (
	"net/http"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/causes"
)

// fromAuthorizer knows what an authorizer refuses, at the edge or in the function: by its
// words in the problem document, or by the challenge alone.
func fromAuthorizer(a *Answer, f *findings) {
	if cause, words := edge.RefusedToken(a.Body); cause != causes.None {
		f.add(Certain, cause, "the authorizer says %q", words)
		return
	}
	challenge := a.Header.Get("Www-Authenticate")
	if !strings.HasPrefix(challenge, "Bearer") {
		return
	}
	if _, rest, ok := strings.Cut(challenge, `error_description="`); ok {
		words, _, _ := strings.Cut(rest, `"`)
		for _, code := range []string{"invalid_request", "invalid_token", "insufficient_scope"} {
			if cause, words := edge.RefusedToken(`{"code":"` + code + `","detail":"` + words + `"}`); cause != causes.None {
				f.add(Certain, cause, "www-authenticate says %q", words)
				return
			}
		}
	}
	switch {
	case a.Status == http.StatusForbidden && strings.Contains(challenge, "insufficient_scope"):
		f.add(Likely, causes.TokenScope, "www-authenticate has insufficient_scope")
	case a.Status == http.StatusUnauthorized && !strings.Contains(challenge, "error="):
		f.add(Likely, causes.TokenRequired, "www-authenticate asks for a bearer token, and names no error")
	}
}
