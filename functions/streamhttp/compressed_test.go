package streamhttp_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

// What a handler compresses cannot be read behind a function URL. It is said once.
func TestCompressedResponsesAreLogged(t *testing.T) {
	const warning = "a compressed response will not be readable"
	for name, test := range map[string]struct {
		method, encoding string
		status           int
		warned           bool
	}{
		"gzip":     {"GET", "gzip", 200, true},
		"by HEAD":  {"HEAD", "gzip", 200, false},
		"204":      {"GET", "gzip", 204, false},
		"identity": {"GET", "identity", 200, false},
		"none":     {"GET", "", 200, false},
	} {
		t.Run(name, func(t *testing.T) {
			log := captureLog(t)
			handler := streamhttp.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if test.encoding != "" {
					w.Header().Set("Content-Encoding", test.encoding)
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, "\x1f\x8b")
			}))
			for range 3 {
				event := readEvent(t, "cloudfront-get.json")
				event.RequestContext.HTTP.Method = test.method
				response, err := handler(t.Context(), event)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadAll(response); err != nil {
					t.Fatal(err)
				}
			}
			want := 0
			if test.warned {
				want = 1
			}
			if got := strings.Count(log.String(), warning); got != want {
				t.Errorf("said %d times, want %d: %s", got, want, log)
			}
			if test.warned && !strings.Contains(log.String(), "contentEncoding=gzip") {
				t.Errorf("log = %s, want the encoding", log)
			}
		})
	}
}
