package cloudfront

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/streamfront/streamfront/local/internal/edge"
	"github.com/streamfront/streamfront/local/internal/resources"
)

func (x *exchange) context() edge.Context {
	return edge.Context{DistributionID: x.Distribution.ID, DistributionDomain: x.Distribution.DomainName, RequestID: x.id}
}

// viewerRequest runs the CloudFront Function at viewer-request.
func (x *exchange) viewerRequest(b *resources.Behavior) (*edge.Result, *refusal) {
	r := viewerRequest(x.viewer)
	if b.ViewerRequest == nil {
		return &edge.Result{Request: r}, nil
	}
	hop := x.rec.Hop("viewer function")
	result, err := x.Viewers[b.ViewerRequest].Run(x.viewer.Context(), x.context(), r)
	if err != nil {
		f := edgeFailure(b.ViewerRequest.Name, err, viewerInvalid, viewerFailed)
		hop.Refuse("", "%d: %s", f.status, f.reason)
		return nil, f
	}
	if own := result.Response; own != nil {
		hop.Refuse("", "%d: its own response", own.Status)
	} else {
		hop.Pass("%s", edge.Summary(r, result.Request))
	}
	return result, nil
}

// originRequest runs Lambda@Edge at origin-request.
func (x *exchange) originRequest(b *resources.Behavior, r *edge.Request, seen *edge.Body) (*edge.Result, *refusal) {
	hop := x.rec.Hop("edge function")
	result, err := x.Requests[b.OriginRequest].Run(x.viewer.Context(), x.context(), &b.Origin, r, seen)
	if err != nil {
		f := edgeFailure(b.OriginRequest.Name, err, invalidResult, executionError)
		hop.Refuse("", "%d: %s", f.status, f.reason)
		return nil, f
	}
	if own := result.Response; own != nil {
		hop.Refuse("", "%s%d %s: its own response", describe(seen), own.Status, own.Reason)
	} else {
		hop.Pass("%s%s", describe(seen), edge.Summary(r, result.Request))
	}
	return result, nil
}

// drain reads what is left of a body, so that the viewer gets the answer to it rather than
// a broken connection.
func drain(body io.Reader) {
	const most = 256 << 20
	_, _ = io.CopyN(io.Discard, body, most)
}

func describe(b *edge.Body) string {
	switch {
	case b == nil:
		return ""
	case b.Truncated:
		return fmt.Sprintf("body cut to %d bytes; ", len(b.Data))
	default:
		return fmt.Sprintf("body of %d bytes; ", len(b.Data))
	}
}

// peek returns what Lambda@Edge sees of the body, nil if it is not exposed, and the whole
// body again: that is what goes to the origin. A body that breaks off does so again there.
func (x *exchange) peek(b *resources.Behavior) (*edge.Body, io.Reader) {
	body := io.Reader(x.viewer.Body)
	if !b.IncludeBody || !x.exposesBody() {
		return nil, body
	}
	first, err := io.ReadAll(io.LimitReader(body, edge.MaxBody+1))
	if err != nil {
		body = &broken{err}
	}
	seen := &edge.Body{Data: first}
	if len(first) > edge.MaxBody {
		seen.Data, seen.Truncated = first[:edge.MaxBody], true
	}
	return seen, io.MultiReader(bytes.NewReader(first), body)
}

type broken struct{ err error }

func (b *broken) Read([]byte) (int, error) { return 0, b.err }

func (x *exchange) exposesBody() bool {
	switch x.viewer.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		return true
	case http.MethodDelete:
		return x.ExposeDeleteBody
	}
	return false
}

// originResponse runs Lambda@Edge at origin-response on the head of what the origin
// answered. Unlike functions at viewer-response it runs on every status.
func (x *exchange) originResponse(b *resources.Behavior, r *edge.Request, resp *http.Response) *refusal {
	if b.OriginResponse == nil {
		return nil
	}
	hop := x.rec.Hop("edge response")
	head := resp.Header.Clone()
	if len(resp.TransferEncoding) > 0 {
		head["Transfer-Encoding"] = resp.TransferEncoding
	}
	result, err := x.Responses[b.OriginResponse].Run(x.viewer.Context(), x.context(), &b.Origin, r, resp.StatusCode, head)
	if err != nil {
		f := edgeFailure(b.OriginResponse.Name, err, invalidResult, executionError)
		hop.Refuse("", "%d: %s", f.status, f.reason)
		return f
	}
	hop.Pass("%s", edge.SummaryOfResponse(resp.StatusCode, head, result))
	resp.StatusCode, resp.Header = result.Status, result.Header
	if result.Body != nil {
		_ = resp.Body.Close()
		resp.Body = io.NopCloser(bytes.NewReader(result.Body))
		resp.ContentLength = int64(len(result.Body))
		resp.Header.Set("Content-Length", fmt.Sprint(len(result.Body)))
	}
	return nil
}
