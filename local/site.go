package local

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/tools/tracepage"
)

var errClosed = errors.New("the local chain has been stopped")

// A site is an address on loopback. It stays while generations of what is served there
// come and go.
type site struct {
	address string
	url     string // its scheme and address
	server  *http.Server
	page    *tracepage.Page // below its path; nil: none
	pipe    *loopback.Pipe  // by which the rest of the chain comes

	mu         sync.RWMutex
	generation *generation
	handler    http.Handler // nil: nothing is served here any more
}

// site returns the site for something that is served, a new one if it has none. One that is
// secure is served by HTTPS.
func (c *Chain) site(name string, port int, secure *tls.Config, page *tracepage.Page) (*site, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errClosed
	}
	if s := c.sites[name]; s != nil {
		return s, nil
	}
	listeners, err := loopback.Listen(port)
	if err != nil {
		return nil, fmt.Errorf("%w: give another port, or 0 for a free one", err)
	}
	s := &site{address: listeners[0].Addr().String(), page: page, pipe: loopback.NewPipe()}
	s.url = "http://" + s.address
	if secure != nil {
		s.url = "https://" + s.address
	}
	s.server = loopback.NewServer(s, loopback.Viewers)
	go func() { _ = s.server.Serve(s.pipe) }()
	c.sites[name] = s
	for _, listener := range listeners {
		listener = loopback.Viewers.Answers(listener)
		if secure != nil {
			listener = tls.NewListener(listener, secure)
		}
		go func() { _ = s.server.Serve(listener) }() // ends with close
	}
	return s, nil
}

// serve lets a generation answer the requests from now on.
func (s *site) serve(g *generation, h http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation, s.handler = g, h
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if framedTwice(r) {
		w.Header().Set("Connection", "close")
	}
	if s.page != nil && tracepage.Serves(r) {
		s.page.ServeHTTP(w, r) // of no generation: its streams would keep one alive
		return
	}
	s.mu.RLock()
	g, h := s.generation, s.handler
	if h != nil {
		g.requests.Add(1)
	}
	s.mu.RUnlock()
	if h == nil {
		http.Error(w, "nothing is served here (any more)", http.StatusServiceUnavailable)
		return
	}
	defer g.requests.Done()
	h.ServeHTTP(w, r)
}

// framedTwice reports whether a request may have had both Content-Length and Transfer-Encoding,
// so that the next hop could see another request behind it than this one does. The connection
// has to close after the answer (RFC 9112, section 6.1). net/http takes the chunks and hides
// the length, so it closes after all requests with chunks; and after HTTP/1.0, where it goes
// by the length and hides the coding.
func framedTwice(r *http.Request) bool {
	return len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1)
}

func (s *site) close() { _ = s.server.Close() }
