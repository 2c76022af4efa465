package streamhttp

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A stream that does not end in the time it is given is cut, and its context ends.
func TestShutdownCutsStreams(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handlerEnded := make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		close(handlerEnded)
	})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stopped := make(chan error, 1)
	go func() { stopped <- serveUntil(ctx, listener, handler, 0) }()

	request, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+listener.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	stop()
	if err := <-stopped; err == nil || !strings.Contains(err.Error(), "were cut") {
		t.Errorf("serveUntil = %v, want that requests were cut", err)
	}
	<-handlerEnded
}

func TestListenAddress(t *testing.T) {
	for port, want := range map[string]string{"": "127.0.0.1:8080", "3000": ":3000", "0": ":0"} {
		if got := listenAddress(port); got != want {
			t.Errorf("listenAddress(%q) = %q, want %q", port, got, want)
		}
	}
}
