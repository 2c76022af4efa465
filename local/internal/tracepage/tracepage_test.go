package tracepage_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/local/internal/trace"
	"github.com/streamfront/streamfront/local/internal/tracepage"
)

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
			tracepage.New().ServeHTTP(w, r)
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
	lines.Buffer(nil, 1<<20)
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
	page := tracepage.New()
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
