package edge

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/exactjson"
)

// An OriginRequest is a Lambda@Edge function at origin-request, or at viewer-request.
type OriginRequest struct{ function *lambda.Function }

// Close ends its processes.
func (f *OriginRequest) Close() { f.function.Close() }

// A Body is what a function sees of a request body.
type Body struct {
	Data      []byte // at most MaxBody
	Truncated bool
}

// originEvent is the event of Lambda@Edge.
//
// Source: Amazon CloudFront Developer Guide, "Lambda@Edge event structure".
type originEvent struct {
	Records [1]originRecord `json:"Records"`
}

type originRecord struct {
	CF struct {
		Config  originConfig  `json:"config"`
		Request originRequest `json:"request"`
	} `json:"cf"`
}

type originConfig struct {
	DistributionDomainName string `json:"distributionDomainName"`
	DistributionID         string `json:"distributionId"`
	EventType              string `json:"eventType"`
	RequestID              string `json:"requestId"`
}

type originRequest struct {
	ClientIP    string                    `json:"clientIp"`
	Method      string                    `json:"method"`
	URI         string                    `json:"uri"`
	Querystring string                    `json:"querystring"`
	Headers     map[string][]originHeader `json:"headers"`
	Body        *originBody               `json:"body,omitempty"`
	Origin      json.RawMessage           `json:"origin,omitempty"` // at origin events
}

type originHeader struct {
	Key   string `json:"key,omitempty"`
	Value string `json:"value"`
}

type originBody struct {
	InputTruncated bool   `json:"inputTruncated"`
	Action         string `json:"action"`
	Encoding       string `json:"encoding"`
	Data           string `json:"data"`
}

// originResult is a request or, with a status, a response.
type originResult struct {
	originRequest
	Status            *string         `json:"status"`
	StatusDescription string          `json:"statusDescription"`
	BodyEncoding      string          `json:"bodyEncoding"`
	RawBody           json.RawMessage `json:"body"` // an object in a request, text in a response
}

// at is what differs between the events at which a function gets a request.
type at struct {
	event     string
	readOnly  map[string]bool
	body      int // how much of one it sees, and may put in its place
	generated int // the size of a response of its own
}

var (
	atOriginRequest = at{"origin-request", readOnlyAtOriginRequest, MaxBody, maxGenerated}
	atViewerRequest = at{"viewer-request", readOnlyAtViewerRequest, MaxViewerBody, MaxViewerBody}
)

// Run runs the function on a request. A nil body is not exposed to it. At viewer events there
// is not an origin.
func (f *OriginRequest) Run(ctx context.Context, c Context, o *Origin, r *Request, body *Body) (*Result, error) {
	event := originEvent{}
	cf := &event.Records[0].CF
	where := atOriginRequest
	if c.Viewer {
		where = atViewerRequest
	}
	cf.Config = originConfig{c.DistributionDomain, c.DistributionID, where.event, c.RequestID}
	cf.Request = originRequest{
		ClientIP: r.ClientIP, Method: r.Method, URI: r.Path, Querystring: r.Query, Headers: originHeaders(exposed(r.Header)),
	}
	if !c.Viewer {
		sent, err := json.Marshal(o.shape())
		if err != nil {
			return nil, err
		}
		cf.Request.Origin = sent
	}
	if body != nil {
		cf.Request.Body = &originBody{body.Truncated, "read-only", "base64", base64.StdEncoding.EncodeToString(body.Data)}
	}
	var result *originResult
	if err := invoke(ctx, f.function, c.RequestID, &event, &result); err != nil {
		return nil, err
	}
	if result == nil {
		return nil, invalid("the function returned nothing")
	}
	headers, err := httpHeader(result.Headers)
	if err != nil {
		return nil, err
	}
	if result.Status != nil || result.Method == "" {
		generated, err := result.generated(headers, where.generated)
		return &Result{Response: generated}, err
	}
	changed, err := result.request(r, headers, where.readOnly)
	if err != nil {
		return nil, err
	}
	out := &Result{Request: changed}
	if !c.Viewer {
		if out.Moved, changed.OriginHeaders, err = changedOrigin(o, cf.Request.Origin, result.Origin, headers); err != nil {
			return nil, err
		}
	}
	out.Body, err = result.replacedBody(body, where.body)
	return out, err
}

// httpHeader holds the headers of a result to their shape.
func httpHeader(returned map[string][]originHeader) (http.Header, error) {
	headers := http.Header{}
	for name, values := range returned {
		if name != strings.ToLower(name) {
			return nil, invalid("the function returned the header %q: names are lower-case", name)
		}
		for _, v := range values {
			if v.Key != "" && !strings.EqualFold(v.Key, name) {
				return nil, invalid("the function returned the header %q under the name %q", v.Key, name)
			}
			headers.Add(name, v.Value)
		}
	}
	return headers, nil
}

