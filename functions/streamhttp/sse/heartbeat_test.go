package sse_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

// Heartbeats come after a silence, whether it begins with the stream or with an event, and
// end with Close.
func TestHeartbeat(t *testing.T) {
	for name, test := range map[string]struct {
		heartbeat time.Duration
		silence   time.Duration // of the stream after its first event, which comes at 10 s
		want      string
	}{
		"default, not yet":   {0, 15*time.Second - 1, ""},
		"default":            {0, 15 * time.Second, ":\n\n"},
		"default, again":     {0, 45 * time.Second, ":\n\n:\n\n:\n\n"},
		"shorter than event": {4 * time.Second, 8 * time.Second, ":\n\n:\n\n"},
		"none":               {-1, time.Hour, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				recorder := httptest.NewRecorder()
				stream := sse.NewWriter(recorder, httptest.NewRequest("GET", "/", nil), sse.Options{Heartbeat: test.heartbeat})
				time.Sleep(10 * time.Second)
				if err := stream.Send(sse.Event{Data: "x"}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(test.silence)
				synctest.Wait()
				stream.Close()
				whole := recorder.Body.String()
				if _, got, _ := strings.Cut(whole, "data: x\n\n"); got != test.want {
					t.Errorf("after %v of silence: %q, want %q", test.silence, got, test.want)
				}
				time.Sleep(time.Hour)
				if late := strings.TrimPrefix(recorder.Body.String(), whole); late != "" {
					t.Errorf("after Close: %q", late)
				}
			})
		})
	}
}

// Each event puts the heartbeat off, so a lively stream has none.
func TestHeartbeatOnlyInSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		recorder := httptest.NewRecorder()
		stream := sse.NewWriter(recorder, httptest.NewRequest("GET", "/", nil), sse.Options{})
		defer stream.Close()
		for range 20 {
			time.Sleep(14 * time.Second)
			if err := stream.Comment("alive"); err != nil {
				t.Fatal(err)
			}
		}
		_, _, _, comments := parse(recorder.Body.String())
		if len(comments) != 21 { // with the one that opens the stream
			t.Errorf("%d comments, want 21: %q", len(comments), comments)
		}
	})
}

func TestHeartbeatEndsWithContext(t *testing.T) {
	for name, end := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"canceled": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Minute+1, cancel)
			return ctx, cancel
		},
		"deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Minute+1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := end(t.Context())
				defer cancel()
				recorder := httptest.NewRecorder()
				stream := sse.NewWriter(recorder, httptest.NewRequestWithContext(ctx, "GET", "/", nil), sse.Options{})
				defer stream.Close()
				time.Sleep(time.Hour)
				synctest.Wait()
				if got, want := recorder.Body.String(), ":\n\n:\n\n:\n\n:\n\n:\n\n"; got != want {
					t.Errorf("stream = %q, want %q in the minute before the context ended", got, want)
				}
			})
		})
	}
}

// A viewer who does not read holds Send up, and heartbeats do not pile up behind it.
func TestBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		viewer, out := io.Pipe()
		read := func() string {
			buffer := make([]byte, 1024)
			n, err := viewer.Read(buffer)
			if err != nil {
				t.Fatal(err)
			}
			return string(buffer[:n])
		}
		opened := make(chan *sse.Writer)
		go func() {
			opened <- sse.NewWriter(pipeWriter{http.Header{}, out}, httptest.NewRequest("GET", "/", nil), sse.Options{})
		}()
		read()
		stream := <-opened

		sent := make(chan error, 1)
		go func() { sent <- stream.Send(sse.Event{Data: "x"}) }()
		time.Sleep(time.Hour)
		select {
		case <-sent:
			t.Fatal("Send has not waited for the viewer")
		default:
		}
		if got, want := read(), "data: x\n\n"; got != want {
			t.Errorf("the viewer reads %q, want %q", got, want)
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}

		// Nothing of that hour is owed. The next heartbeat blocks in turn, and alone.
		go func() { sent <- stream.Send(sse.Event{Data: "y"}) }()
		if got, want := read(), "data: y\n\n"; got != want {
			t.Errorf("then %q, want %q", got, want)
		}
		time.Sleep(time.Hour)
		if got, want := read(), ":\n\n"; got != want {
			t.Errorf("after an hour's silence %q, want one heartbeat", got)
		}
		begin := time.Now()
		if got := read(); got != ":\n\n" || time.Since(begin) != sse.DefaultHeartbeat {
			t.Errorf("then %q after %v, want a heartbeat after %v", got, time.Since(begin), sse.DefaultHeartbeat)
		}
		stream.Close()
	})
}
