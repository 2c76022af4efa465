// Package chat serves OpenAI's chat completions over any model:
// https://platform.openai.com/docs/api-reference/chat. The official clients work with it,
// given its base URL and a key.
//
//	POST /v1/chat/completions  streamed if "stream" is true
//	GET  /v1/models            the models there are
//	GET  /v1/models/{id}       one of them
//
// Known parameters are validated: model, messages, stream, stream_options, temperature,
// top_p, max_tokens, max_completion_tokens, stop, n, tools, tool_choice, response_format,
// modalities.
// What would give another answer than the one asked for is refused (several answers, JSON
// without a schema, log probabilities, images, audio); what is unknown is ignored.
//
// # Bounds
//
// A viewer who leaves does not stop a function on Lambda. An answer is therefore bounded
// by Options.MaxTokens and by the deadline of the request's context, which finish it for
// "length", and ends with the first write that fails.
//
// # Errors
//
// Until the model has accepted a request, an error is answered with its status and an
// error object. After that a stream is under way, and the error object is an event of it,
// the last one, without [DONE]: the official clients raise it as an exception.
package chat

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"github.com/streamfront/streamfront/functions/stream/metrics"
	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

// DefaultMaxTokens bounds an answer unless the options set another number.
const DefaultMaxTokens = 4096

// Options are the options of a handler.
type Options struct {
	// Models are those that requests can name.
	// Required.
	Models []Model
	// MaxTokens bounds every answer. A request that wants more gets this many.
	// Default: DefaultMaxTokens.
	MaxTokens int
	// OpenFile reads the files that messages name.
	// Default: - a message with a file is refused.
	OpenFile OpenFile
	// Observe is told about each request for an answer that names a model, when it has
	// ended.
	// Default: - nobody is.
	Observe func(metrics.Answer)
	// Log gets what clients are not told about errors.
	// Default: slog.Default().
	Log *slog.Logger
	// Now is the clock, for tests.
	// Default: time.Now.
	Now func() time.Time
}

// NewHandler returns the handler of the routes in the package comment.
func NewHandler(options Options) http.Handler {
	h := &handler{Options: options}
	if h.MaxTokens == 0 {
		h.MaxTokens = DefaultMaxTokens
	}
	if h.Observe == nil {
		h.Observe = func(metrics.Answer) {}
	}
	if h.Log == nil {
		h.Log = slog.Default()
	}
	if h.Now == nil {
		h.Now = time.Now
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", h.serveCompletions)
	mux.HandleFunc("/v1/chat/completions", MethodNotAllowed("POST"))
	mux.HandleFunc("GET /v1/models", h.serveModels)
	mux.HandleFunc("/v1/models", MethodNotAllowed("GET, HEAD"))
	mux.HandleFunc("GET /v1/models/{id...}", h.serveModel)
	mux.HandleFunc("/v1/models/{id...}", MethodNotAllowed("GET, HEAD"))
	mux.HandleFunc("/", NotFound)
	return mux
}

type handler struct {
	Options
}

func (h *handler) serveCompletions(w http.ResponseWriter, r *http.Request) {
	start := h.Now()
	b, refusal := readBody(r)
	if refusal != nil {
		WriteError(w, refusal)
		return
	}
	model, refusal := h.model(b.Model)
	if refusal != nil {
		WriteError(w, refusal)
		return
	}
	// A handler that returns early must not leave the model at work.
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	a := &answer{
		id: "chatcmpl-" + rand.Text(), created: start.Unix(), model: model.ID(),
		now: h.Now, stats: metrics.Answer{Model: model.ID(), Stream: b.Stream, Start: start},
	}
	if err := h.answer(ctx, w, r, b, model, a); err != nil {
		h.log(ctx, model, err)
		a.stats.Error, a.stats.ClientError = errorType(err), isRefusal(err)
	}
	a.stats.Duration = h.Now().Sub(start)
	h.Observe(a.stats)
}

// answer returns the error that was answered, or that ended the answer.
func (h *handler) answer(ctx context.Context, w http.ResponseWriter, r *http.Request, b *body, model Model, a *answer) error {
	words, err := h.start(ctx, b, model)
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return viewerLeft(ctx.Err()) // whatever has failed for it
	}
	if err != nil {
		e := public(err)
		WriteError(w, e)
		return e
	}
	if b.Stream {
		return a.stream(w, r, words, b.StreamOptions != nil && b.StreamOptions.IncludeUsage)
	}
	return a.whole(w, words)
}

