package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/functions/stream/model"
	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

// WriteError answers with an error. It must be called before anything is written.
func WriteError(w http.ResponseWriter, e *model.Error) {
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	writeJSON(w, e.Status, e)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // fails only if nobody reads it any more
}

// notServed says of endpoints that clients ask for what to do without them.
var notServed = map[string]string{
	"completions":   "use chat completions, which replaced it",
	"embeddings":    "there is no model for it here; give the client for embeddings another base URL",
	"messages":      "Anthropic's protocol is not spoken here; use a client for OpenAI's",
	"assistants":    "use responses, which replaced it",
	"threads":       "use responses, which replaced it",
	"responses":     "nothing is stored here; send the whole conversation as input",
	"conversations": "nothing is stored here; send the whole conversation as input",
	"files":         "upload files by POST /uploads",
	"uploads":       "upload files by POST /uploads",
	"realtime":      "a function URL has no WebSockets; use \"stream\": true",
	"v1":            "the base URL of a client ends in /v1, and this path has it twice",
}

// NotFound answers for paths that there are not. It names what there is, and what to do
// with a client that asks for something else.
func NotFound(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	advice := "the base URL of a client ends in /v1"
	if rest, ok := strings.CutPrefix(path, "/v1/"); ok {
		first, _, _ := strings.Cut(rest, "/")
		if what, ok := notServed[first]; ok {
			advice = what
		}
	}
	if len(path) > 200 {
		path = path[:200] + "..."
	}
	WriteError(w, &model.Error{
		Status: http.StatusNotFound, Type: model.TypeInvalidRequest, Code: "unknown_url",
		Message: fmt.Sprintf("%s %q is not served: %s. Served are POST /v1/responses, POST /v1/chat/completions and GET /v1/models.", r.Method, path, advice),
	})
}

// MethodNotAllowed answers requests with another method than those in allow.
func MethodNotAllowed(allow string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		WriteError(w, &model.Error{
			Status: http.StatusMethodNotAllowed, Type: model.TypeInvalidRequest, Code: "method_not_allowed",
			Message: fmt.Sprintf("%s is not allowed on %s: use %s.", r.Method, r.URL.Path, allow),
		})
	}
}

// failed hides from the client an error that does not concern it.
func failed(err error) *model.Error {
	return &model.Error{
		Status: http.StatusInternalServerError, Type: model.TypeServer, Code: "model_failed",
		Message: "The model failed; the log of the function says why. Try again.", Cause: err,
	}
}

// public is what the client sees of an error.
func public(err error) *model.Error {
	if e := (*model.Error)(nil); errors.As(err, &e) {
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
	e := (*model.Error)(nil)
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
	e := (*model.Error)(nil)
	return errors.As(err, &e) && e.Status < 500 && e.Status != http.StatusTooManyRequests
}

// errViewerLeft wraps the error of a write.
var errViewerLeft = errors.New("openai: the answer could not be written")

func viewerLeft(err error) error { return fmt.Errorf("%w: %w", errViewerLeft, err) }

// send writes an event of a stream.
func send(events *sse.Writer, event sse.Event) error {
	if err := events.Send(event); err != nil {
		return viewerLeft(err)
	}
	return nil
}
