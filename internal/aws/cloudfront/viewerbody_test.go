package cloudfront

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/testclient"
)

// onTheWire sends what an HTTP client would not, says that nothing follows, and returns the
// answer.
func (s *site) onTheWire(t *testing.T, request string) *http.Response {
	t.Helper()
	conn := testclient.Dial(t, s.address())
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// A body that is malformed or ends early is the viewer's fault, whoever reads it: the edge
// function does not run, and neither it nor the origin is blamed.
func TestBrokenBodies(t *testing.T) {
	t.Parallel()
	const post = "POST / HTTP/1.1\r\nHost: localhost\r\nX-Case: pass\r\n"
	large := strings.Repeat("x", 1<<20+1)
	behind := []string{"behavior", "oac", "origin"}
	for name, test := range map[string]struct {
		request   string
		edge      bool // a function that sees the body
		hops      []string
		untouched bool // the origin
	}{
		"malformed chunk, at the edge":   {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", true, []string{"behavior", "viewer"}, true},
		"chunk without its end, edge":    {post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX", true, []string{"behavior", "viewer"}, true},
		"no last chunk, edge":            {post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", true, []string{"behavior", "viewer"}, true},
		"shorter than its length, edge":  {post + "Content-Length: 10\r\n\r\nhello", true, []string{"behavior", "viewer"}, true},
		"behind what the edge sees":      {post + "Content-Length: 2000000\r\n\r\n" + large, true, []string{"behavior", "edge function", "oac", "origin"}, false},
		"malformed chunk, at the origin": {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n", false, behind, false},
		"no last chunk, origin":          {post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false, behind, false},
		"shorter than its length, origin": {
			"DELETE / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello", false, behind, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			behaviors := []Behavior{newBehavior()}
			asked := make(chan struct{}, 1)
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				asked <- struct{}{}
				return ok(r)
			}, behaviors...)
			if test.edge {
				behaviors[0].IncludeBody = true
				s.functions(t, &behaviors[0], "", edgeCases)
			}
			resp := s.onTheWire(t, test.request)
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != http.StatusBadRequest || !resp.Close || !strings.Contains(string(body), "ended early or is malformed") {
				t.Errorf("answer = %d, closing %v, %s; want 400 and the end of the connection", resp.StatusCode, resp.Close, body)
			}
			record := testclient.Receive(t, "the record", s.done)
			last := record.Hops[len(record.Hops)-1]
			if !slices.Equal(names(record), test.hops) || last.Cause != "" || !last.Refused || record.Status != http.StatusBadRequest {
				t.Errorf("hops = %q, last %+v, status %d, want %q and no cause", names(record), last, record.Status, test.hops)
			}
			if test.untouched && len(asked) > 0 {
				t.Error("the origin got a request")
			}
		})
	}
}

// An edge function that is stopped, since its viewer has left, has not failed.
func TestViewerLeavesTheEdgeFunction(t *testing.T) {
	t.Parallel()
	began := make(chan struct{}, 1)
	gate := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		<-r.Context().Done()
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: gate}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })

	behaviors := []Behavior{newBehavior()}
	behaviors[0].IncludeBody = true
	s := serve(t, ok, behaviors...)
	s.functions(t, &behaviors[0], "", `exports.handler = () => new Promise(() => { require('node:http').get('http://`+listener.Addr().String()+`'); });`)
	ctx, leave := context.WithCancel(t.Context())
	r := s.request(t, "POST", "/", strings.NewReader("hello")).WithContext(ctx)
	left := make(chan struct{})
	go func() {
		defer close(left)
		if resp, err := http.DefaultTransport.RoundTrip(r); err == nil {
			resp.Body.Close()
			t.Errorf("answer = %d, want none", resp.StatusCode)
		}
	}()
	testclient.Receive(t, "the edge function", began)
	leave()
	testclient.Receive(t, "the viewer", left)
	record := testclient.Receive(t, "the record", s.done)
	if last := record.Hops[len(record.Hops)-1]; last.Name != "edge function" || last.Cause != "" || last.Decision != "the viewer left while Site/Signer ran" || record.Status != 0 {
		t.Errorf("last hop = %+v, status %d, want that the viewer left", last, record.Status)
	}
}
