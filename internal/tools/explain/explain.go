package explain

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
)

// A Fit is how well a cause fits an answer.
type Fit string

// From the best to the worst. Among causes that fit alike, the more frequent comes first,
// which is our judgement of field reports.
const (
	Certain  Fit = "certain"  // no other known cause gives this answer
	Likely   Fit = "likely"   // few others do
	Possible Fit = "possible" // the answer does not speak against it
)

var ranks = map[Fit]int{Certain: 0, Likely: 1, Possible: 2}

// A Finding is a cause that fits.
type Finding struct {
	Cause   *causes.Cause
	Fit     Fit
	Because []string // what in the answer, or in a probe, speaks for it
}

// Explain returns the causes that fit the answer, the likeliest first. There are none for an
// answer that nothing known explains, or that is fine.
func Explain(a *Answer) []Finding {
	f := &findings{}
	switch a.elsewhere() {
	case "":
	case apiGateway:
		fromAPI(a, f)
		f.sort()
		return f.list
	default:
		return nil
	}
	if fromLoadBalancer(a, f); a.ofLoadBalancer() {
		f.sort()
		return f.list
	}
	for _, family := range []func(*Answer, *findings){
		deployment, fromWebSocketAPI, fromAuthorizer, atTheEdge, fromCloudFront, fromFunctionURL, fromFunction, sessions, redirected, hidden, broken, stalled,
	} {
		family(a, f)
	}
	if len(f.list) == 0 {
		bare(a, f)
	}
	f.sort()
	return f.list
}

// findings collects causes in the order in which they are thought of.
type findings struct{ list []Finding }

// add adds a cause, or another reason for one that is there already.
func (f *findings) add(fit Fit, id causes.ID, because string, args ...any) {
	reason := trace.MaskText(fmt.Sprintf(because, args...)) // headers may be quoted in it
	if i := f.index(id); i >= 0 {
		if ranks[fit] < ranks[f.list[i].Fit] {
			f.list[i].Fit = fit
		}
		if !slices.Contains(f.list[i].Because, reason) {
			f.list[i].Because = append(f.list[i].Because, reason)
		}
		return
	}
	cause := causes.Get(id)
	if cause == nil {
		panic("no cause " + string(id))
	}
	f.list = append(f.list, Finding{Cause: cause, Fit: fit, Because: []string{reason}})
}

// drop takes away what a probe has ruled out.
func (f *findings) drop(ids ...causes.ID) {
	f.list = slices.DeleteFunc(f.list, func(g Finding) bool { return slices.Contains(ids, g.Cause.ID) })
}

func (f *findings) index(id causes.ID) int {
	return slices.IndexFunc(f.list, func(g Finding) bool { return g.Cause.ID == id })
}

func (f *findings) has(id causes.ID) bool { return f.index(id) >= 0 }

func (f *findings) sort() {
	slices.SortStableFunc(f.list, func(a, b Finding) int { return ranks[a.Fit] - ranks[b.Fit] })
}

// deployment knows the words of CloudFront's API, which refuses a function before there is
// an answer to anything.
func deployment(a *Answer, f *findings) {
	if a.has(`InvalidLambdaFunctionAssociation|execution role must be assumable with edgelambda|function must be in region 'us-east-1'|Lambda@Edge cannot (reference|have)|function cannot have (environment variables|a layer)`) {
		f.add(Certain, causes.EdgeFunctionUnfit, "these are the words with which CloudFront refuses a function at a deployment")
	}
}

// bare is for a status without anything that CloudFront or a function URL adds: as an SDK
// prints it, or cut off. Whatever gives this status can be.
func bare(a *Answer, f *findings) {
	if a.Status == http.StatusForbidden && a.fromFunction() {
		return // the application's own
	}
	why := fmt.Sprintf("the status is %d, and nothing else shows", a.Status)
	switch a.Status {
	case http.StatusForbidden:
		if a.Header != nil && a.throughCloudFront() == no {
			return // from something else altogether
		}
		if a.Request.hasBody() != no {
			f.add(Possible, causes.PayloadHashMissing, "%s", why)
		}
		for _, id := range []causes.ID{causes.GrantFunctionMissing, causes.GrantURLMissing, causes.HostForwarded, causes.URLUnknown, causes.OriginWithoutOAC, causes.MethodNotAllowed, causes.WebACLBlocked} {
			f.add(Possible, id, "%s", why)
		}
	case http.StatusRequestEntityTooLarge:
		f.add(Possible, causes.BodyOverEdgeLimit, "%s", why)
		f.add(Possible, causes.BodyOverFunctionLimit, "%s", why)
	case http.StatusTooManyRequests:
		if !a.fromFunction() {
			f.add(Possible, causes.Throttled, "%s", why)
		}
	case http.StatusBadGateway:
		for _, id := range []causes.ID{causes.FunctionFailed, causes.EdgeResultInvalid, causes.StreamCompressed} {
			f.add(Possible, id, "%s", why)
		}
	case http.StatusServiceUnavailable:
		if !a.fromFunction() {
			f.add(Possible, causes.SignerFailed, "%s", why)
		}
	case http.StatusGatewayTimeout:
		if !a.fromFunction() {
			timeouts(f, Possible, why)
		}
	}
}
