package streamhttp

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// message is the message by which a client of a WebSocket API makes a request.
type message struct {
	ID      json.RawMessage   `json:"id"` // the client's: "", a string or a number
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// readMessage also reports whether the message is an envelope, whose answer is sent in frames that
// name the request. Any other message is a body for the path with the name of the route.
func readMessage(e *Event) (m *message, framed bool, err error) {
	m = new(message)
	if json.Unmarshal([]byte(e.Body), m) == nil && m.Path != "" {
		target, err := url.ParseRequestURI(m.Path)
		if err != nil || !strings.HasPrefix(m.Path, "/") || target.Host != "" {
			return m, true, fmt.Errorf("the path of a message is %q; use one that begins with /", m.Path)
		}
		m.Method = cmp.Or(m.Method, map[bool]string{true: http.MethodPost, false: http.MethodGet}[len(m.Body) > 0])
		if !validHeaderName(m.Method) {
			return m, true, fmt.Errorf("the method of a message is %q; use one such as POST", m.Method)
		}
		return m, true, nil
	}
	return &message{Method: http.MethodPost, Path: "/" + strings.TrimPrefix(strings.TrimPrefix(e.RequestContext.RouteKey, "$default"), "/")}, false, nil
}

// event makes the request of the message. It leaves out headers by which a client could claim how the
// request arrived or who sent it, except Authorization.
func (m *message) event(e *Event, framed bool) *events.LambdaFunctionURLRequest {
	headers := make(map[string]string, len(m.Headers)+2)
	for name, value := range m.Headers {
		key := http.CanonicalHeaderKey(name)
		if !validHeaderName(name) || key == "Host" || key == "Content-Length" || key == "Via" || key == "Forwarded" ||
			strings.HasPrefix(key, "X-Forwarded-") || strings.HasPrefix(key, "X-Amz") || key == claimsHeader {
			continue
		}
		headers[strings.ToLower(name)] = value
	}
	headers["x-forwarded-proto"] = "https" // there is no other way in
	body := e.Body
	if framed {
		body = m.body()
	}
	if body != "" && headers["content-type"] == "" && json.Valid([]byte(body)) {
		headers["content-type"] = "application/json"
	}
	event := &e.LambdaFunctionURLRequest
	event.Headers = headers
	event.RawPath, event.RawQueryString, _ = strings.Cut(m.Path, "?")
	event.Body, event.IsBase64Encoded = body, e.IsBase64Encoded && !framed
	event.RequestContext = e.RequestContext.LambdaFunctionURLRequestContext
	event.RequestContext.HTTP = events.LambdaFunctionURLRequestContextHTTPDescription{
		Method: m.Method, Path: event.RawPath, Protocol: "HTTP/1.1",
		SourceIP: e.RequestContext.Identity.SourceIP, UserAgent: e.RequestContext.Identity.UserAgent,
	}
	return event
}

// body returns the text of a string, and any other JSON unchanged.
func (m *message) body() string {
	var text string
	if json.Unmarshal(m.Body, &text) == nil {
		return text
	}
	return string(bytes.TrimSpace(m.Body))
}

// frame is a part of the answer to an envelope: first status and header, then data, then the end.
type frame struct {
	ID      json.RawMessage   `json:"id,omitempty"`
	Status  int               `json:"status,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Cookies []string          `json:"cookies,omitempty"`
	Data    string            `json:"data,omitempty"`
	End     bool              `json:"end,omitempty"`
	Error   string            `json:"error,omitempty"`
}

func (f *frame) encode() []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(f) // of strings and numbers
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
