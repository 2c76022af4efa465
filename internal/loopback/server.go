package loopback

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// Limits bound how long a client may keep a server waiting. Zero is no limit.
type Limits struct {
	// Head is for the head of a request, from its first byte on.
	Head time.Duration
	// Idle is for a connection without a request.
	Idle time.Duration
	// Gap is for the next byte of a request's body, and Rate how many bytes a second come on
	// average after that.
	Gap  time.Duration
	Rate int64
	// Unread is for a client that does not take its answer.
	Unread time.Duration
}

// Viewers are the limits of what viewers and browsers talk to. CloudFront has some towards
// viewers and does not publish them: these are assumed, and generous.
var Viewers = Limits{Head: 30 * time.Second, Idle: 3 * time.Minute, Gap: time.Minute, Rate: 512, Unread: 10 * time.Minute}

// Processes are the limits of what a function's own process talks to: it may wait for an
// event, and be silent in an answer, for as long as it lives.
var Processes = Limits{Head: 30 * time.Second}

// maxHead is above CloudFront's own limit, which answers in CloudFront's words.
const maxHead = 1 << 20

// NewServer returns a server with the limits.
func NewServer(h http.Handler, l Limits) *http.Server {
	return &http.Server{
		Handler:           l.bodies(h),
		MaxHeaderBytes:    maxHead,
		ReadHeaderTimeout: l.Head,
		IdleTimeout:       l.Idle,
		// OPTIONS of "*" is not answered behind the handler's back.
		DisableGeneralOptionsHandler: true,
	}
}

// Answers bounds how long the clients of a listener may leave their answers unread.
func (l Limits) Answers(listener net.Listener) net.Listener {
	if l.Unread == 0 {
		return listener
	}
	return &answering{listener, l.Unread}
}

type answering struct {
	net.Listener
	limit time.Duration
}

func (a *answering) Accept() (net.Conn, error) {
	c, err := a.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, limit: a.limit}, nil
}

// A conn gives every write the limit, unless a handler has set a deadline of its own.
type conn struct {
	net.Conn
	limit time.Duration
	own   atomic.Bool
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.own.Store(!t.IsZero())
	return c.Conn.SetWriteDeadline(t)
}

func (c *conn) Write(p []byte) (int, error) {
	if !c.own.Load() {
		if err := c.Conn.SetWriteDeadline(time.Now().Add(c.limit)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(p)
}

// bodies bounds how long the body of a request may take.
func (l Limits) bodies(h http.Handler) http.Handler {
	if l.Gap == 0 {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			h.ServeHTTP(w, r)
			return
		}
		b := &body{ReadCloser: r.Body, limits: l, conn: http.NewResponseController(w)}
		b.expect(time.Now()) // also where nobody reads it: net/http does after the answer
		r.Body = b
		h.ServeHTTP(w, r)
	})
}

// ErrSlow is what reading the body of a request gives that did not come in time.
var ErrSlow = errors.New("the body of the request did not come in time")

// A body counts the time in which it is waited for: what its reader takes is not the client's.
type body struct {
	io.ReadCloser
	limits Limits
	conn   *http.ResponseController
	got    int64
	waited time.Duration
}

func (b *body) Read(p []byte) (int, error) {
	began := time.Now()
	b.expect(began)
	n, err := b.ReadCloser.Read(p)
	b.got += int64(n)
	b.waited += time.Since(began)
	switch {
	case errors.Is(err, io.EOF):
		// From now on net/http listens whether the client leaves.
		_ = b.conn.SetReadDeadline(time.Time{})
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = ErrSlow
	}
	return n, err
}

// expect sets until when the next byte must come.
func (b *body) expect(now time.Time) {
	left := b.limits.Gap
	if b.limits.Rate > 0 {
		earned := time.Duration(float64(b.got) / float64(b.limits.Rate) * float64(time.Second))
		left = min(left, b.limits.Gap+earned-b.waited)
	}
	_ = b.conn.SetReadDeadline(now.Add(left))
}
