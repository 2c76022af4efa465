package cloudfront

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		header http.Header
		want   http.Header // beside CloudFront's own
		cache  string
	}{
		"200": {
			200,
			http.Header{"Content-Type": {"text/x"}, "Set-Cookie": {"a=1", "b=2"}, "X-Amzn-Requestid": {"id"}},
			http.Header{"Content-Type": {"text/x"}, "Set-Cookie": {"a=1", "b=2"}, "X-Amzn-Requestid": {"id"}},
			"Miss from cloudfront",
		},
		"302": {302, http.Header{"Location": {"/x"}}, http.Header{"Location": {"/x"}}, "Miss from cloudfront"},
		"403": {403, http.Header{"X-Amzn-Errortype": {"AccessDeniedException"}}, http.Header{"X-Amzn-Errortype": {"AccessDeniedException"}}, "Error from cloudfront"},
		"500": {500, nil, http.Header{}, "Error from cloudfront"},
		"hop by hop": {
			200, http.Header{
				"Connection": {"close"}, "Keep-Alive": {"x"}, "Proxy-Connection": {"x"}, "Te": {"x"}, "Trailer": {"X"}, "Upgrade": {"x"}, "Transfer-Encoding": {"chunked"},
				"Www-Authenticate": {"x"},
			}, http.Header{"Www-Authenticate": {"x"}}, "Miss from cloudfront",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				return answer(r, test.status, test.header.Clone(), strings.NewReader("body")), nil
			})
			resp, body, record := s.send(t, s.request(t, "POST", "/", nil))
			if resp.StatusCode != test.status || body != "body" || record.Status != test.status {
				t.Errorf("answer = %d %q, recorded %d, want %d", resp.StatusCode, body, record.Status, test.status)
			}
			id := resp.Header.Get("X-Amz-Cf-Id")
			if len(id) != 54 || !strings.HasSuffix(id, "==") {
				t.Errorf("X-Amz-Cf-Id = %q", id)
			}
			for name, want := range map[string]string{"X-Cache": test.cache, "Via": via, "X-Amz-Cf-Pop": "LOCAL1-P1"} {
				if got := resp.Header.Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
				resp.Header.Del(name)
			}
			resp.Header.Del("X-Amz-Cf-Id")
			resp.Header.Del("Date")
			if test.want.Get("Content-Type") == "" {
				resp.Header.Del("Content-Type") // net/http finds one
			}
			if !maps.EqualFunc(resp.Header, test.want, slices.Equal) {
				t.Errorf("headers = %v, want %v", resp.Header, test.want)
			}
		})
	}
}

func TestOriginThatCannotBeReached(t *testing.T) {
	t.Parallel()
	calls := make(chan struct{}, 10)
	s := serve(t, func(*http.Request) (*http.Response, error) {
		calls <- struct{}{}
		return nil, errors.New("connection <refused>")
	})
	resp, body, record := s.send(t, s.request(t, "GET", "/", nil))
	if resp.StatusCode != 502 || !strings.Contains(body, "CloudFront could not connect to the origin: connection &lt;refused&gt;") {
		t.Errorf("answer = %d %s, want 502 with the reason, escaped", resp.StatusCode, body)
	}
	if resp.Header.Get("X-Cache") != "Error from cloudfront" || resp.Header.Get("Content-Type") != "text/html" {
		t.Errorf("headers = %v", resp.Header)
	}
	if last := record.Hops[len(record.Hops)-1]; last.Name != "origin" || !last.Refused {
		t.Errorf("last hop = %+v, want origin", last)
	}
	if len(calls) != 1 {
		t.Errorf("%d calls, want 1", len(calls))
	}
}

// Documented: the quota of 32,768 bytes holds for the head of an origin's response, too.
func TestHeadOfTheResponseIsLimited(t *testing.T) {
	t.Parallel()
	size := make(chan int, 1)
	s := serve(t, func(r *http.Request) (*http.Response, error) {
		value := strings.Repeat("x", <-size-len("X: \r\n"))
		return answer(r, 200, http.Header{"X": {value}}, strings.NewReader("body")), nil
	})
	for bytes, want := range map[int]int{maxHeaders: 200, maxHeaders + 1: 502} {
		size <- bytes
		resp, body, record := s.send(t, s.request(t, "GET", "/", nil))
		if last := record.Hops[len(record.Hops)-1]; resp.StatusCode != want || last.Refused != (want == 502) {
			t.Errorf("%d bytes: %d %s, last hop %+v, want %d", bytes, resp.StatusCode, body, last, want)
		}
		if want == 502 && !strings.Contains(body, "have 32769 bytes, at most 32768 are allowed") {
			t.Errorf("answer = %s, want the sizes", body)
		}
	}
}
