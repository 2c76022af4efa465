package cloudfront

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/template"
)

// authorizerHeaders are how the names of an authorizer's configuration begin, among the custom
// headers of an origin.
const authorizerHeaders = "x-streamfront-jwt-"

// configuration is where the origin names the issuer whose tokens are asked for; false if it
// does not, or nothing is asked for.
func (o *Origin) configuration() (template.Place, bool) {
	for _, h := range o.Headers {
		if strings.EqualFold(h.Name.V, authorizerHeaders+"issuer") {
			return h.Name.Place, true
		}
	}
	return template.Place{}, false
}

// checksTokens reports whether an edge function on the way to the origin reads the
// configuration. One whose code is not in the assembly may.
func (b *Behavior) checksTokens() bool {
	return slices.ContainsFunc(b.EdgeFunctions, func(a Association) bool {
		code := a.source()
		return a.Event.Is("origin-request") && (code == nil || code.Names(authorizerHeaders))
	})
}

// protected reports whether requests without a token do not pass the behavior.
func (b *Behavior) protected() bool {
	if b.Origin == nil {
		return false
	}
	_, configured := b.Origin.configuration()
	return configured && b.checksTokens()
}

// uncheckedTokens finds a route that protects nothing.
func uncheckedTokens(b *Behavior, r *template.Report) {
	if b.Origin == nil {
		return
	}
	place, configured := b.Origin.configuration()
	if !configured {
		return
	}
	if !b.checksTokens() {
		r.Error(b.Target.Place, "is %s, which has the configuration of an authorizer (%s), and no function at origin-request of %s verifies tokens by it: every request passes", b.Target.V, place, b.PathPattern.V)
		return
	}
	if c := b.Cache; c != nil && c.known() && c.TTL().Caches() {
		r.Error(b.cacheAt(), "is %s, which keeps responses, while the authorizer of %s sees only requests that are not answered from the cache", c.Name, b.PathPattern.V)
	}
}

// unfitConfiguration finds the configuration of an authorizer that the authorizer does not
// take: it then fails for every request, so that nothing passes.
func unfitConfiguration(b *Behavior, r *template.Report) {
	if !b.protected() {
		return
	}
	at, _ := b.Origin.configuration()
	audience := false
	for _, h := range b.Origin.Headers {
		switch name := strings.ToLower(h.Name.V); {
		case !h.Name.Known():
			return
		case name == authorizerHeaders+"audience":
			audience = audience || !h.Value.Known() || h.Value.V != ""
		case name == authorizerHeaders+"issuer" && h.Value.Known() && h.Value.MadeUp == "" && !strings.HasPrefix(h.Value.V, "https://"):
			r.Error(h.Value.Place, "is %s: the authorizer accepts an issuer that begins with https://, and fails for every request", h.Value.V)
		}
	}
	if !audience {
		r.Error(at, "is there without %saudience: the authorizer fails for every request", authorizerHeaders)
	}
}

// avoidedAuthorizer finds a spelling of a protected path that CloudFront gives to an open
// behavior before the same function.
func avoidedAuthorizer(b *Behavior, r *template.Report) {
	d := b.distribution
	if !b.protected() || b.Origin.URL == nil || !b.PathPattern.Known() {
		return
	}
	path := "/" + strings.TrimPrefix(strings.NewReplacer("*", "x", "?", "x").Replace(b.PathPattern.V), "/")
	for _, spelling := range d.spellings(path) {
		other := d.match(spelling)
		if other == nil || other == b || other.protected() || other.Origin == nil || other.Origin.URL != b.Origin.URL || !other.known() {
			continue
		}
		r.Warn(other.PathPattern.Place, "is %s, which has no authorizer, and leads to the same function as %s, which has one: a request for %s passes without a token, and an application may take it for %s", other.PathPattern.V, b.PathPattern.V, spelling, path)
		return
	}
}

// known reports whether what would protect the behavior is known not to be there.
func (b *Behavior) known() bool {
	return !slices.ContainsFunc(b.EdgeFunctions, func(a Association) bool { return a.Event.Is("origin-request") && a.source() == nil })
}

// match returns the behavior for a path; nil if there is none.
func (d *Distribution) match(path string) *Behavior {
	normal := normalize(path)
	for i := range d.Behaviors {
		if b := &d.Behaviors[i]; !b.PathPattern.Known() || matches(b.PathPattern.V, normal) {
			return b
		}
	}
	return nil
}

// spellings are those of a path that routers are known to take for it, while CloudFront does
// not: another letter case, a slash that is encoded, a parameter (RFC 3986, 3.3), and a way
// out of another behavior by encoded dots and slashes.
func (d *Distribution) spellings(path string) []string {
	var out []string
	if i := strings.IndexFunc(path, func(r rune) bool { return 'a' <= r && r <= 'z' }); i >= 0 {
		out = append(out, path[:i]+strings.ToUpper(path[i:i+1])+path[i+1:])
	}
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		out = append(out, path[:i]+"%2F"+path[i+1:], path[:i]+";x"+path[i:])
	}
	for i := range d.Behaviors {
		if prefix, ok := strings.CutSuffix(d.Behaviors[i].PathPattern.V, "/*"); ok && !strings.ContainsAny(prefix, "*?") {
			up := strings.Repeat("..%2F", strings.Count("/"+strings.TrimPrefix(prefix, "/"), "/"))
			out = append(out, "/"+strings.TrimPrefix(prefix, "/")+"/"+up+path[1:])
		}
	}
	return out
}
