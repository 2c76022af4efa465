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

// Endpoint is a CloudFront distribution in front of streaming Lambda functions. The policies of the
// functions admit only this distribution.
type Endpoint interface {
	constructs.Construct
	// AddRoute sends the paths that match a pattern to a function, and returns the function's URL.
	// The function gets a function URL, an origin and both permissions, like EndpointProps.Function.
	// A function that has another route already keeps its URL and permissions. Options may be nil.
	//
	// In a pattern, "*" stands for zero or more characters, "/" included, and "?" for exactly one. A
	// leading "/" is optional. Case is significant. CloudFront uses the first pattern that matches:
	// first the behaviors in DistributionProps, then the routes in the order in which they were
	// added, then the default route. A pattern that no request can reach is refused.
	AddRoute(pathPattern *string, function awslambda.IFunction, options *RouteOptions) awslambda.FunctionUrl
	// Origins returns the web origins of the endpoint's pages: Url, and "https://" with each domain
	// name. Use them for UploadsProps.AllowedOrigins.
	Origins() *[]*string
	// Url returns "https://" and the distribution's domain name at CloudFront. It is a token: it can
	// be concatenated, but not parsed.
	Url() *string
	// Distribution returns the distribution. If you add a behavior with a function URL as origin by
	// AddBehavior, give it Signer().EdgeLambda() as an edge lambda and ViewerFunction() as a function
	// association. AddRoute does that itself.
	Distribution() awscloudfront.Distribution
	// ViewerFunction returns the CloudFront Function at viewer-request of the default route. It
	// copies the viewer's Host to x-forwarded-host and removes Accept-Encoding, so that nothing
	// delays the stream to compress it. It is nil if the route has a ViewerFunction of your own.
	ViewerFunction() awscloudfront.Function
	// Signer returns the signer at origin-request. It is nil if no route with PayloadHash_EDGE needs
	// it; an authorizer on such a route does the signer's work.
	Signer() PayloadSigner
	// FunctionUrl returns the URL of the default route's function. A direct caller without a
	// signature gets 403.
	FunctionUrl() awslambda.FunctionUrl
	// ResponseHeadersPolicy returns the policy of the default route: the one of DefaultRoute.Behavior,
	// or the endpoint's own, which is nil if EndpointProps.SecurityHeaders is false.
	ResponseHeadersPolicy() interfacesawscloudfront.IResponseHeadersPolicyRef
	// AccessLogBucket returns the bucket of the access logs: EndpointProps.AccessLogBucket or the
	// endpoint's own. It is nil without access logs.
	AccessLogBucket() awss3.IBucket
	// OriginAccessControl returns the origin access control, which all origins share.
	OriginAccessControl() awscloudfront.IOriginAccessControl
	// ViewerFunctions returns the endpoint's CloudFront Functions at viewer-request, one for each
	// kind of route, in the order in which they were made.
	ViewerFunctions() []awscloudfront.Function
	// ChallengeFunction returns the Lambda@Edge function of RouteOptions.RestoreChallenge. It is nil
	// if no route has that option.
	ChallengeFunction() experimental.EdgeFunction
	// AuthorizerFunctions returns the Lambda@Edge functions that verify tokens. There are at most two:
	// one that also hashes bodies, and one that does not, in this order.
	AuthorizerFunctions() []experimental.EdgeFunction
	// Records returns the DNS records in EndpointProps.HostedZone.
	Records() []awsroute53.CfnRecordSet
	// Permissions returns the permissions that the endpoint adds to those of the CDK's origins: one to
	// invoke each function, and for aliases one to invoke its URL.
	Permissions() []awslambda.CfnPermission
}

