package streamhttp

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
)

// These methods are for frameworks that expect http.Server's ResponseWriter: gin asserts Hijacker and
// CloseNotifier, and would panic without them.

var errHijack = fmt.Errorf("streamhttp: a Lambda function has no connection to hijack, which WebSockets need: %w; "+
	"use server-sent events, or a WebSocket API of Amazon API Gateway", http.ErrNotSupported)

// Hijack implements http.Hijacker. It always fails.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, errHijack }

// EnableFullDuplex is for http.ResponseController. Lambda has the whole body before the handler starts,
// so the handler can always read it while it writes the response.
func (w *responseWriter) EnableFullDuplex() error { return nil }

// CloseNotify implements http.CloseNotifier through the context of the request.
func (w *responseWriter) CloseNotify() <-chan bool {
	gone := make(chan bool, 1)
	context.AfterFunc(w.ctx, func() { gone <- true })
	return gone
}
