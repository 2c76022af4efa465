package functionurl

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/webadapter"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// Rules are those about one function URL.
var Rules = []template.Rule[*URL]{
	{ID: causes.URLPublic, Kind: template.Hole, Level: template.Error, Look: publicURL},
	{ID: causes.InvokeModeMismatch, Kind: template.Hole, Level: template.Warning, Look: invokeMode},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: roleOfOthers},
	{ID: causes.FunctionFailed, Kind: template.Hole, Level: template.Error, Look: adapterMissing},
	{ID: causes.HandlerMissing, Kind: template.Hole, Level: template.Error, Look: func(u *URL, r *template.Report) {
		if u.Function != nil {
			u.Function.JudgeHandler(r)
		}
	}},
	{ID: causes.LogsMissing, Kind: template.Hole, Level: template.Note, Look: func(u *URL, r *template.Report) {
		if u.Function != nil {
			u.Function.JudgeLogs(r)
		}
	}},
	{ID: causes.CORSAnyOrigin, Kind: template.Hole, Level: template.Error, Look: openCORS},
	{ID: causes.CORSUnfit, Kind: template.Hole, Level: template.Warning, Look: closedCORS},
	{ID: causes.OverDefaultQuota, Kind: template.Hole, Level: template.Note, Look: muchConcurrency},
	{ID: causes.ValueUnknown, Kind: template.Unknown, Level: template.Warning, Look: functionElsewhere},
}

// GrantRules are those about one statement of a function's resource policy.
var GrantRules = []template.Rule[*Grant]{
	{ID: causes.URLPublic, Kind: template.Hole, Level: template.Error, Look: publicGrant},
	{ID: causes.GrantTooWide, Kind: template.Hole, Level: template.Error, Look: wideGrant},
	{ID: causes.GrantTooWide, Kind: template.Hole, Level: template.Warning, Look: everyAction},
	{ID: causes.GrantTooWide, Kind: template.Hole, Level: template.Warning, Look: everyPrincipal},
	{ID: causes.GrantTooWide, Kind: template.Hole, Level: template.Error, Look: wholeAccount},
	{ID: causes.GrantWithoutViaURL, Kind: template.Hole, Level: template.Warning, Look: grantForInvokeAPI},
	{ID: causes.GrantFunctionMissing, Kind: template.Refused, Level: template.Error, Look: authTypeOfInvoke},
	{ID: causes.GrantOtherRegion, Kind: template.Refused, Level: template.Error, Look: grantElsewhere},
}

// judged are the kinds of findings that are reported of a URL and its function. What is Unmodelled
// there stops nothing but its own paths: see [URL.Unserved].
var judged = []template.Kind{template.Refused, template.Hole, template.Unknown, template.Unseen}

// Judge finds what is wrong with the function URLs and their grants.
func (m *Model) Judge(log *template.Log) {
	for _, u := range m.URLs {
		log.Take(u.Log, judged...)
		if u.Function != nil {
			log.Take(u.Function.Log, judged...)
		}
		template.Judge(Rules, u, log)
	}
	for _, g := range m.Grants {
		log.Take(g.Log, template.Refused, template.Hole, template.Unknown)
		if g.URL != nil || g.Function == "" {
			log.Take(g.Log) // others are off the way of every request
		}
		template.Judge(GrantRules, g, log)
	}
}

func publicURL(u *URL, r *template.Report) {
	if u.Public() {
		r.Error(u.AuthType.Place, "is NONE: everyone who knows the address can call the function")
	}
}

func functionElsewhere(u *URL, r *template.Report) {
	if u.ARN != "" && u.Function == nil {
		r.Warn(u.Target.Place, "is %s, which is not in this assembly: its timeout and its code cannot be looked at", u.ARN)
	}
}

