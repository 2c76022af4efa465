package streamfront_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
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

// Pages of the endpoint, and of one other site, upload files.
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
	})
}
