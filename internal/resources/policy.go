package resources

import (
	"fmt"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/cloudfront/cache"
)

// A Selection says which headers, cookies or query strings of a request are meant.
type Selection struct {
	All   bool     // all but Names
	Names []string // headers in canonical form
}

// Has tells whether the selection has the name.
func (s *Selection) Has(name string) bool { return slices.Contains(s.Names, name) != s.All }

// Any tells whether the selection can have anything in it.
func (s *Selection) Any() bool { return s.All || len(s.Names) > 0 }

// Everything tells whether the selection leaves nothing out.
func (s *Selection) Everything() bool { return s.All && len(s.Names) == 0 }

// A CachePolicy says how long responses are kept and what tells requests apart; that much
// of a request goes to the origin in any case.
type CachePolicy struct {
	Name         string
	TTL          cache.TTL
	Gzip, Brotli bool
	Headers      Selection
	Cookies      Selection
	Queries      Selection
}

// An OriginRequestPolicy says what else of a request goes to the origin.
type OriginRequestPolicy struct {
	Name       string
	Headers    Selection // among the viewer's
	CloudFront Selection // among those that CloudFront adds about the viewer
	Cookies    Selection
	Queries    Selection
}

// A ResponseHeadersPolicy says how the headers of responses are changed.
type ResponseHeadersPolicy struct {
	Name   string
	Set    []ResponseHeader
	Remove []string
}

// A ResponseHeader is a header that CloudFront adds.
type ResponseHeader struct {
	Name, Value string
	Override    bool // also where the origin sent it
}

const year = 365 * 24 * time.Hour

var all = Selection{All: true}

func only(names ...string) Selection { return Selection{Names: names} }

