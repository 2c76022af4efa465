package websocket

import "time"

// Limits of WebSocket APIs.
//
// Source: Amazon API Gateway Developer Guide, "Quotas for configuring and running a WebSocket
// API in API Gateway" (November 2026). Documented.
const (
	maxMessage = 128 << 10 // bytes
	maxFrame   = 32 << 10  // bytes of payload

	idleTime    = 10 * time.Minute // without a message either way
	longestTime = 2 * time.Hour    // of a connection
	minTimeout  = 50               // ms, of an integration
	maxTimeout  = 29_000           // ms, the default, too
)
