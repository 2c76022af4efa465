package cloudfront

import (
	"strings"

	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/template"
)

// unfitViewers finds functions of Lambda@Edge that are too large for the events of viewers.
//
// Source: Amazon CloudFront Developer Guide, "Quotas on Lambda@Edge". Documented.
func unfitViewers(b *Behavior, r *template.Report) {
	for i := range b.EdgeFunctions {
		a := &b.EdgeFunctions[i]
		f := a.Function
		if f == nil || !strings.HasPrefix(a.Event.V, "viewer-") {
			continue
		}
		if seconds := int(f.Timeout.V.Seconds()); f.Timeout.Known() && seconds > edge.MaxViewerTimeout {
			r.Error(f.Timeout.Place, "is %d s: Lambda@Edge allows %d at %s", seconds, edge.MaxViewerTimeout, a.Event.V)
		}
		if f.Memory.Known() && f.Memory.V > edge.MaxViewerMemory {
			r.Error(f.Memory.Place, "is %d MB: Lambda@Edge allows %d at %s", f.Memory.V, edge.MaxViewerMemory, a.Event.V)
		}
	}
}

// partlyHashed finds a signer that sees less of a body there than at origin-request.
//
// Source: Amazon CloudFront Developer Guide, "Restrictions on Lambda@Edge", "Size of the
// request body". Documented.
func partlyHashed(b *Behavior, r *template.Report) {
	for i := range b.EdgeFunctions {
		a := &b.EdgeFunctions[i]
		if code := a.source(); a.Event.Is("viewer-request") && a.Body.Is(true) && code != nil && code.Names(hashHeader) {
			r.Warn(a.Event.Place, "is viewer-request, where the signer sees %d KB of a body, and hashes a part of a larger one: want origin-request, where it sees %d", edge.MaxViewerBody>>10, edge.MaxBody>>10)
		}
	}
}
