package apigateway

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/lambda/authorizer"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// Rules are those about one API.
var Rules = []template.Rule[*API]{
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: streamedCache},
	{ID: causes.CacheMixesUsers, Kind: template.Hole, Level: template.Error, Look: mixedCache},
	{ID: causes.RouteUnknown, Kind: template.Hole, Level: template.Warning, Look: stageWithoutDeployment},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: credentialsForAll},
}

// OperationRules are those about one operation that invokes a function.
var OperationRules = []template.Rule[*Operation]{
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: streamOfOthers},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: addressOfMode},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: timeoutOfMode},
	{ID: causes.OverDefaultQuota, Kind: template.Hole, Level: template.Note, Look: timeoutOverQuota},
	{ID: causes.FunctionFailed, Kind: template.Hole, Level: template.Error, Look: verb},
	{ID: causes.APIGrantMissing, Kind: template.Hole, Level: template.Error, Look: missingGrant},
	{ID: causes.InvokeModeMismatch, Kind: template.Hole, Level: template.Warning, Look: modeOfCode},
	{ID: causes.RequestInvalid, Kind: template.Hole, Level: template.Error, Look: parameterOfNoPath},
}

// AuthorizerRules are those about one authorizer that asks a function.
var AuthorizerRules = []template.Rule[*Authorizer]{
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: cacheWithoutKey},
	{ID: causes.APIGrantMissing, Kind: template.Hole, Level: template.Error, Look: missingAuthorizerGrant},
	{ID: causes.AuthorizerPolicyCached, Kind: template.Hole, Level: template.Warning, Look: policyOfOnePath},
}

// told are the kinds of findings that are told of APIs: what is not modelled is answered 501,
// and keeps nothing from starting.
var told = []template.Kind{template.Refused, template.Hole, template.Unknown, template.Unseen}

// Judge finds what is wrong with the APIs that invoke functions.
func (m *Model) Judge(log *template.Log) {
	if len(m.APIs) == 0 {
		return
	}
	log.Take(m.log, told...)
	judged := map[*Authorizer]bool{}
	for _, a := range m.APIs {
		log.Take(a.Log, told...)
		for _, s := range a.Schemas {
			log.Take(s.Log, told...)
		}
		for _, v := range a.Validators {
			log.Take(v.Log, told...)
		}
		template.Judge(Rules, a, log)
		for _, o := range a.Operations {
			log.Take(o.Log, told...)
			if auth := o.Authorizer; auth != nil && !judged[auth] {
				judged[auth] = true
				auth.judge(log)
			}
			if o.Integration == nil {
				continue
			}
			log.Take(o.Integration.Log, told...)
			template.Judge(OperationRules, o, log)
			if o.invokes() {
				log.Take(o.Integration.Function.Log, told...)
			}
		}
	}
	for _, d := range m.Domains {
		log.Take(d.Log, told...)
	}
}

// judge finds what is wrong with an authorizer that somebody asks.
func (a *Authorizer) judge(log *template.Log) {
	log.Take(a.Log, told...)
	if a.Function == nil {
		return
	}
	template.Judge(AuthorizerRules, a, log)
	if f := a.Function.Definition; f != nil {
		log.Take(f.Log, told...)
	}
}

// cacheWithoutKey finds answers that are to be kept, and nothing by which they are told apart.
//
// Sources: Amazon API Gateway API Reference, "Authorizer"; Developer Guide, "Control access to
// HTTP APIs with AWS Lambda authorizers". Documented.
func cacheWithoutKey(a *Authorizer, r *template.Report) {
	if a.Type.Is("REQUEST") && a.TTL.Known() && a.TTL.V > 0 && !a.Identified {
		r.Error(a.TTL.Place, "is %d, and there is no IdentitySource: API Gateway keeps what an authorizer answers by its identity sources; set it to 0, or name a source", a.TTL.V)
	}
}

// widening are words that code has which makes more of the ARN that it was asked about.
var widening = []string{"/*", "*/", "'*'", `"*"`, "`*`", "split", "replace", "slice", "join", "substring"}

// policyOfOnePath finds code that returns a policy for the very ARN that it was asked about, and a
// cache that lets this policy decide about others. Only code that shows it plainly is judged.
//
// Source: AWS Knowledge Center, "HTTP 403 errors from an API Gateway proxy resource with a Lambda
// authorizer that has caching activated". Documented.
func policyOfOnePath(a *Authorizer, r *template.Report) {
	if !a.TTL.Known() || a.TTL.V == 0 || a.Simple.Is(true) || a.Function.Definition == nil || !a.decidesOnMany() {
		return
	}
	code := a.Function.Definition.Source()
	if code == nil || !code.Names("methodArn") && !code.Names("routeArn") || slices.ContainsFunc(widening, code.Names) {
		return
	}
	r.Warn(a.TTL.Place, "is %d, and the code of %s returns a policy for the method that it was asked about: for that time the caller gets 403 for every other one; return a policy for all of them, or set it to 0", a.TTL.V, a.Function.Definition.Name)
}

