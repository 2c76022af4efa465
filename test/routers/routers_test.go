// Package routers serves applications written for gin, chi, echo and the standard mux
// through streamhttp, unchanged. It is a module of its own, so that nobody who imports
// streamhttp gets them along.
package routers

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/gorilla/websocket"

	"github.com/streamfront/streamfront/functions/streamhttp"
	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

// routers make the same application in the way of each framework, with its own recovery:
//
//	GET  /items/{id}  text with the id, the query's q and the name of the basic auth user
//	POST /items       201 and the name in the JSON of the body
//	GET  /stream      events, in the framework's way; it waits for next after each
//	GET  /zipped      the same under the framework's middleware for compression
//	GET  /sse         serveSSE
//	GET  /socket      serveSocket
//	GET  /panic       panics at once
//	GET  /moved       302 to /items/1
//	GET  /empty       204
//
// A middleware around all sets X-Middleware to the framework's name.
var routers = map[string]func(next <-chan struct{}) http.Handler{
	"chi":  newChi,
	"echo": newEcho,
	"gin":  newGin,
	"mux":  newMux,
}

func serveSSE(w http.ResponseWriter, r *http.Request) {
	stream := sse.NewWriter(w, r, sse.Options{})
	defer stream.Close()
	_ = stream.Send(sse.Event{Name: "word", Data: "hello"})
}

func serveSocket(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	connection, err := upgrader.Upgrade(w, r, nil) // answers with the error
	if err == nil {
		connection.Close()
	}
}

func request(method, target, body string, headers map[string]string) *events.LambdaFunctionURLRequest {
	path, query, _ := strings.Cut(target, "?")
	all := map[string]string{"x-forwarded-proto": "https", "x-forwarded-host": "chat.example.com"}
	for key, value := range headers {
		all[key] = value
	}
	event := &events.LambdaFunctionURLRequest{RawPath: path, RawQueryString: query, Headers: all, Body: body}
	event.RequestContext.HTTP.Method = method
	event.RequestContext.HTTP.SourceIP = "192.0.2.1"
	return event
}

func invoke(t *testing.T, handler http.Handler, event *events.LambdaFunctionURLRequest) *events.LambdaFunctionURLStreamingResponse {
	t.Helper()
	response, err := streamhttp.Wrap(handler)(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Close() })
	return response
}

func TestRouters(t *testing.T) {
	upgrade := map[string]string{
		// Lambda takes Connection away; should it come nevertheless, the upgrade has to fail later.
		"upgrade": "websocket", "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
	}
	for name, newRouter := range routers {
		for target, test := range map[string]struct {
			method  string
			body    string
			headers map[string]string
			status  int
			want    string // of the body; "*" is any
			header  [2]string
		}{
			"/items/a%20b?q=1%202": {
				headers: map[string]string{"x-forwarded-authorization": "Basic dXNlcjpwYXNz"}, // user:pass
				status:  200, want: "a b, 1 2, user",
			},
			"/items": {
				method: "POST", body: `{"name":"tea"}`, headers: map[string]string{"content-type": "application/json"},
				status: 201, want: "tea",
			},
			"/items/head": {method: "HEAD", status: 200},
			"/sse":        {status: 200, want: ":\n\nevent: word\ndata: hello\n\n", header: [2]string{"Content-Type", "text/event-stream"}},
			"/panic":      {status: 500, want: "*"},
			"/moved":      {status: 302, want: "*", header: [2]string{"Location", "/items/1"}},
			"/empty":      {status: 204},
			"/nowhere":    {status: 404, want: "*"},
			"/socket":     {headers: upgrade, status: 400, want: "*"},
			"/socket?connection=upgrade": {
				headers: upgrade, status: 500, want: "*",
			},
		} {
			t.Run(name+" "+target, func(t *testing.T) {
				log := captureLog(t)
				if name == "gin" && target == "/socket?connection=upgrade" {
					test.status = 200 // gin counts the header as sent once Hijack is tried, here as on a server
				}
				method := test.method
				if method == "" {
					method = "GET"
				}
				response := invoke(t, newRouter(nil), request(method, target, test.body, test.headers))
				body, err := io.ReadAll(response.Body)
				if response.StatusCode != test.status || err != nil || test.want != "*" && string(body) != test.want {
					t.Errorf("%d %q, %v, want %d %q", response.StatusCode, body, err, test.status, test.want)
				}
				if key := test.header[0]; response.Headers[key] != test.header[1] {
					t.Errorf("%s = %q, want %q", key, response.Headers[key], test.header[1])
				}
				if got := response.Headers["X-Middleware"]; got != name {
					t.Errorf("X-Middleware = %q, want %q", got, name)
				}
				if target != "/panic" && strings.Contains(log.String(), "panic") {
					t.Errorf("log has a panic: %s", log)
				}
			})
		}
	}
}

