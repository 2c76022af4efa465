package streamfront

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudfront"
)

// forwarded is what an origin request policy forwards, besides the cache key.
type forwarded struct {
	known      bool     // the policy could be examined
	name       string   // for messages
	host       bool     // the viewer's Host
	allHeaders bool     // whatever the viewer sends
	headers    []string // in lower case
	cookies    bool
	queries    bool
}

// readOriginRequestPolicy examines a policy that AWS manages or this app defines. Nothing is known
// about an imported one.
func readOriginRequestPolicy(policy interfacesawscloudfront.IOriginRequestPolicyRef) forwarded {
	id := *policy.OriginRequestPolicyRef().OriginRequestPolicyId
	managed := "the managed policy " + id
	switch id {
	case *awscloudfront.OriginRequestPolicy_ALL_VIEWER().OriginRequestPolicyId(),
		*awscloudfront.OriginRequestPolicy_ALL_VIEWER_AND_CLOUDFRONT_2022().OriginRequestPolicyId():
		return forwarded{known: true, name: managed, host: true, allHeaders: true, cookies: true, queries: true}
	case *awscloudfront.OriginRequestPolicy_HOST_HEADER_ONLY().OriginRequestPolicyId():
		return forwarded{known: true, name: managed, host: true}
	case *awscloudfront.OriginRequestPolicy_ALL_VIEWER_EXCEPT_HOST_HEADER().OriginRequestPolicyId():
		return forwarded{known: true, name: managed, allHeaders: true, cookies: true, queries: true}
	case *awscloudfront.OriginRequestPolicy_ELEMENTAL_MEDIA_TAILOR().OriginRequestPolicyId():
		return forwarded{known: true, name: managed, queries: true}
	case *awscloudfront.OriginRequestPolicy_CORS_CUSTOM_ORIGIN().OriginRequestPolicyId(),
		*awscloudfront.OriginRequestPolicy_CORS_S3_ORIGIN().OriginRequestPolicyId(),
		*awscloudfront.OriginRequestPolicy_USER_AGENT_REFERER_HEADERS().OriginRequestPolicyId():
		return forwarded{known: true, name: managed}
	}
	l1, ok := policy.(awscloudfront.CfnOriginRequestPolicy)
	if !ok {
		l1, ok = defaultChild(policy).(awscloudfront.CfnOriginRequestPolicy)
	}
	if !ok {
		return forwarded{}
	}
	config := resolved(l1, l1.OriginRequestPolicyConfig())
	headers := config.object("headersConfig")
	listed := headers.lowerCase("headers")
	f := forwarded{
		known:   true,
		name:    fmt.Sprintf("the policy %q", *policy.Node().Path()),
		cookies: config.object("cookiesConfig")["cookieBehavior"] != "none",
		queries: config.object("queryStringsConfig")["queryStringBehavior"] != "none",
	}
	switch headers["headerBehavior"] {
	case "allViewer", "allViewerAndWhitelistCloudFront":
		f.host, f.allHeaders = true, true
	case "allExcept":
		f.host, f.allHeaders = !slices.Contains(listed, "host"), true
	case "whitelist":
		f.host, f.headers = slices.Contains(listed, "host"), listed
	}
	return f
}

// validateForwarding finds policies that lead to a 403 for everyone, or that give one user's response
// to another. A function URL answers 403 to any Host but its own (field report). Whatever is in the
// key of a cache policy is also forwarded (documented).
func (r *route) validateForwarding() {
	const host = "which forwards the viewer's Host, and a function URL answers 403 to any Host but its own"
	f := forwarded{known: true}
	if policy := r.behavior.OriginRequestPolicy; policy != nil {
		f = readOriginRequestPolicy(policy)
	}
	r.forwardingKnown = f.known
	if f.host {
		r.found.Add("%s is %s, %s; use ALL_VIEWER_EXCEPT_HOST_HEADER and read the host from x-forwarded-host", r.base("OriginRequestPolicy"), f.name, host)
	}
	policy, field := r.cachePolicyName()
	if slices.Contains(r.key.headers, "host") {
		r.found.Add("%s is %s, %s; use a cache policy without Host in its key, such as one of NewOriginCachePolicy", field, policy, host)
	}
	if !r.key.caches {
		return
	}
	if r.PayloadHash != PayloadHash_NONE {
		r.found.Add("%s is PayloadHash_%s, but %s has caching, by which CloudFront forwards only what is in the cache key; leave PayloadHash out, which is then NONE, and let requests with a body go to a route of their own", r.option("PayloadHash"), r.PayloadHash, r.name())
	}
	if slices.Contains(r.key.headers, "authorization") {
		r.found.Add("%s is %s, which has Authorization in its key, but the viewer function moves it to x-forwarded-authorization before the key is made, so that users would share responses; have that header in the key, as NewOriginCachePolicy with PerUser does", field, policy)
	}
	r.validateKeyed(f)
}

// validateKeyed finds what a route with caching forwards although its key does not have it.
func (r *route) validateKeyed(f forwarded) {
	const leak = "so that one viewer could get a response made for another"
	field := r.base("OriginRequestPolicy")
	switch {
	case f.allHeaders:
		r.found.Add("%s is %s, which forwards every header on a route with caching, also those that are not in the cache key, %s; leave it out, and name what the function needs in OriginCachePolicyProps.Headers", field, f.name, leak)
	case slices.Contains(f.headers, authorizationHeader) && !slices.Contains(r.key.headers, authorizationHeader):
		r.found.Add("%s is %s, which forwards x-forwarded-authorization on a route with caching, but the cache key does not have it, %s; leave it out, or set OriginCachePolicyProps.PerUser", field, f.name, leak)
	case f.cookies && !r.key.cookies:
		r.found.Add("%s is %s, which forwards cookies on a route with caching, but the cache key does not have them, %s; leave it out, or set OriginCachePolicyProps.PerUser", field, f.name, leak)
	case f.queries && !r.key.queries:
		r.found.Add("%s is %s, which forwards query strings on a route with caching, but the cache key does not have them, %s; leave it out, or use a cache policy with query strings in its key", field, f.name, leak)
	}
}

// cachePolicyName returns what messages call the cache policy, and the field that it is in.
func (r *route) cachePolicyName() (policy, field string) {
	field = r.option("CachePolicy")
	if r.behavior.CachePolicy != nil {
		field = r.base("CachePolicy")
	}
	id := *r.CachePolicy.CachePolicyRef().CachePolicyId
	if isManaged := !isToken(id); isManaged {
		return "the managed policy " + id, field
	}
	return fmt.Sprintf("the policy %q", *r.CachePolicy.Node().Path()), field
}
