package cloudfront

import (
	"net/http"

	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/trace"
)

// viewerResponse runs the function at viewer-response on the head of what goes to the viewer.
// It does not run on errors, on error pages, and on responses that functions at viewer-request
// made (documented).
func (x *exchange) viewerResponse(b *Behavior, status int, h http.Header) (*edge.Response, *refusal) {
	if b.ViewerResponse == nil && b.LambdaResponse == nil || status >= 400 || x.inner || x.seen == nil {
		return nil, nil
	}
	hop := x.rec.Hop("viewer response")
	var out *edge.Response
	var err error
	name, invalid, thrown := "", viewerInvalid, viewerFailed
	if f := b.ViewerResponse; f != nil {
		name = f.Name
		out, err = x.Viewers[f].RunResponse(x.viewer.Context(), x.context(), x.seen, status, h)
	} else {
		name, invalid, thrown = b.LambdaResponse.Name, invalidResult, executionError
		c := x.context()
		c.Viewer = true
		out, err = x.Responses[b.LambdaResponse].Run(x.viewer.Context(), c, nil, x.seen, status, h)
	}
	if err != nil {
		return nil, x.failed(hop, name, err, invalid, thrown)
	}
	if x.rec.Detailed() {
		hop.Changed(trace.NewResponseHead(status, h, -1), trace.NewResponseHead(out.Status, out.Header, int64(len(out.Body))))
	}
	hop.Pass("%s", edge.SummaryOfResponse(status, h, out))
	return out, nil
}
