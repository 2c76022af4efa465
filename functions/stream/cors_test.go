package main

import (
	"net/http"
	"testing"

	"github.com/streamfront/streamfront/functions/stream/echo"
)

const otherOrigin = "https://app.example.com"

func TestPreflight(t *testing.T) {
	for name, test := range map[string]struct {
		origins []string
		origin  string
		allowed string
	}{
		"allowed":     {[]string{"https://other.example", otherOrigin}, otherOrigin, otherOrigin},
		"another":     {[]string{otherOrigin}, "https://evil.example", ""},
		"another one": {[]string{otherOrigin}, otherOrigin + ".evil.example", ""},
		"nobody":      {nil, otherOrigin, ""},
	} {
		t.Run(name, func(t *testing.T) {
			handler := newHandler(&config{keys: guard("key-1"), model: echo.Model{}, origins: test.origins}, discard)
			r := newRequest("OPTIONS", "/v1/chat/completions")
			r.Header.Set("Origin", test.origin)
			r.Header.Set("Access-Control-Request-Method", "POST")
			r.Header.Set("Access-Control-Request-Headers", "authorization,content-type,x-stainless-os")
			answer := serve(handler, r)
			if got := answer.Header().Get("Access-Control-Allow-Origin"); got != test.allowed {
				t.Errorf("Access-Control-Allow-Origin = %q, want %q", got, test.allowed)
			}
			if got := answer.Header().Get("Access-Control-Allow-Credentials"); got != "" {
				t.Errorf("Access-Control-Allow-Credentials = %q: there are no cookies to send", got)
			}
			if test.allowed == "" {
				return
			}
			if got, want := answer.Header().Get("Access-Control-Allow-Headers"), "authorization,content-type,x-stainless-os"; got != want {
				t.Errorf("Access-Control-Allow-Headers = %q, want %q", got, want)
			}
			if answer.Code != http.StatusNoContent {
				t.Errorf("status = %d, want 204", answer.Code)
			}
		})
	}
}

// A page has to be able to read why it was refused.
func TestRefusalsCanBeReadByAllowedOrigins(t *testing.T) {
	handler := newHandler(&config{keys: guard("key-1"), model: echo.Model{}, origins: []string{otherOrigin}}, discard)
	r := newRequest("GET", "/v1/models")
	r.Header.Set("Origin", otherOrigin)
	answer := serve(handler, r)
	if got := answer.Header().Get("Access-Control-Allow-Origin"); got != otherOrigin || answer.Code != http.StatusUnauthorized {
		t.Errorf("status %d, Access-Control-Allow-Origin = %q, want 401 and %q", answer.Code, got, otherOrigin)
	}
}

func TestOriginsThatNoBrowserSends(t *testing.T) {
	for _, value := range []string{"app.example.com", "https://", "https://a.example/", "https://a.example/path", "ftp://a.example", "https://a.example,", "https://u@a.example", "*", "https://*.example"} {
		if origins, err := readOrigins(value); err == nil {
			t.Errorf("readOrigins(%q) = %q, want an error", value, origins)
		}
	}
}
