// Package upstream forwards to another endpoint that speaks OpenAI's API, such as Amazon
// Bedrock's own, vLLM or OpenAI. What it adds is the front: the keys, quotas and limits of
// this function, whose callers never see the key of the upstream.
//
//	POST /v1/chat/completions, /v1/responses, /v1/embeddings
//	GET  /v1/models, /v1/models/{id}
//
// A request goes on as it came, without its headers, and with its limit of tokens lowered to
// that of the options. An answer comes back as it is, without its headers, event by event: a
// viewer who reads slowly slows the upstream down. When the time of the function runs out, a
// stream ends for "length". One that breaks off ends with an error.
//
// Errors about the request are passed on. Those that are about this function and not its
// viewer, a key that the upstream refuses among them, become a 502, with the reason in the
// log. Nothing follows redirects, so that no other host than the upstream's is called.
package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/streamfront/streamfront/functions/stream/metrics"
	"github.com/streamfront/streamfront/functions/stream/model"
	"github.com/streamfront/streamfront/functions/stream/openai"
)

const (
	// startTimeout is for the header of an answer. CloudFront waits 60 s for the first byte.
	startTimeout = 50 * time.Second
	// maxAnswer is for an answer that is not streamed: 20 MB, which Lambda streams at most
	// at full speed.
	maxAnswer = 20_000_000
	// maxError is for the body of an error.
	maxError = 64 << 10
)

// Authorize gives a request to the upstream its credentials. It may be asked again after a
// 401, with again set: credentials that are kept may be old.
type Authorize func(ctx context.Context, request *http.Request, body []byte, again bool) error

// Options are the options of a handler.
type Options struct {
	// URL is the base URL of the upstream, without a slash at its end.
	// Required.
	URL string
	// Authorize gives requests the credentials for the upstream.
	// Required.
	Authorize Authorize
	// Models are those that requests may name.
	// Default: - those of the upstream.
	Models []string
	// MaxTokens bounds every answer.
	// Default: openai.DefaultMaxTokens.
	MaxTokens int
	// Observe is called for each answer when it has ended, with the context of the request.
	// Default: - nobody is.
	Observe func(context.Context, metrics.Answer)
	// Log gets what clients do not see of errors.
	// Default: slog.Default().
	Log *slog.Logger

	startTimeout time.Duration // for tests
}

// NewHandler returns the handler of the routes in the package comment.
func NewHandler(o Options) http.Handler {
	h := &handler{Options: o}
	if h.startTimeout == 0 {
		h.startTimeout = startTimeout
	}
	if h.MaxTokens == 0 {
		h.MaxTokens = openai.DefaultMaxTokens
	}
	if h.Observe == nil {
		h.Observe = func(context.Context, metrics.Answer) {}
	}
	if h.Log == nil {
		h.Log = slog.Default()
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true // which would hold back a stream
	h.client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	mux := http.NewServeMux()
	for path, p := range protocols {
		mux.HandleFunc("POST /v1"+path, h.serve(path, p))
		mux.HandleFunc("/v1"+path, openai.MethodNotAllowed("POST"))
	}
	models := h.serveModels
	if len(h.Models) > 0 {
		models = openai.ServeModels(h.Models)
	}
	mux.HandleFunc("GET /v1/models", models)
	mux.HandleFunc("/v1/models", openai.MethodNotAllowed("GET, HEAD"))
	mux.HandleFunc("GET /v1/models/{id...}", models)
	mux.HandleFunc("/v1/models/{id...}", openai.MethodNotAllowed("GET, HEAD"))
	mux.HandleFunc("/", openai.NotFound)
	return mux
}

type handler struct {
	Options
	client *http.Client
}

// serve forwards the requests of a protocol.
func (h *handler) serve(path string, p protocol) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a := metrics.Answer{Start: time.Now()}
		err := h.forward(w, r, path, p, &a)
		if err != nil {
			h.logError(r.Context(), err)
		}
		if a.Model == "" {
			return // the upstream does not know it, so that anyone could name anything
		}
		if e := (*model.Error)(nil); errors.As(err, &e) {
			a.Error, a.ClientError = e.Code, e.Status < 500 && e.Status != http.StatusTooManyRequests
		}
		a.Duration = time.Since(a.Start)
		h.Observe(r.Context(), a)
	}
}

