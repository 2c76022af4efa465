package streamfront_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

func TestAddRouteRefusesPatterns(t *testing.T) {
	for name, test := range map[string]struct {
		earlier []string
		pattern *string
		want    string
	}{
		"nil":            {nil, nil, `streamfront: the path pattern of a route is required; pass one such as "/api/*", or serve every other path with EndpointProps.Function`},
		"empty":          {nil, jsii.String(""), `streamfront: the path pattern of a route is required; pass one such as "/api/*", or serve every other path with EndpointProps.Function`},
		"token":          {nil, awscdk.Fn_ImportValue(jsii.String("pattern")), `streamfront: the path pattern of a route is a token, whose value is not known yet, so its requests are not known either; pass the pattern itself`},
		"too long":       {nil, jsii.String("/" + strings.Repeat("a", 255)), `streamfront: the path pattern "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"... has 256 characters; CloudFront allows 255, so shorten it with a wildcard`},
		"character":      {nil, jsii.String("/a b"), `streamfront: the path pattern "/a b" has ' ' in it; CloudFront allows letters, digits and _-.$/~"'@:+& in a pattern, and the wildcards * and ?`},
		"escape":         {nil, jsii.String("/a%20b"), `streamfront: the path pattern "/a%20b" has '%' in it; CloudFront allows letters, digits and _-.$/~"'@:+& in a pattern, and the wildcards * and ?`},
		"no such path":   {nil, jsii.String("/a/../b*"), `streamfront: no request would reach the path pattern "/a/../b*", since CloudFront removes repeated slashes and the segments . and .. from a path before it matches patterns; write it without them`},
		"two slashes":    {nil, jsii.String("//a"), `streamfront: no request would reach the path pattern "//a", since CloudFront removes repeated slashes and the segments . and .. from a path before it matches patterns; write it without them`},
		"default":        {nil, jsii.String("*"), `streamfront: the path pattern "*" matches every path, as the default route does; pass the function as EndpointProps.Function`},
		"default, slash": {nil, jsii.String("/*"), `streamfront: the path pattern "/*" matches every path, as the default route does; pass the function as EndpointProps.Function`},
		"default, twice": {nil, jsii.String("/**"), `streamfront: the path pattern "/**" matches every path, as the default route does; pass the function as EndpointProps.Function`},
		"same":           {[]string{"/a/*"}, jsii.String("/a/*"), `streamfront: the path patterns "/a/*" and "/a/*" are the same to CloudFront, which ignores a leading slash; remove one of them`},
		"same but slash": {[]string{"/a/*", "/b/*"}, jsii.String("a/*"), `streamfront: the path patterns "/a/*" and "a/*" are the same to CloudFront, which ignores a leading slash; remove one of them`},
		"never reached":  {[]string{"/b", "/a/*"}, jsii.String("/a/b/*"), `streamfront: no request would reach the path pattern "/a/b/*", since "/a/*" comes first and matches all of its paths; add "/a/b/*" first`},
		"of the user's":  {nil, jsii.String("/static/app.js"), `streamfront: no request would reach the path pattern "/static/app.js", since "/static/*" comes first and matches all of its paths; add "/static/app.js" first`},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack("us-east-1")
			function := newFunction(stack, "Function")
			endpoint := newEndpoint(stack, &streamfront.EndpointProps{
				Function: function,
				DistributionProps: &awscloudfront.DistributionProps{AdditionalBehaviors: &map[string]*awscloudfront.BehaviorOptions{
					"/static/*": {Origin: awscloudfrontorigins.NewHttpOrigin(jsii.String("example.com"), nil)},
				}},
			})
			for _, pattern := range test.earlier {
				endpoint.AddRoute(&pattern, function, nil)
			}
			mustPanic(t, test.want, func() { endpoint.AddRoute(test.pattern, function, nil) })
		})
	}
}

func TestAddRouteRefusesNothing(t *testing.T) {
	stack := newStack("us-east-1")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: newFunction(stack, "Function")})
	mustPanic(t, `streamfront: 2 problems:
- the path pattern of a route is required; pass one such as "/api/*", or serve every other path with EndpointProps.Function
- the function of a route is required; pass the Lambda function that serves its paths`, func() { endpoint.AddRoute(nil, nil, nil) })
}

