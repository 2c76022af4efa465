package streamfront_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// A binary that says its version, with a build tag and from vendored modules.
func ExampleGoCode() {
	defer jsii.Close()
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Chat"), nil)
	awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Handler:      jsii.String("bootstrap"),
		Architecture: awslambda.Architecture_ARM_64(),
		Code: streamfront.GoCode(&streamfront.GoCodeProps{
			Entry:        jsii.String("./cmd/chat"),
			Architecture: awslambda.Architecture_ARM_64(),
			Tags:         jsii.Strings("production"),
			LdFlags:      jsii.String("-X main.version=1.2.3"),
			BuildFlags:   jsii.Strings("-mod=vendor"),
		}),
	})
}

// Pages of the endpoint, and of one other site, upload files, of which the function is told.
func ExampleNewUploads() {
	defer jsii.Close()
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Chat"), &awscdk.StackProps{
		Env: &awscdk.Environment{Region: jsii.String("us-east-1")},
	})
	function := awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_PROVIDED_AL2023(),
		Handler: jsii.String("bootstrap"),
		Code:    streamfront.GoCode(&streamfront.GoCodeProps{Entry: jsii.String("./cmd/chat")}),
	})
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Endpoint"), &streamfront.EndpointProps{Function: function})
	origins := append(*endpoint.Origins(), jsii.String("https://app.example.com"))
	streamfront.NewUploads(stack, jsii.String("Uploads"), &streamfront.UploadsProps{
		AllowedOrigins: &origins,
		Function:       function,
		OnUploaded:     function, // takes the events by streamhttp.WithS3
	})
}

// A raised quota for long pauses, an origin with headers of its own, CORS by the function
// URL, a bucket for logs that is there already, and no security headers.
func ExampleNewEndpoint_options() {
	defer jsii.Close()
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Chat"), &awscdk.StackProps{
		Env: &awscdk.Environment{Region: jsii.String("us-east-1")},
	})
	function := awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_PROVIDED_AL2023(),
		Handler: jsii.String("bootstrap"),
		Code:    streamfront.GoCode(&streamfront.GoCodeProps{Entry: jsii.String("./cmd/chat")}),
		Timeout: awscdk.Duration_Minutes(jsii.Number(15)),
	})
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Endpoint"), &streamfront.EndpointProps{
		Function:         function,
		ReadTimeoutQuota: awscdk.Duration_Seconds(jsii.Number(180)), // raised by AWS before
		DefaultRoute: &streamfront.RouteOptions{
			ReadTimeout: awscdk.Duration_Seconds(jsii.Number(150)),
			FunctionUrlCors: &awslambda.FunctionUrlCorsOptions{
				AllowedOrigins: jsii.Strings("https://app.example.com"),
				AllowedHeaders: jsii.Strings("authorization", "content-type"),
			},
			Origin: &streamfront.OriginOptions{
				CustomHeaders:             &map[string]*string{"x-stage": jsii.String("beta")},
				OriginShieldRegion:        jsii.String("us-east-1"),
				ResponseCompletionTimeout: awscdk.Duration_Minutes(jsii.Number(15)),
				ConnectionAttempts:        jsii.Number(2),
				ConnectionTimeout:         awscdk.Duration_Seconds(jsii.Number(3)),
			},
			Behavior: &awscloudfront.AddBehaviorOptions{
				ViewerProtocolPolicy: awscloudfront.ViewerProtocolPolicy_HTTPS_ONLY,
			},
		},
		SecurityHeaders: jsii.Bool(false), // the function sets its own
		AccessLogBucket: awss3.Bucket_FromBucketName(stack, jsii.String("Logs"), jsii.String("example-logs")),
	})
	for _, viewer := range endpoint.ViewerFunctions() {
		awscdk.Tags_Of(viewer).Add(jsii.String("team"), jsii.String("chat"), nil)
	}
}
