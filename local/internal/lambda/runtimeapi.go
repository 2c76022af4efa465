package lambda

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	apiVersion      = "/2018-06-01"
	headerErrorType = "Lambda-Runtime-Function-Error-Type"
	maxErrorObject  = 1 << 20
)

// runtimeAPI serves the runtime API to the environment's process.
//
// Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
func (e *environment) runtimeAPI() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+apiVersion+"/runtime/invocation/next", e.next)
	mux.HandleFunc("POST "+apiVersion+"/runtime/invocation/{id}/response", e.response)
	mux.HandleFunc("POST "+apiVersion+"/runtime/invocation/{id}/error", e.invocationError)
	mux.HandleFunc("POST "+apiVersion+"/runtime/init/error", e.initError)
	return mux
}

// next waits for an event. Asking for it completes the invocation before.
func (e *environment) next(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	answered := e.answering
	e.mu.Unlock()
	if answered != nil { // by a response that is still being read
		select {
		case <-answered:
		case <-e.gone:
			return
		case <-r.Context().Done():
			return
		}
	}
	e.mu.Lock()
	running := e.current != nil && len(e.work) == 0
	e.inited = true
	if !running {
		e.stopTimer() // of the init phase
	}
	e.mu.Unlock()
	if running {
		reply(w, http.StatusForbidden, "InvalidStateTransition", "the invocation before has not been answered")
		return
	}
	e.function.release(e)
	var inv *invocation
	select {
	case inv = <-e.work:
	case <-e.gone:
		return
	case <-r.Context().Done():
		return
	}
	timeout := e.function.config.Timeout
	e.after(timeout, "the function did not finish within its timeout of %s")
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(timeout).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", e.function.config.ARN)
	h.Set("Lambda-Runtime-Trace-Id", inv.traceID)
	h.Set("Content-Length", strconv.Itoa(len(inv.event)))
	_, _ = w.Write(inv.event)
}

// take ends the current invocation if it has the id, so that only one answer counts. The
// answer ends with settle, which closes the channel.
func (e *environment) take(w http.ResponseWriter, r *http.Request) (*invocation, chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	inv := e.current
	if inv == nil || inv.id != r.PathValue("id") {
		reply(w, http.StatusBadRequest, "InvalidRequestID", "no invocation with this id is waiting for an answer")
		return nil, nil
	}
	e.current, e.answering = nil, make(chan struct{})
	return inv, e.answering
}

// response passes the function's answer on while it is still being written. The header
// Lambda-Runtime-Function-Response-Mode is optional: aws-lambda-go does not send it.
func (e *environment) response(w http.ResponseWriter, r *http.Request) {
	inv, answered := e.take(w, r)
	if inv == nil {
		return
	}
	inv.began <- &Response{ContentType: r.Header.Get("Content-Type"), Body: &responseBody{environment: e, request: r}}
	select {
	case <-answered:
		reply(w, http.StatusAccepted, "", "")
	case <-e.function.ctx.Done():
	}
}

func (e *environment) invocationError(w http.ResponseWriter, r *http.Request) {
	if inv, _ := e.take(w, r); inv != nil {
		err := reported(r, "Function.Unknown")
		e.settle()
		inv.failed <- err
		reply(w, http.StatusAccepted, "", "")
	}
}

// initError ends the environment: a runtime that cannot start reports why and exits.
func (e *environment) initError(w http.ResponseWriter, r *http.Request) {
	reason := reported(r, "Runtime.Unknown")
	reply(w, http.StatusAccepted, "", "")
	e.end(reason)
}

// settle stops the clock of the invocation that was answered. Its caller hears of the
// answer's end afterwards, so that a next invocation finds this environment.
func (e *environment) settle() {
	e.mu.Lock()
	e.stopTimer()
	answered := e.answering
	e.answering = nil
	e.mu.Unlock()
	e.function.settle(e)
	close(answered)
}

func reported(r *http.Request, unknown string) *FunctionError {
	data, _ := io.ReadAll(io.LimitReader(r.Body, maxErrorObject))
	e := &FunctionError{Type: r.Header.Get(headerErrorType), Message: messageOf(data)}
	if e.Type == "" {
		var object struct{ ErrorType string }
		_ = json.Unmarshal(data, &object)
		e.Type = object.ErrorType
	}
	if e.Type == "" {
		e.Type = unknown
	}
	return e
}

// reply answers the runtime in the API's own form.
func reply(w http.ResponseWriter, status int, errorType, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	body := map[string]string{"status": "OK"}
	if errorType != "" {
		body = map[string]string{"errorType": errorType, "errorMessage": message}
	}
	_ = json.NewEncoder(w).Encode(body)
}
