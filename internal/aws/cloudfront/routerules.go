package cloudfront

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// onTheWay are the behaviors that lead to a function URL.
func (d *Distribution) onTheWay() []*Behavior {
	var found []*Behavior
	for i := range d.Behaviors {
		if b := &d.Behaviors[i]; b.Origin != nil && b.Origin.ServesFunction() {
			found = append(found, b)
		}
	}
	return found
}

// hiddenRoutes finds behaviors that no request reaches, since one before them has every path
// of theirs. That AWS refused the same pattern twice no page of its says; by the order the
// second one is hidden.
//
// Source: Amazon CloudFront Developer Guide, "Path pattern", on the order of behaviors.
// Documented.
func hiddenRoutes(d *Distribution, r *template.Report) {
	hiding := map[string]bool{}
	for i := range d.Behaviors {
		pattern := d.Behaviors[i].PathPattern
		if !pattern.Known() {
			continue
		}
		for j := range i {
			before := d.Behaviors[j].PathPattern
			if !before.Known() || !coversPattern(before.V, pattern.V) {
				continue
			}
			if pattern.Given {
				hiding[before.V] = true
				r.Warn(pattern.Place, "is %s, and every request for it goes to the behavior before it with %s", pattern.V, before.V)
			} else if !hiding[before.V] { // of the default behavior, and of no other
				r.Warn(before.Place, "is %s: no request gets to DefaultCacheBehavior", before.V)
			}
			break
		}
	}
}

// coversPattern reports whether every path of a pattern is one of the other's. Where both have
// question marks or stars in other places it may be, and counts as if it were not.
func coversPattern(pattern, other string) bool {
	pattern, other = strings.TrimPrefix(pattern, "/"), strings.TrimPrefix(other, "/")
	if strings.Contains(pattern, "?") && strings.Contains(other, "*") {
		return pattern == other
	}
	return wildcard.Match(pattern, other)
}

// writesToGroup finds an origin group that is to get requests that change something: it asks
// the next origin for GET, HEAD and OPTIONS only, and CloudFront refuses the rest.
//
// Source: jetbridge/cdk-nextjs#129. Field report. Amazon CloudFront Developer Guide,
// "Optimize high availability with CloudFront origin failover", has the three methods.
func writesToGroup(b *Behavior, r *template.Report) {
	if b.Target.V == "" || !slices.ContainsFunc(b.distribution.groups, func(g group) bool { return g.id.Is(b.Target.V) }) {
		return
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		if b.Methods.Known() && b.Methods.Has(method) {
			r.Error(b.Methods.Place, "has %s, and %s is a group of origins: CloudFront accepts GET, HEAD and OPTIONS before a group", method, b.Target.V)
			return
		}
	}
}
