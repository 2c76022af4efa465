package local_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// What an HTTP client would not send.
func TestOddRequestsOnTheWire(t *testing.T) {
	t.Parallel()
	chain := newFixture().start(t, local.Options{})
	address := strings.TrimPrefix(chain.URL(), "http://")
	longest := "/" + strings.Repeat("x", 8191)
	for name, test := range map[string]struct {
		request string
		status  int
		hidden  string // a header that the application must not see
		target  string // that it must see; "": any
	}{
		// CloudFront passes it on; Go's server does not let it in.
		"invalid percent-escape": {"GET /%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400, "", ""},
		"GET with a body":        {"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx", 403, "", ""},
		// Expect is CloudFront's to answer.
		"100-continue": {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nx", 200, "Expect", ""},
		"chunked body": {"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\n\r\n", 200, "", ""},
		// As to a proxy: every server has to take it.
		"absolute form":               {"GET http://localhost/a%2Fb?c=d HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200, "", "/a%2Fb?c=d"},
		"absolute form without path":  {"GET http://localhost HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200, "", "/"},
		"absolute form, query only":   {"GET http://localhost?c=d HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200, "", "/?c=d"},
		"an address within the query": {"GET /?a=http://y/z HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200, "", "/?a=http://y/z"},
		"OPTIONS of the server":       {"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400, "", ""},
		"CONNECT":                     {"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\nConnection: close\r\n\r\n", 400, "", ""},
		"URL of 8,192 bytes":          {"GET " + longest + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200, "", longest},
		"query that makes it 8,192":   {"GET /?" + longest[2:] + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200, "", "/?" + longest[2:]},
		"URL of 8,193 bytes":          {"GET " + longest + "x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 414, "", ""},
		// What would let one side see another request than the other.
		"length and chunks": {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\nx\r\n0\r\n\r\n", 200, "Content-Length", ""},
		"two lengths":       {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nxy", 400, "", ""},
		"unknown coding":    {"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\nConnection: close\r\n\r\n", 501, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := testclient.Dial(t, address)
			if _, err := fmt.Fprint(conn, test.request); err != nil {
				t.Fatal(err)
			}
			responses := bufio.NewReader(conn)
			resp, err := http.ReadResponse(responses, nil)
			for err == nil && resp.StatusCode == http.StatusContinue {
				resp, err = http.ReadResponse(responses, nil)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != test.status {
				t.Fatalf("status = %d, want %d; body %.200s", resp.StatusCode, test.status, body)
			}
			if test.target != "" && decode(t, string(body)).Target != test.target {
				t.Errorf("the application sees %s, want %s", body, test.target)
			}
			if test.hidden != "" {
				for _, header := range decode(t, string(body)).Headers {
					if header == test.hidden {
						t.Errorf("the application sees %s", header)
					}
				}
			}
		})
	}
}

// After a request whose length is said twice the connection closes: what one side takes for
// the next request could be the body of the first one for the other.
func TestConnectionsEndWhereFramingIsInDoubt(t *testing.T) {
	t.Parallel()
	chain := newFixture().start(t, local.Options{})
	const next = "GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for name, request := range map[string]string{
		"length and chunks":     "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
		"chunks, then a length": "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n1\r\nx\r\n0\r\n\r\n",
		"chunks in HTTP/1.0":    "POST / HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
	} {
		for where, url := range map[string]string{"distribution": chain.URL(), "function URL": chain.FunctionURLs()[0].URL} {
			t.Run(name+" at the "+where, func(t *testing.T) {
				t.Parallel()
				conn := testclient.Dial(t, strings.TrimPrefix(url, "http://"))
				if _, err := fmt.Fprint(conn, request+next); err != nil {
					t.Fatal(err)
				}
				responses := bufio.NewReader(conn)
				resp, err := http.ReadResponse(responses, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if _, err := io.Copy(io.Discard, resp.Body); err != nil {
					t.Fatal(err)
				}
				if rest, err := io.ReadAll(responses); !resp.Close || len(rest) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("the answer says close: %v; then came %.40q, %v, want the end", resp.Close, rest, err)
				}
			})
		}
	}
}
