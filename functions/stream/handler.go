package main

import (
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/streamfront/streamfront/functions/stream/apikey"
	"github.com/streamfront/streamfront/functions/stream/probe"
	"github.com/streamfront/streamfront/functions/streamhttp"
)

// maxBody is the limit of a Lambda invocation, so that the function accepts the same
// requests everywhere.
const maxBody = 6 << 20

// newHandler serves all routes, those of the probes if they are wanted.
func newHandler(keys *apikey.Guard, model echoModel, probes bool, logger *slog.Logger) http.Handler {
	chat := chatHandler{model: model, now: time.Now}

	protected := http.NewServeMux()
	protected.Handle("POST /v1/chat/completions", chat)
	protected.HandleFunc("/v1/chat/completions", methodNotAllowed("POST"))
	protected.HandleFunc("GET /v1/models", serveModels)
	protected.HandleFunc("/v1/models", methodNotAllowed("GET, HEAD"))
	protected.HandleFunc("/echo", probe.Echo)
	protected.HandleFunc("/", notFound)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", serveIndex)
	mux.HandleFunc("GET /healthz", serveHealth)
	mux.HandleFunc("/healthz", methodNotAllowed("GET, HEAD"))
	mux.Handle("/v1/", keys.Require(protected))
	mux.Handle("/echo", keys.Require(protected))
	mux.HandleFunc("/", notFound)

	handler := http.Handler(mux)
	if probes {
		handler = probe.Mount(keys.Require(probe.Handler()), mux)
	}
	return logRequests(logger, limitBody(handler))
}

func serveIndex(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, "streamfront: POST /v1/chat/completions, GET /v1/models, GET /healthz, POST /echo\n")
}

func serveHealth(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, "ok\n")
}

func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// logRequests logs a line per request, with nothing that a client may want kept secret:
// no headers, no query, no bodies.
func logRequests(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(recorder, r)
		attributes := []any{
			"method", r.Method,
			"path", r.URL.Path,
			"status", recorder.status,
			"milliseconds", time.Since(start).Milliseconds(),
		}
		if event, ok := streamhttp.RequestFromContext(r.Context()); ok {
			attributes = append(attributes, "requestId", event.RequestContext.RequestID)
		}
		logger.InfoContext(r.Context(), "request", attributes...)
	})
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	if status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController flush.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
