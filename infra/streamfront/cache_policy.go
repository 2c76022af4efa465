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

// Headers of ours that can be part of a cache key.
const (
	hostHeader          = "x-forwarded-host"
	authorizationHeader = "x-forwarded-authorization"
)

// maxKeyHeaders is CloudFront's quota for the headers of a cache policy (documented).
const maxKeyHeaders = 10

// OriginCachePolicyProps are the properties of NewOriginCachePolicy.
type OriginCachePolicyProps struct {
	// PerUser puts Authorization, in x-forwarded-authorization, and all cookies into the
	// key, and thereby forwards them. Each user then has responses of their own.
	// Default: false, which makes a route with the policy anonymous.
	PerUser *bool
	// Headers are further request headers that responses depend on, such as Accept or
	// Origin. They go into the key and are forwarded; a route with caching forwards no
	// others. At most 9, or 8 with PerUser.
	// Default: - none.
	Headers *[]*string
	// InvokeMode is that of the routes with this policy. With BUFFERED, CloudFront
	// compresses responses for viewers that accept gzip or Brotli, and keeps one of each.
	// Default: awslambda.InvokeMode_RESPONSE_STREAM.
	InvokeMode awslambda.InvokeMode
}

// NewOriginCachePolicy defines a cache policy by which the function decides what is cached:
// a response is kept as its Cache-Control or Expires says, for at most a year, and not at
// all without them. Props may be nil.
//
// The key has the path, the whole query string, and x-forwarded-host, since a response may
// have the host in it and a distribution can have several. It does not have Host, which a
// key forwards, and to which a function URL answers 403. An account may have 20 cache
// policies, so that routes had better share one.
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

// validateKeyHeaders finds headers that cannot be in a key, or are there by another name.
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

// cacheKey is what of a cache policy matters to whose response a viewer may get.
type cacheKey struct {
	known   bool // the policy could be looked into
	caches  bool
	headers []string // in lower case
	cookies bool
	queries bool
}

// hasIdentity reports whether the key distinguishes users.
func (k *cacheKey) hasIdentity() bool {
	return k.cookies || slices.Contains(k.headers, authorizationHeader)
}

// readCachePolicy looks into a policy that is managed by AWS or defined in this app. An
// imported one counts as one without identity in its key.
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

// named reports whether a policy's behavior takes any. What is a token may be "none".
func named(behavior any) bool {
	return behavior == "all" || behavior == "whitelist" || behavior == "allExcept"
}

// defaultChild returns the L1 of an L2, or nil for what is imported.
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
