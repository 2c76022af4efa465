package streamfront

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront/experimental"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudfront"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/functions/viewer"
	"github.com/streamfront/streamfront/infra/internal/problems"
)

// Endpoint is a CloudFront distribution in front of streaming Lambda functions. The
// policies of the functions admit this distribution and nobody else.
type Endpoint interface {
	constructs.Construct
	// AddRoute sends the paths that match a pattern to a function, and returns the
	// function's URL. The function gets a function URL, an origin and both permissions, as
	// that of EndpointProps does; one that is there already, on another route, keeps what
	// it has. Options may be nil.
	//
	// In a pattern, "*" stands for any characters, "/" and none among them, and "?" for
	// one; a leading "/" does not matter; upper and lower case do. CloudFront takes the
	// first pattern that matches: that of a behavior in DistributionProps, then the routes
	// in the order added, then the default route. A pattern that no request would reach is
	// refused.
	AddRoute(pathPattern *string, function awslambda.IFunction, options *RouteOptions) awslambda.FunctionUrl
	// Origins returns the endpoint's addresses as browsers name where a page comes from: Url,
	// and "https://" with each domain name. UploadsProps.AllowedOrigins takes them.
	Origins() *[]*string
	// Url returns "https://" and the domain name that CloudFront gave the distribution.
	// It is a token: it can be concatenated, but not parsed.
	Url() *string
	// Distribution returns the distribution. A behavior that is added to it with AddBehavior
	// and has a function URL as origin needs Signer().EdgeLambda() among its edge lambdas,
	// and ViewerFunction() among its function associations. AddRoute does that.
	Distribution() awscloudfront.Distribution
	// ViewerFunction returns the CloudFront Function at viewer-request of the default
	// route. It keeps the viewer's Host in x-forwarded-host and drops Accept-Encoding, so
	// that nothing on the way holds the stream back to compress it. It is nil if the route
	// has a ViewerFunction of your own.
	ViewerFunction() awscloudfront.Function
	// Signer returns the signer at origin-request, which is nil as long as no route has
	// PayloadHash_EDGE.
	Signer() PayloadSigner
	// FunctionUrl returns the URL of the default route's function. A direct
	// caller without a signature gets 403.
	FunctionUrl() awslambda.FunctionUrl
	// ResponseHeadersPolicy returns the policy of the default route: the endpoint's own, or that
	// of DefaultRoute.Behavior. It is nil without EndpointProps.SecurityHeaders.
	ResponseHeadersPolicy() interfacesawscloudfront.IResponseHeadersPolicyRef
	// AccessLogBucket returns the bucket of the access logs, the endpoint's or
	// EndpointProps.AccessLogBucket, and nil without either.
	AccessLogBucket() awss3.IBucket
	// OriginAccessControl returns that of all origins of the endpoint.
	OriginAccessControl() awscloudfront.IOriginAccessControl
	// ViewerFunctions returns the CloudFront Functions at viewer-request, in the order in which
	// the routes asked for them: one for each kind of route.
	ViewerFunctions() []awscloudfront.Function
	// ChallengeFunction returns the Lambda@Edge function of RouteOptions.RestoreChallenge, nil as
	// long as no route has it.
	ChallengeFunction() experimental.EdgeFunction
	// AuthorizerFunctions returns the Lambda@Edge functions that verify tokens: none, that which
	// also hashes bodies, that which does not, or both in this order.
	AuthorizerFunctions() []experimental.EdgeFunction
	// Records returns the DNS records in EndpointProps.HostedZone.
	Records() []awsroute53.CfnRecordSet
	// Permissions returns the permissions that the endpoint adds to those of CDK's origins: one for
	// each function to invoke it, and one for each alias to invoke its URL.
	Permissions() []awslambda.CfnPermission
}

