package lambda

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// An invocation is one event on its way through an environment.
type invocation struct {
	id      string
	traceID string
	event   []byte
	began   chan *Response // gets the response, or
	failed  chan error     // the reason why there is none
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
	b.environment.settle()
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