// decidesOnMany tells whether one answer may decide about several methods or paths.
func (a *Authorizer) decidesOnMany() bool {
	if slices.ContainsFunc(a.Sources, authorizer.Source.OfContext) {
		return false
	}
	count := 0
	for _, o := range a.API.Operations {
		if o.Authorizer == a {
			count++
			if o.Method == "ANY" || strings.Contains(o.Path, "{") {
				count++
			}
		}
	}
	return count > 1
}

func missingAuthorizerGrant(a *Authorizer, r *template.Report) {
	a.Function.JudgeGrant(a.API.grants, a.API.arn(), r)
}

// streamOfOthers finds a stream of an integration that has none.
//
// Source: Amazon API Gateway Developer Guide, "Stream the integration response for your proxy
// integrations". Documented.
func streamOfOthers(o *Operation, r *template.Report) {
	if i := o.Integration; i.Streams() && i.Type.Known() && i.Type.V != "AWS_PROXY" && i.Type.V != "HTTP_PROXY" {
		r.Error(i.Mode.Place, "is STREAM: API Gateway streams AWS_PROXY and HTTP_PROXY, not %s", i.Type.V)
	}
}

// addressOfMode finds the URI of the other way to invoke a function.
//
// Source: Amazon API Gateway Developer Guide, "Set up a Lambda proxy integration with payload
// response streaming in API Gateway". Documented; that the deployment fails is assumed.
func addressOfMode(o *Operation, r *template.Report) {
	i := o.Integration
	if o.API.Kind != REST || i.ARN == "" || !i.Mode.Known() {
		return
	}
	switch {
	case i.Streams() && !i.Streaming:
		r.Error(i.URI.Place, "ends in /invocations, and ResponseTransferMode is STREAM: want .../2021-11-15/functions/{function}/response-streaming-invocations")
	case !i.Streams() && i.Streaming:
		r.Error(i.URI.Place, "ends in /response-streaming-invocations, and ResponseTransferMode is BUFFERED: want .../2015-03-31/functions/{function}/invocations")
	}
}

// timeoutOfMode finds a timeout that only a stream may have.
//
// Source: Amazon API Gateway Developer Guide, "Quotas for configuring and running a REST API":
// the quota of 29 seconds may be raised for regional and private APIs. Documented.
func timeoutOfMode(o *Operation, r *template.Report) {
	if i := o.Integration; o.API.Edge() && i.Mode.Is("BUFFERED") && i.Timeout.Known() && i.Timeout.V > defaultTimeout {
		r.Error(i.Timeout.Place, "is %d ms: a buffered integration of an edge-optimized API allows %d ms", i.Timeout.V, defaultTimeout)
	}
}

func timeoutOverQuota(o *Operation, r *template.Report) {
	if i := o.Integration; o.API.Kind == REST && !o.API.Edge() && i.Mode.Is("BUFFERED") && i.Timeout.Known() && i.Timeout.V > defaultTimeout {
		r.Note(i.Timeout.Place, "is %d ms: an account has %d ms unless its quota was raised", i.Timeout.V, defaultTimeout)
	}
}

// verb finds a method by which Lambda is not invoked.
//
// Source: Amazon API Gateway Developer Guide, "Lambda proxy integrations in API Gateway".
// Documented.
func verb(o *Operation, r *template.Report) {
	if i := o.Integration; o.API.Kind == REST && i.ARN != "" && i.Verb.Known() && i.Verb.V != "POST" {
		r.Error(i.Verb.Place, "is %q: API Gateway invokes a function by POST, and every request fails with 500", i.Verb.V)
	}
}

// missingGrant finds a method or route that Lambda refuses.
func missingGrant(o *Operation, r *template.Report) {
	if !o.invokes() || o.Path == "" && o.Key != "$default" { // a path that AWS does not take
		return
	}
	for _, s := range o.API.Stages {
		if !s.Name.Known() {
			return
		}
		path := strings.NewReplacer("{", "", "}", "", "+", "").Replace(o.Path)
		if slices.ContainsFunc(o.verbs(), func(method string) bool { return o.allowed(s.Name.V, method, path) }) {
			return
		}
	}
	if len(o.API.Stages) > 0 {
		r.Error(o.Place, "no AWS::Lambda::Permission lets %s invoke %s for it: every request fails with 500", service, o.Integration.Function.Name)
	}
}

