package streamfront

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// GrantInvoke lets a distribution of your own, one that has a [PayloadSigner], call the
// function URL of a function. It adds both permissions that AWS asks for, restricted to
// this one distribution, beside the distribution. An [Endpoint] needs no such call.
//
// CDK's FunctionUrlOrigin_WithOriginAccessControl adds one of the two itself, from v2.273.0 on
// both; to have them twice does no harm. A second call for the same pair does nothing.
func GrantInvoke(function awslambda.IFunction, distribution awscloudfront.Distribution) {
	var found problems
	if function == nil {
		found.add("GrantInvoke needs a function; pass the one whose URL is an origin of the distribution")
	}
	if distribution == nil {
		found.add("GrantInvoke needs a distribution; pass the one that calls the function URL")
	}
	found.report()
	name := *awscdk.Names_NodeUniqueId(function.Node())
	if distribution.Node().TryFindChild(jsii.String("InvokeFunction"+name)) != nil {
		return
	}
	permitInvokeUrl(distribution, "InvokeFunctionUrl"+name, function, distribution)
	permitInvoke(distribution, "InvokeFunction"+name, function, distribution)
}

func permitInvokeUrl(scope constructs.Construct, id string, function awslambda.IFunction, distribution awscloudfront.Distribution) {
	awslambda.NewCfnPermission(scope, &id, &awslambda.CfnPermissionProps{
		Action:              jsii.String("lambda:InvokeFunctionUrl"),
		FunctionName:        function.FunctionArn(),
		FunctionUrlAuthType: jsii.String("AWS_IAM"),
		Principal:           jsii.String("cloudfront.amazonaws.com"),
		SourceArn:           distribution.DistributionArn(),
	})
}

// permitInvokeAlias adds, for an alias, the permission that comes with the origin a second time.
// CDK's names the attribute FunctionArn of the function URL, of which nobody documents that it
// has the alias in it; on the function alone it would admit nobody to the alias.
func permitInvokeAlias(scope constructs.Construct, id string, function awslambda.IFunction, distribution awscloudfront.Distribution) {
	if _, ok := function.(awslambda.IAlias); ok {
		permitInvokeUrl(scope, id, function, distribution)
	}
}

// permitInvoke adds the permission that CDK leaves out before v2.273.0. Function URLs made
// since October 2025 want lambda:InvokeFunction besides lambda:InvokeFunctionUrl, which comes
// with the origin; without it CloudFront gets 403.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
func permitInvoke(scope constructs.Construct, id string, function awslambda.IFunction, distribution awscloudfront.Distribution) {
	awslambda.NewCfnPermission(scope, &id, &awslambda.CfnPermissionProps{
		Action:                jsii.String("lambda:InvokeFunction"),
		FunctionName:          function.FunctionArn(),
		Principal:             jsii.String("cloudfront.amazonaws.com"),
		SourceArn:             distribution.DistributionArn(),
		InvokedViaFunctionUrl: jsii.Bool(true), // through the URL, not by a plain Invoke
	})
}
