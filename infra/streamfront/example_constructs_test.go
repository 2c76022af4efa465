package streamfront_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// exampleStack returns a stack in us-east-1.
func exampleStack() awscdk.Stack {
	return awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Chat"), &awscdk.StackProps{
		Env: &awscdk.Environment{Region: jsii.String("us-east-1")},
	})
}

// A Node.js application that listens on the port in PORT, from a zip file whose run.sh starts it.
func ExampleAddWebAdapter() {
	stack := exampleStack()
	function := awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("run.sh"),
		Code:    awslambda.Code_FromBucket(awss3.Bucket_FromBucketName(stack, jsii.String("Builds"), jsii.String("example-builds")), jsii.String("app.zip"), nil),
		Timeout: awscdk.Duration_Minutes(jsii.Number(15)),
	})
	streamfront.AddWebAdapter(function, &streamfront.WebAdapterProps{
		Port:             jsii.Number(3000),
		ReadinessPath:    jsii.String("/healthz"),
		ReadinessTimeout: awscdk.Duration_Seconds(jsii.Number(10)),
	})
	streamfront.NewEndpoint(stack, jsii.String("Endpoint"), &streamfront.EndpointProps{Function: function})
	// Output:
}

// The web ACL is in us-east-1, and the endpoint in another region.
func ExampleNewFirewall() {
	app := awscdk.NewApp(nil)
	in := func(id, region string) awscdk.Stack {
		return awscdk.NewStack(app, &id, &awscdk.StackProps{
			Env:                   &awscdk.Environment{Account: jsii.String("123456789012"), Region: &region},
			CrossRegionReferences: jsii.Bool(true),
		})
	}
	firewall := streamfront.NewFirewall(in("Firewall", "us-east-1"), jsii.String("Firewall"), &streamfront.FirewallProps{
		RateLimit: jsii.Number(500),
		CountOnly: jsii.Strings("CrossSiteScripting_BODY"), // people ask about web pages
	})
	chat := in("Chat", "eu-west-1")
	streamfront.NewEndpoint(chat, jsii.String("Endpoint"), &streamfront.EndpointProps{
		Function: newFunction(chat, "Function"),
		WebAclId: firewall.WebAclArn(),
	})
	fmt.Println(*firewall.MetricName())
	// Output: FirewallB483A6E8
}

// Responses that depend on the user and on Accept-Language, as long as their Cache-Control says.
func ExampleNewOriginCachePolicy() {
	stack := exampleStack()
	function := newFunction(stack, "Function")
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Endpoint"), &streamfront.EndpointProps{Function: function})
	endpoint.AddRoute(jsii.String("/v1/models"), function, &streamfront.RouteOptions{
		CachePolicy: streamfront.NewOriginCachePolicy(stack, jsii.String("CachePolicy"), &streamfront.OriginCachePolicyProps{
			PerUser: jsii.Bool(true),
			Headers: jsii.Strings("Accept-Language"),
		}),
	})
	// Output:
}

// Tokens of an OpenID Connect issuer. One route asks for a scope as well.
func ExampleNewJwtAuthorizer() {
	stack := exampleStack()
	function := newFunction(stack, "Function")
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Endpoint"), &streamfront.EndpointProps{
		Function: function,
		Authorizer: streamfront.NewJwtAuthorizer(jsii.String("https://issuer.example.com"), &streamfront.JwtAuthorizerProps{
			JwtAudience:    jsii.Strings("https://chat.example.com"),
			AllowedOrigins: jsii.Strings("https://app.example.com"),
		}),
	})
	endpoint.AddRoute(jsii.String("/admin/*"), function, &streamfront.RouteOptions{
		AuthorizationScopes: jsii.Strings("admin"),
	})
	// Output:
}

// One open path on an endpoint that verifies tokens.
func ExampleNewNoneAuthorizer() {
	stack := exampleStack()
	function := newFunction(stack, "Function")
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Endpoint"), &streamfront.EndpointProps{
		Function: function,
		Authorizer: streamfront.NewJwtAuthorizer(jsii.String("https://issuer.example.com"), &streamfront.JwtAuthorizerProps{
			JwtAudience: jsii.Strings("chat"),
		}),
	})
	endpoint.AddRoute(jsii.String("/healthz"), function, &streamfront.RouteOptions{
		Authorizer:  streamfront.NewNoneAuthorizer(),
		PayloadHash: streamfront.PayloadHash_NONE, // GET, HEAD and OPTIONS only
	})
	// Output:
}

// A distribution of your own for GET alone needs no signer, but the permissions.
func ExampleGrantInvoke() {
	stack := exampleStack()
	function := newFunction(stack, "Function")
	url := function.AddFunctionUrl(&awslambda.FunctionUrlOptions{
		AuthType:   awslambda.FunctionUrlAuthType_AWS_IAM,
		InvokeMode: awslambda.InvokeMode_RESPONSE_STREAM,
	})
	distribution := awscloudfront.NewDistribution(stack, jsii.String("Distribution"), &awscloudfront.DistributionProps{
		DefaultBehavior: &awscloudfront.BehaviorOptions{
			Origin:              awscloudfrontorigins.FunctionUrlOrigin_WithOriginAccessControl(url, nil),
			CachePolicy:         awscloudfront.CachePolicy_CACHING_DISABLED(),
			OriginRequestPolicy: awscloudfront.OriginRequestPolicy_ALL_VIEWER_EXCEPT_HOST_HEADER(),
		},
	})
	streamfront.GrantInvoke(function, distribution)
	// Output:
}
