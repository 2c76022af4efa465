package streamhttp

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// answer is the response to a request, in an invocation with the context.
func answer(ctx context.Context, t *testing.T, handler http.Handler, method string) (headers map[string]string, body string) {
	t.Helper()
	event := &events.LambdaFunctionURLRequest{RawPath: "/"}
	event.RequestContext.HTTP.Method = method
	response, err := Wrap(handler)(ctx, event)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.Headers, string(data)
}

// TestRuntimeAPI shows that the option gets into the context.
func TestEmptyBodies(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for name, test := range map[string]struct {
		method                 string // GET if empty
		handler                http.HandlerFunc
		unset, filled, neither string // the body without the option, with true, with false
	}{
		"200":           {handler: status(200), filled: "\n"},
		"nothing":       {handler: func(http.ResponseWriter, *http.Request) {}, filled: "\n"},
		"201":           {handler: status(201), filled: "\n"},
		"204":           {handler: status(204)},
		"205":           {handler: status(205)},
		"302":           {handler: status(302), unset: "\n", filled: "\n"},
		"304":           {handler: status(304)},
		"400":           {handler: status(400), unset: "\n", filled: "\n"},
		"503":           {handler: status(503), unset: "\n", filled: "\n"},
		"404 by HEAD":   {method: "HEAD", handler: status(404)},
		"303 by POST":   {method: "POST", handler: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusSeeOther) }, unset: "\n", filled: "\n"},
		"empty write":   {handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); _, _ = w.Write(nil) }, unset: "\n", filled: "\n"},
		"flush":         {handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); w.(http.Flusher).Flush() }, unset: "\n", filled: "\n"},
		"404 with text": {handler: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "none", 404) }, unset: "none\n", filled: "none\n", neither: "none\n"},
		"length 0": {handler: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "0")
			w.WriteHeader(404)
		}, unset: "\n", filled: "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.method == "" {
				test.method = "GET"
			}
			for _, c := range []struct {
				says string
				ctx  context.Context
				want string
			}{
				{"without the option", t.Context(), test.unset},
				{"with true", context.WithValue(t.Context(), fillKey{}, true), test.filled},
				{"with false", context.WithValue(t.Context(), fillKey{}, false), test.neither},
			} {
				headers, body := answer(c.ctx, t, test.handler, test.method)
				if body != c.want {
					t.Errorf("%s: body %q, want %q", c.says, body, c.want)
				}
				if length := headers["Content-Length"]; body != "" && length == "0" {
					t.Errorf("%s: Content-Length is %s, and the body %q", c.says, length, body)
				}
			}
		})
	}
}
