package resources

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
)

// A Distribution is a CloudFront distribution as far as a request sees it.
type Distribution struct {
	Name       string // "Stack/LogicalId"
	ID         string
	DomainName string
	ARN        string
	Account    string
	Behaviors  []Behavior // in order of precedence; the last one matches every path
	Aliases    []string   // its alternate domain names, those that the template tells
	Notes      []string   // what of it is not acted upon here
	origins    map[string]Origin
}

// A Behavior is a cache behavior with what it refers to.
type Behavior struct {
	PathPattern     string // "*" for the default behavior
	Methods         []string
	Origin          Origin
	Cache           *CachePolicy
	Policy          *OriginRequestPolicy
	ResponseHeaders *ResponseHeadersPolicy // nil: none
	Compress        bool
	ViewerRequest   *ViewerFunction // nil: none
	OriginRequest   *EdgeFunction   // nil: none
	IncludeBody     bool            // of OriginRequest
	OriginResponse  *EdgeFunction   // nil: none

	// What the template refers to, until it is linked.
	targetOriginID        string
	cachePolicy           string
	originRequestPolicy   string
	responseHeadersPolicy string
	viewerFunction        string
	edgeFunctions         map[string]string // by event
}

// An Origin is a Lambda function URL behind a distribution.
type Origin struct {
	ID                string
	DomainName        string
	Path              string
	Headers           map[string]string // custom headers, sent with every request
	ReadTimeout       time.Duration     // until the first byte, and for every gap after it
	KeepAliveTimeout  time.Duration
	Attempts          int           // for GET and HEAD, on a read timeout
	CompletionTimeout time.Duration // of the whole response; 0: none
	SSLProtocols      []string
	Signing           Signing
	oac               string
}

// HasAccessControl tells whether the origin names an origin access control, be it one that
// never signs.
func (o *Origin) HasAccessControl() bool { return o.oac != "" }

// Signing is the signing behavior of an origin access control.
type Signing string

// The signing behaviors of an origin access control, and the lack of one.
const (
	SignAlways     Signing = "always"
	SignNoOverride Signing = "no-override"
	SignNever      Signing = "never"
)

func readDistribution(res *assembly.Resource) (*Distribution, error) {
	d := &Distribution{Name: res.Name(), Account: res.Stack.Account, origins: map[string]Origin{}}
	var err error
	if d.ID, err = res.Attribute("Id"); err != nil {
		return nil, err
	}
	if d.DomainName, err = res.Attribute("DomainName"); err != nil {
		return nil, err
	}
	d.ARN = fmt.Sprintf("arn:aws:cloudfront::%s:distribution/%s", d.Account, d.ID)
	return d, read(res, func(r *reader) {
		r.without("Tags")
		if config, ok := r.needed("DistributionConfig"); ok {
			d.readConfig(config)
			config.finish()
		}
	})
}

func (d *Distribution) readConfig(r *reader) {
	// Every viewer counts as one that came by HTTPS, so protocols, certificates and edge
	// locations make no difference here; neither do logs.
	r.without("Comment", "HttpVersion", "IPV6Enabled", "PriceClass", "ViewerCertificate", "Logging")
	d.readAliases(r)
	if !r.boolean("Enabled") {
		r.fail("Enabled", " is not true: CloudFront does not serve this distribution")
	}
	if root := r.text("DefaultRootObject", ""); root != "" {
		r.fail("DefaultRootObject", " is %q: not modelled by the local chain", root)
	}
	r.never("Staging", "staging distributions are not modelled by the local chain")
	if groups, ok := r.object("OriginGroups"); ok && groups.number("Quantity", 0) > 0 {
		r.fail("OriginGroups", " is not modelled by the local chain")
	}
	if restrictions, ok := r.object("Restrictions"); ok {
		if geo, ok := restrictions.object("GeoRestriction"); ok {
			if geo.oneOf("RestrictionType", "none", "none", "whitelist", "blacklist") != "none" {
				d.note("its geographic restriction is not applied: this machine is in no country")
			}
			geo.without("Locations")
			geo.finish()
		}
		restrictions.finish()
	}
	r.without("WebACLId") // it may come from a stack in another region
	if r.values["WebACLId"] != nil {
		d.note("its web ACL is not applied: what AWS WAF blocks passes here")
	}
	r.objects("Origins", func(r *reader) {
		o := readOrigin(r)
		if _, twice := d.origins[o.ID]; twice {
			r.fail("Id", " is %q: another origin has it, too", o.ID)
		}
		d.origins[o.ID] = o
	})
	r.objects("CacheBehaviors", func(r *reader) {
		pattern := r.required("PathPattern")
		d.Behaviors = append(d.Behaviors, readBehavior(r, pattern))
	})
	if r, ok := r.needed("DefaultCacheBehavior"); ok {
		d.Behaviors = append(d.Behaviors, readBehavior(r, "*"))
		r.finish()
	}
	for i := range d.Behaviors {
		b := &d.Behaviors[i]
		var ok bool
		if b.Origin, ok = d.origins[b.targetOriginID]; !ok {
			r.fail("behavior "+b.PathPattern, ": TargetOriginId %q is not among the origins", b.targetOriginID)
		}
	}
}

