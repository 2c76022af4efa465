package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func newRequest(method, target string) *http.Request {
	return httptest.NewRequest(method, target, nil)
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
				wantError(t, response.Body.Bytes(), "", test.code)
			}
		})
	}
}

// What counts as the key is for package apikey to test, and what asks for it here.
func TestKey(t *testing.T) {
	for path, open := range map[string]bool{
		"/v1/models": false, "/v1/chat/completions": false, "/v1/none": false, "/echo": false,
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

func TestEchoTooLarge(t *testing.T) {
	for size, want := range map[int]int{maxBody: 200, maxBody + 1: 413} {
		r := httptest.NewRequest("POST", "/echo", bytes.NewReader(make([]byte, size)))
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
			handler := newHandler(guard("key-1"), echoModel{wait: waitTwice(nil)}, test.probes, discard)
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

func TestLogHasNoSecrets(t *testing.T) {
	var log bytes.Buffer
	handler := newHandler(guard("right"), echoModel{wait: waitTwice(nil)}, true, slog.New(slog.NewJSONHandler(&log, nil)))
	r := httptest.NewRequest("POST", "/echo?token=secret", strings.NewReader("secret"))
	r.Header.Set("Authorization", "Bearer secret")
	serve(handler, r)
	for _, want := range []string{`"method":"POST"`, `"path":"/echo"`, `"status":401`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log has no %s: %s", want, &log)
		}
	}
	if strings.Contains(log.String(), "secret") {
		t.Errorf("log has a secret: %s", &log)
	}
}
