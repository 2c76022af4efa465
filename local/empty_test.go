package local_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// Responses without a body end at once, with their status and header: none waits for bytes
// that do not come. Hangs of such responses are a field report (aws/aws-lambda-go#596), for
// which streamhttp sends a line feed where a body may stand.
func TestResponsesWithoutABodyEnd(t *testing.T) {
	t.Parallel()
	chain := newFixture().start(t, local.Options{})
	noRedirects := &http.Client{
		Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for _, test := range []struct {
		method string
		status int
		body   string
	}{
		{"GET", 200, ""}, {"HEAD", 200, ""}, {"POST", 201, ""}, {"DELETE", 204, ""}, {"GET", 302, "\n"}, {"GET", 304, ""}, {"POST", 307, "\n"},
		{"GET", 401, "\n"}, {"GET", 503, "\n"},
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
			if body, err := io.ReadAll(resp.Body); resp.StatusCode != test.status || string(body) != test.body || err != nil {
				t.Errorf("status %d, then %q and %v, want %d and %q", resp.StatusCode, body, err, test.status, test.body)
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
