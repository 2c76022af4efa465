package local_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// Responses without a body end at once, with their status and header: none waits for bytes
// that do not come. Hangs of such responses are a field report (aws/aws-lambda-go#596).
func TestResponsesWithoutABodyEnd(t *testing.T) {
	t.Parallel()
	chain := newFixture().start(t, local.Options{})
	noRedirects := &http.Client{
		Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for _, test := range []struct {
		method string
		status int
	}{
		{"GET", 200}, {"HEAD", 200}, {"POST", 201}, {"DELETE", 204}, {"GET", 302}, {"GET", 304}, {"POST", 307}, {"GET", 401}, {"GET", 503},
	} {
		t.Run(fmt.Sprint(test.method, " ", test.status), func(t *testing.T) {
			t.Parallel()
			url := fmt.Sprintf("%s/empty?status=%d", chain.Distributions[0].URL, test.status)
			request, err := http.NewRequestWithContext(t.Context(), test.method, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Cookie", "a=1; b=2")
			resp, err := noRedirects.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if n, err := resp.Body.Read(make([]byte, 1)); resp.StatusCode != test.status || n > 0 || !errors.Is(err, io.EOF) {
				t.Errorf("status %d, then %d bytes and %v, want %d and the end", resp.StatusCode, n, err, test.status)
			}
			if got := resp.Header.Get("Location"); got != "/elsewhere" {
				t.Errorf("Location = %q", got)
			}
			if got, want := resp.Header.Values("Set-Cookie"), []string{"a=1-seen", "b=2-seen"}; !slices.Equal(got, want) {
				t.Errorf("Set-Cookie = %q, want %q", got, want)
			}
		})
	}
}
