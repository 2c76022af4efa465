package causes

// What the CDK grants by itself: up to 2.271.0 lambda:InvokeFunctionUrl alone, from 2.273.0 on
// both. No version lies between.
const upgrade = "Upgrade to `aws-cdk-lib` 2.273 or newer, whose `origins.FunctionUrlOrigin.withOriginAccessControl(url)` grants both. "

const (
	distributionARN = "!Sub \"arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}\""
	fnAddPermission = "`fn@lambda.Function.addPermission('CloudFront', lambda.Permission{principal: new iam.ServicePrincipal('cloudfront.amazonaws.com'), sourceArn: distribution@cloudfront.Distribution.distributionArn, action: "
)

// The function's resource policy.
var grants = []Cause{
	{
		ID:         GrantURLMissing,
		Title:      "CloudFront may not call the function URL: lambda:InvokeFunctionUrl is not granted",
		Answer:     "403 AccessDeniedException, \"Forbidden. For troubleshooting Function URL authorization issues, see ...\"",
		Why:        "The function URL checks the resource policy of its function, or of its alias, for the CloudFront service with the ARN of this very distribution. The permission must also name the function and qualifier of the URL.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrict access to an AWS Lambda function URL origin\"",
		Diagnose: "aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # no lambda:InvokeFunctionUrl for cloudfront.amazonaws.com\n" +
			"streamfront check cdk.out",
		Fix: Fix{
			CDK: "Use `origins.FunctionUrlOrigin.withOriginAccessControl(url)`, which grants it. For an origin of your own: " +
				fnAddPermission + "'lambda:InvokeFunctionUrl', functionUrlAuthType: lambda.FunctionUrlAuthType.AWS_IAM})`.",
			Streamfront:    "`NewEndpoint` and `Endpoint.AddRoute` grant it; for a distribution of your own, `GrantInvoke` does.",
			CloudFormation: "Add an AWS::Lambda::Permission {Action: lambda:InvokeFunctionUrl, FunctionName: !GetAtt Url.FunctionArn, Principal: cloudfront.amazonaws.com, SourceArn: " + distributionARN + "}.",
		},
	},
	{
		ID:         GrantFunctionMissing,
		Title:      "CloudFront may call the URL but not the function: lambda:InvokeFunction is not granted",
		Answer:     "403 AccessDeniedException, \"Forbidden. For troubleshooting Function URL authorization issues, see ...\"",
		Why:        "Since October 2025 function URLs require two permissions, and the exception for older ones ended on 2026-11-01. Before version 2.273 the CDK's FunctionUrlOrigin grants the first one only.",
		Confidence: Documented, Source: "AWS Lambda Developer Guide, \"Control access to Lambda function URLs\"; the end of the exception is a field report, aws/aws-cdk#35872",
		Diagnose: "aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # no lambda:InvokeFunction for cloudfront.amazonaws.com\n" +
			"streamfront check cdk.out",
		Fix: Fix{
			CDK:            upgrade + "Or add the second: " + fnAddPermission + "'lambda:InvokeFunction', invokedViaFunctionUrl: true})`.",
			Streamfront:    "`NewEndpoint` and `Endpoint.AddRoute` grant both; for a distribution of your own, `GrantInvoke` does.",
			CloudFormation: "Add an AWS::Lambda::Permission {Action: lambda:InvokeFunction, InvokedViaFunctionUrl: true, FunctionName: !GetAtt Url.FunctionArn, Principal: cloudfront.amazonaws.com, SourceArn: " + distributionARN + "}, without FunctionUrlAuthType, which this action does not accept.",
		},
	},
	{
		ID:         GrantTooWide,
		Title:      "The permission lets more than this distribution call the function",
		Answer:     "200, through somebody else's distribution",
		Why:        "The principal cloudfront.amazonaws.com is the service for all its customers. Without SourceArn, or with a wildcard in it, anyone can point a distribution of their own at the function, past your firewall and limits.",
		Confidence: Documented, Source: "IAM User Guide, \"The confused deputy problem\"",
		Diagnose: "aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # a statement for cloudfront.amazonaws.com without AWS:SourceArn, or one that ends in distribution/*",
		Fix: Fix{
			CDK:            "Delete the permission if `origins.FunctionUrlOrigin.withOriginAccessControl(url)` makes the origin: it grants this distribution alone. Otherwise set `lambda.Permission.sourceArn: distribution@cloudfront.Distribution.distributionArn`, and one action instead of a wildcard.",
			Streamfront:    "`NewEndpoint`, `Endpoint.AddRoute` and `GrantInvoke` name the one distribution.",
			CloudFormation: "Set SourceArn: " + distributionARN + " in each permission, and one action instead of a wildcard.",
		},
	},
	{
		ID:         GrantAnyBucket,
		Title:      "The permission lets Amazon S3 invoke the function for the buckets of every account",
		Answer:     "nothing shows: the function handles events of somebody else's bucket",
		Why:        "The principal s3.amazonaws.com is the service for all its customers. Without SourceArn and SourceAccount, anyone can set a notification of a bucket of their own to the function, which then runs at your cost with keys that they choose. An ARN of a bucket has no account, so SourceArn alone fits whoever has the name after the bucket is deleted.",
		Confidence: Documented, Source: "AWS Security Hub User Guide, control Lambda.1; IAM User Guide, \"The confused deputy problem\"",
		Diagnose: "aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # a statement for s3.amazonaws.com without AWS:SourceAccount and AWS:SourceArn",
		Fix: Fix{
			Do:             "Name the bucket and its account in the permission.",
			CDK:            "Delete the permission if the CDK adds the notification to the bucket with a destination of Lambda: that grants this bucket alone. Otherwise set both in the permission: `lambda.Permission.sourceArn` to the bucket's ARN, and `lambda.Permission.sourceAccount`.",
			CloudFormation: "Set SourceArn to the bucket's ARN and SourceAccount: !Ref AWS::AccountId in the AWS::Lambda::Permission.",
		},
	},
	{
		ID:         GrantWithoutViaURL,
		Title:      "The permission for lambda:InvokeFunction is not limited to the function URL",
		Answer:     "200: nothing shows",
		Why:        "Without the condition lambda:InvokedViaFunctionUrl, the principal may also call the function by the Invoke API, past the URL and what it checks.",
		Confidence: Documented, Source: "AWS Lambda Developer Guide, \"Control access to Lambda function URLs\"",
		Diagnose: "aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # lambda:InvokeFunction without lambda:InvokedViaFunctionUrl",
		Fix: Fix{
			CDK:            "Set `lambda.Permission.invokedViaFunctionUrl: true`.",
			Streamfront:    "`NewEndpoint`, `Endpoint.AddRoute` and `GrantInvoke` set it.",
			CloudFormation: "Set InvokedViaFunctionUrl: true.",
		},
	},
	{
		ID:         GrantOtherDistribution,
		Title:      "The permission is for another distribution",
		Answer:     "403 AccessDeniedException, \"Forbidden. For troubleshooting Function URL authorization issues, see ...\"",
		Why:        "The function URL compares the ARN of the distribution that signs with SourceArn. An id that was copied, or is from an earlier deployment or another account, does not match.",
		Confidence: Assumed, Source: "follows from AWS Lambda Developer Guide, \"Control access to Lambda function URLs\"",
		Diagnose: "aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # AWS:SourceArn is not that of:\n" +
			"aws cloudfront get-distribution --id \"$DISTRIBUTION\" --query Distribution.ARN",
		Fix: Fix{
			CDK:            "Refer to the distribution instead of writing its id: `lambda.Permission.sourceArn: distribution@cloudfront.Distribution.distributionArn`.",
			Streamfront:    "`GrantInvoke` refers to it.",
			CloudFormation: "Set SourceArn: " + distributionARN + ".",
		},
	},
	{
		ID:         GrantOtherRegion,
		Title:      "The permission is created in another region than its function",
		Answer:     "the deployment fails: \"Functions from 'eu-west-1' are not reachable in this region ('us-east-1')\"",
		Why:        "CloudFormation creates a permission in the region of its stack, and Lambda looks for the function there. The CDK's FunctionUrlOrigin creates the permissions in the distribution's stack, so that crossRegionReferences bring the function's ARN to the wrong region.",
		Confidence: FieldReport, Source: "aws/aws-cdk#34536",
		Diagnose: "streamfront check cdk.out  # names the permission and both regions",
		Fix: Fix{
			Do:             "Put the distribution into a stack of the function's region: a distribution works from any; only its certificate and edge functions must be in us-east-1.",
			CDK:            "Or create both permissions in the function's stack, with `fn@lambda.Function.addPermission` for lambda:InvokeFunctionUrl and for lambda:InvokeFunction, and make the origin with `new origins.FunctionUrlOrigin(url, origins.FunctionUrlOriginProps{originAccessControlId: oac@cloudfront.FunctionUrlOriginAccessControl.originAccessControlId})`.",
			CloudFormation: "Or create both permissions in the function's stack.",
		},
	},
	{
		ID:         GrantPropagating,
		Title:      "The stack was deployed moments ago, and not every edge location knows",
		Answer:     "403 now and then, for a minute after a deployment",
		Why:        "Permissions and origin access control reach the edge locations one after the other. For 10 to 60 seconds some requests are refused, mostly after a URL changed from NONE to IAM.",
		Confidence: FieldReport, Source: "SST's documentation of its router",
		Diagnose: "aws cloudfront get-distribution --id \"$DISTRIBUTION\" --query Distribution.Status  # InProgress\n" +
			"for i in 1 2 3 4 5 6; do curl -sS -o /dev/null -w '%{http_code} ' \"$URL\"; sleep 10; done  # 403 first, then not",
		Fix: Fix{Do: "Wait until the status is Deployed, and a minute more. If 403 stays, it is another cause."},
	},
}
