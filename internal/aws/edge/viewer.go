package edge

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/edge/script"
)

// A ViewerFunction is a CloudFront Function, at viewer-request or viewer-response.
type ViewerFunction struct{ function *script.Function }

// Close does nothing: the function runs inside this process.
func (f *ViewerFunction) Close() {}

// viewerEvent is the event of CloudFront Functions.
//
// Source: Amazon CloudFront Developer Guide, "CloudFront Functions event structure".
type viewerEvent struct {
	Version string         `json:"version"`
	Context viewerContext  `json:"context"`
	Viewer  viewerIdentity `json:"viewer"`
	Request viewerRequest  `json:"request"`
	// Response is there at viewer-response.
	Response *viewerResponse `json:"response,omitempty"`
}

type viewerContext struct {
	DistributionDomainName string `json:"distributionDomainName"`
	DistributionID         string `json:"distributionId"`
	EventType              string `json:"eventType"`
	RequestID              string `json:"requestId"`
}

type viewerIdentity struct {
	IP string `json:"ip"`
}

type viewerRequest struct {
	Method      string                 `json:"method"`
	URI         string                 `json:"uri"`
	Querystring viewerQuery            `json:"querystring"`
	Headers     map[string]viewerValue `json:"headers"`
	Cookies     map[string]viewerValue `json:"cookies"`
	// RawQueryString is what the method of that name returns, which package script makes of
	// it. AWS has no such field.
	RawQueryString string `json:"rawQueryString,omitempty"`
}

// viewerQuery is the query string in the event: parsed. A function may also return it as
// text, as AWS's own examples do ("Normalize query string parameters in a CloudFront
// Functions viewer request").
type viewerQuery struct {
	parsed map[string]viewerValue
	text   *string
}

func (q viewerQuery) MarshalJSON() ([]byte, error) { return json.Marshal(q.parsed) }

func (q *viewerQuery) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &q.text)
	}
	return json.Unmarshal(data, &q.parsed)
}

type viewerValue struct {
	Value      string        `json:"value"`
	Attributes string        `json:"attributes,omitempty"` // of a response's cookie
	MultiValue []viewerValue `json:"multiValue,omitempty"`
}

// viewerResult is a request or, with a status code, a response.
type viewerResult struct {
	viewerRequest
	StatusCode        int    `json:"statusCode"`
	StatusDescription string `json:"statusDescription"`
	Body              any    `json:"body"`
}

// event is the event of a request. Cookies are not among its headers.
func (f *ViewerFunction) event(c Context, typ string, r *Request) *viewerEvent {
	seen := exposed(r.Header)
	cookies := seen.Values("Cookie")
	seen.Del("Cookie")
	return &viewerEvent{
		Version: "1.0",
		Context: viewerContext{c.DistributionDomain, c.DistributionID, typ, c.RequestID},
		Viewer:  viewerIdentity{r.ClientIP},
		Request: viewerRequest{
			Method: r.Method, URI: r.Path, Querystring: viewerQuery{parsed: queryValues(r.Query)},
			Headers: headerValues(seen), Cookies: cookieValues(cookies), RawQueryString: r.Query,
		},
	}
}

// Run runs the function on a request.
func (f *ViewerFunction) Run(ctx context.Context, c Context, r *Request) (*Result, error) {
	cookies := r.Header.Values("Cookie")
	event := f.event(c, "viewer-request", r)
	var result *viewerResult
	ran, err := f.run(ctx, event, &result)
	if err != nil {
		return nil, err
	}
	if result == nil {
		return nil, invalid("the function returned nothing")
	}
	if result.StatusCode != 0 {
		response, err := result.response()
		return &Result{Response: response}, err
	}
	if result.Method != r.Method {
		return nil, invalid("the function changed the method from %q to %q", r.Method, result.Method)
	}
	if !strings.HasPrefix(result.URI, "/") {
		return nil, invalid("the function returned the uri %q, which does not begin with /", result.URI)
	}
	headers := http.Header{}
	for name, v := range result.Headers {
		if name != strings.ToLower(name) {
			return nil, invalid("the function returned the header %q: names are lower-case", name)
		}
		for _, value := range v.all() {
			headers.Add(name, value)
		}
	}
	merged, err := merge(r.Header, headers, readOnlyAtViewerRequest)
	if err != nil {
		return nil, err
	}
	if joined := joinCookies(cookies, event.Request.Cookies, result.Cookies); joined != nil {
		merged["Cookie"] = joined
	}
	out := *r
	out.Path, out.Header = result.URI, merged
	// CloudFront keeps the query's order and escapes if the function left it alone.
	if text := result.Querystring.text; text != nil {
		if strings.ContainsAny(*text, " #") {
			return nil, invalid("the function returned the querystring %q, with a space or a #", *text)
		}
		out.Query = *text
	} else if !reflect.DeepEqual(event.Request.Querystring, result.Querystring) {
		out.Query = encode(result.Querystring.parsed, "&")
	}
	return &Result{Request: &out, Chosen: ran.Choice}, nil
}

