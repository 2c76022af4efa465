package local_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// Responses without a body end at once, with their status and header: none waits for bytes
// that do not come. Hangs of such responses are a field report (aws/aws-lambda-go#596), which
// Options.HangEmptyStreams reproduces.
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
			url := fmt.Sprintf("%s/empty?status=%d", chain.URL(), test.status)
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
			if body, err := io.ReadAll(resp.Body); resp.StatusCode != test.status || len(body) > 0 || err != nil {
				t.Errorf("status %d, then %q and %v, want %d and the end", resp.StatusCode, body, err, test.status)
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

// As users report of AWS: 504 once the read timeout has passed, and the cause says why.
func TestResponsesWithoutABodyHangOnDemand(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.origin()["CustomOriginConfig"].(object)["OriginReadTimeout"] = 1.0
	traces := make(chan local.Trace, 100)
	chain := f.start(t, local.Options{HangEmptyStreams: true, Trace: func(tr local.Trace) { traces <- tr }})
	for _, test := range []struct {
		method, target string
		status         int
		cause          string
	}{
		{"POST", "/", 200, ""},
		{"DELETE", "/empty?status=204", 504, "stream-without-body"},
		{"POST", "/empty?status=302", 504, "stream-without-body"},
		{"HEAD", "/empty?status=200", 504, "stream-without-body"}, // after three attempts
		{"POST", "/", 200, ""},
	} {
		// A machine that is busy may let the read timeout pass before the function has answered.
		for began := time.Now(); ; {
			resp, _ := send(t, test.method, chain.URL()+test.target, "")
			tr := testclient.Receive(t, "the trace", traces)
			if resp.StatusCode == test.status && tr.Cause() == test.cause {
				break
			}
			if time.Since(began) > patience {
				t.Fatalf("%s %s: %d for %q, want %d for %q", test.method, test.target, resp.StatusCode, tr.Cause(), test.status, test.cause)
			}
		}
	}
}

// What a viewer sees of a stream whose handler failed, either way.
func TestFailedStreamsEndOrAreCut(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]bool{"as if complete": false, "cut": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			traces := make(chan local.Trace, 1)
			chain := newFixture().start(t, local.Options{CutFailedStreams: cut, Trace: func(tr local.Trace) { traces <- tr }})
			resp := open(t, "GET", chain.URL()+"/aborted")
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if string(body) != "first\n" || (err != nil) != cut {
				t.Errorf("body = %q, %v, want the first line and an error: %v", body, err, cut)
			}
			tr := testclient.Receive(t, "the trace", traces)
			reported := slices.ContainsFunc(tr.Hops, func(h local.Hop) bool {
				return h.Cause == "function-failed" && strings.Contains(h.Decision, "Function.Aborted")
			})
			if !reported {
				t.Errorf("hops = %+v, want one that says what the function reported", tr.Hops)
			}
		})
	}
}