// EndpointProps are the properties of an Endpoint.
type EndpointProps struct {
	// Function serves every path that no route takes. It gets a function URL with IAM
	// authorization and response streaming, hence it must have none yet, and must speak the
	// streaming protocol: a Go function through package streamhttp, a web application
	// through the Lambda Web Adapter. An alias is welcome, a version is not.
	// Required.
	Function awslambda.IFunction
	// DefaultRoute are the options of the route to Function, its Behavior among them.
	// Default: - the defaults of RouteOptions.
	DefaultRoute *RouteOptions
	// Authorizer verifies the bearer token of every request at the edge, before a function is
	// invoked. RouteOptions.Authorizer replaces it on a route.
	// Default: - no authorization; requests of anybody invoke the function.
	Authorizer Authorizer
	// DomainNames are the names of your own under which the endpoint is served, such as
	// chat.example.com; CloudFront's name goes on working. Certificate goes with them.
	// Viewers need TLS 1.2 or 1.3: the security policy is TLSv1.2_2025, unless
	// DistributionProps.MinimumProtocolVersion says otherwise.
	// Default: - CloudFront's own name only.
	DomainNames *[]*string
	// Certificate covers DomainNames. It must be in us-east-1.
	// Default: - CloudFront's own certificate; required with DomainNames.
	Certificate interfacesawscertificatemanager.ICertificateRef
	// HostedZone is the zone of all DomainNames. It gets A, AAAA and HTTPS records for each of
	// them that point at the distribution, AAAA unless IPv6 is off.
	// Default: - no records.
	HostedZone awsroute53.IHostedZone
	// WebAclId is the ARN of a web ACL of AWS WAF with scope CLOUDFRONT in us-east-1; a
	// Firewall has one.
	// Default: - no web ACL.
	WebAclId *string
	// AccessLogs makes a bucket and lets CloudFront write its standard logs to it, a line for
	// each request: encrypted by S3, closed to the public, emptied after 90 days, and kept
	// when the stack is destroyed.
	// Default: - true with AccessLogBucket, else false.
	AccessLogs *bool
	// AccessLogBucket is a bucket of your own for the access logs. It needs
	// ObjectOwnership_BUCKET_OWNER_PREFERRED, and must be in a region to whose buckets
	// CloudFront delivers standard logs.
	// Default: - with AccessLogs, a new bucket.
	AccessLogBucket awss3.IBucket
	// SecurityHeaders sets Strict-Transport-Security to a year and Referrer-Policy to
	// strict-origin-when-cross-origin, unless the function sets them, and
	// X-Content-Type-Options to nosniff, by a response headers policy of the endpoint's. With
	// false responses have what the function sets. A ResponseHeadersPolicy of
	// DefaultRoute.Behavior replaces it.
	// Default: true.
	SecurityHeaders *bool
	// ReadTimeoutQuota is the quota "response timeout per origin" of the account, once AWS has
	// raised it: RouteOptions.ReadTimeout may be as long. The CDK accepts up to 180 seconds.
	// For more, override the origin: AddPropertyOverride of the CfnDistribution that is the
	// default child of Distribution, with the path
	// DistributionConfig.Origins.0.CustomOriginConfig.OriginReadTimeout. The default route's
	// origin is number 0.
	// Default: awscdk.Duration_Seconds(120).
	ReadTimeoutQuota awscdk.Duration
	// DistributionProps is the base of the distribution; it is read, never written. Its
	// DefaultBehavior must be nil: DefaultRoute.Behavior has that place. Every other field is
	// kept, and each field that is not set gets the default below.
	//
	// Policies that forward the viewer's Host make the function URL answer 403. They are
	// refused, unless they are imported and cannot be examined.
	// Default: - HTTP/2 and HTTP/3, IPv6, redirection to HTTPS, all methods, no caching, no compression, origin request policy AllViewerExceptHostHeader, security headers.
	DistributionProps *awscloudfront.DistributionProps
}

