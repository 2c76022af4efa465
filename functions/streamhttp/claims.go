package streamhttp

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// claimsHeader is the header in which the authorizer at the edge puts the claims, as JSON in base64url.
const claimsHeader = "X-Streamfront-Claims"

type claimsKey struct{}

// Claims returns the claims of the bearer token that was verified for this request: by the endpoint's
// authorizer at the edge, or by middleware of this server that sets them with [ContextWithClaims], such
// as package jwt. It reports false if no token was verified, as on a route without an authorizer.
//
//	var user struct{ Sub, Email string }
//	if claims, ok := streamhttp.Claims(r.Context()); ok {
//		err := json.Unmarshal(claims, &user)
//	}
//
// Claims from the edge count only in an event whose caller AWS identified (AWS_IAM), because anybody
// else could send them, and never on a server outside Lambda. Every call decodes them again, so that
// requests that do not need them cost nothing.
func Claims(ctx context.Context) (json.RawMessage, bool) {
	if claims, ok := ctx.Value(claimsKey{}).(json.RawMessage); ok {
		return claims, claims != nil
	}
	event, ok := RequestFromContext(ctx)
	if !ok || !identified(event) {
		return nil, false
	}
	// A list of two values, of which one is not the edge's, is not base64.
	header := event.Headers["x-streamfront-claims"]
	claims, err := base64.RawURLEncoding.Strict().DecodeString(header)
	if err != nil || strings.ContainsAny(header, "\r\n") || // which the decoder ignores
		len(claims) == 0 || claims[0] != '{' || !json.Valid(claims) {
		return nil, false
	}
	return claims, true
}

// ContextWithClaims returns a context with the given claims, a JSON object. It is for middleware that
// verifies tokens itself, and for tests of handlers. Nil means that nothing was verified, whatever the
// edge says.
func ContextWithClaims(ctx context.Context, claims json.RawMessage) context.Context {
	return context.WithValue(ctx, claimsKey{}, claims)
}

// identified reports whether the function URL verified its caller. With AuthType NONE the event has no
// authorizer (captured).
func identified(event *events.LambdaFunctionURLRequest) bool {
	authorizer := event.RequestContext.Authorizer
	return authorizer != nil && authorizer.IAM != nil
}