// Names are all names by which viewers may ask for the distribution.
func (d *Distribution) Names() []string { return append([]string{d.DomainName}, d.Aliases...) }

// readAliases reads the names that the template tells. One that only a deployment could know
// keeps nothing from running, since there are others.
func (d *Distribution) readAliases(r *reader) {
	r.without("Aliases")
	unknown := "an alternate domain name is known after a deployment only: here the distribution does not answer to it"
	list, err := r.stack.Unwrap(r.values["Aliases"])
	if err != nil {
		d.note(unknown)
		return
	}
	names, _ := list.([]any)
	for _, name := range names {
		if name, err := r.stack.Resolve(name); err != nil {
			d.note(unknown)
		} else if text, ok := name.(string); ok {
			d.Aliases = append(d.Aliases, text)
		}
	}
}

func readOrigin(r *reader) Origin {
	o := Origin{
		ID:         r.required("Id"),
		DomainName: r.required("DomainName"),
		Path:       r.text("OriginPath", ""),
		Headers:    map[string]string{},
		Signing:    SignNever,
		oac:        r.text("OriginAccessControlId", ""),
	}
	// The origin is on this machine: connecting neither fails nor takes long.
	r.without("ConnectionTimeout")
	o.Attempts = r.between("ConnectionAttempts", 3, 1, 3)
	o.CompletionTimeout = time.Duration(r.number("ResponseCompletionTimeout", 0)) * time.Second
	r.objects("OriginCustomHeaders", func(r *reader) {
		name := r.required("HeaderName")
		if !customHeaderAllowed(name) {
			r.fail("HeaderName", " is %q: CloudFront does not take it as an origin custom header", name)
		}
		o.Headers[name] = r.text("HeaderValue", "")
	})
	if n := len(o.Headers); n > maxCustomHeaders {
		r.fail("OriginCustomHeaders", " has %d headers: CloudFront takes %d", n, maxCustomHeaders)
	}
	if shield, ok := r.object("OriginShield"); ok {
		shield.never("Enabled", "Origin Shield is not modelled by the local chain")
		shield.without("OriginShieldRegion")
		shield.finish()
	}
	custom, ok := r.object("CustomOriginConfig")
	if !ok {
		r.fail("CustomOriginConfig", " is missing: the local chain serves Lambda function URLs only")
		return o
	}
	custom.oneOf("OriginProtocolPolicy", "", "https-only")
	custom.without("HTTPPort", "IpAddressType")
	if port := custom.number("HTTPSPort", 443); port != 443 {
		custom.fail("HTTPSPort", " is %d: a function URL listens on 443", port)
	}
	// CloudFront's defaults: 30 s and 5 s.
	o.ReadTimeout = time.Duration(custom.between("OriginReadTimeout", 30, 1, maxOriginTimeout)) * time.Second
	o.KeepAliveTimeout = time.Duration(custom.between("OriginKeepaliveTimeout", 5, 1, maxOriginTimeout)) * time.Second
	o.SSLProtocols = custom.texts("OriginSSLProtocols")
	custom.finish()
	if o.CompletionTimeout != 0 && o.CompletionTimeout < o.ReadTimeout {
		r.fail("ResponseCompletionTimeout", " is %s: CloudFront takes no less than OriginReadTimeout, %s", o.CompletionTimeout, o.ReadTimeout)
	}
	return o
}