// invokeMode compares the URL with what shows of the function's way to answer.
func invokeMode(u *URL, r *template.Report) {
	f := u.Function
	if f == nil || !u.InvokeMode.Known() {
		return
	}
	at, mode := u.InvokeMode.Place, u.InvokeMode.V
	if adapter, set, streams := adapterMode(f); adapter {
		switch {
		case streams && !u.Streams():
			r.Warn(at, "is %s, but %s sets AWS_LWA_INVOKE_MODE to response_stream: nothing arrives before the last byte", mode, f.Name)
		case !streams && u.Streams() && set:
			r.Warn(at, "is %s, but %s sets AWS_LWA_INVOKE_MODE to buffered: viewers get {\"statusCode\":...} as text", mode, f.Name)
		case !streams && u.Streams():
			r.Warn(at, "is %s, but %s does not set AWS_LWA_INVOKE_MODE, and the adapter is buffered then: viewers get {\"statusCode\":...} as text", mode, f.Name)
		}
		return
	}
	runtime := f.Runtime.V
	if runtime == "" {
		return // a container image, which may have the adapter, or anything else
	}
	managed := !strings.HasPrefix(runtime, "provided")
	node := strings.HasPrefix(runtime, "nodejs")
	if u.Streams() && managed && !node {
		r.Warn(at, "is %s, but the runtime %s of %s does not stream: viewers get {\"statusCode\":...} as text", mode, runtime, f.Name)
		return
	}
	code := f.Source()
	if code == nil {
		return // an asset that is not here, as in an assembly that was only sent on
	}
	streaming := code.Names("streamifyResponse") || !managed && code.Names("LambdaFunctionURLStreamingResponse")
	// A program of streamhttp has both protocols, and this variable chooses.
	buffers := !managed && slices.Contains(strings.Split(f.Variables["STREAMFRONT_DOORS"].V, ","), "url-buffered")
	switch {
	case streaming && buffers && u.Streams():
		r.Warn(at, "is %s, but %s sets STREAMFRONT_DOORS to url-buffered: viewers get {\"statusCode\":...} as text", mode, f.Name)
	case streaming && buffers:
	case streaming && (!node || f.HandlerStreams()) && !u.Streams():
		r.Warn(at, "is %s, but the code of %s streams: nothing arrives before the last byte", mode, f.Name)
	case !streaming && u.Streams() && node:
		r.Warn(at, "is %s, but the code of %s never calls awslambda.streamifyResponse: viewers get {\"statusCode\":...} as text", mode, f.Name)
	}
}

// roleOfOthers finds a role that Lambda may not assume.
//
// Source: AWS Lambda Developer Guide, "Defining Lambda function permissions with an execution
// role". Documented.
func roleOfOthers(u *URL, r *template.Report) {
	if f := u.Function; f != nil && f.Trust.Known && !f.Trust.Given {
		r.Error(f.Trust.Place, "does not let lambda.amazonaws.com assume the role of %s: Lambda refuses a function whose role it may not assume", f.Name)
	}
}

// adapterMissing finds a function whose start fails for want of the Lambda Web Adapter.
func adapterMissing(u *URL, r *template.Report) {
	if f := u.Function; f != nil {
		if wrapper := f.MissingAdapter(); wrapper != nil {
			r.Error(wrapper.Place, "is %s, and %s has no layer that brings it: the function does not start", wrapper.V, f.Name)
		}
	}
}

// muchConcurrency finds what an account has only once its quota was raised: of the 1,000 that
// it has, 100 stay unreserved.
//
// Source: AWS Lambda Developer Guide, "Configuring reserved concurrency for a function".
// Documented.
func muchConcurrency(u *URL, r *template.Report) {
	const most = 900
	if f := u.Function; f != nil && f.Concurrency.Known() && f.Concurrency.V > most {
		r.Note(f.Concurrency.Place, "is %d: an account has %d to reserve unless its quota was raised", f.Concurrency.V, most)
	}
}

// adapterMode reports whether a function has the Lambda Web Adapter, and how it answers.
func adapterMode(f *lambda.Definition) (adapter, set, streams bool) {
	mode := f.Variables["AWS_LWA_INVOKE_MODE"].V
	adapter = mode != "" || f.Variables["AWS_LAMBDA_EXEC_WRAPPER"].V == webadapter.Wrapper
	for _, layer := range f.Layers.Items {
		_, ok := webadapter.IsLayer(layer.V)
		adapter = adapter || ok
	}
	return adapter, mode != "", strings.EqualFold(mode, "response_stream")
}