func TestAddRouteRefusesOptions(t *testing.T) {
	for name, test := range map[string]struct {
		options func(awscdk.Stack) *streamfront.RouteOptions
		want    string
	}{
		"unknown payload hash": {
			route(streamfront.RouteOptions{PayloadHash: "BROWSER"}),
			`streamfront: RouteOptions.PayloadHash of route "/a" is "BROWSER"; use PayloadHash_EDGE, PayloadHash_CLIENT or PayloadHash_NONE`,
		},
		"unknown invoke mode": {
			route(streamfront.RouteOptions{InvokeMode: "STREAM"}),
			`streamfront: RouteOptions.InvokeMode of route "/a" is "STREAM"; use InvokeMode_RESPONSE_STREAM or InvokeMode_BUFFERED`,
		},
		"bodies that nobody hashes": {
			func(awscdk.Stack) *streamfront.RouteOptions {
				return &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_NONE, Behavior: &awscloudfront.AddBehaviorOptions{AllowedMethods: awscloudfront.AllowedMethods_ALLOW_ALL()}}
			},
			`streamfront: RouteOptions.Behavior.AllowedMethods of route "/a" has PUT, PATCH, POST, DELETE, but with PayloadHash_NONE nobody hashes their bodies and the function URL would answer 403; use ALLOW_GET_HEAD_OPTIONS, or another PayloadHash on a route without caching`,
		},
		"read timeout": {
			func(awscdk.Stack) *streamfront.RouteOptions {
				return &streamfront.RouteOptions{ReadTimeout: awscdk.Duration_Minutes(jsii.Number(3))}
			},
			`streamfront: RouteOptions.ReadTimeout of route "/a" is 180 seconds; CloudFront's quota allows whole seconds from 1 to 120, so let the function send something at least every 120 seconds, or have the quota raised and set EndpointProps.ReadTimeoutQuota`,
		},
		"two cache policies": {
			func(awscdk.Stack) *streamfront.RouteOptions {
				return &streamfront.RouteOptions{
					CachePolicy: awscloudfront.CachePolicy_CACHING_OPTIMIZED(),
					Behavior:    &awscloudfront.AddBehaviorOptions{CachePolicy: awscloudfront.CachePolicy_CACHING_DISABLED()},
				}
			},
			`streamfront: RouteOptions.CachePolicy of route "/a" and RouteOptions.Behavior.CachePolicy of route "/a" are both set; set one of them`,
		},
		"origin-request function beside the signer": {
			route(streamfront.RouteOptions{Behavior: edgeLambdaAt(awscloudfront.LambdaEdgeEventType_ORIGIN_REQUEST)}),
			`streamfront: RouteOptions.Behavior.EdgeLambdas of route "/a" has an origin-request function, but CloudFront runs only one, which is the signer; do its work in the function, set PayloadHash_CLIENT or PayloadHash_NONE, or use a PayloadSigner on a distribution of your own`,
		},
		"origin-response function beside the challenge": {
			route(streamfront.RouteOptions{RestoreChallenge: jsii.Bool(true), Behavior: edgeLambdaAt(awscloudfront.LambdaEdgeEventType_ORIGIN_RESPONSE)}),
			`streamfront: RouteOptions.Behavior.EdgeLambdas of route "/a" has an origin-response function, but CloudFront runs only one, which is RestoreChallenge's; leave RestoreChallenge out and give x-amzn-remapped-www-authenticate its name back in your function`,
		},
		"Lambda@Edge at viewer-request": {
			route(streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_CLIENT, Behavior: edgeLambdaAt(awscloudfront.LambdaEdgeEventType_VIEWER_REQUEST)}),
			`streamfront: RouteOptions.Behavior.EdgeLambdas of route "/a" has a function at VIEWER_REQUEST, but CloudFront allows no Lambda@Edge at viewer events beside a CloudFront Function, which the endpoint has at viewer-request; use a CloudFront Function at viewer-response or Lambda@Edge at origin-response`,
		},
		"second viewer-request function": {
			route(streamfront.RouteOptions{Behavior: &awscloudfront.AddBehaviorOptions{FunctionAssociations: &[]*awscloudfront.FunctionAssociation{{EventType: awscloudfront.FunctionEventType_VIEWER_REQUEST}}}}),
			`streamfront: RouteOptions.Behavior.FunctionAssociations of route "/a" has a viewer-request function, but CloudFront runs only one, which is the endpoint's; pass yours as RouteOptions.ViewerFunction of route "/a", where it must also do what the endpoint's does`,
		},
		"gRPC": {
			route(streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_CLIENT, Behavior: &awscloudfront.AddBehaviorOptions{EnableGrpc: jsii.Bool(true)}}),
			`streamfront: RouteOptions.Behavior.EnableGrpc of route "/a" is set, but a function URL does not speak gRPC; leave it out`,
		},
		"Host forwarded by a policy of the user's": {
			func(stack awscdk.Stack) *streamfront.RouteOptions {
				return &streamfront.RouteOptions{Behavior: &awscloudfront.AddBehaviorOptions{
					OriginRequestPolicy: awscloudfront.NewOriginRequestPolicy(stack, jsii.String("Forward"), &awscloudfront.OriginRequestPolicyProps{
						HeaderBehavior: awscloudfront.OriginRequestHeaderBehavior_AllowList(jsii.String("Host")),
					}),
				}}
			},
			`streamfront: RouteOptions.Behavior.OriginRequestPolicy of route "/a" is the policy "Test/Forward", which forwards the viewer's Host, and a function URL answers 403 to any Host but its own; use ALL_VIEWER_EXCEPT_HOST_HEADER and read the host from x-forwarded-host`,
		},
		"managed policy with Host": {
			func(awscdk.Stack) *streamfront.RouteOptions {
				return &streamfront.RouteOptions{CachePolicy: awscloudfront.CachePolicy_AMPLIFY()}
			},
			`streamfront: RouteOptions.CachePolicy of route "/a" is the managed policy 2e54312d-136d-493c-8eb9-b001f22f67d2, which forwards the viewer's Host, and a function URL answers 403 to any Host but its own; use a cache policy without Host in its key, such as one of NewOriginCachePolicy`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack("us-east-1")
			function := newFunction(stack, "Function")
			endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: function})
			options := test.options(stack)
			mustPanic(t, test.want, func() { endpoint.AddRoute(jsii.String("/a"), newFunction(stack, "Other"), options) })
		})
	}
}

