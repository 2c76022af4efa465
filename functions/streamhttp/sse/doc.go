// Package sse writes server-sent events, the format of text/event-stream:
// https://html.spec.whatwg.org/multipage/server-sent-events.html.
//
//	func handler(w http.ResponseWriter, r *http.Request) {
//		stream := sse.NewWriter(w, r, sse.Options{})
//		defer stream.Close()
//		for token := range tokens(r.Context()) {
//			if err := stream.Send(sse.Event{JSON: token}); err != nil {
//				return // the viewer is gone
//			}
//		}
//	}
//
// It works with any [http.ResponseWriter], on Lambda with the one of package streamhttp. It needs only
// the standard library.
//
// # Heartbeats
//
// CloudFront cuts a response whose origin is silent for longer than the read timeout. That is 30
// seconds by default, and at most 120 without a quota increase (documented). So a [Writer] sends a
// comment at once, and another one whenever nothing was written for [DefaultHeartbeat]. Clients ignore
// comments.
//
// # Back-pressure
//
// A Writer does not buffer. [Writer.Send] returns when the event is written and flushed, so a viewer who
// reads slowly slows down the handler. Heartbeats do not queue up behind such a viewer.
//
// In steady state an event allocates nothing, unless the encoding of its JSON does.
//
// # The end
//
// The end of a stream does not show that it is complete: behind a function URL a stream that the handler
// aborted may end in the same way; see package streamhttp. Send a last event that marks the end, such as
// "data: [DONE]" of chat completions, and let clients look for it.
package sse