// connectionHeader puts the header of the hop back for /socket?connection=upgrade, which
// streamhttp takes off as Lambda does.
func connectionHeader(r *http.Request) {
	if value := r.URL.Query().Get("connection"); value != "" {
		r.Header.Set("Connection", value)
	}
}

// Each event can be read while the application waits to write the next one, compressed
// or not.
func TestRoutersStream(t *testing.T) {
	for name, newRouter := range routers {
		for _, path := range []string{"/stream", "/zipped"} {
			t.Run(name+" "+path, func(t *testing.T) {
				next := make(chan struct{})
				response := invoke(t, newRouter(next), request("GET", path, "", map[string]string{"accept-encoding": "gzip"}))
				if got := response.Headers["Content-Type"]; response.StatusCode != 200 || !strings.HasPrefix(got, "text/event-stream") {
					t.Fatalf("%d %q", response.StatusCode, got)
				}
				stream := response.Body
				if encoding := response.Headers["Content-Encoding"]; path == "/zipped" {
					if encoding != "gzip" {
						t.Fatalf("Content-Encoding = %q, want gzip", encoding)
					}
					var err error
					if stream, err = gzip.NewReader(stream); err != nil {
						t.Fatal(err)
					}
				}
				lines := bufio.NewReader(stream)
				for _, want := range []string{"0", "1", "2"} {
					for {
						line, err := lines.ReadString('\n')
						if err != nil {
							t.Fatal(err)
						}
						data, ok := strings.CutPrefix(line, "data:")
						if ok && strings.TrimSpace(data) != want {
							t.Fatalf("data %q, want %s", data, want)
						}
						if line == "\n" {
							break
						}
					}
					next <- struct{}{}
				}
				if rest, err := io.ReadAll(lines); len(rest) > 0 || err != nil {
					t.Errorf("after the last event: %q, %v", rest, err)
				}
			})
		}
	}
}

// A stream that is aborted does not look complete, although the framework recovers. But
// for gin, here as on a server: its recovery takes the panic for a viewer who has left.
func TestRoutersAbort(t *testing.T) {
	for name, newRouter := range routers {
		if name == "gin" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			captureLog(t)
			next := make(chan struct{})
			close(next)
			response := invoke(t, newRouter(next), request("GET", "/stream?abort=1", "", nil))
			body, err := io.ReadAll(response.Body)
			if broken := (messages.InvokeResponse_Error{}); !errors.As(err, &broken) || broken.Type != "Function.Aborted" {
				t.Errorf("%q, %v, want the stream broken", body, err)
			}
		})
	}
}

// streamed is the number of events of a stream.
const streamed = 3

// abort ends a stream the way that a handler says that it has failed.
func abort(r *http.Request) {
	if r.URL.Query().Has("abort") {
		panic(http.ErrAbortHandler)
	}
}

func captureLog(t *testing.T) *bytes.Buffer {
	t.Helper()
	log := new(bytes.Buffer)
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return log
}
