package fronts_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapplicationautoscaling"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/fronts"
)

// exampleApp returns a stack with a function.
func exampleApp() (awscdk.Stack, awslambda.Function) {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Chat"), &awscdk.StackProps{
		Env: &awscdk.Environment{Region: jsii.String("eu-west-1")},
	})
	return stack, awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("index.handler"),
		Code:    awslambda.Code_FromInline(jsii.String("exports.handler = awslambda.streamifyResponse(async () => {});")),
	})
}

// Callers with credentials of AWS call the function URL.
func ExampleNewUrl() {
	stack, function := exampleApp()
	url := fronts.NewUrl(stack, jsii.String("Front"), &fronts.UrlProps{Function: function})
	caller := awsiam.NewRole(stack, jsii.String("Caller"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("ecs-tasks.amazonaws.com"), nil),
	})
	url.FunctionUrl().GrantInvokeUrl(caller)
	// Output:
}

// A REST API streams answers, and shares out 1,000 requests a day by a usage plan.
func ExampleNewRestApi() {
	stack, function := exampleApp()
	front := fronts.NewRestApi(stack, jsii.String("Front"), &fronts.RestApiProps{
		Function:            function,
		Timeout:             awscdk.Duration_Minutes(jsii.Number(5)),
		ThrottlingRateLimit: jsii.Number(20),
	})
	front.Api().AddUsagePlan(jsii.String("Plan"), &awsapigateway.UsagePlanProps{
		Quota: &awsapigateway.QuotaSettings{Limit: jsii.Number(1000), Period: awsapigateway.Period_DAY},
	})
	// Output:
}

// Answers to GET are kept for a minute, one for each value of the parameter q.
func ExampleNewRestApi_caching() {
	stack, function := exampleApp()
	fronts.NewRestApi(stack, jsii.String("Front"), &fronts.RestApiProps{
		Function:             function,
		ResponseTransferMode: awsapigateway.ResponseTransferMode_BUFFERED,
		Caching:              &fronts.RestApiCaching{QueryStrings: jsii.Strings("q"), Ttl: awscdk.Duration_Minutes(jsii.Number(1))},
	})
	// Output:
}

// An HTTP API waits ten seconds at most.
func ExampleNewHttpApi() {
	stack, function := exampleApp()
	front := fronts.NewHttpApi(stack, jsii.String("Front"), &fronts.HttpApiProps{
		Function: function,
		Timeout:  awscdk.Duration_Seconds(jsii.Number(10)),
	})
	awscdk.NewCfnOutput(stack, jsii.String("Url"), &awscdk.CfnOutputProps{Value: front.Url()})
	// Output:
}

// The address of a WebSocket API goes into an output.
func ExampleNewWebSocketApi() {
	stack, function := exampleApp()
	front := fronts.NewWebSocketApi(stack, jsii.String("Front"), &fronts.WebSocketApiProps{Function: function})
	awscdk.NewCfnOutput(stack, jsii.String("Url"), &awscdk.CfnOutputProps{Value: front.Url()})
	// Output:
}

// A load balancer with a domain name.
func ExampleNewLoadBalancer() {
	stack, function := exampleApp()
	front := fronts.NewLoadBalancer(stack, jsii.String("Front"), &fronts.LoadBalancerProps{
		Function:    function,
		DomainName:  jsii.String("chat.example.com"),
		Certificate: awscertificatemanager.Certificate_FromCertificateArn(stack, jsii.String("Certificate"), jsii.String("arn:aws:acm:eu-west-1:123456789012:certificate/1")),
	})
	fmt.Println(*front.Url())
	// Output: https://chat.example.com
}

// The same program in two to ten Fargate tasks.
func ExampleNewLoadBalancedService() {
	stack, _ := exampleApp()
	images := awsecr.Repository_FromRepositoryName(stack, jsii.String("Images"), jsii.String("chat"))
	front := fronts.NewLoadBalancedService(stack, jsii.String("Front"), &fronts.LoadBalancedServiceProps{
		Image:       awsecs.ContainerImage_FromEcrRepository(images, jsii.String("v1")),
		DomainName:  jsii.String("chat.example.com"),
		Certificate: awscertificatemanager.Certificate_FromCertificateArn(stack, jsii.String("Certificate"), jsii.String("arn:aws:acm:eu-west-1:123456789012:certificate/1")),
	})
	front.Service().AutoScaleTaskCount(&awsapplicationautoscaling.EnableScalingProps{MinCapacity: jsii.Number(2), MaxCapacity: jsii.Number(10)})
	fmt.Println(*front.Url())
	// Output: https://chat.example.com
}