// EndpointProps are the properties of an Endpoint.
type EndpointProps struct {
	// Function serves every path that no route matches. The endpoint adds a function URL with IAM
	// authorization and response streaming, so the function must not have a URL yet. It must speak
	// the streaming protocol: a Go function by package streamhttp, a web application by the Lambda
	// Web Adapter. It may be an alias, but not a version.
	// Required.
	Function awslambda.IFunction
	// DefaultRoute are the options of the route to Function.
	// Default: - the defaults of RouteOptions.
	DefaultRoute *RouteOptions
	// Authorizer verifies the bearer token of every request at the edge, before a function is
	// invoked. RouteOptions.Authorizer replaces it on a route.
	// Default: - no authorization; anybody's requests invoke the function.
	Authorizer Authorizer
	// DomainNames are your own names for the endpoint, such as chat.example.com. CloudFront's name
	// keeps working. Certificate is required with them. Viewers need TLS 1.2 or 1.3: the security
	// policy is TLSv1.2_2025, unless you set DistributionProps.MinimumProtocolVersion.
	// Default: - CloudFront's own name only.
	DomainNames *[]*string
	// Certificate covers DomainNames. It must be in us-east-1.
	// Default: - CloudFront's own certificate; required with DomainNames.
	Certificate interfacesawscertificatemanager.ICertificateRef
	// HostedZone is the zone of all DomainNames. For each of them it gets A, AAAA and HTTPS records
	// that point to the distribution, without AAAA if IPv6 is off.
	// Default: - no records.
	HostedZone awsroute53.IHostedZone
	// WebAclId is the ARN of a web ACL of AWS WAF with scope CLOUDFRONT in us-east-1, such as
	// Firewall.WebAclArn.
	// Default: - no web ACL.
	WebAclId *string
	// AccessLogs makes a bucket to which CloudFront writes its standard logs, a line for each
	// request. The bucket is encrypted by S3 and not public. It deletes logs after 90 days, and stays
	// when the stack is destroyed.
	// Default: - true with AccessLogBucket, else false.
	AccessLogs *bool
	// AccessLogBucket is a bucket of your own for the access logs. It needs
	// ObjectOwnership_BUCKET_OWNER_PREFERRED, and must be in a region to which CloudFront delivers
	// standard logs.
	// Default: - a new bucket if AccessLogs is true.
	AccessLogBucket awss3.IBucket
	// SecurityHeaders makes a response headers policy. It sets Strict-Transport-Security to a year
	// and Referrer-Policy to strict-origin-when-cross-origin, unless the function sets them, and
	// X-Content-Type-Options to nosniff. If false, responses have the headers that the function sets.
	// A ResponseHeadersPolicy of DefaultRoute.Behavior replaces the policy.
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
	// DistributionProps is the base of the distribution. It is read, never written. Its
	// DefaultBehavior must be nil; use DefaultRoute.Behavior instead. Every other field is kept, and
	// a field that is not set has the default below.
	//
	// Policies that forward the viewer's Host make the function URL answer 403. They are refused,
	// unless they are imported and cannot be examined.
	// Default: - HTTP/2 and HTTP/3, IPv6, redirection to HTTPS, all methods, no caching, no compression, origin request policy AllViewerExceptHostHeader, security headers.
	DistributionProps *awscloudfront.DistributionProps
}

type endpoint struct {
	constructs.Construct
	viewerFunctions map[viewer.Route]awscloudfront.Function
	// viewerFunction is the default route's, ownViewerFunctions are all of the endpoint's.
	viewerFunction     awscloudfront.Function
	ownViewerFunctions []awscloudfront.Function
	signer             PayloadSigner
	authorizer         Authorizer // of routes that have none of their own
	// defaultAuthorization names the default route's configuration of an authorizer.
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

// NewEndpoint defines an Endpoint. The stack may need an explicit region; see the limits in the
// package documentation. It panics with all problems of the properties.
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
		e.patterns = slices.Sorted(maps.Keys(*props.AdditionalBehaviors)) // the CDK gets them as JSON, sorted
	}
	return awscloudfront.NewDistribution(e, jsii.String("Distribution"), &props)
}

func (e *endpoint) newOriginAccessControl() awscloudfront.IOriginAccessControl {
	return awscloudfront.NewFunctionUrlOriginAccessControl(e, jsii.String("OriginAccessControl"), &awscloudfront.FunctionUrlOriginAccessControlProps{
		OriginAccessControlName: e.uniqueName(64),
		// With any other setting a viewer's Authorization could stand in for the signature.
		Signing: awscloudfront.Signing_SIGV4_ALWAYS(),
	})
}

// uniqueName returns a name for a resource of CloudFront. Such names must be unique in an account,
// and the CDK's own are the same for a stack in two regions.
func (e *endpoint) uniqueName(maxLength int) *string {
	region := *awscdk.Stack_Of(e).Region()
	name := awscdk.Names_UniqueResourceName(e, &awscdk.UniqueResourceNameOptions{
		MaxLength: jsii.Number(float64(maxLength - len("-"+region))),
	})
	return jsii.String(*name + "-" + region)
}
