package cloudfront

import (
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/cloudfront/cache"
	"github.com/streamfront/streamfront/internal/template"
)

// A Selection says which headers, cookies or query strings of a request are meant.
type Selection struct {
	All   bool     // all but Names
	Names []string // headers in canonical form

	unknown bool // what is selected is not known
}

// Has reports whether the selection has the name.
func (s *Selection) Has(name string) bool { return slices.Contains(s.Names, name) != s.All }

// Any reports whether the selection can have anything in it.
func (s *Selection) Any() bool { return s.All || len(s.Names) > 0 }

// Everything reports whether the selection leaves nothing out.
func (s *Selection) Everything() bool { return s.All && len(s.Names) == 0 }

// A CachePolicy says how long responses are kept and what distinguishes requests; that much
// of a request goes to the origin in any case.
type CachePolicy struct {
	template.Place

	Name                       string
	MinTTL, DefaultTTL, MaxTTL template.Duration
	Gzip, Brotli               template.Bool
	Headers                    Selection
	Cookies                    Selection
	Queries                    Selection

	log *template.Log
}

// TTL is how long responses are kept.
func (p *CachePolicy) TTL() cache.TTL {
	return cache.TTL{Min: p.MinTTL.V, Default: p.DefaultTTL.V, Max: p.MaxTTL.V}
}

// known reports whether all is known that the rules look at.
func (p *CachePolicy) known() bool {
	return p.MinTTL.Known() && p.DefaultTTL.Known() && p.MaxTTL.Known() && !p.Headers.unknown && !p.Cookies.unknown && !p.Queries.unknown
}

// An OriginRequestPolicy says what else of a request goes to the origin.
type OriginRequestPolicy struct {
	template.Place

	Name       string
	Headers    Selection // among the viewer's
	CloudFront Selection // among those that CloudFront adds about the viewer
	Cookies    Selection
	Queries    Selection

	log *template.Log
}

func (p *OriginRequestPolicy) known() bool {
	return !p.Headers.unknown && !p.Cookies.unknown && !p.Queries.unknown
}

// policies are those of an assembly, and of AWS. Each is read once, when a behavior names it.
type policies struct {
	assembly  *assembly.Assembly
	cache     map[string]*CachePolicy // by id
	requests  map[string]*OriginRequestPolicy
	responses map[string]*ResponseHeadersPolicy
}

func newPolicies(a *assembly.Assembly) *policies {
	return &policies{a, map[string]*CachePolicy{}, map[string]*OriginRequestPolicy{}, map[string]*ResponseHeadersPolicy{}}
}

// nothing is what goes to the origin beyond the cache key without an origin request policy.
var nothing = &OriginRequestPolicy{Name: "no origin request policy"}

func (p *policies) link(b *Behavior) {
	if b.Cache == nil {
		b.Cache = policy(p, b, b.CacheID, "AWS::CloudFront::CachePolicy", managedCachePolicies, p.cache, readCachePolicy)
	}
	if b.PolicyID.Given || b.Policy == nil {
		b.Policy = policy(p, b, b.PolicyID, "AWS::CloudFront::OriginRequestPolicy", managedOriginRequestPolicies, p.requests, readOriginRequestPolicy)
	}
	b.ResponseHeaders = policy(p, b, b.ResponseID, "AWS::CloudFront::ResponseHeadersPolicy", managedResponseHeadersPolicies, p.responses, readResponseHeadersPolicy)
	if b.Policy == nil && b.PolicyID.Is("") {
		b.Policy = nothing
	}
}

// policy finds a policy by its id, among the managed ones and those of the assembly; nil if
// there is none.
func policy[T any](p *policies, b *Behavior, id template.Text, typ string, managed, known map[string]*T, read func(*assembly.Resource) *T) *T {
	if id.V == "" {
		return nil
	}
	if found := managed[id.V]; found != nil {
		return found
	}
	found, seen := known[id.V]
	if !seen {
		if res, _ := p.assembly.Find(typ, "", id.V); res != nil {
			found = read(res)
		}
		known[id.V] = found
	}
	if found == nil {
		b.log.Unmodelled(id.Place, "is %s: neither a managed policy that the local chain models nor an %s of this cloud assembly", id.V, typ)
	}
	return found
}

