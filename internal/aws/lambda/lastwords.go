package lambda

import (
	"net"
	"net/http"
	"time"
)

// lastWords is how long a process that has ended may still be heard. Its connections end
// with it, unless a child of it keeps them.
const lastWords = time.Second

// hearOut waits until what the process said before it ended has been read: a response that
// is still on its way counts. Connections are taken up in the order in which they were made,
// so that after one of our own there is none of the process to come.
func (e *environment) hearOut() {
	last, err := net.DialTimeout("tcp", e.server.Addr, lastWords)
	if err != nil {
		return
	}
	defer last.Close()
	heard := make(chan struct{})
	e.mu.Lock()
	e.last, e.heard = last.LocalAddr().String(), heard
	e.hear()
	e.mu.Unlock()
	timer := time.NewTimer(lastWords)
	defer timer.Stop()
	select {
	case <-heard:
	case <-timer.C:
	case <-e.function.ctx.Done():
	}
}

// hear ends hearOut when every connection but the last is closed or has a response under
// way. It is called with e.mu held when connections or responses begin or end.
func (e *environment) hear() {
	if e.heard != nil && e.connections[e.last] && len(e.connections)-1 <= e.answering {
		close(e.heard)
		e.heard = nil
	}
}

// connection keeps account of the connections.
func (e *environment) connection(c net.Conn, state http.ConnState) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch address := c.RemoteAddr().String(); state {
	case http.StateNew:
		e.connections[address] = true
	case http.StateClosed:
		delete(e.connections, address)
	default:
	}
	e.hear()
}