// request holds a returned request to the rules of its event.
func (result *originResult) request(r *Request, headers http.Header, readOnly map[string]bool) (*Request, error) {
	if result.Method != r.Method || result.ClientIP != r.ClientIP {
		return nil, invalid("the function changed method or clientIp, which are read-only")
	}
	// A URL as the viewer sent it may have one character more (documented: CloudFront quotas);
	// that a function may return what it was given is assumed.
	changed := result.URI != r.Path || result.Querystring != r.Query
	if changed && (!strings.HasPrefix(result.URI, "/") || len(result.URI)+len(result.Querystring) >= maxURI) {
		return nil, invalid("the function returned a uri that does not begin with /, or that has %d characters or more with the query", maxURI)
	}
	if strings.ContainsAny(result.Querystring, " #") {
		return nil, invalid("the function returned a querystring with a space or a #")
	}
	merged, err := merge(r.Header, headers, readOnly)
	if err != nil {
		return nil, err
	}
	out := *r
	out.Path, out.Query, out.Header = result.URI, result.Querystring, merged
	return &out, nil
}

func (result *originResult) replacedBody(sent *Body, most int) ([]byte, error) {
	if len(result.RawBody) == 0 || bytes.Equal(result.RawBody, []byte("null")) {
		return nil, nil
	}
	var b originBody
	if err := exactjson.Unmarshal(result.RawBody, &b); err != nil {
		return nil, invalid("the function returned a body of another shape: %v", err)
	}
	if b.Action != "replace" {
		return nil, nil
	}
	if sent == nil {
		return nil, invalid("the function replaced a body that it was not given")
	}
	data, err := decode(b.Data, b.Encoding, "base64")
	if err != nil || len(data) > most {
		return nil, invalid("the function replaced the body by %d bytes (at most %d) in encoding %q", len(data), most, b.Encoding)
	}
	return data, nil
}

// generated holds a response to the rules (Amazon CloudFront Developer Guide, "Generate
// HTTP responses in request triggers").
func (result *originResult) generated(headers http.Header, most int) (*Response, error) {
	status := 0
	if result.Status != nil {
		status, _ = strconv.Atoi(*result.Status)
	}
	if status < 200 || status > 599 {
		return nil, invalid("the function returned a response without a status from 200 to 599")
	}
	text := ""
	if len(result.RawBody) > 0 {
		if err := json.Unmarshal(result.RawBody, &text); err != nil {
			return nil, invalid("the function returned a response whose body is not text")
		}
	}
	body, err := decode(text, result.BodyEncoding, "text")
	if err != nil {
		return nil, invalid("the function returned a body in encoding %q: %v", result.BodyEncoding, err)
	}
	size := len(text)
	for name, values := range headers {
		if isDisallowed(name) || name == "Transfer-Encoding" || name == "Via" {
			return nil, invalid("the function returned a response with the header %s, which is not allowed", strings.ToLower(name))
		}
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	if size > most {
		return nil, invalid("the function returned a response of %d bytes: at most %d", size, most)
	}
	if status == http.StatusNoContent && len(body) > 0 {
		return nil, invalid("the function returned status 204 with a body")
	}
	return &Response{Status: status, Reason: result.StatusDescription, Header: headers, Body: body}, nil
}

func decode(data, encoding, otherwise string) ([]byte, error) {
	if encoding == "" {
		encoding = otherwise
	}
	switch encoding {
	case "text":
		return []byte(data), nil
	case "base64":
		return base64.StdEncoding.DecodeString(data)
	}
	return nil, invalid("no such encoding")
}

func originHeaders(h http.Header) map[string][]originHeader {
	out := map[string][]originHeader{}
	for name, values := range h {
		for _, value := range values {
			key := strings.ToLower(name)
			out[key] = append(out[key], originHeader{name, value})
		}
	}
	return out
}

// An Origin is what functions see of the origin that a request goes to.
type Origin struct {
	S3                bool // a bucket; else a custom origin
	Region            string
	AuthMethod        string // of a bucket
	Protocol          string // of a custom origin
	Port              int
	DomainName        string
	Path              string
	Headers           map[string]string // custom headers, sent with every request
	ReadTimeout       time.Duration
	KeepAliveTimeout  time.Duration
	CompletionTimeout time.Duration // 0: none
	SSLProtocols      []string
}
