package streamfront

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront/experimental"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newEdgeFunction defines a Lambda@Edge function with inline code. It stays when its stack is
// destroyed.
func newEdgeFunction(scope constructs.Construct, name, source, description string, memorySize *float64, timeoutSeconds float64) experimental.EdgeFunction {
	// Outside us-east-1 all edge functions of a stack share one scope in the edge stack, each with
	// the id that it has here. The address makes the id unique there.
	id := name + *scope.Node().Addr()
	fn := experimental.NewEdgeFunction(scope, &id, &experimental.EdgeFunctionProps{
		// Lambda@Edge has neither arm64 nor environment variables nor layers.
		// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html
		Architecture: awslambda.Architecture_X86_64(),
		Runtime:      awslambda.Runtime_NODEJS_24_X(),
		Handler:      jsii.String("index.handler"),
		Code:         awslambda.Code_FromInline(&source),
		Description:  &description,
		MemorySize:   memorySize,
		Timeout:      awscdk.Duration_Seconds(&timeoutSeconds),
		CurrentVersionOptions: &awslambda.VersionOptions{
			RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
		},
	})
	// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-delete-replicas.html
	fn.Lambda().ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN)
	return fn
}
