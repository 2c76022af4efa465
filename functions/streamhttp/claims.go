package streamhttp

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// claimsHeader is where the authorizer at the edge puts the claims: JSON in base64url.
const claimsHeader = "X-Streamfront-Claims"

type claimsKey struct{}

// Claims returns the claims of the bearer token that was verified before the request came
// here: by the authorizer of the endpoint at the edge, or by a middleware of this server that
// has set them with [ContextWithClaims], such as that of package jwt. It reports false if no
// token was verified, as on a route without an authorizer.
//
//	var user struct{ Sub, Email string }
//	if claims, ok := streamhttp.Claims(r.Context()); ok {
//		err := json.Unmarshal(claims, &user)
//	}
//
// Claims from the edge count only in an event whose caller AWS has identified (AWS_IAM), since
// anybody else could write them; on a server outside Lambda never. Every call decodes them
// anew, so that requests which do not ask pay nothing.
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
	if err != nil || strings.ContainsAny(header, "\r\n") || // which the decoder passes over
		len(claims) == 0 || claims[0] != '{' || !json.Valid(claims) {
		return nil, false
	}
	return claims, true
}

// ContextWithClaims returns a context whose claims are those given, a JSON object: for
// middleware that verifies tokens itself, and for tests of handlers. Nil means that nothing
// was verified, whatever the edge says.
func ContextWithClaims(ctx context.Context, claims json.RawMessage) context.Context {
	return context.WithValue(ctx, claimsKey{}, claims)
}

// identified reports whether the function URL has verified who called it. With AuthType NONE
// the event has no authorizer (captured).
func identified(event *events.LambdaFunctionURLRequest) bool {
	authorizer := event.RequestContext.Authorizer
	return authorizer != nil && authorizer.IAM != nil
}
