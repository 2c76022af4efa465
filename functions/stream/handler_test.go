package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
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

func TestEcho(t *testing.T) {
	body := []byte("\x00\xff binary \n")
	r := httptest.NewRequest("PUT", "/echo?q=%2F&q=2", bytes.NewReader(body))
	r.Host = "chat.example.com"
	r.Header.Set("X-App", "1")
	r.Header.Set("Authorization", "Bearer secret-token")
	for _, credential := range []string{
		"Cookie", "Proxy-Authorization", "X-Api-Key", "X-Forwarded-Authorization", "X-Amz-Security-Token", "X-Amz-Next",
	} {
		r.Header.Set(credential, "secret-"+credential)
	}
	response := serve(newTestHandler(""), r)
	if got := response.Body.String(); strings.Contains(got, "secret") {
		t.Errorf("the answer has a credential: %s", got)
	}
	if got := response.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q, want no-store", got)
	}

	got := decode[echo](t, response.Body.Bytes())
	if got.Method != "PUT" || got.Host != "chat.example.com" || got.Path != "/echo" || got.Query != "q=%2F&q=2" {
		t.Errorf("echo = %+v", got)
	}
	if got.BodyLength != int64(len(body)) || got.BodySHA256 != hash(string(body)) {
		t.Errorf("body = %d bytes, %s, want %d, %s", got.BodyLength, got.BodySHA256, len(body), hash(string(body)))
	}
	if !slices.Equal(got.Headers["X-App"], []string{"1"}) || len(got.Headers) != 1 {
		t.Errorf("headers = %v, want X-App alone", got.Headers)
	}
	if want := (echoAuthentication{"Bearer", hash("secret-token")}); got.Authorization == nil || *got.Authorization != want {
		t.Errorf("authorization = %+v, want %+v", got.Authorization, want)
	}
}

// A token without a scheme must not be taken for one.
func TestEchoBareToken(t *testing.T) {
	r := newRequest("GET", "/echo")
	r.Header.Set("Authorization", "secret-token")
	got := decode[echo](t, serve(newTestHandler(""), r).Body.Bytes())
	if want := (echoAuthentication{"", hash("secret-token")}); got.Authorization == nil || *got.Authorization != want {
		t.Errorf("authorization = %+v, want %+v", got.Authorization, want)
	}
}

// The SHA-256 of the empty message is among the test vectors of NIST (SHAVS).
func TestEchoEmptyBody(t *testing.T) {
	got := decode[echo](t, serve(newTestHandler(""), newRequest("POST", "/echo")).Body.Bytes())
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if got.BodyLength != 0 || got.BodySHA256 != empty || got.Authorization != nil {
		t.Errorf("echo = %+v, want the digest of nothing and no authorization", got)
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

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestLogHasNoSecrets(t *testing.T) {
	var log bytes.Buffer
	handler := newHandler(guard("right"), echoModel{wait: waitTwice(nil)}, slog.New(slog.NewJSONHandler(&log, nil)))
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
