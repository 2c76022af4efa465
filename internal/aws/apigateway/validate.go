package apigateway

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
)

// validate looks at a request as the validator of its method says; nil if it is valid. API Gateway
// does so after authorization and API keys, and before the integration.
//
// Sources: Amazon API Gateway Developer Guide, "Request validation for REST APIs in API Gateway"
// and "Gateway response types for API Gateway"; the messages are those that localstack/localstack
// recorded (tests/aws/services/apigateway, 2023). The order of the names is assumed.
func (x *exchange) validate(m *match, body []byte) *refusal {
	o := m.operation
	if o.Validator == nil {
		return nil
	}
	bad := func(kind, message string) *refusal {
		return &refusal{kind: kind, status: http.StatusBadRequest, message: message, errorType: "BadRequestException"}
	}
	if o.Validator.Parameters.Is(true) {
		if missing := x.missing(m); len(missing) > 0 {
			names := strings.Join(missing, ", ")
			return bad("BAD_REQUEST_PARAMETERS", "Missing required request parameters: ["+names+"]").because(causes.RequestInvalid,
				"RequestParameters of %s requires what is not there, or is blank: %s", o.Key, names)
		}
	}
	if o.Validator.Body.Is(true) {
		if model, wrong := o.invalid(x.r.Header.Get("Content-Type"), body); wrong != "" {
			f := bad("BAD_REQUEST_BODY", "Invalid request body")
			f.validation = wrong
			return f.because(causes.RequestInvalid, "the body does not fit the model %s of %s: %s", model, o.Key, wrong)
		}
	}
	return nil
}

// missing are the names of the parameters that are required and that the request does not have.
// Blank ones count as missing (documented); of several values one has to be there (assumed).
func (x *exchange) missing(m *match) (names []string) {
	query, _ := url.ParseQuery(x.r.URL.RawQuery) // the parts that cannot be decoded are left out, as in the event
	for _, p := range m.operation.Required {
		var values []string
		switch {
		case p.In == "path":
			values = []string{m.parameters[p.Name]}
		case p.In == "querystring":
			values = query[p.Name]
		case strings.EqualFold(p.Name, "Host"): // which net/http keeps elsewhere
			values = []string{x.r.Host}
		default:
			values = x.r.Header.Values(p.Name)
		}
		if !slices.ContainsFunc(values, func(value string) bool { return strings.TrimSpace(value) != "" }) {
			names = append(names, p.Name)
		}
	}
	return names
}

// invalid says what is wrong with a body by the model of its content type. A body of a type
// that has no model is not looked at (documented), whatever the passthrough behavior of the
// integration, which is about mapping templates.
func (o *Operation) invalid(contentType string, body []byte) (model, wrong string) {
	mediaType, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	if mediaType = strings.TrimSpace(mediaType); mediaType == "" {
		mediaType = "application/json" // documented for mapping templates
	}
	s := o.Models[mediaType]
	if s == nil {
		s = o.Models["$default"]
	}
	if s == nil || s.compiled == nil { // a model without a schema
		return "", ""
	}
	if len(body) == 0 {
		body = []byte("{}") // assumed, as localstack/localstack has it
	}
	document, err := decodeJSON(body)
	if err != nil {
		return s.Name, "it is not JSON: " + err.Error()
	}
	if err := s.compiled.Validate(document); err != nil {
		return s.Name, brief(err)
	}
	return "", ""
}
