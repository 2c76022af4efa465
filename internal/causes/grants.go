package causes

// The function's resource policy.
var grants = []Cause{
	{
		ID:         GrantURLMissing,
		Title:      "CloudFront may not call the function URL: lambda:InvokeFunctionUrl is not granted",
		Answer:     "403 AccessDeniedException, \"Forbidden. For troubleshooting Function URL authorization issues, see ...\"",
		Why:        "The function URL checks the resource policy of its function, or of its alias, for the CloudFront service with the ARN of the very distribution. The name of the function and the qualifier have to fit, too.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrict access to an AWS Lambda function URL origin\"",
		Tell: "aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # no lambda:InvokeFunctionUrl for cloudfront.amazonaws.com\n" +
			"streamfront check cdk.out",
		Mend: "NewEndpoint and AddRoute grant it; for a distribution of your own GrantInvoke does. In CloudFormation: AWS::Lambda::Permission {Action: lambda:InvokeFunctionUrl, FunctionName: !GetAtt Url.FunctionArn, Principal: cloudfront.amazonaws.com, SourceArn: !Sub \"arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}\"}.",
	},
	{
		ID:         GrantFunctionMissing,
		Title:      "CloudFront may call the URL but not the function: lambda:InvokeFunction is not granted",
		Answer:     "403 AccessDeniedException, \"Forbidden. For troubleshooting Function URL authorization issues, see ...\"",
		Why:        "Since October 2025 function URLs ask for two permissions, and the exception for older ones ended on 2026-11-01. CDK's FunctionUrlOrigin granted the first one only until late in 2026.",
		Confidence: Documented, Source: "AWS Lambda Developer Guide, \"Control access to Lambda function URLs\"; the end of the exception is a field report, aws/aws-cdk#35872",
		Tell: "aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # no lambda:InvokeFunction for cloudfront.amazonaws.com\n" +
			"streamfront check cdk.out",
		Mend: "NewEndpoint and AddRoute grant it; for a distribution of your own GrantInvoke does. In CloudFormation: AWS::Lambda::Permission {Action: lambda:InvokeFunction, InvokedViaFunctionUrl: true, FunctionName: !GetAtt Url.FunctionArn, Principal: cloudfront.amazonaws.com, SourceArn: !Sub \"arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}\"}, without FunctionUrlAuthType, which that action does not take.",
	},
	{
		ID:         GrantTooWide,
		Title:      "The permission lets more distributions call the function than the one",
		Answer:     "200, through a distribution of somebody else",
		Why:        "The principal cloudfront.amazonaws.com is the service for all its customers. Without SourceArn, or with a wildcard in it, whoever makes a distribution with this origin gets through, without your firewall and limits.",
		Confidence: Documented, Source: "IAM User Guide, \"The confused deputy problem\"",
		Tell: "aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # a statement for cloudfront.amazonaws.com without AWS:SourceArn, or one that ends in distribution/*",
		Mend: "NewEndpoint, AddRoute and GrantInvoke name the one distribution. In CloudFormation: SourceArn: !Sub \"arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}\" in each permission.",
	},
	{
		ID:         GrantWithoutViaURL,
		Title:      "The permission for lambda:InvokeFunction is not limited to the function URL",
		Answer:     "200: nothing shows",
		Why:        "Without the condition lambda:InvokedViaFunctionUrl the principal may call the function by the Invoke API, too, past the URL and what it checks.",
		Confidence: Documented, Source: "AWS Lambda Developer Guide, \"Control access to Lambda function URLs\"",
		Tell: "aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # lambda:InvokeFunction without lambda:InvokedViaFunctionUrl",
		Mend: "NewEndpoint, AddRoute and GrantInvoke set it. In CloudFormation: InvokedViaFunctionUrl: true.",
	},
	{
		ID:         GrantOtherDistribution,
		Title:      "The permission is for another distribution",
		Answer:     "403 AccessDeniedException, \"Forbidden. For troubleshooting Function URL authorization issues, see ...\"",
		Why:        "The function URL compares the ARN of the distribution that signs with SourceArn. A copied id, one of an earlier deployment or of another account does not match.",
		Confidence: Assumed, Source: "follows from AWS Lambda Developer Guide, \"Control access to Lambda function URLs\"",
		Tell: "aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # AWS:SourceArn is not that of:\n" +
			"aws cloudfront get-distribution --id \"$DISTRIBUTION\" --query Distribution.ARN",
		Mend: "Refer to the distribution instead of writing its id: GrantInvoke does. In CloudFormation: SourceArn: !Sub \"arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}\".",
	},
	{
		ID:         GrantOtherRegion,
		Title:      "The permission is created in another region than its function",
		Answer:     "the deployment fails: \"Functions from 'eu-west-1' are not reachable in this region ('us-east-1')\"",
		Why:        "CloudFormation creates a permission in the region of its stack, and Lambda looks for the function there. CDK's FunctionUrlOrigin.withOriginAccessControl makes the permissions in the stack of the distribution, so that crossRegionReferences hand the function's ARN to the wrong region.",
		Confidence: FieldReport, Source: "aws/aws-cdk#34536",
		Tell: "streamfront check cdk.out  # names the permission and both regions",
		Mend: "Put the distribution into the region of the function: a distribution works from any, only its certificate and edge functions have to be in us-east-1. Or create both permissions in the function's stack: FunctionUrlOrigin with an origin access control of your own (originAccessControlId by addPropertyOverride), and a CfnPermission for lambda:InvokeFunctionUrl and one for lambda:InvokeFunction there.",
	},
	{
		ID:         GrantPropagating,
		Title:      "The stack was deployed moments ago, and not every edge location knows",
		Answer:     "403 now and then, for a minute after a deployment",
		Why:        "Permissions and origin access control reach the edge one after the other. For 10 to 60 seconds some requests are refused, mostly after a URL changed from NONE to IAM.",
		Confidence: FieldReport, Source: "SST's documentation of its router",
		Tell: "aws cloudfront get-distribution --id \"$DISTRIBUTION\" --query Distribution.Status  # InProgress\n" +
			"for i in 1 2 3 4 5 6; do curl -sS -o /dev/null -w '%{http_code} ' \"$URL\"; sleep 10; done  # 403 first, then not",
		Mend: "Wait until the status is Deployed and a minute more. If 403 stays, it is another cause.",
	},
}