func readCachePolicy(res *assembly.Resource) *CachePolicy {
	p := &CachePolicy{Place: template.Place{Resource: res}, Name: res.Name(), log: &template.Log{}}
	template.Read(res, p.log, func(r *template.Reader) {
		config := r.Object("CachePolicyConfig", template.Required)
		config.Text("Comment", template.AtMost(maxComment), template.Spare)
		config.Text("Name", template.Required, template.Quiet)
		p.readTTLs(config, template.Required)
		key := config.Object("ParametersInCacheKeyAndForwardedToOrigin", template.Required)
		p.Gzip = key.Bool("EnableAcceptEncodingGzip", template.Required, template.Quiet)
		p.Brotli = key.Bool("EnableAcceptEncodingBrotli", template.Quiet)
		p.Headers, _ = readSelection(key, "Header", "none", "whitelist")
		p.Cookies, _ = readSelection(key, "Cookie", "none", "whitelist", "allExcept", "all")
		p.Queries, _ = readSelection(key, "QueryString", "none", "whitelist", "allExcept", "all")
		if p.known() && p.MaxTTL.V == 0 && (p.Headers.Any() || p.Cookies.Any() || p.Queries.Any() || p.Gzip.V || p.Brotli.V) {
			// Field report, of everyone who forwards a token without caching.
			config.Refuse("MaxTTL", "is 0, which disables caching, and the cache key has headers, cookies, queries or encodings: CloudFront accepts such a key with a MaxTTL of 1 and more")
		}
	})
	return p
}

func (p *CachePolicy) readTTLs(r *template.Reader, options ...template.Option) {
	options = append(options, template.Takes(notNegative))
	p.MinTTL = r.Seconds("MinTTL", append(options, template.Default(0))...)
	p.DefaultTTL = r.Seconds("DefaultTTL", append(options, template.Default(defaultTTL))...)
	p.MaxTTL = r.Seconds("MaxTTL", append(options, template.Default(maxTTL))...)
	falls := func(a, b template.Duration) bool { return a.Given && a.Known() && b.Given && b.Known() && a.V > b.V }
	if falls(p.MinTTL, p.DefaultTTL) || falls(p.DefaultTTL, p.MaxTTL) || falls(p.MinTTL, p.MaxTTL) {
		r.Refuse("MinTTL", "is %s, DefaultTTL %s and MaxTTL %s: CloudFront accepts them in rising order", p.MinTTL.V, p.DefaultTTL.V, p.MaxTTL.V)
	}
}

// legacy is what goes to the origin beside what ForwardedValues names: nearly every header, and
// in the second one the query, which is in the cache key as far as QueryStringCacheKeys says.
//
// Source: Amazon CloudFront Developer Guide, "HTTP request headers and CloudFront behavior".
var (
	legacy            = &OriginRequestPolicy{Name: "ForwardedValues", Headers: Selection{All: true, Names: unforwarded}}
	legacyWithQueries = &OriginRequestPolicy{Name: "ForwardedValues", Headers: Selection{All: true, Names: unforwarded}, Queries: all}

	unforwarded = []string{
		"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Authorization", "Cookie", "Host", "Referer", "User-Agent",
		"X-Http-Method-Override",
	}
)

// isLegacy reports whether the policy is none of a template.
func (p *OriginRequestPolicy) isLegacy() bool { return p == legacy || p == legacyWithQueries }

