package cloudfront

import (
	"strings"

	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/template"
)

// Headers by which applications learn who the caller is, and where from. Behind CloudFront
// they say what the edge or a policy puts there, if it does.
var (
	identities = []string{
		"authorization", "x-forwarded-authorization", "x-streamfront-claims",
		"x-forwarded-user", "x-forwarded-email", "x-forwarded-preferred-username", "x-remote-user", "x-auth-request-user", "x-auth-request-email",
	}
	addresses = []string{"x-forwarded-for", "forwarded", "true-client-ip"}
)

// trustedHeaders finds an origin custom header that takes the place of one by which the
// application distinguishes callers: then all of them are one. Authorization is OAC's own.
//
// Source: Amazon CloudFront Developer Guide, "Add custom headers to origin requests":
// CloudFront replaces the viewer's header of the same name. Documented.
func trustedHeaders(o *Origin, r *template.Report) {
	for _, h := range o.Headers {
		name := strings.ToLower(h.Name.V)
		for _, identity := range identities {
			if name == identity && (name != "authorization" || o.Signing() != SignAlways) {
				r.Error(h.Name.Place, "is %s: every caller is the one of its value", h.Name.V)
			}
		}
		for _, address := range addresses {
			if name == address {
				r.Warn(h.Name.Place, "is %s: every caller comes from the address in its value", h.Name.V)
			}
		}
	}
}

// sets reports whether something on the way of the behavior decides what a header says, be it
// by taking the viewer's away. A function whose code is not here may.
func (b *Behavior) sets(header string) bool {
	for _, h := range b.Origin.Headers {
		if !h.Name.Known() || strings.EqualFold(h.Name.V, header) {
			return true
		}
	}
	for i := range b.ViewerFunctions {
		if a := &b.ViewerFunctions[i]; !a.Event.Is("viewer-response") && (a.Function == nil || !a.Function.Code.Known() || namesHeader(a.Function, header)) {
			return true
		}
	}
	for i := range b.EdgeFunctions {
		a := &b.EdgeFunctions[i]
		if code := a.source(); !strings.HasSuffix(a.Event.V, "-response") && (code == nil || code.Names(header)) {
			return true
		}
	}
	return false
}

func namesHeader(f *edge.ViewerDefinition, header string) bool {
	return strings.Contains(strings.ToLower(f.Code.V), header)
}

// forwards reports whether the viewer's own header goes to the origin.
func (b *Behavior) forwards(header string) bool {
	c, p := b.Cache, b.Policy
	return c != nil && p != nil && c.known() && p.known() && (c.Headers.Has(header) || p.Headers.Has(header))
}

// viewersHost finds a route on which a viewer's own x-forwarded-host reaches an application
// that takes its address from there, as one does behind OAC: links in mails, redirects and
// what is cached then name a host of the viewer's choice. The same holds for the claims of
// an authorizer.
//
// That an application believes a header shows where another route of the distribution sets
// it for the same function; that its code has the name says less.
func viewersHost(b *Behavior, r *template.Report) {
	if b.Origin == nil {
		return
	}
	var set, named []string
	var other *Behavior
	for _, header := range []string{"X-Forwarded-Host", "X-Streamfront-Claims"} {
		name := strings.ToLower(header)
		if !b.forwards(header) || b.sets(name) {
			continue
		}
		if by := b.elsewhereSet(name); by != nil {
			set, other = append(set, name), by
		} else if b.namedByFunction(name) {
			named = append(named, name)
		}
	}
	switch at := b.At("FunctionAssociations"); {
	case len(set) > 0:
		r.Warn(at, "sets no %s, so that a viewer's own reaches the function, and %s sets it", strings.Join(set, " or "), other.PathPattern.V)
	case len(named) > 0:
		r.Note(at, "sets no %s, so that a viewer's own reaches %s, whose code has the name", strings.Join(named, " or "), b.Origin.URL.Function.Name)
	}
}

// elsewhereSet is another behavior before the same function that is known to set a header;
// nil: there is none.
func (b *Behavior) elsewhereSet(header string) *Behavior {
	for _, other := range b.distribution.onTheWay() {
		if other.Origin.URL != b.Origin.URL {
			continue
		}
		for i := range other.ViewerFunctions {
			if f := other.ViewerFunctions[i].Function; f != nil && f.Code.Known() && namesHeader(f, header) {
				return other
			}
		}
	}
	return nil
}
