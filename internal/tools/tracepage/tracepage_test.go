package tracepage_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/tools/tracepage"
	"github.com/streamfront/streamfront/internal/trace"
)

func nothing() []trace.Request { return nil }

func TestWhoIsAnswered(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method, path, host string
		header             http.Header
		status             int
		contentType        string
	}{
		"page":                {path: "", status: 200, contentType: "text/html; charset=utf-8"},
		"script":              {path: "page.js", status: 200, contentType: "text/javascript; charset=utf-8"},
		"style":               {path: "style.css", status: 200, contentType: "text/css; charset=utf-8"},
		"localhost":           {host: "localhost:8080", status: 200, contentType: "text/html; charset=utf-8"},
		"a name below it":     {host: "app.localhost", status: 200, contentType: "text/html; charset=utf-8"},
		"IPv6":                {host: "[::1]:8080", status: 200, contentType: "text/html; charset=utf-8"},
		"HEAD":                {method: "HEAD", status: 200, contentType: "text/html; charset=utf-8"},
		"a rebound name":      {host: "evil.example:8080", status: 403},
		"a name that ends so": {host: "127.0.0.1.evil.example", status: 403},
		"another address":     {host: "192.0.2.1:8080", status: 403},
		"no host":             {host: " ", status: 403},
		"POST":                {method: "POST", status: 405},
		"nothing there":       {path: "other", status: 404},
		"no way out":          {path: "../tracepage.go", status: 404},
		"from another site":   {path: "events", header: http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"cors"}}, status: 403},
		"from another port":   {path: "events", header: http.Header{"Sec-Fetch-Site": {"same-site"}, "Sec-Fetch-Mode": {"no-cors"}}, status: 403},
		"from the page":       {path: "page.js", header: http.Header{"Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"cors"}}, status: 200, contentType: "text/javascript; charset=utf-8"},
		"a link from there":   {header: http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}}, status: 200, contentType: "text/html; charset=utf-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.method == "" {
				test.method = "GET"
			}
			r := httptest.NewRequestWithContext(t.Context(), test.method, tracepage.Path, nil)
			r.URL.Path = tracepage.Path + test.path
			r.Host = "127.0.0.1:8080"
			if test.host != "" {
				r.Host = test.host
			}
			for name, values := range test.header {
				r.Header[name] = values
			}
			w := httptest.NewRecorder()
			tracepage.New(nothing).ServeHTTP(w, r)
			if w.Code != test.status || test.contentType != "" && w.Header().Get("Content-Type") != test.contentType {
				t.Errorf("answer = %d %q, want %d %q", w.Code, w.Header().Get("Content-Type"), test.status, test.contentType)
			}
			policy := w.Header().Get("Content-Security-Policy")
			if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; style-src 'self';") || strings.Contains(policy, "unsafe") {
				t.Errorf("content security policy = %q", policy)
			}
			if w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Error("other origins may read the answer")
			}
		})
	}
}

// follow reads events until there are so many, and returns the ids of their requests and
// that of the last event.
func follow(t *testing.T, url, lastEventID string, count int) (requests []string, event string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", url+tracepage.Path+"events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Last-Event-ID", lastEventID)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 64<<20)
	for len(requests) < count && lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			event = id
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			var request struct{ ID string }
			if err := json.Unmarshal([]byte(data), &request); err != nil {
				t.Fatalf("%v in %s", err, data)
			}
			requests = append(requests, request.ID)
		}
	}
	if len(requests) < count {
		t.Fatalf("got %d requests, then %v; want %d", len(requests), lines.Err(), count)
	}
	return requests, event
}

func TestEvents(t *testing.T) {
	t.Parallel()
	page := tracepage.New(nothing)
	server := httptest.NewServer(page)
	t.Cleanup(server.Close)
	for i := range 250 {
		page.Add(trace.Request{ID: strconv.Itoa(i)})
	}

	// The last 200 are kept.
	got, last := follow(t, server.URL, "", 200)
	if got[0] != "50" || got[199] != "249" {
		t.Errorf("requests %s to %s, want 50 to 249", got[0], got[199])
	}

	// Who comes back gets what it has not seen, as it finishes.
	go page.Add(trace.Request{ID: "new"})
	if got, _ := follow(t, server.URL, last, 1); got[0] != "new" {
		t.Errorf("after %s: request %s, want \"new\"", last, got[0])
	}

	// What another run has numbered says nothing.
	if got, _ := follow(t, server.URL, "another-250", 200); got[199] != "new" {
		t.Errorf("after an event of another run: last request %s, want all of them", got[199])
	}
}

// Requests that run are shown for as long as they do: first those that have run for longest.
func TestRunningRequests(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var running []trace.Request
	for i := range 60 {
		running = append(running, trace.Request{ID: strconv.Itoa(i)})
	}
	server := httptest.NewServer(tracepage.New(func() []trace.Request {
		mu.Lock()
		defer mu.Unlock()
		return running
	}))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+tracepage.Path+"events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	next := func() (got []struct{ ID string }) {
		for event := ""; lines.Scan(); {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				event = name
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && event == "running" {
				if err := json.Unmarshal([]byte(data), &got); err != nil {
					t.Fatalf("%v in %s", err, data)
				}
				return got
			}
		}
		t.Fatalf("the events ended: %v", lines.Err())
		return nil
	}
	if got := next(); len(got) != 50 || got[0].ID != "0" || got[49].ID != "49" {
		t.Errorf("running: %v, want the first 50", got)
	}
	mu.Lock()
	running = nil
	mu.Unlock()
	if got := next(); len(got) != 0 {
		t.Errorf("running: %v, want none any more", got)
	}
}

// What is kept is bounded in bytes, too, but the last request is there in any case.
func TestLargeRequestsAreFewer(t *testing.T) {
	t.Parallel()
	page := tracepage.New(nothing)
	server := httptest.NewServer(page)
	t.Cleanup(server.Close)
	large := func(id string, size int) trace.Request {
		return trace.Request{ID: id, Hops: []trace.Hop{{Detail: strings.Repeat("x", size)}}}
	}
	for i := range 10 {
		page.Add(large(strconv.Itoa(i), 5<<20))
	}
	if got, _ := follow(t, server.URL, "", 1); got[0] != "4" {
		t.Errorf("of 10 requests of 5 MiB the oldest that is kept is %s, want the 6 that fit in 32 MiB", got[0])
	}
	page.Add(large("huge", 33<<20))
	if got, _ := follow(t, server.URL, "", 1); got[0] != "huge" {
		t.Errorf("after a huge one the oldest is %s, want that one alone", got[0])
	}
}
