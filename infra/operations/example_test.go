package operations_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/operations"
	"github.com/streamfront/streamfront/infra/streamfront"
)

// operate puts an endpoint in front of a function, for people to use.
func operate(stack awscdk.Stack, function awslambda.Function) {
	release := operations.NewRelease(stack, jsii.String("Release"), &operations.ReleaseProps{Function: function})
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Endpoint"), &streamfront.EndpointProps{
		Function: release.Alias(),
	})
	operations.NewMonitoring(stack, jsii.String("Monitoring"), &operations.MonitoringProps{
		Endpoint:  endpoint,
		Functions: &[]awslambda.IFunction{release.Alias()},
		Email:     jsii.String("ops@example.com"),
	})
	operations.NewAccessLogs(stack, jsii.String("AccessLogs"), &operations.AccessLogsProps{Endpoint: endpoint})
	operations.NewEdgeLogRetention(stack, jsii.String("EdgeLogs"), &operations.EdgeLogRetentionProps{Endpoint: endpoint})
	guard := operations.NewCostGuard(stack, jsii.String("CostGuard"), &operations.CostGuardProps{
		Functions:     &[]awslambda.Function{function},
		MonthlyBudget: jsii.Number(100),
		Email:         jsii.String("ops@example.com"),
	})
	awscdk.NewCfnOutput(stack, jsii.String("Open"), &awscdk.CfnOutputProps{Value: guard.OpenCommand()})
}
