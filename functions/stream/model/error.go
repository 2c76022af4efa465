package model

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Types of errors, which OpenAI's clients and people distinguish.
const (
	TypeInvalidRequest = "invalid_request_error"
	TypeRateLimit      = "rate_limit_error"
	TypeServer         = "server_error"
)

// Error is a failure that clients see, as OpenAI's error object:
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

// Invalid says what is wrong with a parameter.
func Invalid(param, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Type: TypeInvalidRequest, Param: param, Message: fmt.Sprintf(format, args...)}
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

// Object is OpenAI's error object.
type Object struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

// Object returns what clients see.
func (e *Error) Object() Object {
	return Object{e.Message, e.Type, nullable(e.Param), nullable(e.Code)}
}

// MarshalJSON returns the object around the error, too, {"error": {...}}.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Error Object `json:"error"`
	}{e.Object()})
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