// readForwardedValues reads the way to say it before there were policies: what it names is in
// the cache key.
func (b *Behavior) readForwardedValues(r *template.Reader) {
	values := r.Object("ForwardedValues")
	switch {
	case values.Given && b.CacheID.Given:
		r.Refuse("ForwardedValues", "is set beside CachePolicyId: CloudFront accepts one of them")
	case !values.Given && !b.CacheID.Given:
		r.Refuse("CachePolicyId", "is missing: CloudFront accepts a behavior with a cache policy, or with ForwardedValues")
	}
	p := &CachePolicy{Place: values.Place, Name: "ForwardedValues", log: &template.Log{}}
	if !values.Given {
		for _, name := range []string{"MinTTL", "DefaultTTL", "MaxTTL"} {
			r.Number(name, template.Unserved, template.Quiet)
		}
		return
	}
	p.readTTLs(r)
	p.Gzip = template.Of(true) // documented: Accept-Encoding is reduced to gzip
	queries, keys := values.Bool("QueryString", template.Required, template.Quiet), values.Texts("QueryStringCacheKeys", template.Quiet)
	forwarded := legacy
	if queries.Is(true) {
		forwarded, p.Queries = legacyWithQueries, all
		if len(keys.Items) > 0 {
			p.Queries = only(keys.Strings()...)
		}
	} else if len(keys.Items) > 0 {
		values.Refuse("QueryStringCacheKeys", "is set, and QueryString is not true: CloudFront accepts keys of queries that it forwards")
	}
	headers := values.Texts("Headers")
	p.Headers.unknown = !headers.Known()
	for _, name := range headers.Strings() {
		p.Headers.All = p.Headers.All || name == "*"
		p.Headers.Names = append(p.Headers.Names, textproto.CanonicalMIMEHeaderKey(name))
	}
	if p.Headers.All { // documented: every request goes to the origin then
		p.Headers.Names = nil
		p.MinTTL.V, p.DefaultTTL.V, p.MaxTTL.V = 0, 0, 0
	}
	cookies := values.Object("Cookies")
	forward := cookies.Text("Forward", template.Required, template.OneOf("none", "all", "whitelist"))
	names := cookies.Texts("WhitelistedNames")
	p.Cookies = Selection{All: forward.Is("all"), Names: names.Strings(), unknown: !forward.Known() || !names.Known()}
	if p.Cookies.All {
		p.Cookies.Names = nil
	}
	if !b.CacheID.Given {
		b.Cache, b.legacy = p, values.Place
		b.Policy = forwarded
	}
	if r.Raw("OriginRequestPolicyId", template.Quiet).Given {
		r.Unmodelled("OriginRequestPolicyId", "is set beside ForwardedValues: not modelled by the local chain")
	}
}

func readOriginRequestPolicy(res *assembly.Resource) *OriginRequestPolicy {
	p := &OriginRequestPolicy{Place: template.Place{Resource: res}, Name: res.Name(), log: &template.Log{}}
	template.Read(res, p.log, func(r *template.Reader) {
		config := r.Object("OriginRequestPolicyConfig", template.Required)
		config.Text("Comment", template.AtMost(maxComment), template.Spare)
		config.Text("Name", template.Required, template.Quiet)
		behavior := ""
		p.Headers, behavior = readSelection(config, "Header", "none", "whitelist", "allViewer", "allViewerAndWhitelistCloudFront", "allExcept")
		switch behavior {
		case "whitelist", "allExcept":
			p.CloudFront = p.Headers
		case "allViewerAndWhitelistCloudFront":
			p.Headers, p.CloudFront = Selection{All: true, unknown: p.Headers.unknown}, p.Headers
		}
		p.Cookies, _ = readSelection(config, "Cookie", "none", "whitelist", "allExcept", "all")
		p.Queries, _ = readSelection(config, "QueryString", "none", "whitelist", "allExcept", "all")
	})
	return p
}

