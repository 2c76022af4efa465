package streamfront_test

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

func TestEndpointRefuses(t *testing.T) {
	// behavior leaves the rest of the props in order.
	behavior := func(b *awscloudfront.AddBehaviorOptions) func(awscdk.Stack) *streamfront.EndpointProps {
		return func(stack awscdk.Stack) *streamfront.EndpointProps {
			return &streamfront.EndpointProps{
				Function:     newFunction(stack, "Function"),
				DefaultRoute: &streamfront.RouteOptions{Behavior: b},
			}
		}
	}
	readTimeout := func(d awscdk.Duration) func(awscdk.Stack) *streamfront.EndpointProps {
		return func(stack awscdk.Stack) *streamfront.EndpointProps {
			return &streamfront.EndpointProps{Function: newFunction(stack, "Function"), DefaultRoute: &streamfront.RouteOptions{ReadTimeout: d}}
		}
	}
	edgeLambda := func(event awscloudfront.LambdaEdgeEventType) *awscloudfront.AddBehaviorOptions {
		return &awscloudfront.AddBehaviorOptions{EdgeLambdas: &[]*awscloudfront.EdgeLambda{{EventType: event}}}
	}
	for name, test := range map[string]struct {
		props func(awscdk.Stack) *streamfront.EndpointProps
		want  string
	}{
		"nil props": {
			func(awscdk.Stack) *streamfront.EndpointProps { return nil },
			"streamfront: EndpointProps.Function is required; pass the Lambda function that serves the endpoint",
		},
		"no function": {
			func(awscdk.Stack) *streamfront.EndpointProps { return &streamfront.EndpointProps{} },
			"streamfront: EndpointProps.Function is required; pass the Lambda function that serves the endpoint",
		},
		"function with a URL": {
			func(stack awscdk.Stack) *streamfront.EndpointProps {
				fn := newFunction(stack, "Function")
				fn.AddFunctionUrl(nil)
				return &streamfront.EndpointProps{Function: fn}
			},
			`streamfront: function "Test/Function" has a function URL already and cannot have two; remove the other AddFunctionUrl or Endpoint, or pass an alias of the function`,
		},
		"function of another endpoint": {
			func(stack awscdk.Stack) *streamfront.EndpointProps {
				props := &streamfront.EndpointProps{Function: newFunction(stack, "Function")}
				streamfront.NewEndpoint(stack, jsii.String("Other"), props)
				return props
			},
			`streamfront: function "Test/Function" has a function URL already and cannot have two; remove the other AddFunctionUrl or Endpoint, or pass an alias of the function`,
		},
		"read timeout too short": {
			readTimeout(awscdk.Duration_Seconds(jsii.Number(0))),
			"streamfront: EndpointProps.DefaultRoute.ReadTimeout is 0 seconds; CloudFront's quota allows whole seconds from 1 to 120, so let the function send something at least every 120 seconds, or have the quota raised and set EndpointProps.ReadTimeoutQuota",
		},
		"read timeout too long": {
			readTimeout(awscdk.Duration_Seconds(jsii.Number(121))),
			"streamfront: EndpointProps.DefaultRoute.ReadTimeout is 121 seconds; CloudFront's quota allows whole seconds from 1 to 120, so let the function send something at least every 120 seconds, or have the quota raised and set EndpointProps.ReadTimeoutQuota",
		},
		"read timeout of a fraction": {
			readTimeout(awscdk.Duration_Millis(jsii.Number(1500))),
			"streamfront: EndpointProps.DefaultRoute.ReadTimeout is 1.5 seconds; CloudFront's quota allows whole seconds from 1 to 120, so let the function send something at least every 120 seconds, or have the quota raised and set EndpointProps.ReadTimeoutQuota",
		},
		"read timeout of a token": {
			func(stack awscdk.Stack) *streamfront.EndpointProps {
				parameter := awscdk.NewCfnParameter(stack, jsii.String("Timeout"), &awscdk.CfnParameterProps{Type: jsii.String("Number")})
				return &streamfront.EndpointProps{
					Function:     newFunction(stack, "Function"),
					DefaultRoute: &streamfront.RouteOptions{ReadTimeout: awscdk.Duration_Seconds(parameter.ValueAsNumber())},
				}
			},
			"streamfront: EndpointProps.DefaultRoute.ReadTimeout is a token, whose value is not known yet; pass a number of seconds, or override OriginReadTimeout of the distribution",
		},
		"origin of the user's": {
			func(stack awscdk.Stack) *streamfront.EndpointProps {
				return &streamfront.EndpointProps{
					Function: newFunction(stack, "Function"),
					DistributionProps: &awscloudfront.DistributionProps{DefaultBehavior: &awscloudfront.BehaviorOptions{
						Origin: awscloudfrontorigins.NewHttpOrigin(jsii.String("example.com"), nil),
					}},
				}
			},
			"streamfront: DistributionProps.DefaultBehavior is set, but the default route has its options in EndpointProps.DefaultRoute; move the fields to DefaultRoute.Behavior, except Origin, which is the endpoint's function: send other paths to other origins with AdditionalBehaviors",
		},
		"quota below CloudFront's": {
			func(stack awscdk.Stack) *streamfront.EndpointProps {
				return &streamfront.EndpointProps{Function: newFunction(stack, "Function"), ReadTimeoutQuota: awscdk.Duration_Seconds(jsii.Number(60))}
			},
			"streamfront: EndpointProps.ReadTimeoutQuota is 60 seconds; pass the raised quota, from 120 to 180, the most that the CDK accepts; for a longer timeout override DistributionConfig.Origins.0.CustomOriginConfig.OriginReadTimeout of Distribution()",
		},
		"quota above what the CDK accepts": {
			func(stack awscdk.Stack) *streamfront.EndpointProps {
				return &streamfront.EndpointProps{Function: newFunction(stack, "Function"), ReadTimeoutQuota: awscdk.Duration_Seconds(jsii.Number(240))}
			},
			"streamfront: EndpointProps.ReadTimeoutQuota is 240 seconds; pass the raised quota, from 120 to 180, the most that the CDK accepts; for a longer timeout override DistributionConfig.Origins.0.CustomOriginConfig.OriginReadTimeout of Distribution()",
		},
		"read timeout above the raised quota": {
			func(stack awscdk.Stack) *streamfront.EndpointProps {
				return &streamfront.EndpointProps{
					Function: newFunction(stack, "Function"), ReadTimeoutQuota: awscdk.Duration_Seconds(jsii.Number(150)),
					DefaultRoute: &streamfront.RouteOptions{ReadTimeout: awscdk.Duration_Seconds(jsii.Number(160))},
				}
			},
			"streamfront: EndpointProps.DefaultRoute.ReadTimeout is 160 seconds; CloudFront's quota allows whole seconds from 1 to 150, so let the function send something at least every 150 seconds, or have the quota raised and set EndpointProps.ReadTimeoutQuota",
		},
		"two buckets of logs": {
			func(stack awscdk.Stack) *streamfront.EndpointProps {
				return &streamfront.EndpointProps{
					Function: newFunction(stack, "Function"), AccessLogs: jsii.Bool(false),
					AccessLogBucket:   awss3.Bucket_FromBucketName(stack, jsii.String("Logs"), jsii.String("logs")),
					DistributionProps: &awscloudfront.DistributionProps{EnableLogging: jsii.Bool(true)},
				}
			},
			`streamfront: 2 problems:
- EndpointProps.AccessLogs is false and AccessLogBucket is set; leave out one of them
- EndpointProps.AccessLogBucket and DistributionProps.EnableLogging or LogBucket are set; keep AccessLogBucket`,
		},
		"everything at once": {
			func(stack awscdk.Stack) *streamfront.EndpointProps {
				return &streamfront.EndpointProps{
					DefaultRoute: &streamfront.RouteOptions{
						PayloadHash: "SOMEHOW",
						Origin: &streamfront.OriginOptions{
							CustomHeaders: &map[string]*string{
								"x-forwarded-host": jsii.String("a"), "Via": jsii.String("a"), "my_header": jsii.String("a"), "x-line": jsii.String("a\n"),
							},
							OriginShieldRegion:        jsii.String("Ohio"),
							ConnectionAttempts:        jsii.Number(4),
							ConnectionTimeout:         awscdk.Duration_Seconds(jsii.Number(11)),
							ResponseCompletionTimeout: awscdk.Duration_Seconds(jsii.Number(59)),
						},
					},
					DomainNames: jsii.Strings("chat.example.com"),
					WebAclId:    jsii.String("mine"),
				}
			},
			`streamfront: 12 problems:
- EndpointProps.Function is required; pass the Lambda function that serves the endpoint
- EndpointProps.DefaultRoute.PayloadHash is "SOMEHOW"; use PayloadHash_EDGE, PayloadHash_CLIENT or PayloadHash_NONE
- EndpointProps.DefaultRoute.Origin.CustomHeaders has Via, which CloudFront does not add or the endpoint itself sets; use another name
- EndpointProps.DefaultRoute.Origin.CustomHeaders has the name "my_header"; write a header's name without spaces, colons and underscores
- EndpointProps.DefaultRoute.Origin.CustomHeaders has x-forwarded-host, which CloudFront does not add or the endpoint itself sets; use another name
- EndpointProps.DefaultRoute.Origin.CustomHeaders has a value of 2 characters for x-line; CloudFront accepts one line of 1 to 1783
- EndpointProps.DefaultRoute.Origin.OriginShieldRegion is "Ohio", which is not a region; pass one such as us-east-1, near the function
- EndpointProps.DefaultRoute.Origin.ConnectionAttempts is 4; CloudFront accepts 1, 2 or 3
- EndpointProps.DefaultRoute.Origin.ConnectionTimeout is 11 seconds; pass whole seconds from 1 to 10
- EndpointProps.DefaultRoute.Origin.ResponseCompletionTimeout is 59 seconds; pass whole seconds from 60 to 3600
- EndpointProps.DomainNames is set without Certificate; pass a certificate of AWS Certificate Manager in us-east-1 that covers "chat.example.com"
- EndpointProps.WebAclId is "mine"; CloudFront accepts the ARN of a web ACL with scope CLOUDFRONT in us-east-1, such as arn:aws:wafv2:us-east-1:123456789012:global/webacl/name/id`,
		},
		"second origin-request function": {
			behavior(edgeLambda(awscloudfront.LambdaEdgeEventType_ORIGIN_REQUEST)),
			"streamfront: EndpointProps.DefaultRoute.Behavior.EdgeLambdas has an origin-request function, but CloudFront runs only one, which is the signer; do its work in the function, set PayloadHash_CLIENT or PayloadHash_NONE, or use a PayloadSigner on a distribution of your own",
		},
		"Lambda@Edge at viewer-request": {
			behavior(edgeLambda(awscloudfront.LambdaEdgeEventType_VIEWER_REQUEST)),
			"streamfront: EndpointProps.DefaultRoute.Behavior.EdgeLambdas has a function at VIEWER_REQUEST, but CloudFront allows no Lambda@Edge at viewer events beside a CloudFront Function, which the endpoint has at viewer-request; use a CloudFront Function at viewer-response or Lambda@Edge at origin-response",
		},
		"Lambda@Edge at viewer-response": {
			behavior(edgeLambda(awscloudfront.LambdaEdgeEventType_VIEWER_RESPONSE)),
			"streamfront: EndpointProps.DefaultRoute.Behavior.EdgeLambdas has a function at VIEWER_RESPONSE, but CloudFront allows no Lambda@Edge at viewer events beside a CloudFront Function, which the endpoint has at viewer-request; use a CloudFront Function at viewer-response or Lambda@Edge at origin-response",
		},
		"second viewer-request function": {
			behavior(&awscloudfront.AddBehaviorOptions{FunctionAssociations: &[]*awscloudfront.FunctionAssociation{{EventType: awscloudfront.FunctionEventType_VIEWER_REQUEST}}}),
			"streamfront: EndpointProps.DefaultRoute.Behavior.FunctionAssociations has a viewer-request function, but CloudFront runs only one, which is the endpoint's; pass yours as EndpointProps.DefaultRoute.ViewerFunction, where it must also do what the endpoint's does",
		},
		"AllViewer": {
			behavior(&awscloudfront.AddBehaviorOptions{OriginRequestPolicy: awscloudfront.OriginRequestPolicy_ALL_VIEWER()}),
			"streamfront: EndpointProps.DefaultRoute.Behavior.OriginRequestPolicy is the managed policy 216adef6-5c7f-47e4-b989-5492eafa07d3, which forwards the viewer's Host, and a function URL answers 403 to any Host but its own; use ALL_VIEWER_EXCEPT_HOST_HEADER and read the host from x-forwarded-host",
		},
		"UseOriginCacheControlHeaders": {
			behavior(&awscloudfront.AddBehaviorOptions{CachePolicy: awscloudfront.CachePolicy_USE_ORIGIN_CACHE_CONTROL_HEADERS()}),
			"streamfront: EndpointProps.DefaultRoute.Behavior.CachePolicy is the managed policy 83da9c7e-98b4-4e11-a168-04f0df8e2c65, which forwards the viewer's Host, and a function URL answers 403 to any Host but its own; use a cache policy without Host in its key, such as one of NewOriginCachePolicy",
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack("us-east-1")
			props := test.props(stack)
			mustPanic(t, test.want, func() { streamfront.NewEndpoint(stack, jsii.String("Api"), props) })
		})
	}
}

