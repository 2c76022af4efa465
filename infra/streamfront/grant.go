package streamfront

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// GrantInvoke lets a distribution of your own call the URL of a function. It adds both permissions
// that AWS requires, restricted to this distribution, in the distribution's scope. An [Endpoint]
// does this itself.
//
// The CDK's FunctionUrlOrigin_WithOriginAccessControl adds one of the two permissions, and both since
// v2.273.0. Duplicate permissions are harmless. A second call for the same pair does nothing.
func GrantInvoke(function awslambda.IFunction, distribution awscloudfront.Distribution) {
	var found problems.List
	if function == nil {
		found.Add("GrantInvoke needs a function; pass the one whose URL is an origin of the distribution")
	}
	if distribution == nil {
		found.Add("GrantInvoke needs a distribution; pass the one that calls the function URL")
	}
	found.Report()
	name := *awscdk.Names_NodeUniqueId(function.Node())
	if distribution.Node().TryFindChild(jsii.String("InvokeFunction"+name)) != nil {
		return
	}
	permitInvokeUrl(distribution, "InvokeFunctionUrl"+name, function, distribution)
	permitInvoke(distribution, "InvokeFunction"+name, function, distribution)
}

func permitInvokeUrl(scope constructs.Construct, id string, function awslambda.IFunction, distribution awscloudfront.Distribution) awslambda.CfnPermission {
	return awslambda.NewCfnPermission(scope, &id, &awslambda.CfnPermissionProps{
		Action:              jsii.String("lambda:InvokeFunctionUrl"),
		FunctionName:        function.FunctionArn(),
		FunctionUrlAuthType: jsii.String("AWS_IAM"),
		Principal:           jsii.String("cloudfront.amazonaws.com"),
		SourceArn:           distribution.DistributionArn(),
	})
}

// permit lets the distribution call a function of the endpoint. The permission for
// lambda:InvokeFunctionUrl comes with the origin. For an alias it is added once more: the CDK's own
// names the attribute FunctionArn of the function URL, and AWS does not document that this includes
// the alias. A permission on the function alone admits nobody to the alias.
func (e *endpoint) permit(suffix string, function awslambda.IFunction) {
	if _, ok := function.(awslambda.IAlias); ok {
		e.permissions = append(e.permissions, permitInvokeUrl(e, "InvokeFunctionUrl"+suffix, function, e.distribution))
	}
	e.permissions = append(e.permissions, permitInvoke(e, "InvokeFunction"+suffix, function, e.distribution))
}

// permitInvoke adds the permission that the CDK leaves out before v2.273.0. Function URLs made
// since October 2025 require lambda:InvokeFunction besides lambda:InvokeFunctionUrl, which comes
// with the origin. Without it CloudFront gets 403.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
func permitInvoke(scope constructs.Construct, id string, function awslambda.IFunction, distribution awscloudfront.Distribution) awslambda.CfnPermission {
	return awslambda.NewCfnPermission(scope, &id, &awslambda.CfnPermissionProps{
		Action:                jsii.String("lambda:InvokeFunction"),
		FunctionName:          function.FunctionArn(),
		Principal:             jsii.String("cloudfront.amazonaws.com"),
		SourceArn:             distribution.DistributionArn(),
		InvokedViaFunctionUrl: jsii.Bool(true), // through the URL, not by a plain Invoke
	})
}