// route gives options that need no stack to be made in.
func route(options streamfront.RouteOptions) func(awscdk.Stack) *streamfront.RouteOptions {
	return func(awscdk.Stack) *streamfront.RouteOptions { return &options }
}

func edgeLambdaAt(event awscloudfront.LambdaEdgeEventType) *awscloudfront.AddBehaviorOptions {
	return &awscloudfront.AddBehaviorOptions{EdgeLambdas: &[]*awscloudfront.EdgeLambda{{EventType: event}}}
}

func TestAddRouteRefusesFunctions(t *testing.T) {
	stack := newStack("us-east-1")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: newFunction(stack, "Function")})
	mustPanic(t, `streamfront: the function of route "/a" is required; pass the Lambda function that serves it`, func() {
		endpoint.AddRoute(jsii.String("/a"), nil, nil)
	})
	other := newFunction(stack, "Other")
	other.AddFunctionUrl(nil)
	mustPanic(t, `streamfront: function "Test/Other" has a function URL already and cannot have two; remove the other AddFunctionUrl or Endpoint, or pass an alias of the function`, func() {
		endpoint.AddRoute(jsii.String("/a"), other, nil)
	})
}

// A function has one URL and is one origin, so that its routes cannot differ in what these
// decide.
func TestRoutesOfOneFunctionCannotContradict(t *testing.T) {
	stack := newStack("us-east-1")
	function, other := newFunction(stack, "Function"), newFunction(stack, "Other")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: function})
	endpoint.AddRoute(jsii.String("/first"), other, &streamfront.RouteOptions{
		InvokeMode:  awslambda.InvokeMode_BUFFERED,
		ReadTimeout: awscdk.Duration_Seconds(jsii.Number(30)),
	})
	for _, test := range []struct {
		function awslambda.Function
		options  streamfront.RouteOptions
		want     string
	}{
		{
			function,
			streamfront.RouteOptions{InvokeMode: awslambda.InvokeMode_BUFFERED},
			`streamfront: RouteOptions.InvokeMode of route "/second" is BUFFERED, but the default route goes to the same function with RESPONSE_STREAM, and a function has one URL with one mode; pass an alias of the function, which has a URL of its own`,
		},
		{
			other,
			streamfront.RouteOptions{InvokeMode: awslambda.InvokeMode_RESPONSE_STREAM},
			`streamfront: RouteOptions.InvokeMode of route "/second" is RESPONSE_STREAM, but route "/first" goes to the same function with BUFFERED, and a function has one URL with one mode; pass an alias of the function, which has a URL of its own`,
		},
		{
			other,
			streamfront.RouteOptions{ReadTimeout: awscdk.Duration_Minutes(jsii.Number(1))},
			`streamfront: RouteOptions.ReadTimeout of route "/second" is 60 seconds, but route "/first" goes to the same function with 30, and a function is one origin with one timeout; set it on the first of its routes, or pass an alias of the function`,
		},
	} {
		mustPanic(t, test.want, func() { endpoint.AddRoute(jsii.String("/second"), test.function, &test.options) })
	}
	// The same in other words is no contradiction, and nothing takes over what is there.
	endpoint.AddRoute(jsii.String("/second"), other, &streamfront.RouteOptions{
		InvokeMode:  awslambda.InvokeMode_BUFFERED,
		ReadTimeout: awscdk.Duration_Millis(jsii.Number(30000)),
	})
	endpoint.AddRoute(jsii.String("/third"), other, nil)
	main := synth(stack).main
	if got := len(main.All("AWS::Lambda::Url")); got != 2 {
		t.Errorf("%d function URLs, want 2", got)
	}
}

