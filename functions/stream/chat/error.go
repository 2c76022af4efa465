package chat

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// Types of errors, which OpenAI's clients and people tell apart.
const (
	TypeInvalidRequest = "invalid_request_error"
	TypeRateLimit      = "rate_limit_error"
	TypeServer         = "server_error"
)

// Error is a failure that clients are told about, as OpenAI's error object:
// https://platform.openai.com/docs/guides/error-codes.
type Error struct {
	Status  int    // of the answer; the official clients choose their exception by it
	Message string // for people; must hold nothing secret
	Type    string // one of the Type constants
	Param   string // the parameter at fault; "" becomes null
	Code    string // for programs; "" becomes null
	// RetryAfter is the seconds after which the client may try again.
	// Default: - none, it chooses itself.
	RetryAfter int
	// Cause is what happened, with all details, for the log alone.
	// Default: - the message says it all.
	Cause error
}

// Error returns the message with its cause.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Message + " " + e.Cause.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// MarshalJSON returns the object around the error, too, {"error": {...}}.
func (e *Error) MarshalJSON() ([]byte, error) {
	type object struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    *string `json:"code"`
	}
	return json.Marshal(struct {
		Error object `json:"error"`
	}{object{e.Message, e.Type, nullable(e.Param), nullable(e.Code)}})
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// WriteError answers with an error. It must be called before anything is written.
func WriteError(w http.ResponseWriter, e *Error) {
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	writeJSON(w, e.Status, e)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // fails only if nobody reads it any more
}

// NotFound answers for paths that there are not.
func NotFound(w http.ResponseWriter, r *http.Request) {
	WriteError(w, &Error{
		Status: http.StatusNotFound, Type: TypeInvalidRequest, Code: "unknown_url",
		Message: fmt.Sprintf("Unknown path %s: chat completions are at /v1/chat/completions, so the base URL of a client ends in /v1.", r.URL.Path),
	})
}

// MethodNotAllowed answers requests with another method than those in allow.
func MethodNotAllowed(allow string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		WriteError(w, &Error{
			Status: http.StatusMethodNotAllowed, Type: TypeInvalidRequest, Code: "method_not_allowed",
			Message: fmt.Sprintf("%s is not allowed on %s: use %s.", r.Method, r.URL.Path, allow),
		})
	}
}

// invalid says what is wrong with a parameter.
func invalid(param, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Type: TypeInvalidRequest, Param: param, Message: fmt.Sprintf(format, args...)}
}

// failed tells the client nothing of an error that is not its business.
func failed(err error) *Error {
	return &Error{
		Status: http.StatusInternalServerError, Type: TypeServer, Code: "model_failed",
		Message: "The model failed; the log of the function says why. Try again.", Cause: err,
	}
}
