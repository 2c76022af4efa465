package local

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// The origin of here stands in the head however it is sent.
func TestTheHeadForAPageOfAnotherFrontDoor(t *testing.T) {
	t.Parallel()
	const here, there = "http://localhost:8080", "https://d1.cloudfront.net"
	allow := func(w http.ResponseWriter) { w.Header().Set("Access-Control-Allow-Origin", there) }
	for name, answer := range map[string]func(w http.ResponseWriter){
		"by a status":  func(w http.ResponseWriter) { allow(w); w.WriteHeader(201) },
		"by a body":    func(w http.ResponseWriter) { allow(w); fmt.Fprint(w, "x") },
		"by a flush":   func(w http.ResponseWriter) { allow(w); _ = http.NewResponseController(w).Flush() },
		"after a hint": func(w http.ResponseWriter) { w.WriteHeader(http.StatusEarlyHints); allow(w); w.WriteHeader(200) },
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			answer(&allowed{ResponseWriter: w, there: there, here: here})
		}))
		t.Cleanup(server.Close)
		resp, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != here {
			t.Errorf("%s: allowed is %q, want %q", name, got, here)
		}
	}
}