func TestStackWithoutRegionIsRefused(t *testing.T) {
	stack := awscdk.NewStack(newApp(nil), jsii.String("Test"), nil)
	function := newFunction(stack, "Function")
	mustPanic(t, "streamfront: an Endpoint needs a stack with an explicit region, since its Lambda@Edge function is placed in us-east-1; set StackProps.Env.Region", func() {
		streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{Function: function})
	})
	mustPanic(t, "streamfront: a PayloadSigner needs a stack with an explicit region, since its Lambda@Edge function is placed in us-east-1; set StackProps.Env.Region", func() {
		streamfront.NewPayloadSigner(stack, jsii.String("Signer"), nil)
	})
}

func TestGoCodeRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "file", "")
	writeFile(t, "empty/readme.txt", "")
	writeFile(t, "library/library.go", "package library\n")
	writeFile(t, "main/main.go", "package main\n\nfunc main() {}\n")
	writeFile(t, "windows/main_windows.go", "package main\n\nfunc main() {}\n")
	entry := func(dir string) *streamfront.GoCodeProps { return &streamfront.GoCodeProps{Entry: &dir} }
	for name, test := range map[string]struct {
		props *streamfront.GoCodeProps
		want  string
	}{
		"nil props":   {nil, "streamfront: GoCodeProps.Entry is required; pass the directory of the function's main package"},
		"no entry":    {entry(""), "streamfront: GoCodeProps.Entry is required; pass the directory of the function's main package"},
		"no such":     {entry("./cmd"), `streamfront: GoCodeProps.Entry "./cmd" is not a directory; it is relative to the folder with cdk.json`},
		"file":        {entry("file"), `streamfront: GoCodeProps.Entry "file" is not a directory; it is relative to the folder with cdk.json`},
		"no Go files": {entry("empty"), `streamfront: GoCodeProps.Entry "empty" has no Go package for linux/amd64: no buildable Go source files in empty`},
		"not linux":   {entry("windows"), `streamfront: GoCodeProps.Entry "windows" has no Go package for linux/amd64: no buildable Go source files in windows`},
		"library":     {entry("library"), `streamfront: GoCodeProps.Entry "library" is package library; pass the directory of a main package`},
		"unknown architecture": {
			&streamfront.GoCodeProps{Entry: jsii.String("main"), Architecture: awslambda.Architecture_Custom(jsii.String("mips"), nil)},
			`streamfront: GoCodeProps.Architecture is "mips"; Lambda runs arm64 and x86_64`,
		},
		"flags of its own": {
			&streamfront.GoCodeProps{
				Entry: jsii.String("library"), Tags: jsii.Strings("a,b"),
				BuildFlags: jsii.Strings("-o", "-tags=a", "--ldflags=-X main.a=b", "readonly"),
			},
			`streamfront: 6 problems:
- GoCodeProps.Tags has "a,b"; pass each tag as an element of its own
- GoCodeProps.BuildFlags has "-o", but GoCode builds the program of GoCodeProps.Entry under the name that Lambda expects; leave it out
- GoCodeProps.BuildFlags has "-tags=a"; pass tags in GoCodeProps.Tags
- GoCodeProps.BuildFlags has "--ldflags=-X main.a=b"; pass flags of the linker in GoCodeProps.LdFlags
- GoCodeProps.BuildFlags has "readonly", which is not a flag; write a flag and its value as one element, such as "-mod=vendor"
- GoCodeProps.Entry "library" is package library; pass the directory of a main package`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			mustPanic(t, test.want, func() { streamfront.GoCode(test.props) })
		})
	}
}

