package openai

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/streamfront/streamfront/functions/stream/metrics"
	"github.com/streamfront/streamfront/functions/stream/model"
	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

// DefaultMaxTokens is the default of Options.MaxTokens.
const DefaultMaxTokens = 4096

// Options are the options of a handler.
type Options struct {
	// Models are the models that requests can name.
	// Required.
	Models []model.Model
	// MaxTokens limits every answer. A request for more gets this many.
	// Default: DefaultMaxTokens.
	MaxTokens int
	// OpenFile reads the files that messages name.
	// Default: - a message with the id of a file is refused.
	OpenFile OpenFile
	// Observe is called, with the context of the request, when the answer to a request that names a
	// model has ended.
	// Default: - nothing is called.
	Observe func(context.Context, metrics.Answer)
	// Log gets the details of errors that clients do not see.
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
		h.Observe = func(context.Context, metrics.Answer) {}
	}
	if h.Log == nil {
		h.Log = slog.Default()
	}
	if h.Now == nil {
		h.Now = time.Now
	}
	var ids []string
	for _, m := range h.Models {
		ids = append(ids, m.ID())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", h.serve(readCompletion))
	mux.HandleFunc("/v1/chat/completions", MethodNotAllowed("POST"))
	mux.HandleFunc("POST /v1/responses", h.serve(readResponse))
	mux.HandleFunc("/v1/responses", MethodNotAllowed("POST"))
	mux.HandleFunc("GET /v1/models", ServeModels(ids))
	mux.HandleFunc("/v1/models", MethodNotAllowed("GET, HEAD"))
	mux.HandleFunc("GET /v1/models/{id...}", ServeModels(ids))
	mux.HandleFunc("/v1/models/{id...}", MethodNotAllowed("GET, HEAD"))
	mux.HandleFunc("/", NotFound)
	return mux
}

type handler struct {
	Options
}

// exchange is a request in one of the protocols, and how it is answered.
type exchange interface {
	// head names the model, and says whether the answer is to be streamed.
	head() (modelID string, stream bool)
	// request validates the rest.
	request(*contentReader) (*model.Request, *model.Error)
	// oneCall says that the answer may call one tool at most.
	oneCall() bool
	// stream writes the answer as it comes. Its error ended the answer.
	stream(*sse.Writer, *answer) error
	// whole returns the body of an answer that came to its end.
	whole(*answer) (any, error)
}

// serve answers the requests of a protocol.
func (h *handler) serve(read func([]byte) (exchange, *model.Error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		start := h.Now()
		x, refusal := readBody(r, read)
		if refusal != nil {
			WriteError(w, refusal)
			return
		}
		id, stream := x.head()
		m, refusal := h.model(id)
		if refusal != nil {
			WriteError(w, refusal)
			return
		}
		// A handler that returns early must not leave the model at work.
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		a := newAnswer(m.ID(), h.Now, metrics.Answer{Model: m.ID(), Stream: stream, Start: start})
		if err := h.answer(ctx, w, r, x, m, a); err != nil {
			h.log(ctx, m, err)
			a.stats.Error, a.stats.ClientError = errorType(err), isRefusal(err)
		}
		a.stats.Duration = h.Now().Sub(start)
		h.Observe(r.Context(), a.stats)
	}
}

// answer returns the error that was answered, or that ended the answer.
func (h *handler) answer(ctx context.Context, w http.ResponseWriter, r *http.Request, x exchange, m model.Model, a *answer) error {
	err := h.start(ctx, x, m, a)
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return viewerLeft(ctx.Err()) // whatever has failed for it
	}
	if err != nil {
		e := public(err)
		WriteError(w, e)
		return e
	}
	if _, stream := x.head(); stream {
		// Both protocols have an event to send at once.
		events := sse.NewWriter(w, r, sse.Options{OpenedByEvent: true})
		defer events.Close()
		return x.stream(events, a)
	}
	body, err := x.whole(a)
	if errors.Is(err, context.Canceled) {
		return viewerLeft(err)
	}
	if err != nil {
		e := public(err)
		WriteError(w, e)
		return e
	}
	writeJSON(w, http.StatusOK, body)
	return nil
}

func (h *handler) start(ctx context.Context, x exchange, m model.Model, a *answer) error {
	files, cancel := newContentReader(ctx, h.OpenFile)
	request, refusal := x.request(files)
	cancel()
	if refusal != nil {
		return refusal
	}
	request.MaxTokens = min(request.MaxTokens, h.MaxTokens)
	a.oneCall = x.oneCall()
	var err error
	a.words, err = m.Start(ctx, request)
	return err
}

// log leaves out what the client did wrong, unless something else may be the cause: the
// message could cite the conversation.
func (h *handler) log(ctx context.Context, m model.Model, err error) {
	e := (*model.Error)(nil)
	switch {
	case errors.Is(err, errViewerLeft):
		h.Log.InfoContext(ctx, "viewer left", "model", m.ID())
	case errors.As(err, &e) && e.Cause != nil:
		level := slog.LevelError
		if isRefusal(err) {
			level = slog.LevelWarn
		}
		h.Log.Log(ctx, level, "answer failed", "model", m.ID(), "type", errorType(err), "error", e.Cause)
	}
}
