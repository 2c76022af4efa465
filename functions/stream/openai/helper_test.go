package openai

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/streamfront/streamfront/functions/stream/model"
	"github.com/streamfront/streamfront/functions/streamhttp"
)

// newTestHandler has a model.
func newTestHandler(m model.Model) http.Handler {
	return NewHandler(Options{Models: []model.Model{m}, Log: discard})
}

var discard = slog.New(slog.DiscardHandler)

// serve runs a request through the handler to its end.
func serve(handler http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func chatRequestWith(body string) *http.Request {
	return httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(body))
}

// decode fails on fields that T does not have, so that tests know all that is sent.
func decodeJSON[T any](t *testing.T, data []byte) T {
	t.Helper()
	var value T
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return value
}

// openStream posts a body and returns the response to read as it comes.
type openStream func(t *testing.T, handler http.Handler, body string) io.Reader

// openers are the ways a handler is served.
var openers = map[string]openStream{
	"server": func(t *testing.T, handler http.Handler, body string) io.Reader {
		t.Helper()
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		response, err := http.Post(server.URL+"/v1/chat/completions", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		if got, want := response.Header.Get("Content-Type"), "text/event-stream"; got != want {
			t.Errorf("Content-Type = %q, want %q", got, want)
		}
		return response.Body
	},
	"function URL": func(t *testing.T, handler http.Handler, body string) io.Reader {
		t.Helper()
		event := &events.LambdaFunctionURLRequest{RawPath: "/v1/chat/completions", Body: body}
		event.RequestContext.HTTP.Method = "POST"
		response, err := streamhttp.Wrap(handler)(t.Context(), event)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Close() })
		if got, want := response.Headers["Content-Type"], "text/event-stream"; got != want {
			t.Errorf("Content-Type = %q, want %q", got, want)
		}
		return response.Body
	},
}
