package local

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// Issuers of one host, such as realms of one server, are each asked at their own address.
func TestIssuersOfOneHost(t *testing.T) {
	t.Parallel()
	at := func(name string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, name+" "+r.URL.Path) }))
		t.Cleanup(server.Close)
		return server.URL
	}
	issuers := map[string]string{
		"https://idp.example.com/realms/a":   at("a") + "/local",
		"https://idp.example.com/realms/a/b": at("b"),
		"https://idp.example.com/realms/c/":  at("c") + "/local/",
	}
	handler, err := issuersByHost(issuers, map[string]http.Handler{"idp.example.com": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "pool "+r.URL.Path)
	})})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/realms/a/keys":   "a /local/keys",
		"/realms/a":        "a /local",
		"/realms/a/b/keys": "b /realms/a/b/keys",
		"/realms/c/keys":   "c /local/keys",
		"/realms/abc/keys": "pool /realms/abc/keys",
		"/us-east-1_x/":    "pool /us-east-1_x/",
	} {
		w := httptest.NewRecorder()
		handler["idp.example.com"].ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Header: http.Header{}, Host: "idp.example.com"})
		if got := w.Body.String(); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
