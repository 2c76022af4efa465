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
// It works with any [http.ResponseWriter], on Lambda with that of package streamhttp, and
// needs the standard library only.
//
// # Heartbeats
//
// CloudFront cuts a response whose origin is silent for longer than the read timeout, which
// is 1 to 120 seconds without a quota increase, 30 unless set (documented). A [Writer]
// therefore sends a comment at once, and another whenever nothing was written for
// [DefaultHeartbeat]. Clients ignore comments.
//
// # Back-pressure
//
// Nothing is buffered between a Writer and its ResponseWriter: [Writer.Send] returns when
// the event is written and flushed, so a viewer who reads slowly slows the handler down.
// Heartbeats do not queue up behind such a viewer.
//
// In steady state an event allocates nothing, unless encoding its JSON does.
//
// # The end
//
// The end of a stream does not say that it is complete: behind a function URL a stream that
// the handler aborted may end in the same way, see package streamhttp. Send a last event that
// says so, such as "data: [DONE]" of chat completions, and let clients look for it.
package sse
