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

// functionNameOf returns the name of a Lambda@Edge function, which its replicas log under. Of a
// function in another stack it is a part of the ARN that comes to this one anyway; CDK's name
// would be a further export, that keeps the other stack from changing.
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

// edgeRegions are those of CloudFront's regional edge caches, where functions at
// origin-request and origin-response run and write their logs.
// https://aws.amazon.com/cloudfront/features/ (field report: which of them a request meets is
// CloudFront's choice.)
var edgeRegions = []string{
	"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-south-1", "ap-northeast-1", "ap-northeast-2",
	"ap-southeast-1", "ap-southeast-2", "eu-central-1", "eu-west-1", "eu-west-2", "sa-east-1",
}
