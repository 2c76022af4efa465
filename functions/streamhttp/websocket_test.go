package streamhttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

// recorder is a client of a WebSocket API, and Lambda for what goes on.
type recorder struct {
	mu       sync.Mutex
	texts    []string
	to       []streamhttp.Connection
	goneFrom int // the message that finds the client gone, counted from 1; 0 is never
	fails    error

	goesOn  bool
	payload []byte
}

func (c *recorder) Post(_ context.Context, to streamhttp.Connection, text []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.goneFrom > 0 && len(c.texts)+1 >= c.goneFrom {
		return fmt.Errorf("post: %w", streamhttp.ErrGone)
	}
	if c.fails != nil {
		return c.fails
	}
	c.texts, c.to = append(c.texts, string(text)), append(c.to, to)
	return nil
}

func (c *recorder) Continue(_ context.Context, payload []byte) error {
	if !c.goesOn {
		return errors.ErrUnsupported
	}
	if c.fails != nil {
		return c.fails
	}
	c.payload = payload
	return nil
}

// message invokes a function with an event of a WebSocket API.
func (c *recorder) message(t *testing.T, handler http.HandlerFunc, event []byte) (status int) {
	t.Helper()
	ctx := streamhttp.ContextWithConnections(t.Context(), c, 0)
	wire, err := lambda.NewHandler(streamhttp.WrapDoors(handler)).Invoke(ctx, event)
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(wire, &d); err != nil {
		t.Fatal(err)
	}
	return d.StatusCode
}

func eventData(t *testing.T, name string) []byte {
	t.Helper()
	data, err := json.Marshal(doorEvent(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWebSocketConnect(t *testing.T) {
	never := func(http.ResponseWriter, *http.Request) { t.Error("the handler was called") }
	got := throughDoor(t, http.HandlerFunc(never), "", "websocket-connect")
	if want := `{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"chat"},"multiValueHeaders":null,"body":""}`; string(got) != want {
		t.Errorf("answer = %s, want %s", got, want)
	}
	if got := new(recorder).message(t, never, eventData(t, "websocket-disconnect")); got != 200 {
		t.Errorf("status = %d, want 200", got)
	}
}

func TestWebSocketMessage(t *testing.T) {
	for name, test := range map[string]struct {
		event, uri, authorization, contentType, body, authorizer string
		want                                                     []string
	}{
		"text": {"websocket-text", "/", "", "", "hello", `"principalId":"user-1"`, []string{"one\n<two>\n"}},
		"JSON on a route": {
			"websocket-route", "/chat", "", "application/json", `{"action":"chat","q":1}`, "",
			[]string{"one\n<two>\n"},
		},
		"envelope": {"websocket-envelope", "/v1/a%20b?q=1", "Bearer viewer", "application/json", `{"stream": true}`, "", []string{
			`{"id":7,"status":200,"headers":{"Content-Type":"text/plain; charset=utf-8"}}`,
			`{"id":7,"data":"one\n<two>\n"}`,
			`{"id":7,"end":true}`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			client := &recorder{}
			status := client.message(t, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				authorizer, _ := streamhttp.AuthorizerFromContext(r.Context())
				for field, values := range map[string][2]any{
					"Method": {r.Method, "POST"}, "RequestURI": {r.RequestURI, test.uri}, "body": {string(body), test.body},
					"Host": {r.Host, "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"}, "RemoteAddr": {r.RemoteAddr, "192.0.2.33:0"},
					"Authorization": {r.Header.Get("Authorization"), test.authorization}, "Content-Type": {r.Header.Get("Content-Type"), test.contentType},
					"TLS": {r.TLS != nil, true}, "authorizer": {strings.Contains(string(authorizer), test.authorizer), true},
				} {
					if values[0] != values[1] {
						t.Errorf("%s = %v, want %v", field, values[0], values[1])
					}
				}
				for _, forged := range []string{"X-Forwarded-Host", "X-Forwarded-For", "X-Amz-Security-Token", "X-Streamfront-Claims", "Host"} {
					if got := r.Header.Get(forged); got != "" {
						t.Errorf("%s = %q, want nothing", forged, got)
					}
				}
				_, _ = io.WriteString(w, "one\n<two>\n")
			}, eventData(t, test.event))
			if status != 200 || strings.Join(client.texts, "|") != strings.Join(test.want, "|") {
				t.Errorf("status %d, messages %q, want %q", status, client.texts, test.want)
			}
			want := streamhttp.Connection{ID: "R1kmxc2VNjMCFIA=", APIID: "a1b2c3d4e5", Stage: "prod", DomainName: "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"}
			if client.to[0] != want {
				t.Errorf("sent to %+v, want %+v", client.to[0], want)
			}
		})
	}
}

func TestWebSocketFailures(t *testing.T) {
	log := captureLog(t)
	t.Run("a path that is none", func(t *testing.T) {
		client := &recorder{}
		client.message(t, func(http.ResponseWriter, *http.Request) { t.Error("the handler was called") }, eventData(t, "websocket-bad-path"))
		if got, want := strings.Join(client.texts, ""), `{"id":8,"status":400,"error":"the path of a message is`; !strings.HasPrefix(got, want) {
			t.Errorf("messages = %s, want %s", got, want)
		}
	})
	t.Run("the handler fails in the middle", func(t *testing.T) {
		client := &recorder{}
		client.message(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "some")
			panic(http.ErrAbortHandler)
		}, eventData(t, "websocket-envelope"))
		if got, want := client.texts[len(client.texts)-1], `{"id":7,"error":"the handler aborted the response"}`; !strings.Contains(got, `"error":"`) || strings.Contains(got, `"end"`) {
			t.Errorf("last message = %s, want %s", got, want)
		}
	})
	t.Run("a client that has left ends the context", func(t *testing.T) {
		log.Reset()
		client := &recorder{goneFrom: 2}
		client.message(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "first")
			_ = http.NewResponseController(w).Flush()
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "more")
			}
		}, eventData(t, "websocket-text"))
		if len(client.texts) != 1 || !strings.Contains(log.String(), "the client of the WebSocket API has left") {
			t.Errorf("%d messages, log %s", len(client.texts), log)
		}
	})
	t.Run("AWS fails", func(t *testing.T) {
		log.Reset()
		client := &recorder{fails: errors.New("answered 403")}
		client.message(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "first") }, eventData(t, "websocket-text"))
		if !strings.Contains(log.String(), "the answer cannot be sent") || !strings.Contains(log.String(), "answered 403") {
			t.Errorf("log = %s, want why", log)
		}
	})
	t.Run("no way out", func(t *testing.T) {
		_, err := lambda.NewHandler(streamhttp.WrapDoors(nil)).Invoke(t.Context(), eventData(t, "websocket-text"))
		if err == nil || !strings.Contains(err.Error(), "WithConnections(websocket.New(), 0)") {
			t.Errorf("error = %v, want the option that is missing", err)
		}
	})
}

