package cloudfront

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

// readTimeout is how long CloudFront waits in these tests, by a clock that runs only while
// nothing else does.
const readTimeout = 30 * time.Second

func newTimedBehavior() Behavior {
	b := newBehavior()
	b.Origin.ReadTimeout.V = readTimeout
	return b
}

// An origin that says nothing: GET and HEAD are tried three times, nothing else is.
func TestReadTimeoutBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int{"GET": 3, "HEAD": 3, "POST": 1, "DELETE": 1, "OPTIONS": 1} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls, start := 0, time.Now()
				s := newSite(func(r *http.Request) (*http.Response, error) {
					calls++
					<-r.Context().Done()
					return nil, r.Context().Err()
				}, newTimedBehavior())
				resp, cut, record := s.ask(t, method, "/")
				const reason = "CloudFront gave up: the origin sent nothing within its read timeout."
				if body := resp.Body.String(); resp.Code != 504 || cut || !strings.Contains(body, reason) || calls != want {
					t.Errorf("answer = %d %s after %d calls, want 504 after %d", resp.Code, body, calls, want)
				}
				if took := time.Since(start); took != time.Duration(want)*readTimeout {
					t.Errorf("gave up after %s, want %d times %s", took, want, readTimeout)
				}
				if last := record.Hops[len(record.Hops)-1]; last.Name != "origin" || last.Decision != "504: "+reason || record.Status != 504 {
					t.Errorf("last hop = %+v, want %q", last, reason)
				}
			})
		})
	}
}

// An origin that answers late is not too late for the next attempt.
func TestSecondAttemptSucceeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		s := newSite(func(r *http.Request) (*http.Response, error) {
			if calls++; calls == 1 {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			time.Sleep(readTimeout - 1)
			return ok(r)
		}, newTimedBehavior())
		resp, cut, record := s.ask(t, "GET", "/x")
		if body := resp.Body.String(); resp.Code != 200 || cut || body != "GET /x 0" {
			t.Errorf("answer = %d %s, want 200", resp.Code, body)
		}
		if got := names(record); !slices.Equal(got, []string{"behavior", "oac", "origin", "oac"}) {
			t.Errorf("hops = %q, want the first attempt and the second", got)
		}
	})
}

// Once the answer has begun, silence cuts the viewer's connection.
func TestTimeoutsInMidStream(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Origin)
		reason string
	}{
		"silence": {func(*Origin) {}, "cut off: the origin sent nothing within its read timeout"},
		"completion": {
			func(o *Origin) { o.CompletionTimeout.V = readTimeout - 1 },
			"cut off: the origin did not end its response within the response completion timeout",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newTimedBehavior()
				test.change(b.Origin)
				s := newSite(func(r *http.Request) (*http.Response, error) {
					body, w := io.Pipe()
					go func() {
						_, _ = io.WriteString(w, "begun")
						<-r.Context().Done()
						w.CloseWithError(r.Context().Err())
					}()
					return answer(r, 200, nil, body), nil
				}, b)
				resp, cut, record := s.ask(t, "POST", "/")
				if body := resp.Body.String(); resp.Code != 200 || body != "begun" || !cut {
					t.Errorf("answer = %d %q, cut %t, want 200 \"begun\" and the connection cut", resp.Code, body, cut)
				}
				if last := record.Hops[len(record.Hops)-1]; last.Decision != test.reason || record.Status != 200 {
					t.Errorf("last hop = %+v, status %d, want %q", last, record.Status, test.reason)
				}
			})
		})
	}
}

// The viewer sees the end of a stream that was cut as one.
func TestAViewerSeesThatAStreamWasCut(t *testing.T) {
	t.Parallel()
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		return answer(r, 200, nil, io.MultiReader(strings.NewReader("begun"), iotest.ErrReader(context.DeadlineExceeded))), nil
	})
	resp, err := http.DefaultTransport.RoundTrip(s.request(t, "POST", "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); resp.StatusCode != 200 || string(body) != "begun" || err != io.ErrUnexpectedEOF { //nolint:errorlint // nothing wraps it
		t.Errorf("answer = %d %q, %v, want 200 \"begun\" and an unexpected EOF", resp.StatusCode, body, err)
	}
}

// Documented (Amazon CloudFront Developer Guide, "Response timeout"): CloudFront drops the
// connection if the origin sends nothing for as long as the read timeout, in mid-stream
// too. Heartbeats of functions/streamhttp/sse carry a stream across a longer silence.
func TestHeartbeatsCarryAStreamAcrossTheReadTimeout(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		heartbeat time.Duration
		cut       bool
		events    string
	}{
		"with":    {0, false, "data: first\n\ndata: last\n\n"}, // the default, 15 s
		"without": {-1, true, "data: first\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var function sync.WaitGroup
				defer function.Wait()
				s := newSite(func(r *http.Request) (*http.Response, error) {
					body, w := io.Pipe()
					context.AfterFunc(r.Context(), func() { w.CloseWithError(r.Context().Err()) })
					function.Go(func() {
						stream := sse.NewWriter(&pipeWriter{httptest.NewRecorder(), w}, r, sse.Options{Heartbeat: test.heartbeat})
						_ = stream.Send(sse.Event{Data: "first"})
						time.Sleep(3 * readTimeout)
						_ = stream.Send(sse.Event{Data: "last"})
						stream.Close()
						_ = w.Close()
					})
					return answer(r, 200, http.Header{"Content-Type": {"text/event-stream"}}, body), nil
				}, newTimedBehavior())
				resp, cut, _ := s.ask(t, "POST", "/")
				events := strings.ReplaceAll(resp.Body.String(), ":\n\n", "")
				if cut != test.cut || events != test.events {
					t.Errorf("cut %t, events %q, want %t, %q", cut, events, test.cut, test.events)
				}
			})
		})
	}
}

// A pipeWriter is a ResponseWriter whose body goes into a pipe.
type pipeWriter struct {
	*httptest.ResponseRecorder
	pipe *io.PipeWriter
}

func (w *pipeWriter) Write(p []byte) (int, error) { return w.pipe.Write(p) }
