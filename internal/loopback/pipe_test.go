package loopback

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
)

// A server knows which of its requests came by the pipe: nothing that a client of its address
// sends makes one of them.
func TestPipe(t *testing.T) {
	t.Parallel()
	listeners, err := Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	pipe := NewPipe()
	server := NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if ByPipe(r) {
			_, _ = io.WriteString(w, "pipe ")
		}
		_, _ = w.Write(body)
	}), Viewers)
	for _, l := range append(listeners, net.Listener(pipe)) {
		go func() { _ = server.Serve(l) }()
	}
	t.Cleanup(func() { _ = server.Close() })
	inside := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return pipe.Dial(ctx) }}
	t.Cleanup(inside.CloseIdleConnections)
	for want, transport := range map[string]*http.Transport{"pipe body": inside, "body": http.DefaultTransport.(*http.Transport)} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+listeners[0].Addr().String(), io.NopCloser(io.LimitReader(body4{}, 4)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Forwarded-For", pipe.Addr().String())
		resp, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(got) != want || err != nil {
			t.Errorf("answer = %q, %v, want %q", got, err, want)
		}
	}
	_ = server.Close()
	if _, err := pipe.Dial(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v, want that it is closed", err)
	}
}

type body4 struct{}

func (body4) Read(p []byte) (int, error) { return copy(p, "body"), io.EOF }
