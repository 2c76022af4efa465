package streamfront

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscertificatemanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/functions/viewer"
)

// Endpoint is a CloudFront distribution in front of a streaming Lambda function. The
// function's policy admits this distribution and nobody else.
type Endpoint interface {
	constructs.Construct
	// Url returns "https://" and the domain name that CloudFront gave the distribution.
	// It is a token: it can be concatenated, but not parsed.
	Url() *string
	// Distribution returns the distribution. A behavior that is added to it with AddBehavior
	// and has a function URL as origin needs Signer().EdgeLambda() among its edge lambdas,
	// and ViewerFunction() among its function associations.
	Distribution() awscloudfront.Distribution
	// ViewerFunction returns the CloudFront Function at viewer-request. It keeps the
	// viewer's Host in x-forwarded-host and drops Accept-Encoding, so that nothing on the
	// way holds the stream back to compress it.
	ViewerFunction() awscloudfront.Function
	// Signer returns the signer at origin-request.
	Signer() PayloadSigner
	// FunctionUrl returns the URL of the function. Whoever calls it directly and without a
	// signature gets 403.
	FunctionUrl() awslambda.FunctionUrl
	// AccessLogBucket returns the bucket of the access logs, nil without
	// EndpointProps.AccessLogs.
	AccessLogBucket() awss3.Bucket
}

// EndpointProps are the properties of an Endpoint.
type EndpointProps struct {
	// Function serves the endpoint. It gets a function URL with IAM authorization and
	// response streaming, hence it must have none yet, and must speak the streaming
	// protocol: a Go function through package streamhttp, a web application through the
	// Lambda Web Adapter. An alias is welcome, a version is not.
	// Required.
	Function awslambda.IFunction
	// ReadTimeout is how long CloudFront waits for the first byte of a response, and then
	// for each further piece of it, before it gives up: with a 504 before the headers, by
	// cutting the stream after them. From 1 to 120 seconds. A stream that may pause longer
	// has to send something in between.
	// Default: awscdk.Duration_Seconds(60).
	ReadTimeout awscdk.Duration
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
	// when the stack is destroyed. For a bucket of your own, set EnableLogging and LogBucket
	// in DistributionProps instead; it needs ObjectOwnership_BUCKET_OWNER_PREFERRED.
	// Default: false.
	AccessLogs *bool
	// DistributionProps is the base of the distribution; it is read, never written. Its
	// DefaultBehavior may be nil. The endpoint sets DefaultBehavior.Origin, and adds its
	// signer to EdgeLambdas (origin-request) and its function to FunctionAssociations
	// (viewer-request), so that these three places must be free. Every other field is
	// kept, and each field that is not set gets the default below.
	//
	// Policies that forward the viewer's Host make the function URL answer 403. The
	// managed ones are refused; of your own policies none may have Host in it.
	// Default: - HTTP/2 and HTTP/3, IPv6, redirection to HTTPS, all methods, no caching, no compression, origin request policy AllViewerExceptHostHeader.
	DistributionProps *awscloudfront.DistributionProps
}

type endpoint struct {
	constructs.Construct
	viewerFunction awscloudfront.Function
	signer         PayloadSigner
	functionUrl    awslambda.FunctionUrl
	distribution   awscloudfront.Distribution
	// accessLogBucket is nil where none is wanted.
	accessLogBucket awss3.Bucket
}

// NewEndpoint defines an Endpoint. The stack needs an explicit region; see the limits in
// the package documentation.
func NewEndpoint(scope constructs.Construct, id *string, props *EndpointProps) Endpoint {
	var p EndpointProps
	if props != nil {
		p = *props
	}
	if p.ReadTimeout == nil {
		p.ReadTimeout = awscdk.Duration_Seconds(jsii.Number(60))
	}
	requireRegion(scope, "an Endpoint")
	p.validate()
	p.validateDomain()
	p.validateWebAcl()
	p.validateAccessLogs(scope)

	e := &endpoint{}
	constructs.NewConstruct_Override(e, scope, id)
	e.viewerFunction = e.newViewerFunction()
	e.signer = NewPayloadSigner(e, jsii.String("Signer"), nil)
	e.functionUrl = newFunctionUrl(p.Function)
	e.accessLogBucket = e.newAccessLogBucket(&p)
	e.distribution = e.newDistribution(&p)
	e.newRecords(&p)
	e.permitInvoke(p.Function)
	return e
}

func (e *endpoint) Url() *string {
	return jsii.Sprintf("https://%s", *e.distribution.DistributionDomainName())
}

func (e *endpoint) Distribution() awscloudfront.Distribution { return e.distribution }

func (e *endpoint) ViewerFunction() awscloudfront.Function { return e.viewerFunction }

func (e *endpoint) Signer() PayloadSigner { return e.signer }

func (e *endpoint) FunctionUrl() awslambda.FunctionUrl { return e.functionUrl }

func (e *endpoint) AccessLogBucket() awss3.Bucket { return e.accessLogBucket }