// readSelection reads an object such as HeadersConfig: {HeaderBehavior, Headers}.
func readSelection(r *template.Reader, what string, behaviors ...string) (s Selection, behavior string) {
	config := r.Object(what+"sConfig", template.Required)
	list := config.Texts(what+"s", template.Matching(headerName, "names of "+strings.ToLower(what)+"s"))
	how := config.Text(what+"Behavior", template.Required, template.OneOf(behaviors...))
	names := list.Strings()
	switch listed := how.V == "whitelist" || how.V == "allExcept" || how.V == "allViewerAndWhitelistCloudFront"; {
	case !how.Known() || !list.Known():
	case listed && len(names) == 0:
		config.Refuse(what+"s", "is missing: CloudFront accepts %s with a list", how.V)
	case !listed && len(names) > 0:
		config.Refuse(what+"s", "is set: CloudFront accepts %s without a list", how.V)
	}
	if what == "Header" {
		for i, name := range names {
			names[i] = textproto.CanonicalMIMEHeaderKey(name)
		}
	}
	unknown := !how.Known() || !list.Known()
	switch how.V {
	case "whitelist", "allViewerAndWhitelistCloudFront":
		return Selection{Names: names, unknown: unknown}, how.V
	case "allExcept":
		return Selection{All: true, Names: names, unknown: unknown}, how.V
	case "all", "allViewer":
		return Selection{All: true, unknown: unknown}, how.V
	}
	return Selection{unknown: unknown}, how.V
}

const year = 365 * 24 * time.Hour

var all = Selection{All: true}

func only(names ...string) Selection { return Selection{Names: names} }

// kept is a managed cache policy.
func kept(name string, least, otherwise, most time.Duration, compressed bool) *CachePolicy {
	return &CachePolicy{
		Name: name, MinTTL: template.Of(least), DefaultTTL: template.Of(otherwise), MaxTTL: template.Of(most),
		Gzip: template.Of(compressed), Brotli: template.Of(compressed),
	}
}

func (p *CachePolicy) by(headers, cookies, queries Selection) *CachePolicy {
	p.Headers, p.Cookies, p.Queries = headers, cookies, queries
	return p
}

// The managed policies, by their ids.
//
// Source: Amazon CloudFront Developer Guide, "Use managed cache policies" and "Use managed
// origin request policies". Those for other kinds of origins are left out.
var (
	managedCachePolicies = map[string]*CachePolicy{
		"4135ea2d-6df8-44a3-9df3-4b5a84be39ad": kept("CachingDisabled", 0, 0, 0, false),
		"658327ea-f89d-4fab-a63d-7e88639e58f6": kept("CachingOptimized", time.Second, 24*time.Hour, year, true),
		"b2884449-e4de-46a7-ac36-70bc7f1ddd6d": kept("CachingOptimizedForUncompressedObjects", time.Second, 24*time.Hour, year, false),
		"83da9c7e-98b4-4e11-a168-04f0df8e2c65": kept("UseOriginCacheControlHeaders", 0, 0, year, true).by(originHeaders, all, Selection{}),
		"4cc15a8a-d715-48a4-82b8-cc0b614638fe": kept("UseOriginCacheControlHeaders-QueryStrings", 0, 0, year, true).by(originHeaders, all, all),
	}
	originHeaders = only("Host", "Origin", "X-Http-Method", "X-Http-Method-Override", "X-Method-Override")

	managedOriginRequestPolicies = map[string]*OriginRequestPolicy{
		"b689b0a8-53d0-40ab-baf2-68738e2966ac": {
			Name: "AllViewerExceptHostHeader", Headers: Selection{All: true, Names: []string{"Host"}}, CloudFront: all, Cookies: all, Queries: all,
		},
		"216adef6-5c7f-47e4-b989-5492eafa07d3": {Name: "AllViewer", Headers: all, Cookies: all, Queries: all},
		"33f36d7e-f396-46d9-90e0-52428a34d9dc": {
			Name: "AllViewerAndCloudFrontHeaders-2022-06", Headers: all, CloudFront: all, Cookies: all, Queries: all,
		},
		"acba4595-bd28-49b8-b9fe-13317c0390fa": {Name: "UserAgentRefererHeaders", Headers: only("User-Agent", "Referer")},
		"bf0718e1-ba1e-49d1-88b1-f726733018ae": {Name: "HostHeaderOnly", Headers: only("Host")},
		"59781a5b-3903-41f3-afcb-af62929ccde1": {Name: "CORS-CustomOrigin", Headers: only("Origin")},
	}
)