// publicGrant judges a permission for every principal.
func publicGrant(g *Grant, r *template.Report) {
	at, u := g.Principal.Place, g.URL
	switch {
	case !g.Public() || !g.ForViewers():
	case g.SourceARN.V != "" || g.SourceAccount.V != "" || g.Organization.Given:
		// Somebody, though not CloudFront alone.
	case u != nil && u.Public():
		// It goes with AuthType NONE, which is reported at the URL.
	case g.URLAuthType.Is("NONE") && u != nil:
		r.Warn(at, "is *, for URLs with AuthType NONE: as soon as %s has it, anyone calls the function", u.Name)
	default:
		r.Error(at, "is *: anyone may use %s", g.Action.V)
	}
}

// wideGrant finds a permission for more distributions than one.
func wideGrant(g *Grant, r *template.Report) {
	if g.Public() || !g.ForViewers() {
		return
	}
	own := g.SourceAccount.V != ""
	if parts := strings.SplitN(g.SourceARN.V, ":", 6); len(parts) == 6 {
		own = own || !strings.ContainsAny(parts[4], "*?") && parts[4] != ""
	}
	tell, among := r.Error, "of any account"
	if own {
		tell, among = r.Warn, "of the account"
	}
	switch at := g.SourceARN.Place; {
	case !g.SourceARN.Given:
		tell(at, "is missing: every distribution %s may use %s", among, g.Action.V)
	case strings.ContainsAny(g.SourceARN.V, "*?"):
		tell(at, "is %s: every distribution %s that fits may use %s", g.SourceARN.V, among, g.Action.V)
	}
}

// everyAction finds a permission to change the function, and not only to call it.
func everyAction(g *Grant, r *template.Report) {
	if !g.Public() && g.ForViewers() && (g.Action.Is("*") || g.Action.Is("lambda:*")) {
		r.Warn(g.Action.Place, "is %s: want %s and %s, each in a permission of its own", g.Action.V, InvokeURL, InvokeFunction)
	}
}

// everyPrincipal finds a permission that its condition alone keeps from being public.
func everyPrincipal(g *Grant, r *template.Report) {
	if g.Public() && g.ForViewers() && g.SourceARN.V != "" {
		r.Warn(g.Principal.Place, "is *, held by SourceArn alone: want %s", CloudFront)
	}
}

// wholeAccount finds a permission for another account, whose people then call the function past
// CloudFront, or change it; and one for all actions to the function's own.
//
// Source: AWS Lambda Developer Guide, "Using resource-based policies in Lambda". Documented.
func wholeAccount(g *Grant, r *template.Report) {
	account, ok := g.principalAccount()
	if !ok || g.URL == nil || g.Organization.Given || !g.Covers(InvokeURL) && !g.Covers(InvokeFunction) {
		return
	}
	stack := g.Resource.Stack
	every := !g.Action.Is(InvokeURL) && !g.Action.Is(InvokeFunction)
	switch own := stack.Own(account) == stack.Account; {
	case every && own:
		r.Warn(g.Action.Place, "is %s for %s: want the actions that it needs", g.Action.V, g.Principal.V)
	case every:
		r.Error(g.Principal.Place, "is %s, of another account, for %s: it may change the function, and call it past CloudFront", g.Principal.V, g.Action.V)
	case !own:
		r.Warn(g.Principal.Place, "is %s, of another account: it may use %s past CloudFront", g.Principal.V, g.Action.V)
	}
}

func grantForInvokeAPI(g *Grant, r *template.Report) {
	if !g.Public() && g.ForViewers() && g.Covers(InvokeFunction) && g.ViaFunctionURL.IsNot(true) {
		r.Warn(g.ViaFunctionURL.Place, "is not true: the permission holds for the Invoke API, too")
	}
}

func authTypeOfInvoke(g *Grant, r *template.Report) {
	if g.Action.IsNot(InvokeURL) && g.URLAuthType.IsNot("") {
		r.Error(g.URLAuthType.Place, "is %s: Lambda accepts it for %s only and refuses this permission", g.URLAuthType.V, InvokeURL)
	}
}

// grantElsewhere finds a permission that is created where its function is not. Where the app
// leaves a region open, both may be in one.
func grantElsewhere(g *Grant, r *template.Report) {
	if g.URL == nil || g.Resource.Stack.AnyRegion || g.URL.Resource.Stack.AnyRegion {
		return
	}
	if own, of := g.Resource.Stack.Region, g.URL.Resource.Stack.Region; own != of {
		r.Error(g.Place, "the permission is created in %s, and the function is in %s", own, of)
	}
}
