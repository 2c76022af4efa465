package streamhttp

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// stopDuring serves one request by the handler, begins to stop the server when its response
// has begun, and returns what reading the rest of that gives, and what stopping gives.
func stopDuring(t *testing.T, handler http.HandlerFunc, grace, margin time.Duration) (body string, read, stopped error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	result := make(chan error, 1)
	go func() { result <- serveUntil(ctx, listener, handler, grace, margin) }()

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
	data, read := io.ReadAll(response.Body)
	return string(data), read, <-result
}

// A stream that would go on for ever is told to end while it still can say so.
func TestShutdownEndsContexts(t *testing.T) {
	var cause error
	body, read, stopped := stopDuring(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		cause = context.Cause(r.Context())
		io.WriteString(w, "goodbye")
	}, time.Minute, time.Minute) // at once, and a minute to go
	if body != "goodbye" || read != nil || stopped != nil {
		t.Errorf("%q, %v, serveUntil = %v, want a whole response and no error", body, read, stopped)
	}
	if !errors.Is(cause, errStopping) {
		t.Errorf("cause = %v, want %v", cause, errStopping)
	}
}

// One that does not end in the time it is given is cut.
func TestShutdownCutsStreams(t *testing.T) {
	release, ended := make(chan struct{}), make(chan struct{})
	_, read, stopped := stopDuring(t, func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		w.(http.Flusher).Flush()
		<-release
		<-r.Context().Done()
	}, 0, 0)
	if read == nil || stopped == nil || !strings.Contains(stopped.Error(), "were cut") {
		t.Errorf("reading: %v, serveUntil = %v, want that requests were cut", read, stopped)
	}
	close(release)
	<-ended
}

// Where nobody but this machine has to ask, nobody else can.
func TestListenAddress(t *testing.T) {
	t.Parallel()
	for want, variables := range map[string]map[string]string{
		"127.0.0.1:8080": {},
		":1":             {"PORT": "1", "STREAMFRONT_LOCAL": "false"},
		"127.0.0.1:2":    {"PORT": "2", "STREAMFRONT_LOCAL": "true"},
		"127.0.0.1:3":    {"PORT": "3", "AWS_LAMBDA_FUNCTION_NAME": "fn"},
		":4":             {"PORT": "4", "ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/1"},
	} {
		if got := listenAddress(func(name string) string { return variables[name] }); got != want {
			t.Errorf("with %v it listens on %q, want %q", variables, got, want)
		}
	}
}
