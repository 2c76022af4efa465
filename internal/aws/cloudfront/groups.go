package cloudfront

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/streamfront/streamfront/internal/template"
)

// A group is origins of which the second one is asked where the first one fails.
type group struct {
	template.Place
	id      template.Text
	members []template.Text
	codes   []int // the statuses that count as failures
	log     *template.Log
}

// failures are the statuses that CloudFront takes for failures.
//
// Source: Amazon CloudFront Developer Guide, "Optimize high availability with CloudFront
// origin failover".
var failures = []int{400, 403, 404, 416, 429, 500, 502, 503, 504}

func (d *Distribution) readGroups(r *template.Reader) {
	items, why := r.Objects("Items")
	countItems(r, len(items), why)
	for _, item := range items {
		g := group{Place: item.Place, id: item.Text("Id", template.Required), log: &template.Log{}}
		item.Into(g.log)
		codes := item.Object("FailoverCriteria", template.Required).Object("StatusCodes", template.Required)
		list := codes.Texts("Items", template.Required, template.Quiet)
		countItems(codes, len(list.Items), list.Why)
		if list.Known() && list.Given && len(list.Items) == 0 {
			codes.Refuse("Items", "is empty: CloudFront accepts a group with the statuses that count as failures")
		}
		for _, code := range list.Items {
			if n, ok := status(code.V); ok && slices.Contains(failures, n) {
				g.codes = append(g.codes, n)
			} else if code.Known() {
				codes.Refuse("Items", "has %s: CloudFront accepts %v", code.V, failures)
			}
		}
		item.Text("SelectionCriteria", template.Default("default"), template.OneOf("default", "media-quality-based"), template.Models("default"), template.Quiet)
		members := item.Object("Members", template.Required)
		readers, why := members.Objects("Items", template.Required)
		countItems(members, len(readers), why)
		for _, member := range readers {
			id := member.Text("OriginId", template.Required)
			if id.V != "" && !slices.ContainsFunc(d.Origins, func(o *Origin) bool { return !o.ID.Known() || o.ID.Is(id.V) }) {
				member.Refuse("OriginId", "is %s, which is not one of the distribution's origins", id.V)
			}
			g.members = append(g.members, id)
		}
		if why == nil && len(readers) != 2 {
			members.Refuse("Items", "has %d origins: CloudFront accepts a group of two", len(readers))
		}
		d.groups = append(d.groups, g)
	}
}

// countItems refuses a Quantity that is not that of the Items.
//
// Source: Amazon CloudFront API Reference, "CreateDistribution", InconsistentQuantities.
// Documented.
func countItems(r *template.Reader, n int, why error) {
	if quantity := r.Number("Quantity", template.Required, template.Quiet); why == nil && quantity.IsNot(n) {
		r.Refuse("Quantity", "is %d, and there are %d Items", quantity.V, n)
	}
}

func status(text string) (int, bool) {
	var n int
	_, err := fmt.Sscanf(text, "%d", &n)
	return n, err == nil
}

// group returns the group that a behavior sends requests to; nil if it is one origin.
func (d *Distribution) group(b *Behavior) *group {
	for i := range d.groups {
		if g := &d.groups[i]; b.Target.V != "" && g.id.Is(b.Target.V) {
			return g
		}
	}
	return nil
}

// targets are the origins that a behavior sends requests to: one, or those of a group in
// their order.
func (d *Distribution) targets(b *Behavior) []*Origin {
	ids := []template.Text{b.Target}
	if g := d.group(b); g != nil {
		ids = g.members
	}
	var found []*Origin
	for _, id := range ids {
		for _, o := range d.Origins {
			if id.V != "" && o.ID.Is(id.V) {
				found = append(found, o)
				break
			}
		}
	}
	return found
}

// destination names where the behavior's requests go.
func (b *Behavior) destination() string {
	if b.group != nil || b.Origin == nil {
		return b.Target.V
	}
	return b.Origin.ID.V
}

// candidates are the origins that may be asked, in their order. Only what reads may go to the
// second one of a group (documented).
func (b *Behavior) candidates(r *http.Request) []*Origin {
	all := b.Origins
	if len(all) == 0 {
		all = []*Origin{b.Origin}
	}
	return mayFailOver(all, r)
}

func mayFailOver(all []*Origin, r *http.Request) []*Origin {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		if r.ContentLength == 0 {
			return all
		}
	}
	return all[:1]
}

// failsOver reports whether a reply is a reason to ask the next origin. An origin that cannot be
// connected to counts as 503, one that is silent as 504.
//
// Source: Amazon CloudFront Developer Guide, "Optimize high availability with CloudFront
// origin failover".
func (to *route) failsOver(r *reply) bool { return slices.Contains(to.codes, r.failure) }
