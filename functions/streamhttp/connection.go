package streamhttp

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
)

// What follows is for frameworks that take for granted what http.Server has: gin asserts
// both interfaces and would panic without them.

var errHijack = fmt.Errorf("streamhttp: a Lambda function has no connection to take over, which WebSockets need: %w; "+
	"use server-sent events, or a WebSocket API of Amazon API Gateway", http.ErrNotSupported)

// Hijack implements http.Hijacker. It always fails.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, errHijack }

// CloseNotify implements http.CloseNotifier by the context of the request.
func (w *responseWriter) CloseNotify() <-chan bool {
	gone := make(chan bool, 1)
	context.AfterFunc(w.ctx, func() { gone <- true })
	return gone
}
