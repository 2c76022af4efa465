package cloudfront

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
)

func (x *exchange) context() edge.Context {
	return edge.Context{DistributionID: x.Distribution.ID, DistributionDomain: x.Distribution.DomainName, RequestID: x.id}
}

// viewerRequest runs the function at viewer-request.
func (x *exchange) viewerRequest(b *Behavior) (*edge.Result, *refusal) {
	r := viewerRequest(x.viewer)
	if b.LambdaRequest != nil {
		return x.lambdaRequest(b, r)
	}
	if b.ViewerRequest == nil {
		return &edge.Result{Request: r}, nil
	}
	hop := x.rec.Hop("viewer function")
	result, err := x.Viewers[b.ViewerRequest].Run(x.viewer.Context(), x.context(), r)
	if err != nil {
		return nil, x.failed(hop, b.ViewerRequest.Name, err, viewerInvalid, viewerFailed)
	}
	x.told(hop, r, result, nil)
	return result, nil
}

// lambdaRequest runs Lambda@Edge at viewer-request.
func (x *exchange) lambdaRequest(b *Behavior, r *edge.Request) (*edge.Result, *refusal) {
	hop := x.rec.Hop("viewer function")
	seen, whole := x.peek(b.LambdaBody, edge.MaxViewerBody)
	x.payload = whole
	if f := x.body.broken(); f != nil {
		hop.Refuse(f.cause, "", "%d: %s", f.status, f.reason)
		return nil, f
	}
	c := x.context()
	c.Viewer = true
	result, err := x.Requests[b.LambdaRequest].Run(x.viewer.Context(), c, nil, r, seen)
	if err != nil {
		drain(whole)
		return nil, x.failed(hop, b.LambdaRequest.Name, err, invalidResult, executionError)
	}
	x.told(hop, r, result, seen)
	if result.Response != nil {
		drain(whole)
	}
	if result.Body != nil {
		x.payload, x.length = bytes.NewReader(result.Body), int64(len(result.Body))
		x.resized(result.Request)
	}
	return result, nil
}

// resized makes the length in a request that of the body which a function put there.
func (x *exchange) resized(r *edge.Request) {
	r.Header.Del("Transfer-Encoding")
	r.Header.Set("Content-Length", fmt.Sprint(x.length))
}

// told ends the hop of a function at viewer-request.
func (x *exchange) told(hop *trace.OpenHop, r *edge.Request, result *edge.Result, seen *edge.Body) {
	if own := result.Response; own != nil {
		hop.Refuse("", "", "%d: its own response", own.Status)
		return
	}
	if x.rec.Detailed() {
		hop.Changed(head(r, seen), head(result.Request, seen))
	}
	hop.Pass("%s%s", describe(seen), edge.Summary(r, result.Request))
}

// failed ends the hop of a function that gave no result. One that was stopped, since its
// viewer has left, did not fail.
func (x *exchange) failed(hop *trace.OpenHop, name string, err error, validation, execution cacheResult) *refusal {
	if x.viewer.Context().Err() != nil {
		hop.Refuse(causes.None, "", "the viewer left while %s ran", name)
		return &refusal{}
	}
	f := edgeFailure(name, err, validation, execution)
	hop.Refuse(f.cause, "", "%d: %s", f.status, f.reason)
	return f
}

// forward selects what goes to the origin.
func (x *exchange) forward(b *Behavior, o *Origin, r *edge.Request) *edge.Request {
	if !x.rec.Detailed() {
		return originRequest(x.viewer, r, b, o)
	}
	hop := x.rec.Hop("forwarding")
	forwarded := originRequest(x.viewer, r, b, o)
	hop.Minor()
	hop.Changed(head(r, nil), head(forwarded, nil))
	hop.Pass("%s", edge.Summary(r, forwarded))
	return forwarded
}

// head is the head of a request for the trace, with the body as far as a function sees it.
func head(r *edge.Request, seen *edge.Body) *trace.Head {
	target, size := r.Path, int64(-1)
	if r.Query != "" {
		target += "?" + r.Query
	}
	if seen != nil {
		size = int64(len(seen.Data))
	}
	return trace.NewRequestHead(r.Method, target, "", r.Header, size)
}