// modeOfCode compares the integration with what shows of the function's way to answer. Programs
// of this project serve behind both, so that only those of Node.js show it.
func modeOfCode(o *Operation, r *template.Report) {
	i := o.Integration
	if !o.invokes() || !i.Mode.Known() || !strings.HasPrefix(i.Function.Runtime.V, "nodejs") || i.Function.Adapter != nil {
		return
	}
	code := i.Function.Source()
	if code == nil {
		return
	}
	at := i.Mode.Place
	if o.API.Kind == HTTP {
		at = i.Place
	}
	switch streaming := code.Names("streamifyResponse"); {
	case i.Function.HandlerStreams() && !i.Streams():
		r.Warn(at, "is BUFFERED, but the code of %s streams: every request fails with 502", i.Function.Name)
	case !streaming && i.Streams():
		r.Warn(at, "is STREAM, but the code of %s never calls awslambda.streamifyResponse: every request fails with 502", i.Function.Name)
	}
}

// cached are the operations that a stage keeps answers of, with their settings.
func cached(a *API, each func(o *Operation, s *Setting)) {
	for _, stage := range a.Stages {
		if !stage.CacheCluster.Is(true) {
			continue
		}
		for _, o := range a.Operations {
			if s := stage.setting(o); s != nil && s.Caching.Is(true) && o.Integration != nil && (o.Method == "GET" || s.Path == o.Path && s.Method == o.Method) {
				each(o, s)
			}
		}
	}
}

// streamedCache finds a cache of what streams.
//
// Source: Amazon API Gateway Developer Guide, "Stream the integration response for your proxy
// integrations": endpoint caching is not supported. Documented; that the deployment fails is
// assumed.
func streamedCache(a *API, r *template.Report) {
	cached(a, func(o *Operation, s *Setting) {
		if o.Integration.Streams() {
			r.Error(s.Caching.Place, "is true, and %s streams: API Gateway does not cache what streams", o.Key)
		}
	})
}

// mixedCache finds a cache that gives one caller what was made for another. Only methods that
// look at callers are judged: what others answer may be for everybody.
//
// Source: Amazon API Gateway Developer Guide, "Cache settings for REST APIs": nothing but the
// path is in the key unless it is a parameter of it. Documented.
func mixedCache(a *API, r *template.Report) {
	cached(a, func(o *Operation, s *Setting) {
		keys := []string{"method.request.header.Authorization"}
		if o.Authorizer != nil {
			keys = o.Authorizer.parameters()
		}
		if o.Authorization.Is("NONE") || !o.Authorization.Known() || !o.Integration.Cached.Known() {
			return
		}
		for _, key := range keys {
			if !slices.ContainsFunc(o.Integration.Cached.Strings(), func(cached string) bool { return strings.EqualFold(cached, key) }) {
				r.Error(s.Caching.Place, "is true for %s, whose CacheKeyParameters do not have %s: callers get each other's answers", o.Key, key)
				return
			}
		}
	})
}

// stageWithoutDeployment finds a stage that serves nothing.
//
// Source: Amazon API Gateway Developer Guide, "Stages for HTTP APIs". Documented.
func stageWithoutDeployment(a *API, r *template.Report) {
	for _, s := range a.Stages {
		if !s.Deployed {
			r.Warn(s.At("AutoDeploy"), "is not true, and there is no deployment: the stage %s answers 404 to everything", s.Name.V)
		}
	}
}

// credentialsForAll finds credentials for every origin, which browsers refuse and API Gateway
// does, too.
//
// Source: Amazon API Gateway Developer Guide, "Configure CORS for HTTP APIs". Documented.
func credentialsForAll(a *API, r *template.Report) {
	if c := &a.CORS; c.Given && c.Credentials.Is(true) && c.Origins.Has("*") {
		r.Error(c.Credentials.Place, "is true with AllowOrigins *: API Gateway accepts credentials for origins that are named")
	}
}

// parameterOfNoPath finds a required parameter that the path does not have, so that no request has
// it. AWS deploys it: localstack/localstack recorded the answer (2023).
func parameterOfNoPath(o *Operation, r *template.Report) {
	if o.Validator == nil || !o.Validator.Parameters.Is(true) || o.Path == "" {
		return
	}
	for _, p := range o.Required {
		if p.In == "path" && !strings.Contains(o.Path, "{"+p.Name+"}") && !strings.Contains(o.Path, "{"+p.Name+"+}") {
			r.Error(p.Place, "is true, and the path %s has no {%s}: every request fails with 400", o.Path, p.Name)
		}
	}
}