// Every function of the package reports all that is wrong with one call.
func TestAllProblemsOfACall(t *testing.T) {
	stack := newStack("eu-west-1")
	for name, test := range map[string]struct {
		call func()
		want string
	}{
		"AddWebAdapter": {
			func() {
				streamfront.AddWebAdapter(nil, &streamfront.WebAdapterProps{Port: jsii.Number(9001), ReadinessPath: jsii.String("ready")})
			},
			`streamfront: 3 problems:
- AddWebAdapter needs a function; pass the one that runs the web application
- WebAdapterProps.Port is 9001; pass a whole number from 1 to 65535, except 9001, where Lambda's runtime API listens
- WebAdapterProps.ReadinessPath is "ready"; pass a path that begins with a slash`,
		},
		"NewFirewall": {
			func() {
				streamfront.NewFirewall(stack, jsii.String("Firewall"), &streamfront.FirewallProps{RateLimit: jsii.Number(9)})
			},
			`streamfront: 2 problems:
- a Firewall needs a stack in us-east-1, where AWS keeps the web ACLs of CloudFront, and this one is in eu-west-1; define it in a stack of its own, with StackProps.CrossRegionReferences set on both
- FirewallProps.RateLimit is 9; AWS WAF accepts whole numbers from 10 to 2000000000`,
		},
		"NewOriginCachePolicy": {
			func() {
				streamfront.NewOriginCachePolicy(stack, jsii.String("Policy"), &streamfront.OriginCachePolicyProps{
					InvokeMode: "SLOW", Headers: jsii.Strings("Host", "Cookie"),
				})
			},
			`streamfront: 3 problems:
- OriginCachePolicyProps.InvokeMode is "SLOW"; use InvokeMode_RESPONSE_STREAM or InvokeMode_BUFFERED
- OriginCachePolicyProps.Headers has Host, which would be forwarded, and a function URL answers 403 to any Host but its own; leave it out, since x-forwarded-host is in the key
- OriginCachePolicyProps.Headers has Cookie; set PerUser, which keys on Authorization and cookies`,
		},
		"GrantInvoke": {
			func() { streamfront.GrantInvoke(nil, nil) },
			`streamfront: 2 problems:
- GrantInvoke needs a function; pass the one whose URL is an origin of the distribution
- GrantInvoke needs a distribution; pass the one that calls the function URL`,
		},
	} {
		t.Run(name, func(t *testing.T) { mustPanic(t, test.want, test.call) })
	}
}
