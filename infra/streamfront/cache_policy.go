package streamfront

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudfront"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// These headers of ours can be part of a cache key.
const (
	hostHeader          = "x-forwarded-host"
	authorizationHeader = "x-forwarded-authorization"
)

// maxKeyHeaders is CloudFront's quota for the headers of a cache policy (documented).
const maxKeyHeaders = 10

// OriginCachePolicyProps are the properties of NewOriginCachePolicy.
type OriginCachePolicyProps struct {
	// PerUser adds x-forwarded-authorization, which has the viewer's Authorization, and all cookies
	// to the key, and so forwards them. Each user then has responses of their own.
	// Default: false; a route with the policy is anonymous.
	PerUser *bool
	// Headers are further request headers that responses depend on, such as Accept or Origin. They
	// are added to the key and forwarded. A route with caching forwards no other headers. At most 9,
	// or 8 with PerUser.
	// Default: - none.
	Headers *[]*string
	// InvokeMode is the invoke mode of the routes with this policy. With BUFFERED, CloudFront
	// compresses responses for viewers that accept gzip or Brotli, and keeps one response of each.
	// Default: awslambda.InvokeMode_RESPONSE_STREAM.
	InvokeMode awslambda.InvokeMode
}

// NewOriginCachePolicy defines a cache policy that lets the function decide what is cached: CloudFront
// keeps a response as its Cache-Control or Expires says, for at most a year, and does not keep a
// response without them. Props may be nil.
//
// The key has the path, the whole query string, and x-forwarded-host, because a response may contain
// the host and a distribution can have several. It does not have Host: CloudFront would forward it,
// and a function URL answers 403 to any Host but its own. An account may have 20 cache policies, so
// let routes share one.
func NewOriginCachePolicy(scope constructs.Construct, id *string, props *OriginCachePolicyProps) awscloudfront.CachePolicy {
	var p OriginCachePolicyProps
	if props != nil {
		p = *props
	}
	var found problems.List
	switch p.InvokeMode {
	case "", awslambda.InvokeMode_RESPONSE_STREAM, awslambda.InvokeMode_BUFFERED:
	default:
		found.Add("OriginCachePolicyProps.InvokeMode is %q; use InvokeMode_RESPONSE_STREAM or InvokeMode_BUFFERED", p.InvokeMode)
	}
	headers := jsii.Strings(hostHeader)
	validateKeyHeaders(&found, p.Headers)
	cookies := awscloudfront.CacheCookieBehavior_None()
	comment := "streamfront: the origin decides"
	if p.PerUser != nil && *p.PerUser {
		*headers = append(*headers, jsii.String(authorizationHeader))
		cookies = awscloudfront.CacheCookieBehavior_All()
		comment += ", per user"
	}
	if p.Headers != nil {
		*headers = append(*headers, *p.Headers...)
	}
	if len(*headers) > maxKeyHeaders {
		found.Add("the key of the cache policy has %d headers, those of streamfront among them; CloudFront's quota is %d, so leave some of OriginCachePolicyProps.Headers out", len(*headers), maxKeyHeaders)
	}
	found.Report()
	compressed := jsii.Bool(p.InvokeMode == awslambda.InvokeMode_BUFFERED)
	return awscloudfront.NewCachePolicy(scope, id, &awscloudfront.CachePolicyProps{
		Comment:                    &comment,
		MinTtl:                     awscdk.Duration_Seconds(jsii.Number(0)),
		DefaultTtl:                 awscdk.Duration_Seconds(jsii.Number(0)),
		MaxTtl:                     awscdk.Duration_Days(jsii.Number(365)),
		QueryStringBehavior:        awscloudfront.CacheQueryStringBehavior_All(),
		HeaderBehavior:             awscloudfront.CacheHeaderBehavior_AllowList(*headers...),
		CookieBehavior:             cookies,
		EnableAcceptEncodingGzip:   compressed,
		EnableAcceptEncodingBrotli: compressed,
	})
}

