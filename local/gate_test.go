package local_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/streamfront/streamfront/internal/testclient"
)

// A gate holds the test function at a question until the test lets it go on.
type gate struct {
	t    *testing.T
	url  string
	mu   sync.Mutex
	asks map[string]chan chan struct{}
	held map[string][]chan struct{}
}

func newGate(t *testing.T) *gate {
	g := &gate{t: t, asks: map[string]chan chan struct{}{}, held: map[string][]chan struct{}{}}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		answer := make(chan struct{})
		select {
		case g.asked(r.URL.Path) <- answer:
		case <-r.Context().Done():
			return
		}
		select {
		case <-answer:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	g.url = server.URL
	return g
}

func (g *gate) asked(question string) chan chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.asks[question] == nil {
		g.asks[question] = make(chan chan struct{})
	}
	return g.asks[question]
}

// await waits for the question and leaves it open.
func (g *gate) await(question string) {
	g.t.Helper()
	g.held[question] = append(g.held[question], testclient.Receive(g.t, "the question", g.asked(question)))
}

// release answers a question that was awaited.
func (g *gate) release(question string) {
	close(g.held[question][0])
	g.held[question] = g.held[question][1:]
}

// open waits for the question and answers it.
func (g *gate) open(question string) {
	g.t.Helper()
	g.await(question)
	g.release(question)
}
