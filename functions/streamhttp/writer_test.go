package streamhttp_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

func TestFlush(t *testing.T) {
	for name, flush := range map[string]func(http.ResponseWriter) error{
		"Flusher": func(w http.ResponseWriter) error {
			w.(http.Flusher).Flush()
			return nil
		},
		"ResponseController": func(w http.ResponseWriter) error {
			return http.NewResponseController(w).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			flushed := make(chan error, 1)
			proceed := make(chan struct{})
			response, err := streamhttp.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusAccepted)
				flushed <- flush(w)
				<-proceed
				io.WriteString(w, "later")
			}))(t.Context(), readEvent(t, "direct-get.json"))
			if err != nil {
				t.Fatal(err)
			}
			// Wrap has returned: the header is there while the handler waits.
			if err := <-flushed; err != nil {
				t.Errorf("flush: %v", err)
			}
			if response.StatusCode != http.StatusAccepted {
				t.Errorf("status = %d, want 202", response.StatusCode)
			}
			close(proceed)
			wire, err := io.ReadAll(response)
			if err != nil {
				t.Fatal(err)
			}
			if _, body := cut(t, wire); body != "later" {
				t.Errorf("body = %q, want %q", body, "later")
			}
		})
	}
}

// There is no connection, and whoever asks for it gets an error rather than a panic.
func TestHijack(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _, err := w.(http.Hijacker).Hijack()
		_, _, controlled := http.NewResponseController(w).Hijack()
		if !errors.Is(err, http.ErrNotSupported) || !errors.Is(controlled, http.ErrNotSupported) {
			t.Errorf("Hijack = %v, by the controller %v, want %v", err, controlled, http.ErrNotSupported)
		}
		http.Error(w, "no WebSockets here", http.StatusUpgradeRequired)
	})
	if head, body, _ := invoke(t, handler, readEvent(t, "cloudfront-get.json")); head.StatusCode != 426 || body != "no WebSockets here\n" {
		t.Errorf("got %d %q, want what the handler answers", head.StatusCode, body)
	}
}

// Some handlers that read while they write do not go on without it.
func TestEnableFullDuplex(t *testing.T) {
	invoke(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Errorf("EnableFullDuplex = %v, want nil", err)
		}
	}), readEvent(t, "cloudfront-get.json"))
}

// A response of the upstream that breaks off does not look complete.
func TestReverseProxy(t *testing.T) {
	captureLog(t)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "begun")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}))
	defer upstream.Close()
	target, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
	}
	_, body, errorType := invoke(t, proxy, readEvent(t, "cloudfront-get.json"))
	if body != "begun" || errorType != "Function.Aborted" {
		t.Errorf("got %q %q, want the stream broken", body, errorType)
	}
}

func TestCloseNotify(t *testing.T) {
	gone := make(chan bool, 1)
	response, err := streamhttp.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		notified := w.(interface{ CloseNotify() <-chan bool }).CloseNotify()
		w.(http.Flusher).Flush()
		gone <- <-notified
	}))(t.Context(), readEvent(t, "cloudfront-get.json"))
	if err != nil {
		t.Fatal(err)
	}
	response.Close()
	if !<-gone {
		t.Error("CloseNotify sends false")
	}
}

func TestWriteAfterReturn(t *testing.T) {
	var kept http.ResponseWriter
	invoke(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		kept = w
		io.WriteString(w, "done")
	}), readEvent(t, "direct-get.json"))
	if n, err := io.WriteString(kept, "late"); n != 0 || err == nil {
		t.Errorf("late write = %d, %v, want an error", n, err)
	}
	if err := http.NewResponseController(kept).Flush(); err == nil {
		t.Error("late flush succeeds")
	}
}

// The header map stays the handler's after the response has begun: with -race, this fails
// if the runtime reads it.
func TestHeaderAfterWrite(t *testing.T) {
	head, _, _ := invoke(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := range 1000 {
			w.Header().Set("X-Count", fmt.Sprint(i))
			w.Header().Add("Set-Cookie", "a=1")
			io.WriteString(w, "x")
		}
	}), readEvent(t, "direct-get.json"))
	if got := head.Headers["X-Count"]; got != "0" {
		t.Errorf("X-Count = %q, want 0", got)
	}
}