func TestEdgeRouteNeedsARegion(t *testing.T) {
	for name, options := range map[string]*streamfront.RouteOptions{
		"signer":    nil,
		"challenge": {PayloadHash: streamfront.PayloadHash_CLIENT, RestoreChallenge: jsii.Bool(true)},
	} {
		t.Run(name, func(t *testing.T) {
			stack := awscdk.NewStack(newApp(nil), jsii.String("Test"), nil)
			function := newFunction(stack, "Function")
			endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: function, DefaultRoute: &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_CLIENT}})
			mustPanic(t, `streamfront: route "/a" of an Endpoint needs a stack with an explicit region, since its Lambda@Edge function is placed in us-east-1; set StackProps.Env.Region`, func() {
				endpoint.AddRoute(jsii.String("/a"), function, options)
			})
		})
	}
}

// More than CloudFront may take is no error here, since what it counts is not clear.
func TestManyEdgeLambdasWarn(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: function})
	for i := range 50 {
		endpoint.AddRoute(jsii.Sprintf("/%d", i), function, &streamfront.RouteOptions{RestoreChallenge: jsii.Bool(true)})
	}
	wantWarning(t, synth(stack), "the endpoint has more than 100 associations with Lambda@Edge functions")
}

// What is wrong with a pattern, with the function and with the options is one report.
func TestAddRouteReportsEverything(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: function})
	mustPanic(t, `streamfront: 3 problems:
- no request would reach the path pattern "/a//b", since CloudFront removes repeated slashes and the segments . and .. from a path before it matches patterns; write it without them
- RouteOptions.FunctionUrlCors of route "/a//b" is set, but the default route goes to the same function, which has its URL already; set it on the first of its routes
- RouteOptions.PayloadHash of route "/a//b" is "SOMEHOW"; use PayloadHash_EDGE, PayloadHash_CLIENT or PayloadHash_NONE`, func() {
		endpoint.AddRoute(jsii.String("/a//b"), function, &streamfront.RouteOptions{
			PayloadHash:     "SOMEHOW",
			FunctionUrlCors: &awslambda.FunctionUrlCorsOptions{AllowedOrigins: jsii.Strings("*")},
		})
	})
}
