package cloudfront

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/template"
)

// A mixture is what a function can see of who the viewer is, and the cache key cannot.
type mixture struct {
	cache  *CachePolicy
	policy *OriginRequestPolicy
	what   []string
	keys   bool // an API key is all of it
}

// mixture finds out what of who the viewer is reaches the function and is not in the key.
// Only what can get there counts: OAC puts its own Authorization in place of the
// viewer's, unless a function at the edge moves that; and the header that it is moved to says
// something only where somebody reads it.
func (b *Behavior) mixture() (m mixture, found bool) {
	c, p := b.Cache, b.Policy
	if c == nil || p == nil || p == nothing || p.isLegacy() || !c.known() || !p.known() || !c.TTL().Caches() {
		return m, false
	}
	m.cache, m.policy = c, p
	unkeyed := func(header string) bool { return p.Headers.Has(header) && !c.Headers.Has(header) }
	const moved = "x-forwarded-authorization"
	overwritten := b.Origin.iam() && b.Origin.Signing() == SignAlways
	if unkeyed("Authorization") && (!overwritten || b.namesAtTheEdge(moved)) {
		m.what = append(m.what, "Authorization")
	}
	if unkeyed("X-Forwarded-Authorization") && (b.namesAtTheEdge(moved) || b.namedByFunction(moved)) {
		m.what = append(m.what, "X-Forwarded-Authorization")
	}
	if !coversSelection(c.Cookies, p.Cookies) {
		m.what = append(m.what, "cookies")
	}
	m.keys = len(m.what) == 0
	if unkeyed("X-Api-Key") {
		m.what = append(m.what, "X-Api-Key")
	}
	return m, len(m.what) > 0
}

// namesAtTheEdge reports whether a function before the origin has the name of a header.
func (b *Behavior) namesAtTheEdge(header string) bool {
	return slices.ContainsFunc(b.ViewerFunctions, func(a ViewerAssociation) bool {
		return a.Function != nil && namesHeader(a.Function, header)
	}) || slices.ContainsFunc(b.EdgeFunctions, func(a Association) bool {
		code := a.source()
		return code != nil && code.Names(header)
	})
}

func (b *Behavior) namedByFunction(header string) bool {
	u := b.Origin.URL
	if u == nil || u.Function == nil {
		return false
	}
	code := u.Function.Source()
	return code != nil && code.Names(header)
}

// mixedUsers finds caches that give one user the answer of another, each pair of policies
// once.
func mixedUsers(d *Distribution, r *template.Report) {
	var told []string
	for _, b := range d.onTheWay() {
		m, found := b.mixture()
		line := m.text()
		if !found || slices.Contains(told, line) {
			continue
		}
		told = append(told, line)
		switch c := m.cache; {
		case m.keys:
			r.Note(b.PolicyID.Place, "%s", line)
		case c.DefaultTTL.V > 0 || c.MinTTL.V > 0:
			r.Error(b.PolicyID.Place, "%s", line)
		default:
			r.Warn(b.PolicyID.Place, "%s", line)
		}
	}
}

func (m *mixture) text() string {
	if m.cache == nil {
		return ""
	}
	how := "as the origin's Cache-Control says"
	if m.cache.DefaultTTL.V > 0 || m.cache.MinTTL.V > 0 {
		how = "even without Cache-Control"
	}
	return "is " + m.policy.Name + ", which forwards " + strings.Join(m.what, ", ") + ", while " + m.cache.Name + " caches without them in its key, " + how
}

// coversSelection reports whether what is forwarded is in the key.
func coversSelection(key, forwarded Selection) bool {
	switch {
	case !forwarded.Any() || key.Everything():
		return true
	case forwarded.All:
		// What the key leaves out must be left out here, too.
		for _, name := range key.Names {
			if !key.All || forwarded.Has(name) {
				return false
			}
		}
		return key.All
	}
	for _, name := range forwarded.Names {
		if !key.Has(name) {
			return false
		}
	}
	return true
}

// cachedNoStore finds cache policies with a minimum time, which CloudFront keeps to although
// the answer says no-store or private; each once, and not where its answers are mixed anyway.
// A second, as the managed ones have, is short, and their names do not show it.
//
// Source: Amazon CloudFront Developer Guide, "Manage how long content stays in the cache
// (expiration)". Documented.
func cachedNoStore(d *Distribution, r *template.Report) {
	var told []*CachePolicy
	for _, b := range d.onTheWay() {
		c := b.Cache
		if c == nil || !c.MinTTL.Known() || c.MinTTL.V == 0 || slices.Contains(told, c) {
			continue
		}
		told = append(told, c)
		if m, mixed := b.mixture(); mixed && !m.keys {
			continue
		}
		tell := r.Warn
		if c.Resource == nil && b.legacy.Property == "" {
			tell = r.Note
		}
		tell(b.cacheAt(), "is %s, with a MinTTL of %s: what the function answers with Cache-Control: no-store or private is cached for as long", c.Name, c.MinTTL.V)
	}
}
