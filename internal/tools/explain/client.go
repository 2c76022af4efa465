package explain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/trace"
)

// A Client sends requests as curl does: no redirects, no compression, no retries.
type Client struct {
	// UserAgent is sent unless the request has one.
	UserAgent string
	// Timeout bounds a request, up to the end of its answer.
	Timeout time.Duration
	// Transport sends the requests.
	// Default: as http.DefaultTransport, without compression.
	Transport http.RoundTripper
}

// keptBody is how much of an answer is kept: 64 KiB. The rest is read to see how it ends.
const keptBody = 64 << 10

// Ask sends the request and returns the answer. An answer that is cut off, or that has not
// ended in time, is one; without any it is an error.
func (c *Client) Ask(ctx context.Context, r *Request) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", c.UserAgent)
	req.Header.Set("Accept", "*/*")
	for name, values := range r.Header {
		req.Header[name] = values
	}
	if host := r.Header.Get("Host"); host != "" {
		req.Host = host
	}
	transport := c.Transport
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.TLSClientConfig = loopback.ClientTLS(req.URL.Hostname())
		t.DisableCompression = true
		t.DisableKeepAlives = true // no retries on a connection that was closed meanwhile
		transport = t
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("%s did not answer within %s", trace.MaskURL(r.URL), c.Timeout)
		}
		return nil, fmt.Errorf("no answer from %s: %w", trace.MaskURL(r.URL), err)
	}
	defer resp.Body.Close()
	a := &Answer{Status: resp.StatusCode, Header: resp.Header, Request: *r}
	if a.Request.Header == nil {
		a.Request.Header = http.Header{} // known to be none
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, keptBody))
	a.Body = strings.ToValidUTF8(string(body), "�")
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
	}
	a.Broken = err != nil && ctx.Err() == nil
	a.Stalled = errors.Is(ctx.Err(), context.DeadlineExceeded) && err != nil && len(body) == 0
	return a, nil
}
