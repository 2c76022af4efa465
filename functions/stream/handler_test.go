package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/streamfront/streamfront/functions/stream/echo"
)

func newRequest(method, target string) *http.Request {
	return localRequest(method, target, nil)
}

func TestRoutes(t *testing.T) {
	for name, test := range map[string]struct {
		method, path string
		status       int
		allow        string
		code         string
	}{
		"index":            {"GET", "/", 200, "", ""},
		"health":           {"GET", "/healthz", 200, "", ""},
		"models":           {"GET", "/v1/models", 200, "", ""},
		"echo by GET":      {"GET", "/echo", 200, "", ""},
		"echo by DELETE":   {"DELETE", "/echo", 200, "", ""},
		"chat by GET":      {"GET", "/v1/chat/completions", 405, "POST", "method_not_allowed"},
		"models by POST":   {"POST", "/v1/models", 405, "GET, HEAD", "method_not_allowed"},
		"model":            {"GET", "/v1/models/streamfront-echo", 200, "", ""},
		"upload by PUT":    {"PUT", "/uploads", 405, "GET, HEAD, POST", "method_not_allowed"},
		"no uploads":       {"POST", "/uploads", 501, "", "uploads_not_configured"},
		"no list":          {"GET", "/uploads", 501, "", "uploads_not_configured"},
		"health by DELETE": {"DELETE", "/healthz", 405, "GET, HEAD", "method_not_allowed"},
		"unknown":          {"GET", "/none", 404, "", "unknown_url"},
		"unknown below v1": {"POST", "/v1/embeddings", 404, "", "unknown_url"},
	} {
		t.Run(name, func(t *testing.T) {
			response := serve(newTestHandler(""), newRequest(test.method, test.path))
			if response.Code != test.status {
				t.Errorf("status = %d, want %d", response.Code, test.status)
			}
			if got := response.Header().Get("Allow"); got != test.allow {
				t.Errorf("Allow = %q, want %q", got, test.allow)
			}
			if test.code != "" {
				wantError(t, response.Body.Bytes(), test.code)
			}
		})
	}
}

// What counts as the key is for package apikey to test, and what asks for it here.
func TestKey(t *testing.T) {
	for path, open := range map[string]bool{
		"/v1/models": false, "/v1/chat/completions": false, "/v1/none": false, "/echo": false, "/uploads": false,
		"/": true, "/healthz": true, "/none": true,
	} {
		t.Run(path, func(t *testing.T) {
			r := newRequest("GET", path)
			if got := serve(newTestHandler("key-1"), r).Code; (got != http.StatusUnauthorized) != open {
				t.Errorf("without the key: status = %d, want 401 unless it is open to all", got)
			}
			r.Header.Set("Authorization", "Bearer key-1")
			if got := serve(newTestHandler("key-1"), r).Code; got == http.StatusUnauthorized {
				t.Errorf("with the key: status = %d", got)
			}
		})
	}
}

func TestUploadsAskForTheKey(t *testing.T) {
	if got := serve(newTestHandler("key-1"), newRequest("POST", "/uploads")).Code; got != http.StatusUnauthorized {
		t.Errorf("without the key: status = %d, want 401", got)
	}
}

func TestEchoTooLarge(t *testing.T) {
	for size, want := range map[int]int{maxBody: 200, maxBody + 1: 413} {
		r := localRequest("POST", "/echo", bytes.NewReader(make([]byte, size)))
		if got := serve(newTestHandler(""), r).Code; got != want {
			t.Errorf("%d bytes: status = %d, want %d", size, got, want)
		}
	}
}

// Paths reach the probes as they came: no router redirects them.
func TestProbesAreBehindTheKeyAndSeeOddPaths(t *testing.T) {
	for name, test := range map[string]struct {
		probes        bool
		target        string
		authorization string
		status        int
	}{
		"key":            {true, "/probe/echo/a", "Bearer key-1", 200},
		"no key":         {true, "/probe/echo/a", "", 401},
		"double slashes": {true, "/probe/echo//a//b", "Bearer key-1", 200},
		"dots":           {true, "/probe/echo/a/../b", "Bearer key-1", 200},
		"escaped":        {true, "/%70robe/echo", "", 401},
		"switched off":   {false, "/probe/echo/a", "Bearer key-1", 404},
	} {
		t.Run(name, func(t *testing.T) {
			handler := newHandler(&config{keys: guard("key-1"), model: echo.Model{}, probes: test.probes}, discard)
			r := newRequest("GET", test.target)
			if test.authorization != "" {
				r.Header.Set("Authorization", test.authorization)
			}
			if got := serve(handler, r).Code; got != test.status {
				t.Errorf("status = %d, want %d", got, test.status)
			}
		})
	}
}

// wantError checks the code of OpenAI's error object.
func wantError(t *testing.T, body []byte, code string) {
	t.Helper()
	var got struct {
		Error struct{ Message, Code string }
	}
	if err := json.Unmarshal(body, &got); err != nil || got.Error.Message == "" || got.Error.Code != code {
		t.Errorf("error = %s, %v, want a message and the code %q", body, err, code)
	}
}
