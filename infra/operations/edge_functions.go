package operations

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront/experimental"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// edgeFunctionsOf returns the Lambda@Edge functions that an endpoint has made so far, in the
// order of the tree.
func edgeFunctionsOf(endpoint streamfront.Endpoint) []experimental.EdgeFunction {
	var found []experimental.EdgeFunction
	for _, c := range *endpoint.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if f, ok := c.(experimental.EdgeFunction); ok {
			found = append(found, f)
		}
	}
	return found
}

// functionNameOf returns the name of a Lambda@Edge function, which is part of the names of its
// replicas' logs. For a function in another stack it is cut from the ARN, which this stack imports
// anyway; the CDK's name would be one more export that ties the other stack.
func functionNameOf(function experimental.EdgeFunction) *string {
	if atEdge(function) {
		return function.FunctionName()
	}
	return awscdk.Fn_Select(jsii.Number(6), awscdk.Fn_Split(jsii.String(":"), function.CurrentVersion().FunctionArn(), nil))
}

// viewerFunctionsOf returns the CloudFront Functions that an endpoint has made so far, in the
// order of the tree.
func viewerFunctionsOf(endpoint streamfront.Endpoint) []awscloudfront.Function {
	var found []awscloudfront.Function
	for _, c := range *endpoint.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if f, ok := c.(awscloudfront.Function); ok {
			found = append(found, f)
		}
	}
	return found
}

// edgeRegions are the regions of CloudFront's regional edge caches, where functions at
// origin-request and origin-response run and write their logs. CloudFront chooses the region for
// each request (field report).
// https://aws.amazon.com/cloudfront/features/
var edgeRegions = []string{
	"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-south-1", "ap-northeast-1", "ap-northeast-2",
	"ap-southeast-1", "ap-southeast-2", "eu-central-1", "eu-west-1", "eu-west-2", "sa-east-1",
}
