package cloudfront

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// BehaviorRules are those about a behavior before a function URL.
var BehaviorRules = []template.Rule[*Behavior]{
	{ID: causes.ViewerHTTPAllowed, Kind: template.Hole, Level: template.Error, Look: plainViewers},
	{ID: causes.EdgeFunctionUnfit, Kind: template.Refused, Level: template.Error, Look: unfitAssociations},
	{ID: causes.EdgeFunctionUnfit, Kind: template.Refused, Level: template.Error, Look: unfitViewers},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: writesToGroup},
	{ID: causes.EdgeResultInvalid, Kind: template.Hole, Level: template.Error, Look: noResponse},
	{ID: causes.CORSUnfit, Kind: template.Hole, Level: template.Warning, Look: unfitOrigins},
	{ID: causes.BodyOverEdgeLimit, Kind: template.Hole, Level: template.Warning, Look: partlyHashed},
	{ID: causes.PayloadHashMissing, Kind: template.Hole, Level: template.Error, Look: missingHash},
	{ID: causes.SignerWithoutBody, Kind: template.Hole, Level: template.Error, Look: blindSigner},
	{ID: causes.AuthorizationLost, Kind: template.Hole, Level: template.Warning, Look: lostAuthorization},
	{ID: causes.AuthorizerWithoutCheck, Kind: template.Hole, Level: template.Error, Look: uncheckedTokens},
	{ID: causes.SignerFailed, Kind: template.Hole, Level: template.Error, Look: unfitConfiguration},
	{ID: causes.AuthorizerAvoided, Kind: template.Hole, Level: template.Warning, Look: avoidedAuthorizer},
	{ID: causes.HostForwarded, Kind: template.Hole, Level: template.Error, Look: forwardedHost},
	{ID: causes.ViewerForwardedHost, Kind: template.Hole, Level: template.Warning, Look: viewersHost},
	{ID: causes.ValueUnknown, Kind: template.Unknown, Level: template.Warning, Look: behaviorElsewhere},
}

const hashHeader = "x-amz-content-sha256"

func plainViewers(b *Behavior, r *template.Report) {
	if b.ViewerProtocol.Is("allow-all") {
		r.Error(b.ViewerProtocol.Place, "is allow-all: tokens and bodies may come in the clear")
	}
}

// unfitAssociations finds functions at events where CloudFront does not take them.
func unfitAssociations(b *Behavior, r *template.Report) {
	events := map[string]string{}
	twice := func(event template.Text, kind string) {
		if other := events[event.V]; other != "" && event.V != "" {
			r.Error(event.Place, "is %s, which has %s already: CloudFront runs one function for an event", event.V, other)
		}
		events[event.V] = kind
	}
	for i := range b.ViewerFunctions {
		twice(b.ViewerFunctions[i].Event, "a CloudFront Function")
	}
	for i := range b.EdgeFunctions {
		a := &b.EdgeFunctions[i]
		if strings.HasPrefix(a.Event.V, "viewer-") && len(b.ViewerFunctions) > 0 && events[a.Event.V] == "" {
			r.Error(a.Event.Place, "is %s: CloudFront does not allow Lambda@Edge at viewer events beside a CloudFront Function", a.Event.V)
		}
		twice(a.Event, "a Lambda@Edge function")
		if a.Body.Is(true) && strings.HasSuffix(a.Event.V, "-response") {
			r.Error(a.Body.Place, "is true at %s: only request events have a body", a.Event.V)
		}
		unfitARN(b, a, r)
	}
}

// unfitARN finds what Lambda@Edge does not take, from the ARN alone.
func unfitARN(b *Behavior, a *Association, r *template.Report) {
	arn := a.ARN
	if arn.V == "" {
		return
	}
	region, account, ok := edge.ParseVersion(arn.V)
	if !ok {
		r.Error(arn.Place, "is %s: Lambda@Edge accepts the ARN of a numbered version, neither $LATEST nor an alias", arn.V)
		return
	}
	if region != "us-east-1" {
		r.Error(arn.Place, "is %s: Lambda@Edge accepts functions of us-east-1", arn.V)
	}
	if stack := b.Resource.Stack; stack.Own(account) != stack.Account {
		r.Error(arn.Place, "is %s, of another account than the distribution's, %s", arn.V, stack.Account)
	}
}

func behaviorElsewhere(b *Behavior, r *template.Report) {
	for i := range b.ViewerFunctions {
		if a := &b.ViewerFunctions[i]; a.ARN.V != "" && a.Function == nil {
			r.Unseen(a.ARN.Place, "is %s, which is not in this assembly: what it makes of requests cannot be looked at", a.ARN.V)
		}
	}
	for i := range b.EdgeFunctions {
		a := &b.EdgeFunctions[i]
		switch {
		case a.ARN.V == "":
		case a.Function == nil:
			r.Unseen(a.ARN.Place, "is %s, which is not in this assembly: whether it fits, and hashes bodies, cannot be looked at", a.ARN.V)
		case a.Function.Version.Resource != nil && a.Function.Version.Resource.Stack.AnyRegion:
			r.Warn(a.ARN.Place, "is of the stack %s, whose region is left open: Lambda@Edge accepts functions of us-east-1", a.Function.Version.Resource.Stack.Name)
		}
	}
	if hash := b.hash(); hash.closed != nil {
		r.Unseen(hash.closed.ARN.Place, "is a function whose code is not in this assembly: whether it hashes bodies cannot be looked at")
	}
	for _, id := range []template.Text{b.CacheID, b.PolicyID} {
		if id.V != "" && (id.Place == b.CacheID.Place && b.Cache == nil || id.Place == b.PolicyID.Place && b.Policy == nil) {
			r.Warn(id.Place, "is %s, a policy that is neither in this assembly nor one of those known here: what it forwards cannot be looked at", id.V)
		}
	}
}

