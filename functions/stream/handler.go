package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/streamfront/streamfront/functions/stream/caller"
	"github.com/streamfront/streamfront/functions/stream/metrics"
	"github.com/streamfront/streamfront/functions/stream/model"
	"github.com/streamfront/streamfront/functions/stream/openai"
	"github.com/streamfront/streamfront/functions/stream/page"
	"github.com/streamfront/streamfront/functions/stream/probe"
	"github.com/streamfront/streamfront/functions/stream/uploads"
	"github.com/streamfront/streamfront/functions/stream/upstream"
)

// maxBody is the limit of a Lambda invocation, so that the function accepts the same requests
// everywhere.
const maxBody = 6 << 20

// newHandler serves all routes.
func newHandler(c *config, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/{$}", servePage(c.uploads, c.signIn.Page()))
	mux.HandleFunc("GET /healthz", serveHealth)
	mux.HandleFunc("/healthz", openai.MethodNotAllowed("GET, HEAD"))
	mux.Handle("/v1/", c.keys.Require(caller.Handler(c.quota.Limit(limitDuration(c.longest, newAnswers(c, log))))))
	mux.Handle("POST /uploads", c.keys.Require(uploads.Handler(c.uploads)))
	mux.Handle("GET /uploads", c.keys.Require(uploads.ListHandler(c.uploads)))
	mux.HandleFunc("/uploads", openai.MethodNotAllowed("GET, HEAD, POST"))
	mux.Handle("/echo", c.keys.Require(http.HandlerFunc(probe.Echo)))
	mux.HandleFunc("/", openai.NotFound)

	handler := http.Handler(mux)
	if c.probes {
		handler = probe.Mount(c.keys.Require(probe.Handler()), mux)
	}
	return nameRequests(logRequests(log, c.signIn == nil, allowOrigins(c.origins, limitBody(handler))))
}

// newAnswers serves /v1/, with a model or with the upstream.
func newAnswers(c *config, log *slog.Logger) http.Handler {
	if c.upstream != nil {
		o := *c.upstream
		o.MaxTokens, o.Observe, o.Log = c.maxTokens, observe(c, log), log
		return upstream.NewHandler(o)
	}
	return openai.NewHandler(openai.Options{
		Models: []model.Model{c.model}, MaxTokens: c.maxTokens,
		OpenFile: openUpload(c.uploads), Observe: observe(c, log), Log: log,
	})
}

// servePage makes the page at its first request, so that hashing it does not slow down the start.
func servePage(store *uploads.Store, signIn page.SignIn) http.HandlerFunc {
	made := sync.OnceValue(func() http.Handler {
		options := page.Options{SignIn: signIn}
		if store != nil {
			options.Storage, options.MaxFileBytes, options.ListsUploads = store.Origin(), openai.MaxFileBytes, store.Registers
		}
		return page.Handler(options)
	})
	return func(w http.ResponseWriter, r *http.Request) { made().ServeHTTP(w, r) }
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

// openUpload lets messages name the uploads of their caller.
func openUpload(store *uploads.Store) openai.OpenFile {
	if store == nil {
		return nil
	}
	return func(ctx context.Context, id string) (io.ReadCloser, string, error) {
		body, file, err := store.Open(ctx, uploads.OwnerOf(caller.FromContext(ctx)), id)
		if errors.Is(err, uploads.ErrNotFound) {
			err = fmt.Errorf("%w: %w", openai.ErrNoFile, err)
		}
		return body, file.Name, err
	}
}

// limitDuration ends answers as the function's deadline does: cleanly, with the reason "length".
func limitDuration(longest time.Duration, next http.Handler) http.Handler {
	if longest == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), longest)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// observe writes the metrics of an answer, and counts its tokens.
func observe(c *config, log *slog.Logger) func(context.Context, metrics.Answer) {
	return func(ctx context.Context, a metrics.Answer) {
		c.quota.Spend(ctx, a.InputTokens+a.OutputTokens)
		if c.metrics == nil {
			return
		}
		if err := c.metrics.Write(a); err != nil {
			log.Error("metrics are lost", "error", err)
		}
	}
}
