// Package caller names who sends a request to the sample, so that what is counted and kept for
// one caller is not another's.
package caller

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

// Of names the sender of a request that was let in: the user who signed in, by the issuer and
// the subject of the verified claims, or whoever has the API key. The name has the key in it,
// so it is to be hashed before it is kept.
//
// A server that asks for no key serves the programs of one machine alone, and cannot tell them
// apart: all that send no key are one caller.
func Of(r *http.Request) string {
	if claims, ok := streamhttp.Claims(r.Context()); ok {
		var token struct{ Iss, Sub string }
		if json.Unmarshal(claims, &token) == nil && token.Sub != "" {
			return "user\n" + token.Iss + "\n" + token.Sub
		}
	}
	_, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return "key\n" + strings.Trim(key, " ")
}

type contextKey struct{}

// Handler keeps the name for [FromContext]. It belongs behind what asks for the key.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, Of(r))))
	})
}

// FromContext returns the name that [Handler] has kept; "", which no caller has, if it has not.
func FromContext(ctx context.Context) string {
	name, _ := ctx.Value(contextKey{}).(string)
	return name
}