// validateKeyHeaders finds headers that cannot be in a key, or that are there already.
func validateKeyHeaders(found *problems.List, headers *[]*string) {
	if headers == nil {
		return
	}
	seen := []string{hostHeader}
	for _, header := range *headers {
		if *awscdk.Token_IsUnresolved(header) {
			found.Add("OriginCachePolicyProps.Headers has a token, whose value is not known yet; pass the names of the headers")
			continue
		}
		name := strings.ToLower(*header)
		switch {
		case name == "host":
			found.Add("OriginCachePolicyProps.Headers has Host, which would be forwarded, and a function URL answers 403 to any Host but its own; leave it out, since x-forwarded-host is in the key")
		case name == "authorization", name == "cookie", name == authorizationHeader:
			found.Add("OriginCachePolicyProps.Headers has %s; set PerUser, which keys on Authorization and cookies", *header)
		case name == "accept-encoding":
			found.Add("OriginCachePolicyProps.Headers has Accept-Encoding, which CloudFront refuses; set InvokeMode to BUFFERED, which keys on it where it matters")
		case slices.Contains(seen, name):
			found.Add("OriginCachePolicyProps.Headers has %s, which is in the key already; leave it out", *header)
		}
		seen = append(seen, name)
	}
}

// cacheKey is the part of a cache policy that decides whose response a viewer may get.
type cacheKey struct {
	known   bool // the policy could be examined
	caches  bool
	headers []string // in lower case
	cookies bool
	queries bool
}

// hasIdentity reports whether the key distinguishes users.
func (k *cacheKey) hasIdentity() bool {
	return k.cookies || slices.Contains(k.headers, authorizationHeader)
}

// readCachePolicy examines a policy that AWS manages or this app defines. An imported one counts as
// one without identity in its key.
func readCachePolicy(policy interfacesawscloudfront.ICachePolicyRef) cacheKey {
	switch *policy.CachePolicyRef().CachePolicyId {
	case *awscloudfront.CachePolicy_CACHING_DISABLED().CachePolicyId():
		return cacheKey{known: true}
	case *awscloudfront.CachePolicy_CACHING_OPTIMIZED().CachePolicyId(),
		*awscloudfront.CachePolicy_CACHING_OPTIMIZED_FOR_UNCOMPRESSED_OBJECTS().CachePolicyId():
		return cacheKey{known: true, caches: true}
	case *awscloudfront.CachePolicy_ELEMENTAL_MEDIA_PACKAGE().CachePolicyId():
		return cacheKey{known: true, caches: true, headers: []string{"origin"}, queries: true}
	case *awscloudfront.CachePolicy_AMPLIFY().CachePolicyId(),
		*awscloudfront.CachePolicy_USE_ORIGIN_CACHE_CONTROL_HEADERS().CachePolicyId(),
		*awscloudfront.CachePolicy_USE_ORIGIN_CACHE_CONTROL_HEADERS_QUERY_STRINGS().CachePolicyId():
		return cacheKey{known: true, caches: true, headers: []string{"host"}, cookies: true}
	}
	l1, ok := policy.(awscloudfront.CfnCachePolicy)
	if !ok {
		l1, ok = defaultChild(policy).(awscloudfront.CfnCachePolicy)
	}
	if !ok {
		return cacheKey{caches: true}
	}
	config := resolved(l1, l1.CachePolicyConfig())
	parameters := config.object("parametersInCacheKeyAndForwardedToOrigin")
	return cacheKey{
		known:   true,
		caches:  config["maxTtl"] != 0.0,
		headers: parameters.object("headersConfig").lowerCase("headers"),
		cookies: named(parameters.object("cookiesConfig")["cookieBehavior"]),
		queries: named(parameters.object("queryStringsConfig")["queryStringBehavior"]),
	}
}

// named reports whether a policy's behavior includes any values. A token may stand for "none".
func named(behavior any) bool {
	return behavior == "all" || behavior == "whitelist" || behavior == "allExcept"
}

// defaultChild returns the L1 of an L2, or nil if it is imported.
func defaultChild(construct constructs.IConstruct) constructs.IConstruct {
	return construct.Node().DefaultChild()
}

// settings is a property of a CloudFormation resource, as far as it is known.
type settings map[string]any

func resolved(scope constructs.IConstruct, property any) settings {
	value, _ := awscdk.Stack_Of(scope).Resolve(property).(map[string]any)
	return value
}

func (s settings) object(name string) settings {
	value, _ := s[name].(map[string]any)
	return value
}

func (s settings) lowerCase(name string) []string {
	var values []string
	list, _ := s[name].([]any)
	for _, value := range list {
		if text, ok := value.(string); ok {
			values = append(values, strings.ToLower(text))
		}
	}
	return values
}
