package main

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

// logRequests logs a line per request, with nothing that a client may want kept secret:
// no headers, no query, no bodies. Lambda's request id and X-Ray's trace id, where there
// are any, find the same request in other logs.
func logRequests(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		recorder := &recorder{ResponseWriter: w, status: http.StatusOK}
		completed := false
		defer func() { // a panic goes on, to streamhttp, which logs it
			log.LogAttrs(r.Context(), slog.LevelInfo, "request", append(ids(r),
				slog.String("method", r.Method),
				slog.String("path", r.URL.Path),
				slog.Int("status", recorder.status),
				slog.Int64("bytes", recorder.bytes),
				slog.Float64("milliseconds", float64(time.Since(start).Microseconds())/1000),
				slog.Bool("completed", completed),
			)...)
		}()
		next.ServeHTTP(recorder, r)
		completed = true
	})
}

func ids(r *http.Request) []slog.Attr {
	var attributes []slog.Attr
	if invocation, ok := lambdacontext.FromContext(r.Context()); ok {
		attributes = append(attributes, slog.String("requestId", invocation.AwsRequestID))
	} else if event, ok := streamhttp.RequestFromContext(r.Context()); ok {
		attributes = append(attributes, slog.String("requestId", event.RequestContext.RequestID))
	}
	if trace := r.Header.Get("X-Amzn-Trace-Id"); trace != "" {
		attributes = append(attributes, slog.String("traceId", trace))
	}
	return attributes
}

// recorder counts what goes through it.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController flush.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