// forward returns the error that was answered, or that ended the answer.
func (h *handler) forward(w http.ResponseWriter, r *http.Request, path string, p protocol, a *metrics.Answer) error {
	request, body, refusal := readRequest(r, p, h.MaxTokens)
	if refusal == nil && len(h.Models) > 0 && !slices.Contains(h.Models, request.Model) {
		refusal = openai.UnknownModel(request.Model, h.Models[0])
	}
	if refusal != nil {
		openai.WriteError(w, refusal)
		return refusal
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	response, err := h.send(ctx, cancel, http.MethodPost, path, body)
	if err != nil {
		return h.refuse(w, r, err)
	}
	defer response.Body.Close()
	a.Model, a.Stream = request.Model, request.Stream
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		return relay(w, r, response.Body, p, a)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && (len(text) > maxAnswer || !json.Valid(text)) {
		err = fmt.Errorf("an answer of %d bytes that is too large, or not JSON", len(text))
	}
	if err != nil {
		return h.refuse(w, r, broken(err))
	}
	readUsage(text, a)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(text)
	return err
}

// serveModels asks the upstream for its models.
func (h *handler) serveModels(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	path := "/models"
	if id := r.PathValue("id"); id != "" {
		if !plainID(id) {
			openai.NotFound(w, r)
			return
		}
		path += "/" + url.PathEscape(id)
	}
	response, err := h.send(ctx, cancel, http.MethodGet, path, nil)
	if err != nil {
		h.logError(r.Context(), h.refuse(w, r, err))
		return
	}
	defer response.Body.Close()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.Copy(w, io.LimitReader(response.Body, maxAnswer))
}

// plainID reports whether an id stays below /models, however a server in between decodes and
// cleans the path: the key of the upstream opens more than its models.
func plainID(id string) bool {
	for _, part := range strings.FieldsFunc(id, func(r rune) bool { return r == '/' || r == '\\' }) {
		if part == "." || part == ".." {
			return false
		}
	}
	return !strings.ContainsAny(id, "%?#;") && !strings.ContainsFunc(id, unicode.IsControl)
}

var errSlow = errors.New("upstream: no answer in time")

// send returns an answer with the status 200. Its other errors are *model.Error.
func (h *handler) send(ctx context.Context, cancel context.CancelCauseFunc, method, path string, body []byte) (*http.Response, error) {
	timer := time.AfterFunc(h.startTimeout, func() { cancel(errSlow) })
	for again := false; ; again = true {
		response, err := h.try(ctx, method, path, body, again)
		switch {
		case err == nil && response.StatusCode == http.StatusUnauthorized && !again:
			response.Body.Close()
			continue
		case !timer.Stop() && ctx.Err() != nil || err != nil:
			if response != nil {
				response.Body.Close()
			}
			return nil, unreachable(ctx, err)
		case response.StatusCode != http.StatusOK:
			defer response.Body.Close()
			return nil, readError(response)
		}
		return response, nil
	}
}

func (h *handler) try(ctx context.Context, method, path string, body []byte, again bool) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, h.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("User-Agent", "streamfront")
	if err := h.Authorize(ctx, request, body, again); err != nil {
		return nil, err
	}
	return h.client.Do(request)
}

// refuse answers with an error, unless the viewer has left, and returns what to log.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	e := (*model.Error)(nil)
	if errors.Is(r.Context().Err(), context.Canceled) || !errors.As(err, &e) {
		return err
	}
	openai.WriteError(w, e)
	return e
}

// logError leaves out what the client did wrong.
func (h *handler) logError(ctx context.Context, err error) {
	e := (*model.Error)(nil)
	switch {
	case !errors.As(err, &e):
		h.Log.InfoContext(ctx, "viewer left", "error", err)
	case e.Cause != nil:
		h.Log.ErrorContext(ctx, "upstream failed", "code", e.Code, "error", e.Cause)
	}
}