func TestWebSocketGoesOn(t *testing.T) {
	client := &recorder{goesOn: true}
	handler := func(w http.ResponseWriter, r *http.Request) {
		if _, ok := r.Context().Deadline(); ok {
			t.Error("the context ends with the time that API Gateway waits")
		}
		fmt.Fprintf(w, "%s %s %s", r.Method, r.RequestURI, r.Header.Get("Authorization"))
	}
	if status := client.message(t, handler, eventData(t, "websocket-envelope")); status != 200 || len(client.texts) > 0 {
		t.Fatalf("status %d, messages %q: the handler ran while API Gateway waited", status, client.texts)
	}
	if status := client.message(t, handler, client.payload); status != 200 || !strings.Contains(strings.Join(client.texts, ""), `"data":"POST /v1/a%20b?q=1 Bearer viewer"`) {
		t.Errorf("status %d, messages %q", status, client.texts)
	}
	t.Run("it cannot", func(t *testing.T) {
		log := captureLog(t)
		client := &recorder{goesOn: true, fails: errors.New("not permitted")}
		if status := client.message(t, handler, eventData(t, "websocket-text")); status != 500 || !strings.Contains(log.String(), "not permitted") {
			t.Errorf("status %d, log %s", status, log)
		}
	})
}

// Messages are text of at most 32 KB, whatever is written in whatever pieces.
func TestWebSocketBatches(t *testing.T) {
	character := "\U0001F600" // four bytes
	long := strings.Repeat("<&\n"+character, 10000)
	for _, event := range []string{"websocket-text", "websocket-envelope"} {
		for _, piece := range []int{1, 3, 1000, 1 << 20} {
			t.Run(fmt.Sprint(event, piece), func(t *testing.T) {
				client := &recorder{}
				client.message(t, func(w http.ResponseWriter, _ *http.Request) {
					for rest := long + "\xff"; rest != ""; {
						n := min(piece, len(rest))
						_, _ = io.WriteString(w, rest[:n])
						rest = rest[n:]
					}
				}, eventData(t, event))
				var got strings.Builder
				for _, text := range client.texts {
					if len(text) > 32<<10 || !utf8.ValidString(text) {
						t.Errorf("a message has %d bytes, valid %v", len(text), utf8.ValidString(text))
					}
					if event == "websocket-envelope" {
						var f struct{ Data string }
						if err := json.Unmarshal([]byte(text), &f); err != nil {
							t.Fatal(err)
						}
						text = f.Data
					}
					got.WriteString(text)
				}
				if got.String() != long+"\uFFFD" {
					t.Errorf("%d bytes arrived, want %d", got.Len(), len(long)+3)
				}
			})
		}
	}
}

// With a pause what is written in the meantime is one message.
func TestWebSocketPause(t *testing.T) {
	client := &recorder{}
	h := lambda.NewHandler(streamhttp.WrapDoors(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 1000 {
			_, _ = io.WriteString(w, "word ")
		}
	})))
	ctx := streamhttp.ContextWithConnections(t.Context(), client, time.Hour)
	if _, err := h.Invoke(ctx, eventData(t, "websocket-text")); err != nil {
		t.Fatal(err)
	}
	if n := len(client.texts); n > 2 || strings.Join(client.texts, "") != strings.Repeat("word ", 1000) {
		t.Errorf("%d messages, want the first one and the rest", n)
	}
}