func (f *ViewerFunction) run(ctx context.Context, event *viewerEvent, result any) (*script.Result, error) {
	payload, err := json.Marshal(event)
	if err != nil {
		return nil, err
	}
	returned, err := f.function.Run(ctx, payload)
	if err != nil || returned.JSON == nil {
		return returned, err
	}
	if event.Response != nil && returned.Made() {
		return nil, &script.Error{Message: "the origin can be changed at viewer-request only"}
	}
	return returned, decodeResult(returned.JSON, result)
}

// response holds a response to the rules (Amazon CloudFront Developer Guide, "CloudFront
// Functions event structure" and "Restrictions on all edge functions").
func (r *viewerResult) response() (*Response, error) {
	if r.StatusCode < 200 || r.StatusCode > 599 {
		return nil, invalid("the function returned the status code %d: want 200 to 599", r.StatusCode)
	}
	out := &Response{Status: r.StatusCode, Reason: r.StatusDescription, Header: http.Header{}}
	for name, v := range r.Headers {
		if name != strings.ToLower(name) {
			return nil, invalid("the function returned the header %q: names are lower-case", name)
		}
		if isDisallowed(name) {
			return nil, invalid("the function returned a response with the header %s, which is not allowed", name)
		}
		for _, value := range v.all() {
			out.Header.Add(name, value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Cookies)) {
		for _, cookie := range r.Cookies[name].each() {
			line := name + "=" + cookie.Value
			if cookie.Attributes != "" {
				line += "; " + cookie.Attributes
			}
			out.Header.Add("Set-Cookie", line)
		}
	}
	var err error
	switch body := r.Body.(type) {
	case nil:
	case string:
		out.Body = []byte(body)
	case map[string]any:
		data, _ := body["data"].(string)
		encoding, _ := body["encoding"].(string)
		if out.Body, err = decode(data, encoding, "text"); err != nil {
			return nil, invalid("the function returned a body in encoding %q: %v", encoding, err)
		}
	default:
		return nil, invalid("the function returned a body that is neither text nor an object")
	}
	return out, nil
}

// all returns the values: multiValue has every one, else there is the one.
func (v viewerValue) all() []string {
	var out []string
	for _, one := range v.each() {
		out = append(out, one.Value)
	}
	return out
}

func (v viewerValue) each() []viewerValue {
	if len(v.MultiValue) == 0 {
		return []viewerValue{v}
	}
	return v.MultiValue
}

func collect(into map[string]viewerValue, name, value string) {
	v, repeated := into[name]
	if !repeated {
		into[name] = viewerValue{Value: value}
		return
	}
	if v.MultiValue == nil {
		v.MultiValue = []viewerValue{{Value: v.Value}}
	}
	v.MultiValue = append(v.MultiValue, viewerValue{Value: value})
	into[name] = v
}

func headerValues(h http.Header) map[string]viewerValue {
	out := map[string]viewerValue{}
	for name, values := range h {
		for _, value := range values {
			collect(out, strings.ToLower(name), value)
		}
	}
	return out
}

func queryValues(query string) map[string]viewerValue {
	out := map[string]viewerValue{}
	for _, part := range strings.Split(query, "&") {
		if name, value, _ := strings.Cut(part, "="); part != "" {
			collect(out, name, value)
		}
	}
	return out
}

func cookieValues(lines []string) map[string]viewerValue {
	out := map[string]viewerValue{}
	for _, line := range lines {
		for _, part := range strings.Split(line, ";") {
			if name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name != "" {
				collect(out, name, value)
			}
		}
	}
	return out
}

// joinCookies returns the header's lines: the old ones if the function left them alone.
func joinCookies(lines []string, before, after map[string]viewerValue) []string {
	if reflect.DeepEqual(before, after) {
		return lines
	}
	if len(after) == 0 {
		return nil
	}
	return []string{encode(after, "; ")}
}

// encode writes name=value pairs, ordered by name.
func encode(values map[string]viewerValue, separator string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[name].all() {
			parts = append(parts, name+"="+value)
		}
	}
	return strings.Join(parts, separator)
}
