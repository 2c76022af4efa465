package door

import (
	"net/http"
	"strings"
)

// Headers of a handshake (RFC 6455, section 4.1) without which there is no WebSocket.
const (
	WebSocketKey     = "Sec-Websocket-Key"
	WebSocketVersion = "Sec-Websocket-Version"
)

// AsksForWebSocket reports whether a request asks to become a WebSocket.
func AsksForWebSocket(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket") &&
		strings.Contains(strings.ToLower(strings.Join(r.Header.Values("Connection"), ",")), "upgrade")
}
