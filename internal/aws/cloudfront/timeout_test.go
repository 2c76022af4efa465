package cloudfront

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/resources"
)

// An origin that says nothing: GET and HEAD are tried three times, nothing else is.
func TestReadTimeoutBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int{"GET": 3, "POST": 1, "DELETE": 1, "OPTIONS": 1} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			b := newBehavior()
			b.Origin.ReadTimeout = 20 * time.Millisecond
			calls := make(chan struct{}, 10)
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				calls <- struct{}{}
				<-r.Context().Done()
				return nil, r.Context().Err()
			}, b)
			resp, body, record := s.send(t, s.request(t, method, "/", nil))
			const reason = "CloudFront gave up: the origin sent nothing within its read timeout."
			if resp.StatusCode != 504 || !strings.Contains(body, reason) || len(calls) != want {
				t.Errorf("answer = %d %s after %d calls, want 504 after %d", resp.StatusCode, body, len(calls), want)
			}
			if last := record.Hops[len(record.Hops)-1]; last.Name != "origin" || last.Decision != "504: "+reason || record.Status != 504 {
				t.Errorf("last hop = %+v, want %q", last, reason)
			}
		})
	}
}

// An origin that answers late is not too late for the next attempt.
func TestSecondAttemptSucceeds(t *testing.T) {
	t.Parallel()
	b := newBehavior()
	b.Origin.ReadTimeout = 20 * time.Millisecond
	calls := 0
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		if calls++; calls == 1 {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		return ok(r)
	}, b)
	resp, body, record := s.send(t, s.request(t, "GET", "/x", nil))
	if resp.StatusCode != 200 || body != "GET /x 0" {
		t.Errorf("answer = %d %s, want 200", resp.StatusCode, body)
	}
	if got := names(record); !slices.Equal(got, []string{"behavior", "oac", "origin", "oac"}) {
		t.Errorf("hops = %q, want the first attempt and the second", got)
	}
}

// Once the answer has begun, silence cuts the viewer's connection.
func TestTimeoutsInMidStream(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*resources.Origin)
		reason string
	}{
		"silence": {
			func(o *resources.Origin) { o.ReadTimeout = 200 * time.Millisecond },
			"cut off: the origin sent nothing within its read timeout",
		},
		"completion": {
			func(o *resources.Origin) { o.CompletionTimeout = 200 * time.Millisecond },
			"cut off: the origin did not end its response within the response completion timeout",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBehavior()
			test.change(&b.Origin)
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				body, w := io.Pipe()
				go func() {
					_, _ = io.WriteString(w, "begun")
					<-r.Context().Done()
					w.CloseWithError(r.Context().Err())
				}()
				return answer(r, 200, nil, body), nil
			}, b)
			resp, err := http.DefaultTransport.RoundTrip(s.request(t, "POST", "/", nil))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if resp.StatusCode != 200 || string(body) != "begun" || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("answer = %d %q, %v, want 200 \"begun\" and an unexpected EOF", resp.StatusCode, body, err)
			}
			record := receive(t, "the record", s.done)
			if last := record.Hops[len(record.Hops)-1]; last.Decision != test.reason || record.Status != 200 {
				t.Errorf("last hop = %+v, status %d, want %q", last, record.Status, test.reason)
			}
		})
	}
}