func (e *endpoint) newViewerFunction() awscloudfront.Function {
	route := viewer.Route{Streamed: true, Signed: true}
	return awscloudfront.NewFunction(e, jsii.String("Viewer"), &awscloudfront.FunctionProps{
		Comment: jsii.String("streamfront: keeps the viewer's host"),
		Code:    awscloudfront.FunctionCode_FromInline(jsii.String(route.Source())),
		Runtime: awscloudfront.FunctionRuntime_JS_2_0(),
	})
}

func newFunctionUrl(fn awslambda.IFunction) awslambda.FunctionUrl {
	return fn.AddFunctionUrl(&awslambda.FunctionUrlOptions{
		AuthType:   awslambda.FunctionUrlAuthType_AWS_IAM,
		InvokeMode: awslambda.InvokeMode_RESPONSE_STREAM,
	})
}

func (e *endpoint) newDistribution(p *EndpointProps) awscloudfront.Distribution {
	var props awscloudfront.DistributionProps
	if p.DistributionProps != nil {
		props = *p.DistributionProps
	}
	if props.HttpVersion == "" {
		props.HttpVersion = awscloudfront.HttpVersion_HTTP2_AND_3
	}
	p.setDomain(&props)
	p.setWebAcl(&props)
	e.setAccessLogs(&props)
	props.DefaultBehavior = e.behavior(props.DefaultBehavior, e.newOrigin(p.ReadTimeout))
	return awscloudfront.NewDistribution(e, jsii.String("Distribution"), &props)
}

func (e *endpoint) newOrigin(readTimeout awscdk.Duration) awscloudfront.IOrigin {
	return awscloudfrontorigins.FunctionUrlOrigin_WithOriginAccessControl(e.functionUrl, &awscloudfrontorigins.FunctionUrlOriginWithOACProps{
		OriginAccessControl: e.newOriginAccessControl(),
		ReadTimeout:         readTimeout,
		KeepaliveTimeout:    awscdk.Duration_Seconds(jsii.Number(60)),
	})
}

func (e *endpoint) newOriginAccessControl() awscloudfront.IOriginAccessControl {
	// Names of origin access controls are unique in an account, not in a region, and CDK's
	// own name is the same for one stack in two regions.
	region := *awscdk.Stack_Of(e).Region()
	name := awscdk.Names_UniqueResourceName(e, &awscdk.UniqueResourceNameOptions{
		MaxLength: jsii.Number(float64(64 - len("-"+region))),
	})
	return awscloudfront.NewFunctionUrlOriginAccessControl(e, jsii.String("OriginAccessControl"), &awscloudfront.FunctionUrlOriginAccessControlProps{
		OriginAccessControlName: jsii.String(*name + "-" + region),
		// Any other behavior would let a viewer's Authorization pass for the signature.
		Signing: awscloudfront.Signing_SIGV4_ALWAYS(),
	})
}

// behavior returns a copy of base with the origin, both edge functions and the defaults.
func (e *endpoint) behavior(base *awscloudfront.BehaviorOptions, origin awscloudfront.IOrigin) *awscloudfront.BehaviorOptions {
	var b awscloudfront.BehaviorOptions
	if base != nil {
		b = *base
	}
	b.Origin = origin
	b.EdgeLambdas = prepend(e.signer.EdgeLambda(), b.EdgeLambdas)
	b.FunctionAssociations = prepend(&awscloudfront.FunctionAssociation{
		EventType: awscloudfront.FunctionEventType_VIEWER_REQUEST,
		Function:  e.viewerFunction,
	}, b.FunctionAssociations)

	if b.ViewerProtocolPolicy == "" {
		b.ViewerProtocolPolicy = awscloudfront.ViewerProtocolPolicy_REDIRECT_TO_HTTPS
	}
	if b.AllowedMethods == nil {
		b.AllowedMethods = awscloudfront.AllowedMethods_ALLOW_ALL()
	}
	if b.CachePolicy == nil {
		b.CachePolicy = awscloudfront.CachePolicy_CACHING_DISABLED()
	}
	if b.OriginRequestPolicy == nil {
		b.OriginRequestPolicy = awscloudfront.OriginRequestPolicy_ALL_VIEWER_EXCEPT_HOST_HEADER()
	}
	if b.Compress == nil {
		b.Compress = jsii.Bool(false) // nothing may hold a stream back in order to compress it
	}
	return &b
}

// prepend returns a new list, since the user's is not ours to write to.
func prepend[T any](first T, rest *[]T) *[]T {
	list := []T{first}
	if rest != nil {
		list = append(list, *rest...)
	}
	return &list
}

// permitInvoke adds the permission that CDK leaves out. Function URLs made since October
// 2025 want lambda:InvokeFunction besides lambda:InvokeFunctionUrl, which comes with the
// origin; without it CloudFront gets 403.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
func (e *endpoint) permitInvoke(fn awslambda.IFunction) {
	awslambda.NewCfnPermission(e, jsii.String("InvokeFunction"), &awslambda.CfnPermissionProps{
		Action:                jsii.String("lambda:InvokeFunction"),
		FunctionName:          fn.FunctionArn(),
		Principal:             jsii.String("cloudfront.amazonaws.com"),
		SourceArn:             e.distribution.DistributionArn(),
		InvokedViaFunctionUrl: jsii.Bool(true), // through the URL, not by a plain Invoke
	})
}
