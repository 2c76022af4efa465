package causes

// Functions at the edge, and what CloudFront answers for them.
var edge = []Cause{
	{
		ID:         EdgeFunctionUnfit,
		Title:      "Lambda@Edge does not accept the function",
		Answer:     "the deployment fails: InvalidLambdaFunctionAssociation or InvalidRequest",
		Why:        "Lambda@Edge accepts a numbered version in us-east-1 of a Node.js or Python function on x86_64, in the distribution's account, with at most 30 seconds. It accepts no environment variables, layers, VPC, container image, dead-letter queue, X-Ray, key of your own or provisioned concurrency.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrictions on Lambda@Edge\"",
		Diagnose: "aws lambda get-function-configuration --region us-east-1 --function-name \"$FUNCTION\" --qualifier 1  # Environment, Layers, VpcConfig, Architectures, PackageType, TracingConfig, Timeout\n" +
			"streamfront check cdk.out",
		Fix: Fix{
			Do:             "Remove the property that the finding names, and write settings into the code at synth.",
			CDK:            "Use `new experimental.EdgeFunction(this, 'Edge', ...)` with runtime, handler, code, memory and timeout only, and its `edge@experimental.EdgeFunction.currentVersion`.",
			Streamfront:    "The function of `NewPayloadSigner` meets these rules.",
			CloudFormation: "Refer to an AWS::Lambda::Version.",
		},
	},
	{
		ID:         SignerFailed,
		Title:      "The edge function threw, ran out of time or was throttled",
		Answer:     "503 with CloudFront's own page, x-cache: LambdaExecutionError or LambdaLimitExceeded from cloudfront",
		Why:        "CloudFront answers 503 for an edge function that fails. Its log is in the region nearest to the viewer, not in us-east-1.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"HTTP 503 status code (Service Unavailable)\"; the values of x-cache are a field report",
		Diagnose: "curl -sS -D - -o /dev/null -X POST -d hello \"$URL\" | grep -i -e x-cache -e x-amz-cf-pop  # LambdaExecutionError; the pop names the region\n" +
			"aws logs tail --region \"$REGION_OF_THE_POP\" \"/aws/lambda/us-east-1.$FUNCTION\"",
		Fix: Fix{
			Do:          "Read the error in the log; streamfront run shows it for the same request. If the quota of 1,000 at once in a region is reached, have it raised, or let the caller hash the body. An authorizer needs an issuer, with https://, and an audience among the custom headers of its origin.",
			Streamfront: "For the latter set `RouteOptions.PayloadHash` to `PayloadHash_CLIENT`.",
		},
	},
	{
		ID:         EdgeResultInvalid,
		Title:      "CloudFront refuses what the edge function returned",
		Answer:     "502 with CloudFront's own page, x-cache: LambdaValidationError from cloudfront",
		Why:        "CloudFront checks the result of an edge function: read-only headers unchanged (at origin-request accept-encoding, content-length, transfer-encoding, via and the conditional ones), none of the disallowed ones, header values in lists, a generated response with a status and at most 1 MB.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrictions on all edge functions\"; the values of x-cache are a field report",
		Diagnose: "curl -sS -D - -o /dev/null \"$URL\" | grep -i x-cache  # LambdaValidationError, FunctionValidationError for a CloudFront Function\n" +
			"aws logs tail --region us-east-1 \"/aws/cloudfront/LambdaEdge/$DISTRIBUTION\"",
		Fix: Fix{
			Do:          "Do not change the headers that the log names. Only a CloudFront Function at viewer-request can drop Accept-Encoding.",
			Streamfront: "The viewer function of `NewEndpoint` drops it.",
		},
	},
	{
		ID:         ErrorsHide403,
		Title:      "A custom error response replaces the answer that says what is wrong",
		Answer:     "200 or 404 with a page, where the function URL answered 403 or the function 4xx or 5xx",
		Why:        "CustomErrorResponses apply to the whole distribution. Those of single-page applications turn each 403 and 404 into /index.html with 200: a refused signature, a 401 of an API or an exhausted quota looks like success.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Generate custom error responses\"",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query DistributionConfig.CustomErrorResponses  # 403, 401, 404, 429 or 5xx with a page or another code\n" +
			"curl -sS -D - -o /dev/null \"$URL\" | grep -i x-cache  # Error from cloudfront, with a status of 200",
		Fix: Fix{
			CDK:            "Remove `cloudfront.DistributionProps.errorResponses`, and rewrite the paths of the single-page application in a CloudFront Function on its own behavior: `cloudfront.BehaviorOptions.functionAssociations: [cloudfront.FunctionAssociation{eventType: cloudfront.FunctionEventType.VIEWER_REQUEST, function: rewrite}]`.",
			Streamfront:    "Remove ErrorResponses from `EndpointProps.DistributionProps`.",
			CloudFormation: "Remove ResponsePagePath and ResponseCode from CustomErrorResponses.",
		},
	},
	{
		ID:         MethodNotAllowed,
		Title:      "The behavior does not allow the method",
		Answer:     "403 with CloudFront's own page, \"This distribution is not configured to allow the HTTP request method\"",
		Why:        "CloudFront allows GET and HEAD unless told otherwise, and refuses others itself. The first path pattern that matches decides, which may not be the behavior that you expect.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Cache behavior settings\"",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.[DefaultCacheBehavior,CacheBehaviors.Items][].AllowedMethods.Items'  # the method is not in the list",
		Fix: Fix{
			CDK:            "Set `cloudfront.BehaviorOptions.allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL` on the behavior. Bodies then need a signer: see payload-hash-missing.",
			Streamfront:    "Set `RouteOptions.PayloadHash` to `PayloadHash_EDGE` or `PayloadHash_CLIENT`; `PayloadHash_NONE` allows GET, HEAD and OPTIONS.",
			CloudFormation: "Set AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE].",
		},
	},
	{
		ID:         GetWithBody,
		Title:      "CloudFront refuses a GET with a body",
		Answer:     "403 with CloudFront's own page",
		Why:        "CloudFront does not forward the body of a GET or HEAD, and refuses such a GET itself.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Request and response behavior for custom origins\"",
		Diagnose: "curl -sS -o /dev/null -w '%{http_code}\\n' \"$URL\"  # passes; the same with -X GET -d x is 403",
		Fix:      Fix{Do: "Send a POST, or put the data into the query."},
	},
}
