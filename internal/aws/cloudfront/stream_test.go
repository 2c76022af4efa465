package cloudfront

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/testclient"
)

// An origin that breaks off in mid-stream.
func TestOriginBreaksOff(t *testing.T) {
	t.Parallel()
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		body, w := io.Pipe()
		go func() {
			_, _ = io.WriteString(w, "begun")
			w.CloseWithError(io.ErrUnexpectedEOF)
		}()
		return answer(r, 200, nil, body), nil
	})
	resp, err := http.DefaultTransport.RoundTrip(s.request(t, "GET", "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); string(body) != "begun" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("body = %q, %v, want \"begun\" and an unexpected EOF", body, err)
	}
	record := testclient.Receive(t, "the record", s.done)
	if last := record.Hops[len(record.Hops)-1]; last.Decision != "cut off: unexpected EOF" {
		t.Errorf("last hop = %+v", last)
	}
}

func TestStreamingPassesChunksAsTheyCome(t *testing.T) {
	t.Parallel()
	body, w := io.Pipe()
	s := serve(t, func(r *http.Request) (*http.Response, error) { return answer(r, 200, nil, body), nil })
	resp, err := http.DefaultTransport.RoundTrip(s.request(t, "POST", "/", nil))
	if err != nil {
		t.Fatal(err) // the head is here before a byte of the body is written
	}
	defer resp.Body.Close()
	for _, chunk := range []string{"one", "two"} {
		if _, err := io.WriteString(w, chunk); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(chunk))
		if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != chunk {
			t.Fatalf("viewer read %q, %v, want %q before the next is written", got, err, chunk)
		}
	}
	w.Close()
	if rest, err := io.ReadAll(resp.Body); len(rest) > 0 || err != nil {
		t.Errorf("rest = %q, %v, want a clean end", rest, err)
	}
}

// A viewer that disconnects ends the request to the origin; what the function does then is the
// function URL's affair.
func TestViewerLeaves(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		begins   bool // the answer
		decision string
		status   int
	}{
		"before the answer": {false, "the viewer left before the origin answered", 0},
		"in mid-stream":     {true, "cut off: the viewer left", 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arrived, ended := make(chan struct{}), make(chan struct{})
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				close(arrived)
				if !test.begins {
					<-r.Context().Done()
					close(ended)
					return nil, r.Context().Err()
				}
				body, w := io.Pipe()
				go func() {
					_, _ = io.WriteString(w, "begun")
					<-r.Context().Done()
					w.CloseWithError(r.Context().Err())
					close(ended)
				}()
				return answer(r, 200, nil, body), nil
			})
			ctx, leave := context.WithCancel(t.Context())
			began := make(chan error, 1)
			r := s.request(t, "POST", "/", nil).WithContext(ctx)
			go func() {
				resp, err := http.DefaultTransport.RoundTrip(r)
				if err == nil {
					_, err = io.ReadFull(resp.Body, make([]byte, len("begun")))
					defer resp.Body.Close()
					began <- err
					<-ctx.Done()
					return
				}
				began <- err
			}()
			testclient.Receive(t, "the request at the origin", arrived)
			if test.begins {
				if err := testclient.Receive(t, "the first chunk", began); err != nil {
					t.Fatal(err)
				}
			}
			leave()
			testclient.Receive(t, "the end at the origin", ended)
			record := testclient.Receive(t, "the record", s.done)
			if last := record.Hops[len(record.Hops)-1]; last.Name != "origin" || last.Decision != test.decision || record.Status != test.status {
				t.Errorf("last hop = %+v, status %d, want %q and %d", last, record.Status, test.decision, test.status)
			}
		})
	}
}

// net/http probes a request body for more than its length, at any time until the answer
// ends. What is behind the viewer's body must not matter then.
func TestBodyIsNotReadBeyondItsLength(t *testing.T) {
	t.Parallel()
	r := &edge.Request{Method: "POST", Path: "/", Header: http.Header{"Host": {"origin"}}}
	body := io.MultiReader(strings.NewReader("hello"), iotest.ErrReader(http.ErrBodyReadAfterClose))
	req, err := newOriginRequest(t.Context(), r, &Origin{DomainName: template.Of("origin")}, body, 5, "id")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(req.Body); string(got) != "hello" || err != nil {
		t.Errorf("body = %q, %v, want its 5 bytes and an end", got, err)
	}
}