// The managed policies, by their ids.
//
// Source: Amazon CloudFront Developer Guide, "Use managed cache policies", "Use managed
// origin request policies" and "Use managed response headers policies". Those for other
// kinds of origins are left out.
var (
	cachePolicies = map[string]*CachePolicy{
		"4135ea2d-6df8-44a3-9df3-4b5a84be39ad": {Name: "CachingDisabled"},
		"658327ea-f89d-4fab-a63d-7e88639e58f6": {
			Name: "CachingOptimized", TTL: cache.TTL{Min: time.Second, Default: 24 * time.Hour, Max: year}, Gzip: true, Brotli: true,
		},
		"b2884449-e4de-46a7-ac36-70bc7f1ddd6d": {
			Name: "CachingOptimizedForUncompressedObjects", TTL: cache.TTL{Min: time.Second, Default: 24 * time.Hour, Max: year},
		},
		"83da9c7e-98b4-4e11-a168-04f0df8e2c65": {
			Name: "UseOriginCacheControlHeaders", TTL: cache.TTL{Max: year}, Gzip: true, Brotli: true, Headers: originHeaders, Cookies: all,
		},
		"4cc15a8a-d715-48a4-82b8-cc0b614638fe": {
			Name: "UseOriginCacheControlHeaders-QueryStrings", TTL: cache.TTL{Max: year}, Gzip: true, Brotli: true,
			Headers: originHeaders, Cookies: all, Queries: all,
		},
	}
	originHeaders = only("Host", "Origin", "X-Http-Method", "X-Http-Method-Override", "X-Method-Override")

	originRequestPolicies = map[string]*OriginRequestPolicy{
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

	responseHeadersPolicies = map[string]*ResponseHeadersPolicy{
		"67f7725c-6f97-4210-82d7-5512b31e9d03": {Name: "SecurityHeadersPolicy", Set: []ResponseHeader{
			{"Referrer-Policy", "strict-origin-when-cross-origin", false},
			{"Strict-Transport-Security", "max-age=31536000", false},
			{"X-Content-Type-Options", "nosniff", true},
			{"X-Frame-Options", "SAMEORIGIN", false},
			{"X-Xss-Protection", "1; mode=block", false},
		}},
	}
)

// ManagedCachePolicy returns the managed cache policy with the id; nil if there is none
// that is modelled.
func ManagedCachePolicy(id string) *CachePolicy { return cachePolicies[id] }

// ManagedOriginRequestPolicy returns the managed origin request policy with the id; nil if
// there is none that is modelled.
func ManagedOriginRequestPolicy(id string) *OriginRequestPolicy { return originRequestPolicies[id] }

// policy finds a policy by its id, among the managed ones and those of the assembly. A
// missing id gives nil.
func policy[T any](l *linker, property, id, typ string, managed map[string]*T, read func(*assembly.Resource) (*T, error)) (*T, error) {
	if id == "" {
		return nil, nil
	}
	if p := managed[id]; p != nil {
		return p, nil
	}
	res, err := l.assembly.Find(typ, "", id)
	if err != nil {
		return nil, err
	}
	if res == nil {
		return nil, fmt.Errorf("%s %q is neither a managed policy that the local chain models nor an %s of this cloud assembly", property, id, typ)
	}
	return read(res)
}

func readCachePolicy(res *assembly.Resource) (*CachePolicy, error) {
	p := &CachePolicy{Name: res.Name()}
	return p, read(res, func(r *reader) {
		config, ok := r.needed("CachePolicyConfig")
		if !ok {
			return
		}
		defer config.finish()
		config.without("Name", "Comment")
		p.TTL = cache.TTL{Min: seconds(config, "MinTTL"), Default: seconds(config, "DefaultTTL"), Max: seconds(config, "MaxTTL")}
		if p.TTL.Min > p.TTL.Default || p.TTL.Default > p.TTL.Max {
			config.fail("MinTTL", ", DefaultTTL and MaxTTL are %s, %s and %s: CloudFront takes them in rising order", p.TTL.Min, p.TTL.Default, p.TTL.Max)
		}
		parameters, ok := config.needed("ParametersInCacheKeyAndForwardedToOrigin")
		if !ok {
			return
		}
		defer parameters.finish()
		p.Gzip, p.Brotli = parameters.boolean("EnableAcceptEncodingGzip"), parameters.boolean("EnableAcceptEncodingBrotli")
		p.Headers, _ = readSelection(parameters, "Header")
		p.Cookies, _ = readSelection(parameters, "Cookie")
		p.Queries, _ = readSelection(parameters, "QueryString")
	})
}

func seconds(r *reader, name string) time.Duration {
	return time.Duration(r.number(name, 0)) * time.Second
}

func readOriginRequestPolicy(res *assembly.Resource) (*OriginRequestPolicy, error) {
	p := &OriginRequestPolicy{Name: res.Name()}
	return p, read(res, func(r *reader) {
		config, ok := r.needed("OriginRequestPolicyConfig")
		if !ok {
			return
		}
		defer config.finish()
		config.without("Name", "Comment")
		behavior := ""
		p.Headers, behavior = readSelection(config, "Header")
		switch behavior {
		case "whitelist", "allExcept":
			p.CloudFront = p.Headers
		case "allViewerAndWhitelistCloudFront":
			p.Headers, p.CloudFront = all, p.Headers
		}
		p.Cookies, _ = readSelection(config, "Cookie")
		p.Queries, _ = readSelection(config, "QueryString")
	})
}

// readSelection reads an object such as HeadersConfig: {HeaderBehavior, Headers}.
func readSelection(r *reader, what string) (s Selection, behavior string) {
	config, ok := r.needed(what + "sConfig")
	if !ok {
		return Selection{}, ""
	}
	defer config.finish()
	names := config.texts(what + "s")
	if what == "Header" {
		for i, name := range names {
			names[i] = textproto.CanonicalMIMEHeaderKey(name)
		}
	}
	behavior = config.oneOf(what+"Behavior", "", "none", "whitelist", "allExcept", "all", "allViewer", "allViewerAndWhitelistCloudFront")
	switch behavior {
	case "whitelist", "allViewerAndWhitelistCloudFront":
		return Selection{Names: names}, behavior
	case "allExcept":
		return Selection{All: true, Names: names}, behavior
	case "all", "allViewer":
		return all, behavior
	}
	return Selection{}, behavior
}

func readResponseHeadersPolicy(res *assembly.Resource) (*ResponseHeadersPolicy, error) {
	p := &ResponseHeadersPolicy{Name: res.Name()}
	return p, read(res, func(r *reader) {
		config, ok := r.needed("ResponseHeadersPolicyConfig")
		if !ok {
			return
		}
		defer config.finish()
		config.without("Name", "Comment")
		if security, ok := config.object("SecurityHeadersConfig"); ok {
			p.readSecurity(security)
			security.finish()
		}
		if custom, ok := config.object("CustomHeadersConfig"); ok {
			custom.objects("Items", func(r *reader) {
				p.set(r.required("Header"), r.text("Value", ""), r)
			})
			custom.finish()
		}
		if remove, ok := config.object("RemoveHeadersConfig"); ok {
			remove.objects("Items", func(r *reader) { p.Remove = append(p.Remove, r.required("Header")) })
			remove.finish()
		}
	})
}

func (p *ResponseHeadersPolicy) set(name, value string, r *reader) {
	p.Set = append(p.Set, ResponseHeader{textproto.CanonicalMIMEHeaderKey(name), value, r.boolean("Override")})
}

func (p *ResponseHeadersPolicy) readSecurity(r *reader) {
	each := func(name string, take func(*reader)) {
		if o, ok := r.object(name); ok {
			take(o)
			o.finish()
		}
	}
	each("ContentSecurityPolicy", func(r *reader) {
		p.set("Content-Security-Policy", r.required("ContentSecurityPolicy"), r)
	})
	each("ContentTypeOptions", func(r *reader) { p.set("X-Content-Type-Options", "nosniff", r) })
	each("FrameOptions", func(r *reader) { p.set("X-Frame-Options", r.required("FrameOption"), r) })
	each("ReferrerPolicy", func(r *reader) { p.set("Referrer-Policy", r.required("ReferrerPolicy"), r) })
	each("StrictTransportSecurity", func(r *reader) {
		value := []string{"max-age=" + r.required("AccessControlMaxAgeSec")}
		if r.boolean("IncludeSubdomains") {
			value = append(value, "includeSubDomains")
		}
		if r.boolean("Preload") {
			value = append(value, "preload")
		}
		p.set("Strict-Transport-Security", strings.Join(value, "; "), r)
	})
	each("XSSProtection", func(r *reader) {
		value := "0"
		if r.boolean("Protection") {
			value = "1"
			if r.boolean("ModeBlock") {
				value = "1; mode=block"
			}
			if uri := r.text("ReportUri", ""); uri != "" {
				value += "; report=" + uri
			}
		}
		p.set("X-Xss-Protection", value, r)
	})
}
