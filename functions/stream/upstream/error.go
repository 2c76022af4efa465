package upstream

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/functions/stream/model"
)

// readError says what an error of the upstream means to the viewer. Messages about the
// request are passed on; what only the function can fix is for the log.
func readError(response *http.Response) *model.Error {
	text, _ := io.ReadAll(io.LimitReader(response.Body, maxError))
	text = withoutKey(text, response.Request)
	var body struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	var object struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    any     `json:"code"` // a number, for some
	}
	_ = json.Unmarshal(text, &body) // what is no JSON has no message
	if json.Unmarshal(body.Error, &object) != nil || object.Message == "" {
		_ = json.Unmarshal(body.Error, &object.Message) // a text, for some
	}
	object.Message = cmp.Or(object.Message, body.Message)
	cause := fmt.Errorf("upstream: %s: %.1000s", response.Status, text)
	e := &model.Error{Status: response.StatusCode, Type: model.TypeServer, Cause: cause}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds >= 0 {
		e.RetryAfter = seconds
	}
	switch s := response.StatusCode; {
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		e.Status, e.Code = http.StatusBadGateway, "model_access_denied"
		e.Message = "The model does not admit this function. The log of the function has the details."
	case s == http.StatusTooManyRequests:
		e.Type, e.Code = model.TypeRateLimit, "rate_limit_exceeded"
		e.Message = cmp.Or(object.Message, "The quota of the model is exceeded. Try again later.")
	case s >= 400 && s < 500:
		e.Type, e.Code, e.Cause = model.TypeInvalidRequest, "invalid_for_model", nil
		if code, ok := object.Code.(string); ok {
			e.Code = code
		}
		if object.Param != nil {
			e.Param = *object.Param
		}
		e.Message = cmp.Or(object.Message, "The model does not accept this request.")
	case s == http.StatusServiceUnavailable:
		e.Code, e.Message = "model_unavailable", "The model is not available now. Try again later."
	default: // redirects, too
		e.Status, e.Code, e.Message = http.StatusBadGateway, "model_failed", "The model failed. Try again."
	}
	return e
}

// withoutKey takes out the key with which an upstream was asked: some say in an error what
// they were given.
func withoutKey(text []byte, request *http.Request) []byte {
	_, key, _ := strings.Cut(request.Header.Get("Authorization"), " ")
	if key == "" {
		return text
	}
	return bytes.ReplaceAll(text, []byte(key), []byte("(key)"))
}

// unreachable says why there is no answer. It is no *model.Error if the viewer has left.
func unreachable(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errSlow):
		return &model.Error{
			Status: http.StatusGatewayTimeout, Type: model.TypeServer, Code: "model_timeout",
			Message: "The model did not answer in time. Try again.", Cause: errors.Join(errSlow, err),
		}
	case errors.Is(cause, context.DeadlineExceeded):
		return timeout
	case cause != nil:
		return cause
	}
	return &model.Error{
		Status: http.StatusBadGateway, Type: model.TypeServer, Code: "model_unreachable",
		Message: "The model cannot be reached; the log of the function says why. Try again.", Cause: err,
	}
}