// causeOf says why a function answers in the origin's place, as far as one can know, and puts
// it into words that have nothing of the request.
func causeOf(own *edge.Response, seen *edge.Body) (cause causes.ID, why string) {
	if own.Status == http.StatusRequestEntityTooLarge && seen != nil && seen.Truncated {
		return causes.BodyOverEdgeLimit, "its own response"
	}
	if own.Status >= http.StatusBadRequest {
		if cause, words := edge.RefusedToken(string(own.Body)); cause != causes.None {
			return cause, words
		}
	}
	return causes.None, "its own response"
}

// suspect notes what the function URL cannot know: that a function should
// have hashed the body and did not get it, or not all of it.
func (x *exchange) suspect(b *Behavior, result *edge.Result, seen *edge.Body) {
	sent, hash := x.viewer.Header.Get("X-Amz-Content-Sha256"), result.Request.Header.Get("X-Amz-Content-Sha256")
	hashed, bodied := hash != "" && hash != sent, x.viewer.ContentLength != 0
	switch {
	case hashed && seen != nil && seen.Truncated:
		x.rec.Suspect(causes.BodyOverEdgeLimit) // hashed what was cut off
	case !b.IncludeBody && x.exposesBody() && bodied:
		x.rec.Suspect(causes.SignerWithoutBody)
	case hashed && seen == nil && bodied:
		x.rec.Suspect(causes.SignerWithoutBody) // a DELETE: hashed nothing
	}
}

// configured is what functions at origin-request see of the origin. An authorizer names the
// URLs of the distribution, which are http here without TLS: that is added to its
// configuration, where no viewer can write.
func (x *exchange) configured(o *Origin) *edge.Origin {
	e := o.event()
	if _, authorizes := o.configuration(); authorizes && x.viewer.TLS == nil {
		e.Headers[authorizerHeaders+"scheme"] = "http"
	}
	return e
}

// originRequest runs Lambda@Edge at origin-request.
func (x *exchange) originRequest(b *Behavior, o *Origin, r *edge.Request, seen *edge.Body) (*edge.Result, *refusal) {
	hop := x.rec.Hop("edge function")
	result, err := x.Requests[b.OriginRequest].Run(x.viewer.Context(), x.context(), x.configured(o), r, seen)
	if err != nil {
		return nil, x.failed(hop, b.OriginRequest.Name, err, invalidResult, executionError)
	}
	if own := result.Response; own != nil {
		cause, why := causeOf(own, seen)
		hop.Refuse(cause, "", "%s%d %s: %s", describe(seen), own.Status, own.Reason, why)
	} else {
		if x.rec.Detailed() {
			hop.Changed(head(r, seen), head(result.Request, seen))
		}
		x.suspect(b, result, seen)
		moved := ""
		if result.Moved != nil {
			moved = "; to the origin " + result.Moved.DomainName + result.Moved.Path
		}
		hop.Pass("%s%s%s", describe(seen), edge.Summary(r, result.Request), moved)
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
// body again: that is what goes to the origin.
func (x *exchange) peek(include bool, most int) (*edge.Body, io.Reader) {
	if !include || !x.exposesBody() {
		return nil, x.payload
	}
	first, _ := io.ReadAll(io.LimitReader(x.payload, int64(most)+1)) // x.body has the error
	seen := &edge.Body{Data: first}
	if len(first) > most {
		seen.Data, seen.Truncated = first[:most], true
	}
	return seen, io.MultiReader(bytes.NewReader(first), x.payload)
}

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
func (x *exchange) originResponse(b *Behavior, o *Origin, r *edge.Request, resp *http.Response) *refusal {
	if b.OriginResponse == nil {
		return nil
	}
	hop := x.rec.Hop("edge response")
	head := resp.Header.Clone()
	if len(resp.TransferEncoding) > 0 {
		head["Transfer-Encoding"] = resp.TransferEncoding
	}
	result, err := x.Responses[b.OriginResponse].Run(x.viewer.Context(), x.context(), o.event(), r, resp.StatusCode, head)
	if err != nil {
		return x.failed(hop, b.OriginResponse.Name, err, invalidResult, executionError)
	}
	if x.rec.Detailed() {
		hop.Changed(trace.NewResponseHead(resp.StatusCode, head, -1), trace.NewResponseHead(result.Status, result.Header, int64(len(result.Body))))
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
