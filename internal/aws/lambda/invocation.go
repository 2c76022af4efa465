package lambda

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// An invocation is one event on its way through an environment.
type invocation struct {
	id       string
	traceID  string
	event    []byte
	began    chan *Response // gets the response, or
	failed   chan error     // the reason why there is none
	answered chan struct{}  // closed at the end of the response

	// The rest is guarded by environment.mu.
	timer   *time.Timer    // of the function's timeout
	over    bool           // its caller knows how it ended, whatever the process does
	waiting *io.PipeWriter // to the caller, if the response has begun and can be cut off
}

func newInvocation(requestID, traceID string, event []byte) *invocation {
	return &invocation{
		id: requestID, traceID: traceID, event: event,
		began: make(chan *Response, 1), failed: make(chan error, 1), answered: make(chan struct{}),
	}
}

// giveUp gives the caller the reason why there is no response, or no more of it.
func (i *invocation) giveUp(reason error) {
	if i.timer != nil {
		i.timer.Stop()
	}
	if i.over {
		return
	}
	i.over = true
	if i.waiting != nil {
		_ = i.waiting.CloseWithError(reason)
		return
	}
	i.failed <- reason
}

// separable returns a body that ends for its reader when the invocation is given up, while
// the one that it reads from is read to its end: the process may go on writing.
func (i *invocation) separable(body io.Reader) io.Reader {
	reader, writer := io.Pipe()
	i.waiting = writer
	go func() {
		_, err := io.Copy(writer, body)
		if errors.Is(err, io.ErrClosedPipe) {
			_, err = io.Copy(io.Discard, body)
		}
		_ = writer.CloseWithError(err) // nil is io.EOF
	}()
	return reader
}

// discard reads the response that nobody waits for, so that the function can finish.
func (i *invocation) discard() {
	select {
	case r := <-i.began:
		_, _ = io.Copy(io.Discard, r.Body)
	case <-i.failed: //nolint:errcheck // nobody waits for the reason either
	}
}

// responseBody is the body of a runtime's POST to /response. Reading it to the end tells
// the environment that the response is complete.
type responseBody struct {
	environment *environment
	invocation  *invocation
	request     *http.Request
	end         error // of the body, once it has been read
}

func (b *responseBody) Read(p []byte) (int, error) {
	if b.end != nil {
		return 0, b.end
	}
	n, err := b.request.Body.Read(p)
	if err == nil {
		return n, nil
	}
	// Trailers are gone as soon as the runtime API has replied.
	reported := b.request.Trailer.Clone()
	b.environment.settle(b.invocation)
	switch typ := reported.Get(headerErrorType); {
	case !errors.Is(err, io.EOF):
		b.end = b.environment.failure(err)
	case typ != "":
		// Documented (Lambda Developer Guide, "Building a custom runtime"): an error in
		// mid-stream comes as HTTP trailers.
		b.end = &FunctionError{Type: typ, Message: errorMessage(reported.Get("Lambda-Runtime-Function-Error-Body"))}
	default:
		b.end = io.EOF
	}
	return n, b.end
}

// errorMessage reads the message of the error object that a trailer carries in base64.
func errorMessage(trailer string) string {
	data, err := base64.StdEncoding.DecodeString(trailer)
	if err != nil {
		return trailer
	}
	return messageOf(data)
}

func messageOf(errorObject []byte) string {
	var e struct{ ErrorMessage string }
	if json.Unmarshal(errorObject, &e) != nil || e.ErrorMessage == "" {
		return string(errorObject)
	}
	return e.ErrorMessage
}
