package edge

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/exactjson"
)

// An OriginResponse is a Lambda@Edge function at origin-response, or at viewer-response.
type OriginResponse struct{ function *lambda.Function }

// Close ends its processes.
func (f *OriginResponse) Close() { f.function.Close() }

type responseEvent struct {
	Records [1]responseRecord `json:"Records"`
}

type responseRecord struct {
	CF struct {
		Config   originConfig   `json:"config"`
		Request  originRequest  `json:"request"`
		Response originResponse `json:"response"`
	} `json:"cf"`
}

type originResponse struct {
	Status            string                    `json:"status"`
	StatusDescription string                    `json:"statusDescription"`
	Headers           map[string][]originHeader `json:"headers"`
	Body              *string                   `json:"body,omitempty"`
	BodyEncoding      string                    `json:"bodyEncoding,omitempty"`
}

// Run runs the function on the head of a response: it never sees the body. A body in the
// result goes to the viewer in the origin's place; nil: the origin's goes on.
func (f *OriginResponse) Run(ctx context.Context, c Context, o *Origin, r *Request, status int, header http.Header) (*Response, error) {
	event := responseEvent{}
	cf := &event.Records[0].CF
	cf.Config = originConfig{c.DistributionDomain, c.DistributionID, "origin-response", c.RequestID}
	cf.Request = originRequest{
		ClientIP: r.ClientIP, Method: r.Method, URI: r.Path, Querystring: r.Query, Headers: originHeaders(exposed(r.Header)),
	}
	readOnly := readOnlyAtOriginResponse
	if c.Viewer {
		cf.Config.EventType, readOnly = "viewer-response", readOnlyAtViewerResponseOfLambda
	} else {
		origin, err := json.Marshal(o.shape())
		if err != nil {
			return nil, err
		}
		cf.Request.Origin = origin
	}
	cf.Response = originResponse{
		Status: strconv.Itoa(status), StatusDescription: http.StatusText(status), Headers: originHeaders(exposed(header)),
	}
	var raw json.RawMessage
	if err := invoke(ctx, f.function, c.RequestID, &event, &raw); err != nil {
		return nil, err
	}
	var result *originResponse
	if err := exactjson.Unmarshal(raw, &result); err != nil || result == nil {
		return nil, invalid("the function did not return a response")
	}
	returned, err := strconv.Atoi(result.Status)
	if err != nil || returned < 200 || returned > 599 {
		return nil, invalid("the function returned the status %q: want 200 to 599", result.Status)
	}
	headers, err := httpHeader(result.Headers)
	if err != nil {
		return nil, err
	}
	merged, err := merge(header, headers, readOnly)
	if err != nil {
		return nil, err
	}
	out := &Response{Status: returned, Reason: result.StatusDescription, Header: merged}
	if result.Body != nil && c.Viewer {
		return nil, invalid("the function returned a body at viewer-response, which Lambda@Edge does not allow")
	}
	if result.Body != nil {
		if out.Body, err = decode(*result.Body, result.BodyEncoding, "text"); err != nil {
			return nil, invalid("the function returned a body in encoding %q", result.BodyEncoding)
		}
		if len(out.Body) > maxGenerated {
			return nil, invalid("the function returned a body of %d bytes: at most %d", len(out.Body), maxGenerated)
		}
	}
	return out, nil
}

// SummaryOfResponse says in words what a function changed.
func SummaryOfResponse(status int, header http.Header, after *Response) string {
	text := Summary(&Request{Header: header}, &Request{Header: after.Header})
	if after.Status != status {
		text = "status " + strconv.Itoa(after.Status) + " " + text
	}
	return text
}
