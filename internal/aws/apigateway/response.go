package apigateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// A Response is a gateway response: what a REST API answers in place of a function.
type Response struct {
	template.Place

	Type     template.Text
	Status   template.Text
	Headers  map[string]string // by name, to where the value is from
	Template string            // of the body as JSON; "": the usual one
}

func readResponse(res *assembly.Resource, of *template.Reader) *Response {
	r := &Response{Place: template.Place{Resource: res}, Headers: map[string]string{}}
	r.Type = of.Text("ResponseType", template.Required)
	r.Status = of.Text("StatusCode", template.Quiet)
	parameters := of.Object("ResponseParameters")
	for _, name := range parameters.Names() {
		if header, ok := strings.CutPrefix(name, "gatewayresponse.header."); ok {
			r.Headers[header] = parameters.Text(name, template.Carried).V
		} else {
			parameters.Skip(name)
		}
	}
	templates := of.Object("ResponseTemplates")
	r.Template = templates.Text("application/json", template.Carried).V
	templates.SkipAll()
	return r
}

// A refusal is what an API answers in place of a function.
type refusal struct {
	kind      string // of gateway response, such as "MISSING_AUTHENTICATION_TOKEN"
	status    int
	message   string // "": null
	key       string // of the message, if it is not message
	errorType string
	challenge string // WWW-Authenticate

	authorizer map[string]any // what an authorizer's function says, for gateway responses
	validation string         // what a validator says of a body, for gateway responses

	cause       causes.ID // why, for a trace
	why, detail string
}

// because says why, for a trace.
func (f *refusal) because(cause causes.ID, format string, args ...any) *refusal {
	f.cause, f.why = cause, fmt.Sprintf(format, args...)
	return f
}

// write writes the refusal as the API's gateway responses have it.
func (a *API) write(w http.ResponseWriter, r *http.Request, f *refusal, id string) {
	status, body := f.status, f.body()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if f.errorType != "" && a.Kind == REST {
		h.Set("X-Amzn-Errortype", f.errorType)
	}
	if f.challenge != "" {
		h.Set("Www-Authenticate", f.challenge)
	}
	if custom := a.response(f); custom != nil {
		if code, err := strconv.Atoi(custom.Status.V); err == nil {
			status = code
		}
		for name, source := range custom.Headers {
			if value := f.mapped(source, r, id); value != "" {
				h.Set(name, value)
			}
		}
		if custom.Template != "" {
			body = fill(custom.Template, f, id)
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// response is the gateway response of the API for a refusal; nil for the usual one.
//
// Source: Amazon API Gateway Developer Guide, "Gateway response types". Documented.
func (a *API) response(f *refusal) *Response {
	if own := a.Responses[f.kind]; own != nil {
		return own
	}
	if f.status >= 500 {
		return a.Responses["DEFAULT_5XX"]
	}
	return a.Responses["DEFAULT_4XX"]
}

// body is the usual body.
func (f *refusal) body() string {
	key := f.key
	if key == "" {
		key = "message"
	}
	return `{"` + key + `":` + f.quoted() + "}"
}

// quoted is the message as JSON.
func (f *refusal) quoted() string {
	if f.message == "" {
		return "null"
	}
	text, err := json.Marshal(f.message)
	if err != nil {
		return "null"
	}
	return string(text)
}

// inJSON is text as it stands between the quotes of JSON.
func inJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return ""
	}
	return strings.Trim(string(quoted), `"`)
}

// mapped is the value of a header: a literal between single quotes, a header of the request, what
// an authorizer's function says, or the id. Others are left out.
func (f *refusal) mapped(source string, r *http.Request, id string) string {
	if literal, ok := literal(source); ok {
		return literal
	}
	if name, ok := strings.CutPrefix(source, "method.request.header."); ok {
		return r.Header.Get(name)
	}
	if name, ok := strings.CutPrefix(source, "context.authorizer."); ok && f.authorizer[name] != nil {
		return fmt.Sprint(f.authorizer[name])
	}
	if source == "context.requestId" {
		return id
	}
	return ""
}

// literal is the text between single quotes.
func literal(source string) (string, bool) {
	inner, ok := strings.CutPrefix(source, "'")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(inner, "'")
}

// fill puts what is known into the template of a body. What is not known stays as it stands.
func fill(body string, f *refusal, id string) string {
	pairs := []string{
		"$context.error.messageString", f.quoted(), "$context.error.message", f.message,
		"$context.error.responseType", f.kind, "$context.requestId", id,
	}
	if f.validation != "" {
		pairs = append(pairs, "$context.error.validationErrorString", inJSON("["+f.validation+"]"))
	}
	// The longest name first, since others may begin it.
	for _, name := range slices.SortedFunc(maps.Keys(f.authorizer), func(x, y string) int { return len(y) - len(x) }) {
		pairs = append(pairs, "$context.authorizer."+name, fmt.Sprint(f.authorizer[name]))
	}
	return strings.NewReplacer(pairs...).Replace(body)
}
