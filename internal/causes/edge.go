package causes

// Functions at the edge, and what CloudFront answers for them.
var edge = []Cause{
	{
		ID:         EdgeFunctionUnfit,
		Title:      "The function is not one that Lambda@Edge takes",
		Answer:     "the deployment fails: InvalidLambdaFunctionAssociation or InvalidRequest",
		Why:        "Lambda@Edge takes a numbered version in us-east-1 of a Node.js or Python function on x86_64, of the distribution's account, with at most 30 seconds; no environment variables, layers, VPC, container image, dead-letter queue, X-Ray, key of your own or provisioned concurrency.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrictions on Lambda@Edge\"",
		Tell: "aws lambda get-function-configuration --region us-east-1 --function-name \"$FUNCTION\" --qualifier 1  # Environment, Layers, VpcConfig, Architectures, PackageType, TracingConfig, Timeout\n" +
			"streamfront check cdk.out",
		Mend: "NewPayloadSigner fits. For a function of your own: awscloudfront/experimental.NewEdgeFunction with no more than runtime, handler, code, memory and timeout; put its settings into the code at synth. In CloudFormation: remove the property named, and refer to an AWS::Lambda::Version.",
	},
	{
		ID:         SignerFailed,
		Title:      "The edge function threw, ran out of time or was throttled",
		Answer:     "503 with CloudFront's own page, x-cache: LambdaExecutionError or LambdaLimitExceeded from cloudfront",
		Why:        "CloudFront answers 503 for an edge function that fails. Its log is in the region nearest to the viewer, not in us-east-1.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"HTTP 503 status code (Service Unavailable)\"; the values of x-cache are a field report",
		Tell: "curl -sS -D - -o /dev/null -X POST -d hello \"$URL\" | grep -i -e x-cache -e x-amz-cf-pop  # LambdaExecutionError; the pop names the region\n" +
			"aws logs tail --region \"$REGION_OF_THE_POP\" \"/aws/lambda/us-east-1.$FUNCTION\"",
		Mend: "Read the error in the log. streamfront run shows it for the same request. Where the quota of 1,000 at once in a region is reached, have it raised or let the caller hash (PayloadHash_CLIENT).",
	},
	{
		ID:         EdgeResultInvalid,
		Title:      "CloudFront refuses what the edge function returned",
		Answer:     "502 with CloudFront's own page, x-cache: LambdaValidationError from cloudfront",
		Why:        "The result of an edge function is checked: read-only headers as they were (at origin-request accept-encoding, content-length, transfer-encoding, via and the conditional ones), none of the disallowed ones, header values in lists, a generated response with a status and at most 1 MB.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrictions on all edge functions\"; the values of x-cache are a field report",
		Tell: "curl -sS -D - -o /dev/null \"$URL\" | grep -i x-cache  # LambdaValidationError, FunctionValidationError for a CloudFront Function\n" +
			"aws logs tail --region us-east-1 \"/aws/cloudfront/LambdaEdge/$DISTRIBUTION\"",
		Mend: "Leave the headers named in the log alone. Accept-Encoding can be dropped by a CloudFront Function at viewer-request only, which NewEndpoint's does.",
	},
	{
		ID:         ErrorsHide403,
		Title:      "A custom error response replaces the answer that tells what is wrong",
		Answer:     "200 or 404 with a page, where the function URL answered 403 or the function 4xx or 5xx",
		Why:        "CustomErrorResponses hold for the whole distribution. Those for single-page applications turn each 403 and 404 into /index.html with 200: a refused signature, a 401 of an API or an exhausted quota looks like success.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Generate custom error responses\"",
		Tell: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query DistributionConfig.CustomErrorResponses  # 403, 401, 404, 429 or 5xx with a page or another code\n" +
			"curl -sS -D - -o /dev/null \"$URL\" | grep -i x-cache  # Error from cloudfront, with a status of 200",
		Mend: "Remove DistributionProps.ErrorResponses; rewrite the paths of a single-page application in a CloudFront Function at viewer-request on its own behavior. In CloudFormation: CustomErrorResponses without ResponsePagePath and ResponseCode.",
	},
	{
		ID:         MethodNotAllowed,
		Title:      "The behavior does not allow the method",
		Answer:     "403 with CloudFront's own page, \"This distribution is not configured to allow the HTTP request method\"",
		Why:        "CloudFront allows GET and HEAD unless told otherwise, and answers others itself. The first path pattern that fits decides, which may not be the behavior one has in mind.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Cache behavior settings\"",
		Tell: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.[DefaultCacheBehavior,CacheBehaviors.Items][].AllowedMethods.Items'  # the method is not in the list",
		Mend: "PayloadHash_EDGE or PayloadHash_CLIENT on the route allow all methods, PayloadHash_NONE three. In CloudFormation: AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE], and a signer.",
	},
	{
		ID:         GetWithBody,
		Title:      "CloudFront refuses a GET with a body",
		Answer:     "403 with CloudFront's own page",
		Why:        "CloudFront does not forward the body of a GET or HEAD, and answers such a GET itself.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Request and response behavior for custom origins\"",
		Tell: "curl -sS -o /dev/null -w '%{http_code}\\n' \"$URL\"  # passes; the same with -X GET -d x is 403",
		Mend: "Send a POST, or put the data into the query.",
	},
}