const (
	maxCustomHeaders = 30
	// maxOriginTimeout is the highest figure that CloudFront documents, 300 s for
	// keep-alive. 120 s of read timeout can be raised by request, so that is no bound.
	maxOriginTimeout = 300
)

// customHeaderAllowed tells whether CloudFront takes an origin custom header.
//
// Source: Amazon CloudFront Developer Guide, "Custom headers that CloudFront can't add to
// origin requests".
func customHeaderAllowed(name string) bool {
	switch name = strings.ToLower(name); name {
	case "cache-control", "connection", "content-length", "cookie", "host", "if-match", "if-modified-since", "if-none-match",
		"if-range", "if-unmodified-since", "max-forwards", "pragma", "proxy-authenticate", "proxy-authorization",
		"proxy-connection", "range", "request-range", "te", "trailer", "transfer-encoding", "upgrade", "via", "x-real-ip":
		return false
	}
	return !strings.HasPrefix(name, "x-amz-") && !strings.HasPrefix(name, "x-edge-")
}

func (d *Distribution) note(text string) { d.Notes = append(d.Notes, d.Name+": "+text) }

func readBehavior(r *reader, pattern string) Behavior {
	b := Behavior{
		PathPattern:           pattern,
		Compress:              r.boolean("Compress"),
		targetOriginID:        r.required("TargetOriginId"),
		cachePolicy:           r.required("CachePolicyId"),
		originRequestPolicy:   r.text("OriginRequestPolicyId", ""),
		responseHeadersPolicy: r.text("ResponseHeadersPolicyId", ""),
		edgeFunctions:         map[string]string{},
	}
	r.oneOf("ViewerProtocolPolicy", "", "redirect-to-https", "https-only", "allow-all")
	r.without("RealtimeLogConfigArn")
	r.never("SmoothStreaming", "not modelled by the local chain")
	if slices.Contains(r.texts("CachedMethods"), "OPTIONS") {
		r.fail("CachedMethods", " has OPTIONS: the local chain caches GET and HEAD only")
	}
	if b.Methods = r.texts("AllowedMethods"); b.Methods == nil {
		b.Methods = methodSets[0]
	}
	if !slices.ContainsFunc(methodSets, func(set []string) bool { return sameSet(set, b.Methods) }) {
		r.fail("AllowedMethods", " is %q: CloudFront takes one of the sets %q", b.Methods, methodSets)
	}
	if grpc, ok := r.object("GrpcConfig"); ok {
		grpc.never("Enabled", "gRPC needs HTTP/2 to the origin, which a function URL does not speak")
		grpc.finish()
	}
	r.objects("FunctionAssociations", func(r *reader) {
		r.oneOf("EventType", "", "viewer-request")
		if b.viewerFunction != "" {
			r.fail("EventType", " is viewer-request once more: CloudFront runs one function per event")
		}
		b.viewerFunction = r.required("FunctionARN")
	})
	r.objects("LambdaFunctionAssociations", func(r *reader) {
		event := r.oneOf("EventType", "", "origin-request", "origin-response")
		if b.edgeFunctions[event] != "" {
			r.fail("EventType", " is %s once more: CloudFront runs one function per event", event)
		}
		b.edgeFunctions[event] = r.required("LambdaFunctionARN")
		if r.boolean("IncludeBody") {
			b.IncludeBody = true
			if event == "origin-response" {
				r.fail("IncludeBody", " is true at origin-response: only request events have a body")
			}
		}
	})
	return b
}

// methodSets are the sets of methods that CloudFront lets one choose from; the first is its
// default.
var methodSets = [][]string{
	{"GET", "HEAD"},
	{"GET", "HEAD", "OPTIONS"},
	{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"},
}

func sameSet(sorted, other []string) bool {
	return slices.Equal(sorted, slices.Sorted(slices.Values(other)))
}

// Allows tells whether the behavior lets the HTTP method through.
func (b *Behavior) Allows(method string) bool { return slices.Contains(b.Methods, method) }
