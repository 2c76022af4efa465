package streamhttp

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// Wrap returns a Lambda handler function for an HTTP handler, for use with lambda.Start and in tests.
//
// The function URL must have the invoke mode RESPONSE_STREAM, and the function an OS-only runtime
// (provided.al2023). The response can be read as soon as the HTTP handler begins to write it; the
// handler keeps running meanwhile. Reading fails with a messages.InvokeResponse_Error if the handler
// did not complete the response. Closing it cancels the context of the request and makes further writes
// fail.
//
// Options of this package, such as [WithFilledBodies], work with lambda.StartWithOptions.
//
// If the handler is nil, Wrap uses http.DefaultServeMux. The returned function fails only if the event
// is not a request to a function URL.
func Wrap(handler http.Handler) func(context.Context, *events.LambdaFunctionURLRequest) (*events.LambdaFunctionURLStreamingResponse, error) {
	if handler == nil {
		handler = http.DefaultServeMux
	}
	compressed, door := new(sync.Once), defaultDoor(functionURLKind)
	return func(ctx context.Context, event *events.LambdaFunctionURLRequest) (*events.LambdaFunctionURLStreamingResponse, error) {
		if event == nil || event.RequestContext.HTTP.Method == "" {
			return nil, errors.New("streamhttp: the event is not a request to a function URL: " +
				"requestContext.http.method is missing; invoke the function by its URL")
		}
		// Wrap implies the door that WithDoors calls cloudfront.
		a := &arrival{event: event, door: door, vouched: true, signed: true}
		return begin(ctx, handler, a, compressed).response(), nil
	}
}

var errNoRequest = errors.New("streamhttp: the event is not a request to a function URL, nor one of API Gateway or of a load balancer: " +
	"requestContext.http.method and httpMethod are missing; invoke the function by its address")

// WrapDoors is Wrap for every door: a function URL in both invoke modes, REST, HTTP and WebSocket APIs of
// Amazon API Gateway, and Application Load Balancers; see [WithDoors]. [Serve] uses it on Lambda. The
// returned function streams if the door does, and otherwise answers when the response is complete. It
// serves other events by [WithS3], [WithSQS] and [WithDynamoDB], and fails on an event that is neither
// from a door nor from a service of these options.
func WrapDoors(handler http.Handler) func(context.Context, *Event) (any, error) {
	if handler == nil {
		handler = http.DefaultServeMux
	}
	compressed := new(sync.Once)
	return func(ctx context.Context, event *Event) (any, error) {
		if event == nil || event.kind() == unknownKind {
			if event != nil && event.Records != nil {
				return serveRecords(ctx, event.Records)
			}
			return nil, errNoRequest
		}
		doors, err := doorsOf(ctx)
		if err != nil {
			return nil, err
		}
		if event.kind() == webSocketKind {
			return serveWebSocket(ctx, handler, event, doors.of(webSocketKind))
		}
		a, authorizer := event.arrive(doors)
		w := begin(withAuthorizer(ctx, authorizer), handler, a, compressed)
		if a.door.buffered {
			return w.answer(a)
		}
		return w.response(), nil
	}
}

// begin starts the handler, and does not wait for it.
func begin(ctx context.Context, handler http.Handler, a *arrival, compressed *sync.Once) *responseWriter {
	ctx, cancel := requestContext(ctx, a)
	w := newResponseWriter(ctx, cancel, a.event.RequestContext.HTTP.Method)
	w.fill, w.compressed = fillOf(ctx), compressed
	if a.door.buffered {
		w.fill = neverFill // the reports are of streams
	}
	if a.door.kind != functionURLKind || a.door.buffered {
		w.compressed = nil // nothing is dropped elsewhere
	}
	if request, err := newRequest(ctx, a); err == nil {
		go serve(handler, w, request)
	} else {
		go serve(http.HandlerFunc(badRequest), w, new(http.Request).WithContext(ctx))
	}
	return w
}

// badRequest answers as http.Server does when it cannot parse a request.
func badRequest(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "400 Bad Request", http.StatusBadRequest)
}

// serve runs the handler and ends the response, however the handler ends. It logs a failure before the
// end of the response, because Lambda may stop the process after that.
func serve(handler http.Handler, w *responseWriter, r *http.Request) {
	returned := false
	defer func() {
		if r.MultipartForm != nil {
			_ = r.MultipartForm.RemoveAll() // files on disk, as http.Server does
		}
		switch v := recover(); {
		case returned && w.incomplete():
			logInvocation(r.Context(), slog.LevelError, "incomplete response of HTTP handler",
				"written", w.written, "contentLength", w.contentLength)
			w.abort(errIncomplete)
		case returned:
			w.finish()
		case v == nil || v == any(http.ErrAbortHandler): // nil: runtime.Goexit
			logInvocation(r.Context(), slog.LevelWarn, "response aborted by HTTP handler", "written", w.written)
			w.abort(errAborted)
		default:
			logInvocation(r.Context(), slog.LevelError, "panic in HTTP handler", "panic", v, "stack", string(debug.Stack()))
			w.abort(errPanicked)
		}
	}()
	handler.ServeHTTP(w, r)
	returned = true
}

// logInvocation adds what identifies the invocation: the request ID of Lambda's own logs and the trace
// ID of X-Ray.
func logInvocation(ctx context.Context, level slog.Level, message string, details ...any) {
	var requestID, traceID string
	if event, ok := RequestFromContext(ctx); ok {
		requestID, traceID = event.RequestContext.RequestID, event.Headers["x-amzn-trace-id"]
	}
	if invocation, ok := lambdacontext.FromContext(ctx); ok {
		requestID = invocation.AwsRequestID
	}
	if id, _ := ctx.Value("x-amzn-trace-id").(string); id != "" { // of the runtime client
		traceID = id
	}
	slog.Log(ctx, level, message, append([]any{"requestId", requestID, "traceId", traceID}, details...)...)
}

type eventKey struct{}

// RequestFromContext returns the event of a request, in the shape of a function URL's event whatever the
// door. It reports false outside Lambda, where there is no event. The event contains what the request
// hides, including the credentials of CloudFront's signature: do not log or return it.
func RequestFromContext(ctx context.Context) (*events.LambdaFunctionURLRequest, bool) {
	event, ok := ctx.Value(eventKey{}).(*events.LambdaFunctionURLRequest)
	return event, ok
}

// server is a placeholder: only if ServerContextKey is set does httputil.ReverseProxy abort a
// response that its upstream has broken off, instead of ending it as if it were whole.
var server = new(http.Server)

// requestContext ends shortly before the deadline of the invocation, and before the door gives up.
func requestContext(ctx context.Context, a *arrival) (context.Context, context.CancelFunc) {
	ctx = context.WithValue(ctx, eventKey{}, a.event)
	ctx = context.WithValue(ctx, http.ServerContextKey, server)
	if a.door.wait > 0 {
		// The door's limit replaces a later deadline. Both end with the request.
		waiting, stop := context.WithTimeout(ctx, a.door.wait)
		waiting, cancel := beforeDeadline(waiting)
		return waiting, func() { cancel(); stop() }
	}
	return beforeDeadline(ctx)
}

// beforeDeadline returns a context that ends a second before the deadline, or a tenth of the time if
// that is less, so that a handler can finish before it is cut off.
func beforeDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	margin := min(time.Second, time.Until(deadline)/10)
	return context.WithDeadline(ctx, deadline.Add(-margin))
}
