package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// logRequests logs a line for each request, without anything confidential: no headers, no query, no
// bodies. If keys are required, it logs an id that distinguishes them. It logs nothing of a token.
func logRequests(log *slog.Logger, keyed bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		recorder := &recorder{ResponseWriter: w, status: http.StatusOK}
		completed := false
		defer func() { // a panic goes on, to streamhttp, which logs it
			attributes := []slog.Attr{
				slog.String("method", r.Method),
				slog.String("path", r.URL.Path),
				slog.Int("status", recorder.status),
				slog.Int64("bytes", recorder.bytes),
				slog.Float64("milliseconds", float64(time.Since(start).Microseconds())/1000),
				slog.Bool("completed", completed),
			}
			if id := keyID(r); keyed && id != "" {
				attributes = append(attributes, slog.String("key", id))
			}
			log.LogAttrs(r.Context(), slog.LevelInfo, "request", attributes...)
		}()
		next.ServeHTTP(recorder, r)
		completed = true
	})
}

// keyID returns the beginning of the SHA-256 of a request's bearer token. It is long enough to
// distinguish the keys of an endpoint, and too short to find a key. It is "" without a token.
func keyID(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); token == "" || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	digest := sha256.Sum256([]byte(token))
	return hex.EncodeToString(digest[:4])
}

// newLog returns a log in JSON, with a line for each record. Records with the context of a request get
// its id and, on Lambda, X-Ray's trace id, by which the same request is found in other logs.
func newLog(w io.Writer) *slog.Logger {
	return slog.New(withIDs{slog.NewJSONHandler(w, nil)})
}

type withIDs struct {
	slog.Handler
}

func (h withIDs) Handle(ctx context.Context, record slog.Record) error {
	if id := requestID(ctx); id != "" && !has(record, "requestId") {
		record.AddAttrs(slog.String("requestId", id))
	}
	// Under this name aws-lambda-go keeps it.
	if trace, ok := ctx.Value("x-amzn-trace-id").(string); ok && trace != "" {
		record.AddAttrs(slog.String("traceId", trace))
	}
	return h.Handler.Handle(ctx, record)
}

func (h withIDs) WithAttrs(attributes []slog.Attr) slog.Handler {
	return withIDs{h.Handler.WithAttrs(attributes)}
}

func (h withIDs) WithGroup(name string) slog.Handler { return withIDs{h.Handler.WithGroup(name)} }

// has reports whether a record has an id already, as those of package streamhttp do.
func has(record slog.Record, key string) bool {
	found := false
	record.Attrs(func(a slog.Attr) bool {
		found = a.Key == key
		return !found
	})
	return found
}

// recorder records the status and counts the bytes of a response.
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