// noResponse finds a CloudFront Function at viewer-response whose code can return none: it
// never says the word, nor that of a response's status.
//
// Source: Amazon CloudFront Developer Guide, "CloudFront Functions event structure", on what a
// function returns. Documented.
func noResponse(b *Behavior, r *template.Report) {
	for i := range b.ViewerFunctions {
		a := &b.ViewerFunctions[i]
		if !a.Event.Is("viewer-response") || a.Function == nil || !a.Function.Code.Known() {
			continue
		}
		if code := strings.ToLower(a.Function.Code.V); !strings.Contains(code, "response") && !strings.Contains(code, "statuscode") {
			r.Error(a.Event.Place, "is viewer-response, and %s returns no response", a.Function.Name)
		}
	}
}

// A hash says who hashes the bodies of requests.
type hash struct {
	writes  []string     // the methods with a body to hash; none: nothing is to be hashed
	nobody  bool         // nothing here hashes them
	blind   *Association // a signer that does not get the body
	closed  *Association // a function whose code is not in the assembly
	callers bool         // the viewer function counts on the caller to do it
}

// hash finds out who hashes the bodies of requests.
func (b *Behavior) hash() hash {
	h := hash{}
	if !b.Methods.Known() || b.Origin == nil || !b.Origin.iam() {
		return h
	}
	for _, method := range b.Methods.Strings() {
		if slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, method) {
			h.writes = append(h.writes, method)
		}
	}
	if len(h.writes) == 0 {
		return h
	}
	for i := range b.EdgeFunctions {
		a := &b.EdgeFunctions[i]
		if !a.Event.Is("origin-request") && !a.Event.Is("viewer-request") {
			continue
		}
		code := a.source()
		switch {
		case code != nil && !code.Names(hashHeader):
			// It does something else.
		case !a.Body.Known():
			return hash{}
		case !a.Body.V && code == nil:
			// Whatever it does, it does not see what to hash.
		case !a.Body.V:
			h.blind = a
		case a.Function == nil:
			return hash{}
		case code == nil && a.Function.PackageType.IsNot("Zip"):
			return hash{} // which Lambda@Edge refuses
		case code == nil:
			return hash{closed: a}
		default:
			return hash{}
		}
	}
	h.nobody = h.blind == nil
	h.callers = h.nobody && b.leavesHashToCaller()
	return h
}

// leavesHashToCaller reports whether the behavior's CloudFront Function handles the header
// with the hash although no signer follows. That is how this project's construct marks a
// route with PayloadHash_CLIENT. Where it says that a signer follows, the signer is missing.
func (b *Behavior) leavesHashToCaller() bool {
	return slices.ContainsFunc(b.ViewerFunctions, func(a ViewerAssociation) bool {
		return a.Event.Is("viewer-request") && a.Function != nil &&
			strings.Contains(a.Function.Code.V, hashHeader) && !strings.Contains(a.Function.Code.V, "const SIGNED = true;")
	})
}

func missingHash(b *Behavior, r *template.Report) {
	h := b.hash()
	switch writes := strings.Join(h.writes, ", "); {
	case h.callers:
		r.Note(b.Methods.Place, "has %s, whose bodies the caller has to hash: the function at viewer-request counts on it", writes)
	case h.nobody:
		r.Error(b.Methods.Place, "has %s, and nothing here hashes their bodies: callers who do not are refused", writes)
	}
}

func blindSigner(b *Behavior, r *template.Report) {
	if h := b.hash(); h.blind != nil {
		r.Error(h.blind.Body.Place, "is not true: the signer cannot hash the bodies of %s", strings.Join(h.writes, ", "))
	}
}

// cacheAt is where the cache policy of the behavior is set.
func (b *Behavior) cacheAt() template.Place {
	if b.legacy.Property != "" {
		return b.legacy
	}
	return b.CacheID.Place
}

func forwardedHost(b *Behavior, r *template.Report) {
	if c := b.Cache; c != nil && !c.Headers.unknown && c.Headers.Has("Host") {
		r.Error(b.cacheAt(), "is %s, which has Host in the cache key and so forwards it", c.Name)
	}
	if p := b.Policy; p != nil && !p.Headers.unknown && p.Headers.Has("Host") {
		r.Error(b.PolicyID.Place, "is %s, which forwards Host", p.Name)
	}
}

// lostAuthorization finds a signer that is to move the caller's Authorization to another
// header, and does not get it for GET and HEAD: CloudFront takes it away unless a policy
// names it.
//
// Source: Amazon CloudFront Developer Guide, "Request and response behavior for custom
// origins", Authorization. Documented.
func lostAuthorization(b *Behavior, r *template.Report) {
	c, p := b.Cache, b.Policy
	if c == nil || p == nil || !c.known() || !p.known() || c.Headers.Has("Authorization") || p.Headers.Has("Authorization") {
		return
	}
	for i := range b.EdgeFunctions {
		a := &b.EdgeFunctions[i]
		if code := a.source(); !a.Event.Is("origin-request") || code == nil || !code.Names("x-forwarded-authorization") {
			continue
		}
		is := "is missing"
		if b.PolicyID.Given {
			is = "is " + p.Name
		}
		r.Warn(b.PolicyID.Place, "%s, so that no Authorization of a GET gets to %s, which moves it", is, a.Function.Name)
		return
	}
}
