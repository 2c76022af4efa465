package operations_test

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodedeploy"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/operations"
	"github.com/streamfront/streamfront/infra/streamfront"
)

// Alarms by mail, of a function that should never have more than 80 requests at once.
func ExampleNewMonitoring() {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	firewall := streamfront.NewFirewall(stack, jsii.String("Firewall"), nil)
	monitoring := operations.NewMonitoring(stack, jsii.String("Monitoring"), &operations.MonitoringProps{
		Endpoint: streamfront.NewEndpoint(stack, jsii.String("Endpoint"), &streamfront.EndpointProps{
			Function: function,
			WebAclId: firewall.WebAclArn(),
		}),
		Functions:            &[]awslambda.IFunction{function},
		Email:                jsii.String("ops@example.com"),
		ErrorRate:            jsii.Number(2),
		FirstByte:            awscdk.Duration_Seconds(jsii.Number(5)),
		ConcurrentExecutions: jsii.Number(80),
		WebAclMetricName:     firewall.MetricName(),
	})
	fmt.Println(monitoring.Topic() == monitoring.EdgeTopic())
	// Output: true
}

// Access logs to a bucket, in which a lifecycle rule deletes them.
func ExampleNewAccessLogs() {
	stack := newStack("us-east-1")
	endpoint := newEndpoint(stack, newFunction(stack, "Function"))
	logs := operations.NewAccessLogs(stack, jsii.String("AccessLogs"), &operations.AccessLogsProps{
		Endpoint: endpoint,
		Bucket: awss3.NewBucket(stack, jsii.String("Logs"), &awss3.BucketProps{
			LifecycleRules: &[]*awss3.LifecycleRule{{Expiration: awscdk.Duration_Days(jsii.Number(30))}},
		}),
	})
	fmt.Println(logs.LogGroup() == nil)
	// Output: true
}

// The logs of the signer are kept for a week.
func ExampleNewEdgeLogRetention() {
	stack := newStack("us-east-1")
	endpoint := newEndpoint(stack, newFunction(stack, "Function"))
	retention := operations.NewEdgeLogRetention(stack, jsii.String("EdgeLogs"), &operations.EdgeLogRetentionProps{
		Endpoint:  endpoint,
		Retention: awslogs.RetentionDays_ONE_WEEK,
	})
	fmt.Println(len(*retention.LogGroupNames()))
	// Output: 1
}

// Two functions may have five requests at once each, 10,000 requests an hour together, and cost
// $50 a month.
func ExampleNewCostGuard() {
	stack := newStack("us-east-1")
	guard := operations.NewCostGuard(stack, jsii.String("CostGuard"), &operations.CostGuardProps{
		Functions:                    &[]awslambda.Function{newFunction(stack, "Chat"), newFunction(stack, "Models")},
		MonthlyBudget:                jsii.Number(50),
		RequestsPerHour:              jsii.Number(10000),
		ReservedConcurrentExecutions: jsii.Number(5),
	})
	fmt.Println(strings.HasPrefix(*guard.OpenCommand(), "aws lambda invoke"))
	// Output: true
}

// A tenth of the requests each minute go to a new version, and two environments are kept started.
func ExampleNewRelease() {
	stack := newStack("us-east-1")
	release := operations.NewRelease(stack, jsii.String("Release"), &operations.ReleaseProps{
		Function:                        newFunction(stack, "Function"),
		DeploymentConfig:                awscodedeploy.LambdaDeploymentConfig_LINEAR_10PERCENT_EVERY_1MINUTE(),
		ProvisionedConcurrentExecutions: jsii.Number(2),
	})
	streamfront.NewEndpoint(stack, jsii.String("Endpoint"), &streamfront.EndpointProps{Function: release.Alias()})
	fmt.Println(*release.Alias().AliasName())
	// Output: live
}

// A function in private subnets that calls Amazon Bedrock and Amazon SQS.
func ExampleNewNetwork() {
	stack := newStack("us-east-1")
	network := operations.NewNetwork(stack, jsii.String("Network"), &operations.NetworkProps{
		Services: &[]awsec2.InterfaceVpcEndpointAwsService{
			awsec2.InterfaceVpcEndpointAwsService_BEDROCK_RUNTIME(),
			awsec2.InterfaceVpcEndpointAwsService_SQS(),
		},
	})
	awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime:        awslambda.Runtime_NODEJS_24_X(),
		Handler:        jsii.String("index.handler"),
		Code:           awslambda.Code_FromInline(jsii.String("exports.handler = awslambda.streamifyResponse(async () => {});")),
		Vpc:            network.Vpc(),
		VpcSubnets:     network.Subnets(),
		SecurityGroups: network.SecurityGroups(),
	})
	// Output:
}
