package streamfront

import (
	"fmt"
	"math"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudfront"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// maxBehaviors is CloudFront's quota for the cache behaviors of a distribution (documented). We
// assume that the default one does not count. The quota of 100 origins cannot be reached before.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
const maxBehaviors = 75

// RouteOptions are the options of a route: of the default route in EndpointProps, of all others in
// AddRoute. They are read, never written.
type RouteOptions struct {
	// PayloadHash says who hashes the bodies of requests: the signer at the edge, the caller, or
	// nobody on a route for GET, HEAD and OPTIONS.
	// Default: PayloadHash_EDGE, and PayloadHash_NONE on a route with caching.
	PayloadHash PayloadHash
	// InvokeMode is the invoke mode of the function URL. With BUFFERED a response has at most 6 MB
	// and is sent at once, and the function must speak that protocol. Package streamhttp speaks it if
	// the function's variable STREAMFRONT_DOORS is url-buffered. All routes to a function have the
	// same mode.
	// Default: - the mode of an earlier route to the function, else awslambda.InvokeMode_RESPONSE_STREAM.
	InvokeMode awslambda.InvokeMode
	// CachePolicy turns on caching. NewOriginCachePolicy makes a policy that fits. CloudFront then
	// forwards only the headers, cookies and query strings in the cache key, so that no response
	// depends on what another viewer sent.
	//
	// The viewer function removes the viewer's own X-Forwarded-For, which CloudFront forwards
	// although it is not in the key. CloudFront then writes the viewer's address into that header. A
	// cached response must not depend on it, since it is the address of one viewer of many.
	//
	// The route is anonymous if the key has neither cookies nor x-forwarded-authorization, or if the
	// policy is imported and cannot be examined: the viewer function then removes Authorization and
	// all cookies.
	//
	// A stream that ends early without an error may be cached incomplete (assumed). Use InvokeMode
	// BUFFERED where that matters.
	// Default: awscloudfront.CachePolicy_CACHING_DISABLED().
	CachePolicy interfacesawscloudfront.ICachePolicyRef
	// FunctionUrlCors lets the function URL answer preflights and set the CORS headers, in place of
	// the function. All routes to a function share it.
	// Default: - none; the function or a response headers policy sets them.
	FunctionUrlCors *awslambda.FunctionUrlCorsOptions
	// Origin are the options of the origin, which is the function's URL. Routes to one function with
	// different options have origins of their own.
	// Default: - the options of the first route to the function.
	Origin *OriginOptions
	// ReadTimeout is how long CloudFront waits for the first byte of a response, and then for each
	// further piece. When it gives up it answers 504, or cuts the stream if the headers were sent.
	// From 1 to 120 seconds, or up to EndpointProps.ReadTimeoutQuota. A stream that may pause longer
	// must send something in between. All routes to a function have the same timeout.
	// Default: - the timeout of an earlier route to the function, else awscdk.Duration_Seconds(60).
	ReadTimeout awscdk.Duration
	// Authorizer verifies the bearer token of every request to the route at the edge.
	// NewNoneAuthorizer leaves the route open. A route with caching cannot have an authorizer.
	// Default: - EndpointProps.Authorizer.
	Authorizer Authorizer
	// AuthorizationScopes are scopes of which a token must have one, in its claim scope, scp or
	// permissions. A request whose token has none of them is answered 403.
	// Default: - no scope is required.
	AuthorizationScopes *[]*string
	// RestoreChallenge adds a Lambda@Edge function at origin-response that restores the name of
	// WWW-Authenticate. A function URL sends that header as x-amzn-remapped-www-authenticate, where
	// OAuth and MCP clients do not find it. Each response of the function invokes it, not only a 401.
	// Default: false.
	RestoreChallenge *bool
	// ViewerFunction is a CloudFront Function of your own at viewer-request. It replaces the
	// endpoint's, because CloudFront runs only one, and must also do what ours does:
	//
	//   - set x-forwarded-host to the viewer's Host
	//   - delete the viewer's x-forwarded-authorization and x-streamfront-claims, and names that
	//     differ from these headers by underscores
	//   - unless PayloadHash is EDGE or the route has an authorizer, move Authorization to
	//     x-forwarded-authorization and encode raw characters of the query; on an anonymous route,
	//     delete Authorization and the cookies instead
	//   - delete X-Forwarded-For on a route with caching
	//   - delete Accept-Encoding unless InvokeMode is BUFFERED
	//
	// viewer.Route.Source in functions/viewer returns code that does this and that yours can call.
	// Default: - the endpoint's function.
	ViewerFunction interfacesawscloudfront.IFunctionRef
	// Behavior is the base of the route's cache behavior. The endpoint adds its edge functions to
	// EdgeLambdas and FunctionAssociations. Every other field is kept, and a field that is not set has
	// the default below.
	// Default: - redirection to HTTPS; all methods, or GET, HEAD and OPTIONS with PayloadHash_NONE; origin request policy AllViewerExceptHostHeader, or none with caching; the response headers policy of the default route; compression with caching and InvokeMode BUFFERED only.
	Behavior *awscloudfront.AddBehaviorOptions
}

// route is a copy of RouteOptions with defaults, and what follows from them.
type route struct {
	RouteOptions
	pattern  string // "" is the default route
	function awslambda.IFunction
	behavior awscloudfront.AddBehaviorOptions
	key      cacheKey
	// authorization is the configuration of the route's authorizer, nil without one.
	authorization map[string]*string
	// readTimeoutQuota is in seconds.
	readTimeoutQuota float64
	found            *problems.List
	// forwardingKnown is false if the origin request policy is imported.
	forwardingKnown bool
}

// backend is what all routes to one function share.
type backend struct {
	name        string // of the first route
	invokeMode  awslambda.InvokeMode
	readTimeout float64
	url         awslambda.FunctionUrl
	origin      *OriginOptions // of the first route
	// origins has an origin for each set of options and each configuration of an authorizer, which
	// is in the custom headers of the origin.
	origins map[string]awscloudfront.IOrigin
}

// newRoute returns a route. It is valid if no problems were found.
func newRoute(found *problems.List, pattern string, function awslambda.IFunction, options *RouteOptions, shared *backend, authorizer Authorizer, readTimeoutQuota float64) *route {
	r := &route{pattern: pattern, function: function, found: found, readTimeoutQuota: readTimeoutQuota}
	if options != nil {
		r.RouteOptions = *options
	}
	if r.Behavior != nil {
		r.behavior = *r.Behavior
	}
	r.validateFunction(shared)
	if r.CachePolicy == nil {
		r.CachePolicy = r.behavior.CachePolicy
	} else if r.behavior.CachePolicy != nil {
		r.found.Add("%s and %s are both set; set one of them", r.option("CachePolicy"), r.base("CachePolicy"))
	}
	if r.CachePolicy == nil {
		r.CachePolicy = awscloudfront.CachePolicy_CACHING_DISABLED()
	}
	r.key = readCachePolicy(r.CachePolicy)
	if r.PayloadHash == "" {
		r.PayloadHash = PayloadHash_EDGE
		if r.key.caches {
			r.PayloadHash = PayloadHash_NONE
		}
	}
	r.shareBackend(shared)
	r.validateInvokeMode()
	r.validateReadTimeout()
	r.validatePayloadHash()
	r.validateBehavior()
	r.validateForwarding()
	r.authorize(authorizer)
	r.validateOrigin()
	return r
}

// shareBackend copies what the function's earlier routes decided.
func (r *route) shareBackend(shared *backend) {
	if r.InvokeMode == "" {
		r.InvokeMode = awslambda.InvokeMode_RESPONSE_STREAM
		if shared != nil {
			r.InvokeMode = shared.invokeMode
		}
	}
	if r.ReadTimeout == nil {
		r.ReadTimeout = awscdk.Duration_Seconds(jsii.Number(60))
		if shared != nil {
			r.ReadTimeout = awscdk.Duration_Seconds(&shared.readTimeout)
		}
	}
	if shared == nil {
		return
	}
	if r.FunctionUrlCors != nil {
		r.found.Add("%s is set, but %s goes to the same function, which has its URL already; set it on the first of its routes", r.option("FunctionUrlCors"), shared.name)
	}
	if r.Origin == nil {
		r.Origin = shared.origin
	}
	if r.InvokeMode != shared.invokeMode {
		r.found.Add("%s is %s, but %s goes to the same function with %s, and a function has one URL with one mode; pass an alias of the function, which has a URL of its own", r.option("InvokeMode"), r.InvokeMode, shared.name, shared.invokeMode)
	}
	if *r.ReadTimeout.IsUnresolved() {
		return // validateReadTimeout says so
	}
	if seconds := *r.ReadTimeout.ToSeconds(integralOrNot); seconds != shared.readTimeout {
		r.found.Add("%s is %v seconds, but %s goes to the same function with %v, and a function is one origin with one timeout; set it on the first of its routes, or pass an alias of the function", r.option("ReadTimeout"), seconds, shared.name, shared.readTimeout)
	}
}

func (r *route) validateFunction(shared *backend) {
	if r.function == nil {
		if r.pattern == "" {
			r.found.Add("EndpointProps.Function is required; pass the Lambda function that serves the endpoint")
			return
		}
		r.found.Add("the function of %s is required; pass the Lambda function that serves it", r.name())
		return
	}
	// AWS allows one URL for each function and qualifier.
	if shared == nil && r.function.Node().TryFindChild(jsii.String("FunctionUrl")) != nil {
		r.found.Add("function %q has a function URL already and cannot have two; remove the other AddFunctionUrl or Endpoint, or pass an alias of the function", *r.function.Node().Path())
	}
}

func (r *route) validateInvokeMode() {
	switch r.InvokeMode {
	case awslambda.InvokeMode_RESPONSE_STREAM, awslambda.InvokeMode_BUFFERED:
	default:
		r.found.Add("%s is %q; use InvokeMode_RESPONSE_STREAM or InvokeMode_BUFFERED", r.option("InvokeMode"), r.InvokeMode)
	}
}

var integralOrNot = &awscdk.TimeConversionOptions{Integral: jsii.Bool(false)}

// validateReadTimeout holds CloudFront's quota for the response timeout of an origin.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
func (r *route) validateReadTimeout() {
	if *r.ReadTimeout.IsUnresolved() {
		// The CDK would use the token's stand-in number as the timeout.
		r.found.Add("%s is a token, whose value is not known yet; pass a number of seconds, or override OriginReadTimeout of the distribution", r.option("ReadTimeout"))
		return
	}
	seconds := *r.ReadTimeout.ToSeconds(integralOrNot)
	if seconds < 1 || seconds > r.readTimeoutQuota || seconds != math.Trunc(seconds) {
		r.found.Add("%s is %v seconds; CloudFront's quota allows whole seconds from 1 to %[3]v, so let the function send something at least every %[3]v seconds, or have the quota raised and set EndpointProps.ReadTimeoutQuota", r.option("ReadTimeout"), seconds, r.readTimeoutQuota)
	}
}

// name is what messages call the route.
func (r *route) name() string {
	if r.pattern == "" {
		return "the default route"
	}
	return fmt.Sprintf("route %q", r.pattern)
}

// option is what messages call a field of the RouteOptions.
func (r *route) option(field string) string {
	if r.pattern == "" {
		return "EndpointProps.DefaultRoute." + field
	}
	return fmt.Sprintf("RouteOptions.%s of route %q", field, r.pattern)
}

// base is what messages call a field of RouteOptions.Behavior.
func (r *route) base(field string) string {
	return r.option("Behavior." + field)
}

func (r *route) restoresChallenge() bool {
	return r.RestoreChallenge != nil && *r.RestoreChallenge
}

// needsEdge reports whether the route has a Lambda@Edge function of ours.
func (r *route) needsEdge() bool {
	return r.PayloadHash == PayloadHash_EDGE || r.restoresChallenge() || r.authorized()
}

func (r *route) streams() bool { return r.InvokeMode == awslambda.InvokeMode_RESPONSE_STREAM }

// newBackend adds a function URL to the function of the route.
func (e *endpoint) newBackend(r *route) *backend {
	b := &backend{
		name:        r.name(),
		invokeMode:  r.InvokeMode,
		readTimeout: *r.ReadTimeout.ToSeconds(nil),
		url: r.function.AddFunctionUrl(&awslambda.FunctionUrlOptions{
			AuthType:   awslambda.FunctionUrlAuthType_AWS_IAM,
			InvokeMode: r.InvokeMode,
			Cors:       r.FunctionUrlCors,
		}),
		origin:  r.Origin,
		origins: map[string]awscloudfront.IOrigin{},
	}
	e.backends[*r.function.Node().Path()] = b
	return b
}

// originOf returns the function URL as an origin, one for each set of options and configuration of
// an authorizer.
func (e *endpoint) originOf(r *route, b *backend) awscloudfront.IOrigin {
	key := authorizationOf(r.authorization) + "\n" + r.Origin.key()
	if b.origins[key] == nil {
		props := &awscloudfrontorigins.FunctionUrlOriginWithOACProps{
			OriginAccessControl: e.accessControl,
			ReadTimeout:         r.ReadTimeout,
			KeepaliveTimeout:    awscdk.Duration_Seconds(jsii.Number(60)),
		}
		r.Origin.set(props)
		if r.authorized() {
			props.CustomHeaders = with(props.CustomHeaders, r.authorization)
		}
		b.origins[key] = awscloudfrontorigins.FunctionUrlOrigin_WithOriginAccessControl(b.url, props)
	}
	return b.origins[key]
}

// AddRoute is documented on Endpoint.
func (e *endpoint) AddRoute(pathPattern *string, function awslambda.IFunction, options *RouteOptions) awslambda.FunctionUrl {
	var found problems.List
	if pathPattern == nil || *pathPattern == "" || isToken(*pathPattern) {
		validatePattern(&found, pathPattern)
		if function == nil {
			found.Add("the function of a route is required; pass the Lambda function that serves its paths")
		}
		found.Report() // the route has no name for other messages
	}
	if validatePattern(&found, pathPattern) {
		requireReachable(&found, *pathPattern, e.patterns)
	}
	if len(e.patterns) >= maxBehaviors {
		found.Add("route %q is number %d of the distribution's cache behaviors beside the default one; CloudFront's quota is %d, so let one pattern match several paths, or have the quota raised and use Distribution().AddBehavior", *pathPattern, len(e.patterns)+1, maxBehaviors)
	}
	var shared *backend
	if function != nil {
		shared = e.backends[*function.Node().Path()]
	}
	r := newRoute(&found, *pathPattern, function, options, shared, e.authorizer, e.readTimeoutQuota)
	if r.needsEdge() {
		requireRegion(&found, e, r.name()+" of an Endpoint")
	}
	metadata := e.metadataPattern(r)
	found.Report()

	if shared == nil {
		shared = e.newBackend(r)
		e.permit(*awscdk.Names_NodeUniqueId(function.Node()), function)
	}
	for _, pattern := range []string{*pathPattern, metadata} {
		if pattern != "" {
			e.distribution.AddBehavior(&pattern, e.originOf(r, shared), e.behaviorOf(r))
			e.patterns = append(e.patterns, pattern)
		}
	}
	return shared.url
}
