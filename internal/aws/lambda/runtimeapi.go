package lambda

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/streamfront/streamfront/internal/loopback"
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
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := ownProcess.Admit(r); err != nil {
			reply(w, http.StatusForbidden, "AccessDenied", err.Error())
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// ownProcess is who may use the runtime API: on AWS nobody else reaches it. Here another
// program of this machine does if it finds the address; a page in a browser must not.
var ownProcess = loopback.Rule{OwnPort: true, NoBrowser: true}

// next waits for an event. Asking for it completes an invocation before.
func (e *environment) next(w http.ResponseWriter, r *http.Request) {
	if !e.awaitSlot(w, r) {
		return
	}
	e.function.release(e)
	var inv *invocation
	select {
	case inv = <-e.work:
	case <-e.gone:
		return
	case <-r.Context().Done():
		e.function.withdraw(e)
		return
	}
	e.limit(inv)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(e.function.config.Timeout).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", e.function.config.ARN)
	h.Set("Lambda-Runtime-Trace-Id", inv.traceID)
	h.Set("Content-Length", strconv.Itoa(len(inv.event)))
	_, _ = w.Write(inv.event)
}

// awaitSlot waits while all slots are taken and one of them by a response that is still
// being read; without such a response the process asks for more than it may.
func (e *environment) awaitSlot(w http.ResponseWriter, r *http.Request) bool {
	for {
		e.mu.Lock()
		taken := len(e.current) - len(e.work)
		free, answered := taken+e.answering < e.slots, e.answered
		e.inited = true
		if free {
			e.timer.Stop()
		}
		e.mu.Unlock()
		switch {
		case free:
			return true
		case taken >= e.slots:
			reply(w, http.StatusForbidden, "InvalidStateTransition", "the invocation before has not been answered")
			return false
		}
		select {
		case <-answered:
		case <-e.gone:
			return false
		case <-r.Context().Done():
			return false
		}
	}
}

// take ends the invocation with the id, so that only one answer counts. The answer ends
// with settle.
func (e *environment) take(w http.ResponseWriter, r *http.Request) *invocation {
	e.mu.Lock()
	defer e.mu.Unlock()
	inv := e.current[r.PathValue("id")]
	if inv == nil || inv.timer == nil { // unknown, or not given to the process yet
		reply(w, http.StatusBadRequest, "InvalidRequestID", "no invocation with this id is waiting for an answer")
		return nil
	}
	delete(e.current, inv.id)
	e.answering++
	e.hear()
	return inv
}

// response passes the function's answer on while it is still being written. The header
// Lambda-Runtime-Function-Response-Mode is optional: aws-lambda-go does not send it.
func (e *environment) response(w http.ResponseWriter, r *http.Request) {
	inv := e.take(w, r)
	if inv == nil {
		return
	}
	body := &responseBody{environment: e, invocation: inv, request: r}
	if passed := e.pass(inv, body); passed != nil {
		inv.began <- &Response{ContentType: r.Header.Get("Content-Type"), Body: passed}
	} else {
		_, _ = io.Copy(io.Discard, body)
	}
	select {
	case <-inv.answered:
		reply(w, http.StatusAccepted, "", "")
	case <-e.function.ctx.Done():
	}
}

// pass returns the body as the caller reads it; nil if the caller does not wait for it any
// more.
func (e *environment) pass(inv *invocation, body io.Reader) io.Reader {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case inv.over:
		return nil
	case !e.shared(): // the environment ends with it
		return body
	default:
		return inv.separable(body)
	}
}

func (e *environment) invocationError(w http.ResponseWriter, r *http.Request) {
	if inv := e.take(w, r); inv != nil {
		err := reported(r, "Function.Unknown")
		e.settle(inv)
		e.mu.Lock()
		inv.giveUp(err)
		e.mu.Unlock()
		reply(w, http.StatusAccepted, "", "")
	}
}

// initError ends the environment: a runtime that cannot start reports why and exits. One that
// has asked for an event has started.
func (e *environment) initError(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	inited := e.inited
	e.mu.Unlock()
	if inited {
		reply(w, http.StatusForbidden, "InvalidStateTransition", "the init phase is over")
		return
	}
	reason := reported(r, "Runtime.Unknown")
	reply(w, http.StatusAccepted, "", "")
	e.end(reason)
}

// settle stops the clock of the invocation that was answered. Its caller hears of the
// answer's end afterwards, so that a next invocation finds this environment.
func (e *environment) settle(inv *invocation) {
	e.mu.Lock()
	inv.timer.Stop()
	e.mu.Unlock()
	e.function.settle(e) // before a process that asks again is let in
	close(inv.answered)
	e.mu.Lock()
	e.answering--
	e.hear()
	close(e.answered)
	e.answered = make(chan struct{})
	e.mu.Unlock()
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
