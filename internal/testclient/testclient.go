// Package testclient is an HTTP client for tests. It sends requests, signed or byte for byte, and
// bounds every wait. Only tests import it.
package testclient

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// patience bounds every wait. It is long, since a slow machine is not a failure.
const patience = time.Minute

// Receive returns the next value of a channel.
func Receive[T any](tb testing.TB, what string, from <-chan T) T {
	tb.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		tb.Fatalf("%s: not within %s", what, patience)
		panic("unreachable")
	}
}

// Request makes a request with headers given as name, value pairs.
func Request(tb testing.TB, method, url, body string, headers ...string) *http.Request {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), method, url, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// Sign signs a request by the AWS SDK, which shares no code with what verifies the signature.
func Sign(tb testing.TB, r *http.Request, body string, keys aws.Credentials, service, region string, at time.Time) {
	tb.Helper()
	hash := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(tb.Context(), keys, r, hex.EncodeToString(hash[:]), service, region, at); err != nil {
		tb.Fatal(err)
	}
}

// Do sends a request by a method such as [http.Client.Do], and returns the response and its
// whole body.
func Do(tb testing.TB, send func(*http.Request) (*http.Response, error), r *http.Request) (*http.Response, string) {
	tb.Helper()
	resp, err := send(r)
	if err != nil {
		tb.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return resp, readAll(tb, resp)
}

func readAll(tb testing.TB, resp *http.Response) string {
	tb.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return string(body)
}

// Dial opens a connection that lasts as long as the test.
func Dial(tb testing.TB, address string) net.Conn {
	tb.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		tb.Fatal(err)
	}
	return conn
}

// Wire sends the bytes of a request, which an HTTP client might refuse to send, and returns the
// response and its whole body.
func Wire(tb testing.TB, address, request string) (*http.Response, string) {
	tb.Helper()
	conn := Dial(tb, address)
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		tb.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return resp, readAll(tb, resp)
}
