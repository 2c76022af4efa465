package cloudfront

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/loopback"
)

// A viewer who does not send on gets told so, and not that the origin is to blame.
func TestASlowBody(t *testing.T) {
	t.Parallel()
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		_, err := io.ReadAll(r.Body)
		return nil, errors.Join(errors.New("transport broken"), err) // as http.Transport wraps it
	})
	slow := io.MultiReader(strings.NewReader("begun"), readError{loopback.ErrSlow})
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/", slow)
	r.Host, r.ContentLength = "localhost", 9
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if resp := w.Result(); resp.StatusCode != http.StatusRequestTimeout || resp.Header.Get("Connection") != "close" || resp.Header.Get("Server") != "CloudFront" {
		t.Errorf("answer = %s %v, want 408 of CloudFront, which closes the connection", resp.Status, resp.Header)
	}
}

type readError struct{ err error }

func (e readError) Read([]byte) (int, error) { return 0, e.err }
