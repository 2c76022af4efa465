package streamfront

import (
	"fmt"
	"math"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// requireRegion panics if the stack of scope has no region of its own, for CDK's message
// names neither the construct nor the remedy.
func requireRegion(scope constructs.Construct, what string) {
	if *awscdk.Token_IsUnresolved(awscdk.Stack_Of(scope).Region()) {
		panic("streamfront: " + what + " needs a stack with an explicit region, since its Lambda@Edge function is placed in us-east-1; set StackProps.Env.Region")
	}
}

// validate panics at the first property that CDK would accept and AWS refuse, or that the
// endpoint would otherwise have to drop in silence.
func (p *EndpointProps) validate() {
	validateFunction(p.Function)
	validateReadTimeout(p.ReadTimeout)
	if p.DistributionProps != nil && p.DistributionProps.DefaultBehavior != nil {
		validateDefaultBehavior(p.DistributionProps.DefaultBehavior)
	}
}

func validateFunction(fn awslambda.IFunction) {
	if fn == nil {
		panic("streamfront: EndpointProps.Function is required; pass the Lambda function that serves the endpoint")
	}
	// AWS allows one URL for each function and qualifier.
	if fn.Node().TryFindChild(jsii.String("FunctionUrl")) != nil {
		panic(fmt.Sprintf("streamfront: function %q has a function URL already and cannot have two; remove the other AddFunctionUrl or Endpoint, or pass an alias of the function", *fn.Node().Path()))
	}
}

// validateReadTimeout holds CloudFront's quota for the response timeout of an origin.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
func validateReadTimeout(timeout awscdk.Duration) {
	if *timeout.IsUnresolved() {
		// CDK would take the token's stand-in number for the timeout.
		panic("streamfront: EndpointProps.ReadTimeout is a token, whose value is not known yet; pass a number of seconds, or override OriginReadTimeout of the distribution")
	}
	seconds := *timeout.ToSeconds(&awscdk.TimeConversionOptions{Integral: jsii.Bool(false)})
	if seconds < 1 || seconds > 120 || seconds != math.Trunc(seconds) {
		panic(fmt.Sprintf("streamfront: EndpointProps.ReadTimeout is %v seconds; CloudFront's quota allows whole seconds from 1 to 120, so let the function send something at least every 120 seconds, or have the quota raised and override OriginReadTimeout of the distribution", seconds))
	}
}

func validateDefaultBehavior(b *awscloudfront.BehaviorOptions) {
	if b.Origin != nil {
		panic("streamfront: DistributionProps.DefaultBehavior.Origin is set, but the origin of an Endpoint is its function; send other paths to other origins with AdditionalBehaviors, or use a PayloadSigner on a distribution of your own")
	}
	if b.EdgeLambdas != nil {
		for _, l := range *b.EdgeLambdas {
			validateEdgeLambda(l)
		}
	}
	if b.FunctionAssociations != nil {
		for _, a := range *b.FunctionAssociations {
			validateFunctionAssociation(a)
		}
	}
	refuseHostForwarding(b)
}

// validateEdgeLambda lets only origin-response through. An event of a behavior has room
// for one function, and viewer events have none for Lambda@Edge beside a CloudFront
// Function.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
func validateEdgeLambda(l *awscloudfront.EdgeLambda) {
	switch l.EventType {
	case awscloudfront.LambdaEdgeEventType_ORIGIN_REQUEST:
		panic("streamfront: DistributionProps.DefaultBehavior.EdgeLambdas has an origin-request function, but CloudFront runs one only and that is the signer; do its work in the function, or use a PayloadSigner on a distribution of your own")
	case awscloudfront.LambdaEdgeEventType_VIEWER_REQUEST, awscloudfront.LambdaEdgeEventType_VIEWER_RESPONSE:
		panic(fmt.Sprintf("streamfront: DistributionProps.DefaultBehavior.EdgeLambdas has a function at %s, but CloudFront allows no Lambda@Edge at viewer events beside a CloudFront Function, which the endpoint has at viewer-request; use a CloudFront Function at viewer-response or Lambda@Edge at origin-response", l.EventType))
	}
}

func validateFunctionAssociation(a *awscloudfront.FunctionAssociation) {
	if a.EventType == awscloudfront.FunctionEventType_VIEWER_REQUEST {
		panic("streamfront: DistributionProps.DefaultBehavior.FunctionAssociations has a viewer-request function, but CloudFront runs one only and that is the endpoint's; do its work in the function, or use a PayloadSigner on a distribution of your own")
	}
}

// refuseHostForwarding panics at the managed policies that forward the viewer's Host. A
// function URL is found by its own Host and answers 403 to any other (field report). What
// a cache policy has in its key is forwarded as well (documented).
func refuseHostForwarding(b *awscloudfront.BehaviorOptions) {
	const forwards = "which forwards the viewer's Host, and a function URL answers 403 to any Host but its own"
	if b.OriginRequestPolicy != nil {
		switch id := *b.OriginRequestPolicy.OriginRequestPolicyRef().OriginRequestPolicyId; id {
		case *awscloudfront.OriginRequestPolicy_ALL_VIEWER().OriginRequestPolicyId(),
			*awscloudfront.OriginRequestPolicy_ALL_VIEWER_AND_CLOUDFRONT_2022().OriginRequestPolicyId(),
			*awscloudfront.OriginRequestPolicy_HOST_HEADER_ONLY().OriginRequestPolicyId():
			panic(fmt.Sprintf("streamfront: DistributionProps.DefaultBehavior.OriginRequestPolicy is the managed policy %s, %s; use ALL_VIEWER_EXCEPT_HOST_HEADER and read the host from x-forwarded-host", id, forwards))
		}
	}
	if b.CachePolicy != nil {
		switch id := *b.CachePolicy.CachePolicyRef().CachePolicyId; id {
		case *awscloudfront.CachePolicy_USE_ORIGIN_CACHE_CONTROL_HEADERS().CachePolicyId(),
			*awscloudfront.CachePolicy_USE_ORIGIN_CACHE_CONTROL_HEADERS_QUERY_STRINGS().CachePolicyId():
			panic(fmt.Sprintf("streamfront: DistributionProps.DefaultBehavior.CachePolicy is the managed policy %s, %s; use a cache policy without Host in its key", id, forwards))
		}
	}
}
