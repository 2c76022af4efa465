package cloudfront

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	ws "github.com/coder/websocket"

	"github.com/streamfront/streamfront/internal/template"
)

// echo is an origin that sends back what it gets, but not "quiet".
func echo(t *testing.T) (address string, left <-chan error) {
	t.Helper()
	ended := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := ws.Accept(w, r, nil)
		if err != nil {
			return
		}
		for {
			kind, text, err := c.Read(context.WithoutCancel(r.Context()))
			if err != nil {
				ended <- err
				return
			}
			if string(text) != "quiet" {
				_ = c.Write(r.Context(), kind, text)
			}
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, ended
}

// A WebSocket ends if its origin is silent for too long, whatever the viewer sends, or if the
// distribution is closed.
func TestWebSocketsEnd(t *testing.T) {
	t.Parallel()
	for name, idle := range map[string]time.Duration{"silent": 50 * time.Millisecond, "closed": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, left := echo(t)
			b := newBehavior()
			b.Origin.Access = nil
			b.Origin.Address = address
			b.Origin.ReadTimeout, b.Origin.CompletionTimeout = template.Of(patience), template.Of(patience)
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				r.URL.Host = strings.TrimPrefix(address, "http://")
				return http.DefaultTransport.RoundTrip(r)
			}, b)
			s.idle = idle
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			c, resp, err := ws.Dial(ctx, strings.Replace(s.url, "http", "ws", 1)+"/", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.CloseNow() }()
			if resp.Header.Get("X-Amz-Cf-Id") == "" {
				t.Error("the answer does not name CloudFront")
			}
			if name == "closed" {
				if err := c.Write(ctx, ws.MessageText, []byte("hello")); err != nil {
					t.Fatal(err)
				}
				if _, text, err := c.Read(ctx); err != nil || string(text) != "hello" {
					t.Fatalf("%s, %v", text, err)
				}
				s.Close()
			} else {
				_ = c.Write(ctx, ws.MessageText, []byte("quiet")) // the end may have come before
			}
			if _, _, err := c.Read(ctx); err == nil || ws.CloseStatus(err) != -1 || ctx.Err() != nil {
				t.Errorf("ended by %v, want a connection that is cut", err)
			}
			select {
			case <-left:
			case <-ctx.Done():
				t.Error("the origin's connection is open")
			}
		})
	}
}

// What asks for a WebSocket where none can be gets a plain answer.
func TestUpgradesThatAreNotPassedOn(t *testing.T) {
	t.Parallel()
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Upgrade") != "" || r.Header.Get("Connection") != "" {
			t.Error("the function URL gets the upgrade")
		}
		return ok(r)
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, resp, err := ws.Dial(ctx, strings.Replace(s.url, "http", "ws", 1)+"/", nil)
	if err == nil {
		_ = c.CloseNow()
	}
	if resp == nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%v, %v, want 200", resp, err)
	}
}
