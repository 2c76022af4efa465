package main

import (
	"context"
	"crypto/rand"
	"net/http"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

type requestIDKey struct{}

// nameRequests adds the id of each request to its response, in X-Request-Id. OpenAI's clients show it
// with their errors, and the log has it. On Lambda it is the id of the invocation.
func nameRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := requestID(r.Context())
		if id == "" {
			id = "req_" + rand.Text()
			r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
		}
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r)
	})
}

func requestID(ctx context.Context) string {
	if invocation, ok := lambdacontext.FromContext(ctx); ok {
		return invocation.AwsRequestID
	}
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