func (h *handler) start(ctx context.Context, b *body, model Model) (iter.Seq2[Delta, error], error) {
	request, refusal := b.request(h.MaxTokens)
	if refusal != nil {
		return nil, refusal
	}
	if request.Messages, refusal = b.messages(ctx, h.OpenFile); refusal != nil {
		return nil, refusal
	}
	return model.Start(ctx, request)
}

// log leaves out what the client did wrong, unless something else may be the cause: the
// message could cite the conversation.
func (h *handler) log(ctx context.Context, model Model, err error) {
	e := (*Error)(nil)
	switch {
	case errors.Is(err, errViewerLeft):
		h.Log.InfoContext(ctx, "viewer left", "model", model.ID())
	case errors.As(err, &e) && e.Cause != nil:
		level := slog.LevelError
		if isRefusal(err) {
			level = slog.LevelWarn
		}
		h.Log.Log(ctx, level, "answer failed", "model", model.ID(), "type", errorType(err), "error", e.Cause)
	}
}

// public is what the client is told of an error.
func public(err error) *Error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	}
	e := failed(err)
	if errors.Is(err, context.DeadlineExceeded) {
		e.Status, e.Code, e.Message = http.StatusGatewayTimeout, "model_timeout", "There was no time left to ask the model. Try again."
	}
	return e
}

// errorType is the dimension of the metric: of few values, "" for a viewer who left.
func errorType(err error) string {
	e := (*Error)(nil)
	if !errors.As(err, &e) {
		return ""
	}
	if e.Code != "" {
		return e.Code
	}
	return e.Type
}

// isRefusal says whether an error is about the request. One that a quota does not admit may
// be right.
func isRefusal(err error) bool {
	e := (*Error)(nil)
	return errors.As(err, &e) && e.Status < 500 && e.Status != http.StatusTooManyRequests
}

func (h *handler) model(id string) (Model, *Error) {
	for _, model := range h.Models {
		if model.ID() == id {
			return model, nil
		}
	}
	e := invalid("model", "The model %q does not exist: use %q.", id, h.Models[0].ID())
	e.Status, e.Code = http.StatusNotFound, "model_not_found"
	return nil, e
}

// modelInfo describes a model.
type modelInfo struct {
	ID      string `json:"id"`
	Object  string `json:"object"` // "model"
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

type modelList struct {
	Object string      `json:"object"` // "list"
	Data   []modelInfo `json:"data"`
}

// describe has a constant time, for models do not tell theirs and clients want one.
func describe(model Model) modelInfo {
	return modelInfo{ID: model.ID(), Object: "model", Created: 1767225600, OwnedBy: "streamfront"}
}

func (h *handler) serveModels(w http.ResponseWriter, _ *http.Request) {
	list := modelList{Object: "list"}
	for _, model := range h.Models {
		list.Data = append(list.Data, describe(model))
	}
	writeJSON(w, http.StatusOK, list)
}

func (h *handler) serveModel(w http.ResponseWriter, r *http.Request) {
	model, refusal := h.model(r.PathValue("id"))
	if refusal != nil {
		WriteError(w, refusal)
		return
	}
	writeJSON(w, http.StatusOK, describe(model))
}

// errViewerLeft wraps the error of a write.
var errViewerLeft = errors.New("chat: the answer could not be written")

func viewerLeft(err error) error { return fmt.Errorf("%w: %w", errViewerLeft, err) }

// send writes an event of a stream.
func send(events *sse.Writer, event sse.Event) error {
	if err := events.Send(event); err != nil {
		return viewerLeft(err)
	}
	return nil
}
