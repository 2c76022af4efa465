package elb

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"time"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
)

// proxy hands the request to a task of a service, and passes its answer on as it comes.
func (x *exchange) proxy(rule *Rule, g *Group) (whole bool) {
	address := x.Task(g.Tasks.Name)
	if address == "" {
		return x.refuse(causes.TaskUnwell, http.StatusServiceUnavailable, "no task of %s is running", g.Tasks.Name)
	}
	x.hop.Pass("%s: to a task of %s", rule.Name(), g.Tasks.Name)
	x.hop = x.rec.Hop("task")
	whole = true
	proxy := &httputil.ReverseProxy{
		Transport: x.client, FlushInterval: -1, ErrorLog: silent, // the trace says it
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", address, r.In.Host
			for name := range r.Out.Header {
				if x.header[name] == nil && name != "Connection" { // which is of an upgrade
					delete(r.Out.Header, name)
				}
			}
			for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Amzn-Trace-Id", "X-Amzn-Tls-Version", "X-Amzn-Tls-Cipher-Suite"} {
				if values := x.header[name]; values != nil {
					r.Out.Header[name] = values
				}
			}
		},
		ModifyResponse: func(response *http.Response) error {
			if x.hop.Detailed() {
				x.hop.Changed(nil, trace.NewResponseHead(response.StatusCode, response.Header, response.ContentLength))
			}
			if response.StatusCode != http.StatusSwitchingProtocols {
				response.Body = &watched{response.Body, x, response.StatusCode, 0}
			} else {
				x.hop.Pass("101: an upgrade to %s", response.Header.Get("Upgrade"))
			}
			return nil
		},
		ErrorHandler: func(_ http.ResponseWriter, r *http.Request, err error) {
			switch {
			case r.Context().Err() != nil:
				x.hop.Refuse(causes.None, "", "the client left before the task answered")
				whole = false
			case errors.Is(err, os.ErrDeadlineExceeded):
				x.refuse(causes.IdleTimeoutExceeded, http.StatusGatewayTimeout, "no response within the idle timeout of %s", x.listener.Balancer.Idle.V)
			default:
				x.refuse(causes.TaskUnwell, http.StatusBadGateway, "%v", err)
			}
		},
	}
	proxy.ServeHTTP(x.w, x.r)
	return whole
}

var silent = log.New(io.Discard, "", 0)

// watched is the body of a task's answer, whose end it tells of.
type watched struct {
	io.ReadCloser
	exchange *exchange
	status   int
	bytes    int64
}

func (b *watched) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.bytes += int64(n)
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		b.exchange.hop.Pass("%d, %d bytes", b.status, b.bytes)
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.exchange.hop.Refuse(causes.IdleTimeoutExceeded, "", "cut off after %d bytes: nothing came for the idle timeout of %s", b.bytes, b.exchange.listener.Balancer.Idle.V)
	case b.exchange.r.Context().Err() != nil:
		b.exchange.hop.Refuse(causes.None, "", "the client left after %d bytes", b.bytes)
	default:
		b.exchange.hop.Refuse(causes.TaskUnwell, "", "cut off after %d bytes: %v", b.bytes, err)
	}
	return n, err
}

// newTransport makes connections to tasks that end if they are silent for too long.
func (s *server) newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: connectTime}
	idle := s.listener.Balancer.Idle.V
	return &http.Transport{
		DisableCompression: true, MaxIdleConnsPerHost: 1000, IdleConnTimeout: idle,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &idleConn{conn, idle}, nil
		},
	}
}

// An idleConn gives up reading when nothing has gone either way for some time.
type idleConn struct {
	net.Conn
	idle time.Duration
}

func (c *idleConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.idle)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c *idleConn) Write(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.idle)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