type endpoint struct {
	constructs.Construct
	viewerFunctions map[viewer.Route]awscloudfront.Function
	// viewerFunction is that of the default route; ownViewerFunctions are all.
	viewerFunction     awscloudfront.Function
	ownViewerFunctions []awscloudfront.Function
	signer             PayloadSigner
	authorizer         Authorizer // of routes that have none of their own
	// defaultAuthorization names that of the default route.
	defaultAuthorization string
	challenge            experimental.EdgeFunction

	signingAuthorizer, checkingAuthorizer experimental.EdgeFunction

	readTimeoutQuota float64 // in seconds

	accessControl   awscloudfront.IOriginAccessControl
	functionUrl     awslambda.FunctionUrl
	distribution    awscloudfront.Distribution
	backends        map[string]*backend // by path of the function
	patterns        []string            // in the order of CloudFront
	edgeLambdas     int                 // associations with Lambda@Edge functions
	responseHeaders interfacesawscloudfront.IResponseHeadersPolicyRef
	records         []awsroute53.CfnRecordSet
	permissions     []awslambda.CfnPermission
	accessLogBucket awss3.IBucket // nil where none is wanted
	domainNames     []*string     // besides CloudFront's own
}

// NewEndpoint defines an Endpoint. The stack may need an explicit region; see the limits in
// the package documentation.
func NewEndpoint(scope constructs.Construct, id *string, props *EndpointProps) Endpoint {
	var p EndpointProps
	if props != nil {
		p = *props
	}
	var d awscloudfront.DistributionProps
	if p.DistributionProps != nil {
		d = *p.DistributionProps
	}
	var found problems.List
	if d.DefaultBehavior != nil {
		found.Add("DistributionProps.DefaultBehavior is set, but the default route has its options in EndpointProps.DefaultRoute; move the fields to DefaultRoute.Behavior, except Origin, which is the endpoint's function: send other paths to other origins with AdditionalBehaviors")
	}
	quota := p.readTimeoutQuota(&found)
	r := newRoute(&found, "", p.Function, p.DefaultRoute, nil, p.Authorizer, quota)
	if r.needsEdge() {
		requireRegion(&found, scope, "an Endpoint")
	}
	p.validateDomain(&found)
	p.validateWebAcl(&found)
	p.validateAccessLogs(&found, scope)
	found.Report()

	e := &endpoint{
		authorizer:       p.Authorizer,
		readTimeoutQuota: quota,

		defaultAuthorization: authorizationOf(r.authorization),

		viewerFunctions: map[viewer.Route]awscloudfront.Function{},
		backends:        map[string]*backend{},
	}
	constructs.NewConstruct_Override(e, scope, id)
	e.responseHeaders = e.newResponseHeadersPolicy(&p, r)
	behavior := e.behaviorOf(r)
	e.accessControl = e.newOriginAccessControl()
	if len(e.ownViewerFunctions) > 0 {
		e.viewerFunction = e.ownViewerFunctions[0]
	}
	backend := e.newBackend(r)
	e.functionUrl = backend.url
	d.DefaultBehavior = defaultBehavior(behavior, e.originOf(r, backend))
	e.accessLogBucket = e.newAccessLogBucket(&p)
	e.distribution = e.newDistribution(&p, d)
	e.newRecords(&p)
	e.permit("", p.Function)
	return e
}

// maxReadTimeout is what the CDK's origin accepts at most, in seconds.
const maxReadTimeout = 180

// readTimeoutQuota returns the quota for the response timeout of an origin, in seconds. 120
// is CloudFront's, unless it is raised (documented).
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
func (p *EndpointProps) readTimeoutQuota(found *problems.List) float64 {
	const quota = 120
	if p.ReadTimeoutQuota == nil {
		return quota
	}
	if *p.ReadTimeoutQuota.IsUnresolved() {
		found.Add("EndpointProps.ReadTimeoutQuota is a token, whose value is not known yet; pass a number of seconds")
		return quota
	}
	seconds := *p.ReadTimeoutQuota.ToSeconds(integralOrNot)
	if seconds < quota || seconds > maxReadTimeout {
		found.Add("EndpointProps.ReadTimeoutQuota is %v seconds; pass the raised quota, from %d to %d, the most that the CDK accepts; for a longer timeout override DistributionConfig.Origins.0.CustomOriginConfig.OriginReadTimeout of Distribution()", seconds, quota, maxReadTimeout)
		return quota
	}
	return seconds
}

