package bedrock

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/functions/stream/model"
)

// exception is an error of Bedrock, before a stream or in it.
type exception struct {
	name      string // such as ThrottlingException
	message   string
	status    int    // of HTTP; 0 in a stream
	requestID string // for AWS's support; "" in a stream
}

func (e *exception) Error() string {
	return fmt.Sprintf("bedrock: %s: %s (status %d, request %s)", e.name, e.message, e.status, e.requestID)
}

// names of the exceptions in a stream begin with a small letter.
var inStream = map[string]string{
	"internalServerException":     "InternalServerException",
	"modelStreamErrorException":   "ModelStreamErrorException",
	"serviceUnavailableException": "ServiceUnavailableException",
	"throttlingException":         "ThrottlingException",
	"validationException":         "ValidationException",
}

// tooLong says whether a ValidationException is about the length of the conversation, for
// which agents shorten it and go on. The words are those of the models (field reports).
func (e *exception) tooLong() bool {
	message := strings.ToLower(e.message)
	return slices.ContainsFunc([]string{"input is too long", "prompt is too long", "too many input tokens", "input tokens exceeded", "context limit", "context length"},
		func(words string) bool { return strings.Contains(message, words) })
}

// public says what the client can do about an exception. Messages of Bedrock may hold
// ARNs with the account's number: only the log gets them.
func (e *exception) public() *model.Error {
	answer := func(status int, kind, code, message string) *model.Error {
		return &model.Error{Status: status, Type: kind, Code: code, Message: message, Cause: e}
	}
	switch e.name {
	case "ThrottlingException":
		a := answer(http.StatusTooManyRequests, model.TypeRateLimit, "rate_limit_exceeded", "The quota of the model is exceeded. Try again later.")
		a.RetryAfter = 2
		return a
	case "ServiceQuotaExceededException":
		return answer(http.StatusTooManyRequests, model.TypeRateLimit, "insufficient_quota", "The account's quota for the model is used up.")
	case "ModelNotReadyException":
		a := answer(http.StatusServiceUnavailable, model.TypeServer, "model_not_ready", "The model is not ready yet. Try again later.")
		a.RetryAfter = 5
		return a
	case "ValidationException":
		if e.tooLong() {
			return answer(http.StatusBadRequest, model.TypeInvalidRequest, "context_length_exceeded",
				"The conversation and the answer that it may get are too long for the model: send less.")
		}
		return answer(http.StatusBadRequest, model.TypeInvalidRequest, "invalid_for_model",
			"The model does not accept this request: its parameters, tools or length may not suit it. The log of the function has the details.")
	case "AccessDeniedException":
		return answer(http.StatusBadGateway, model.TypeServer, "model_access_denied",
			"The function may not use its model: its role needs bedrock:InvokeModelWithResponseStream on the model and on its inference profile, and the account needs access to the model. The log of the function has the details.")
	case "ResourceNotFoundException":
		return answer(http.StatusBadGateway, model.TypeServer, "model_not_available",
			"There is no such model in the function's region: check BEDROCK_MODEL_ID. The log of the function has the details.")
	case "ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationTokenException":
		return answer(http.StatusBadGateway, model.TypeServer, "model_access_denied", "The credentials of the function are not valid. The log of the function has the details.")
	case "ModelTimeoutException":
		return answer(http.StatusGatewayTimeout, model.TypeServer, "model_timeout", "The model took too long. Try again, or ask for less.")
	case "ServiceUnavailableException":
		a := answer(http.StatusServiceUnavailable, model.TypeServer, "model_unavailable", "The model is not available now. Try again later.")
		a.RetryAfter = 2
		return a
	}
	// InternalServerException, ModelErrorException, ModelStreamErrorException, and what is
	// unknown.
	return answer(http.StatusBadGateway, model.TypeServer, "model_failed", "The model failed. Try again.")
}
