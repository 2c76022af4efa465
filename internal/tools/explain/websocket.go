package explain

import "github.com/streamfront/streamfront/internal/causes"

// fromWebSocketAPI knows what a function hears of the management API, as SDKs and logs print it,
// and how a WebSocket API closes a connection.
//
// Source: Amazon API Gateway Management API Reference; see the causes.
func fromWebSocketAPI(a *Answer, f *findings) {
	switch {
	case a.has(`GoneException`):
		f.add(Certain, causes.ConnectionGone, "GoneException: the management API does not have the connection any more, or not yet")
	case a.has(`execute-api:ManageConnections`):
		f.add(Certain, causes.ManageConnectionsMissing, "the message names the action that the role does not allow")
	case a.has(`\b1009\b`) && a.has(`(?i)websocket|disconnect|clos(e|ing)`):
		f.add(Likely, causes.MessageTooLarge, "1009 is how a WebSocket API closes the connection of a client that sends too much")
	case a.has(`PayloadTooLargeException`):
		f.add(Likely, causes.MessageTooLarge, "the management API takes messages of 128 KB")
	}
}