func (e *endpoint) Url() *string {
	return jsii.Sprintf("https://%s", *e.distribution.DistributionDomainName())
}

func (e *endpoint) Origins() *[]*string {
	origins := []*string{e.Url()}
	for _, name := range e.domainNames {
		origins = append(origins, jsii.Sprintf("https://%s", *name))
	}
	return &origins
}

func (e *endpoint) Distribution() awscloudfront.Distribution { return e.distribution }

func (e *endpoint) ViewerFunction() awscloudfront.Function { return e.viewerFunction }

func (e *endpoint) Signer() PayloadSigner { return e.signer }

func (e *endpoint) FunctionUrl() awslambda.FunctionUrl { return e.functionUrl }

func (e *endpoint) ResponseHeadersPolicy() interfacesawscloudfront.IResponseHeadersPolicyRef {
	return e.responseHeaders
}

func (e *endpoint) AccessLogBucket() awss3.IBucket { return e.accessLogBucket }

func (e *endpoint) OriginAccessControl() awscloudfront.IOriginAccessControl { return e.accessControl }

func (e *endpoint) ViewerFunctions() []awscloudfront.Function {
	return slices.Clone(e.ownViewerFunctions)
}

func (e *endpoint) ChallengeFunction() experimental.EdgeFunction { return e.challenge }

func (e *endpoint) AuthorizerFunctions() []experimental.EdgeFunction {
	var functions []experimental.EdgeFunction
	for _, function := range []experimental.EdgeFunction{e.signingAuthorizer, e.checkingAuthorizer} {
		if function != nil {
			functions = append(functions, function)
		}
	}
	return functions
}

func (e *endpoint) Records() []awsroute53.CfnRecordSet { return slices.Clone(e.records) }

func (e *endpoint) Permissions() []awslambda.CfnPermission { return slices.Clone(e.permissions) }

func (e *endpoint) newDistribution(p *EndpointProps, props awscloudfront.DistributionProps) awscloudfront.Distribution {
	if props.HttpVersion == "" {
		props.HttpVersion = awscloudfront.HttpVersion_HTTP2_AND_3
	}
	p.setDomain(&props)
	if props.DomainNames != nil {
		e.domainNames = *props.DomainNames
	}
	p.setWebAcl(&props)
	e.setAccessLogs(&props)
	if props.AdditionalBehaviors != nil {
		e.patterns = slices.Sorted(maps.Keys(*props.AdditionalBehaviors)) // CDK gets them as JSON, sorted
	}
	return awscloudfront.NewDistribution(e, jsii.String("Distribution"), &props)
}

func (e *endpoint) newOriginAccessControl() awscloudfront.IOriginAccessControl {
	return awscloudfront.NewFunctionUrlOriginAccessControl(e, jsii.String("OriginAccessControl"), &awscloudfront.FunctionUrlOriginAccessControlProps{
		OriginAccessControlName: e.uniqueName(64),
		// Any other behavior would let a viewer's Authorization pass for the signature.
		Signing: awscloudfront.Signing_SIGV4_ALWAYS(),
	})
}

// uniqueName returns a name for a resource of CloudFront. Such names are unique in an
// account, not in a region, and CDK's own are the same for one stack in two regions.
func (e *endpoint) uniqueName(maxLength int) *string {
	region := *awscdk.Stack_Of(e).Region()
	name := awscdk.Names_UniqueResourceName(e, &awscdk.UniqueResourceNameOptions{
		MaxLength: jsii.Number(float64(maxLength - len("-"+region))),
	})
	return jsii.String(*name + "-" + region)
}
