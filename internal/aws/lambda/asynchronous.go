package lambda

import "context"

// queued marks an invocation that comes from Lambda's queue of events.
type queued struct{}

// InvokeEvent is Invoke for an event that nobody waits for. Where Invoke is throttled the event
// stays in the queue until an environment is free; without any concurrency it is throttled, too,
// since it would never leave the queue.
//
// Source: AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous
// invocation": what is throttled goes back to the queue, for up to six hours. Documented.
func (f *Function) InvokeEvent(ctx context.Context, requestID, traceID string, event []byte) (*Response, error) {
	return f.Invoke(context.WithValue(ctx, queued{}, f.config.Concurrency > 0), requestID, traceID, event)
}

// waits reports whether an invocation waits where another one is throttled.
func (f *Function) waits(ctx context.Context) bool {
	fromQueue, _ := ctx.Value(queued{}).(bool)
	return fromQueue || f.config.Queue
}
