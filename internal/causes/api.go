package causes

// The APIs of Amazon API Gateway.
var api = []Cause{
	{
		ID:         RouteUnknown,
		Title:      "The API has no stage, or no method or route, for the request",
		Answer:     "403 {\"message\":\"Missing Authentication Token\"} or {\"message\":\"Forbidden\"} from a REST API; 404 {\"message\":\"Not Found\"} from an HTTP API",
		Why:        "The path begins with the stage, unless the stage is $default or a domain name of your own is mapped to it. Below that an API answers only the paths and methods that it has: {id} stands for one part of a path, {proxy+} for one or more, and so not for the root. A change takes effect only after a deployment.",
		Confidence: Documented, Source: "Amazon API Gateway Developer Guide, \"Gateway response types\" and \"Create routes for HTTP APIs\"; the 403 for a stage is a field report",
		Diagnose: "aws apigateway get-resources --rest-api-id \"$API\" --query 'items[].[path,keys(resourceMethods||`{}`)]'  # does not have the path, or not the method\n" +
			"aws apigateway get-stages --rest-api-id \"$API\" --query 'item[].stageName'  # does not have the first part of the path",
		Fix: Fix{
			Do:             "Send the request below the stage, for instance /prod. Add the method or the route, and deploy.",
			CDK:            "Add `apigateway.LambdaRestApiProps.proxy: true`, which takes all paths and the root.",
			Streamfront:    "`fronts.NewRestApi` and `fronts.NewHttpApi` take all paths and methods.",
			CloudFormation: "Add the AWS::ApiGateway::Method or AWS::ApiGatewayV2::Route. An AWS::ApiGateway::Deployment serves the methods that it names in DependsOn; an AWS::ApiGatewayV2::Stage needs AutoDeploy: true or a DeploymentId.",
		},
	},
	{
		ID:         APIKeyRequired,
		Title:      "The method requires an API key, and the request has no valid one",
		Answer:     "403 {\"message\":\"Forbidden\"} from a REST API",
		Why:        "A method with ApiKeyRequired requires X-Api-Key with an enabled key of a usage plan to which the stage belongs. A key that is in no usage plan does not count.",
		Confidence: Documented, Source: "Amazon API Gateway Developer Guide, \"Usage plans and API keys for REST APIs\"",
		Diagnose: "aws apigateway get-usage-plans --query 'items[].[id,apiStages]'  # does not have the stage, or\n" +
			"aws apigateway get-usage-plan-keys --usage-plan-id \"$PLAN\"  # does not have the key",
		Fix: Fix{
			Do:             "Send X-Api-Key, and put the key and the stage into one usage plan. A key is for counting and not for authorization.",
			CDK:            "Call `usagePlan@apigateway.UsagePlan.addApiKey(...)` and `usagePlan@apigateway.UsagePlan.addApiStage(...)`.",
			CloudFormation: "Add an AWS::ApiGateway::UsagePlanKey, and the stage to ApiStages of the AWS::ApiGateway::UsagePlan.",
		},
	},
	{
		ID:         APIGrantMissing,
		Title:      "No permission lets API Gateway invoke the function",
		Answer:     "500 {\"message\":\"Internal server error\"} from a REST API, {\"message\":\"Internal Server Error\"} from an HTTP API; {\"message\":null} for the function of an authorizer",
		Why:        "API Gateway invokes a function as apigateway.amazonaws.com. Without a statement of the function's resource policy that covers API, stage, method and path, Lambda refuses, and the caller sees a 500. A permission for the function does not count for its alias. An authorizer needs one of its own, for API/authorizers/ID.",
		Confidence: Documented, Source: "AWS Lambda Developer Guide, \"Handling Lambda errors with an API Gateway API\"",
		Diagnose: "aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # has no AWS:SourceArn that fits arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH",
		Fix: Fix{
			CDK:            "Use `apigateway.LambdaIntegration`, which adds the permission. For a function that is imported, call `function@lambda.Function.addPermission(...)` in its own stack.",
			Streamfront:    "`fronts.NewRestApi` and `fronts.NewHttpApi` add it.",
			CloudFormation: "Add an AWS::Lambda::Permission with Principal: apigateway.amazonaws.com, Action: lambda:InvokeFunction and the SourceArn of the API.",
		},
	},
	{
		ID:         IntegrationTimeout,
		Title:      "The function took longer than API Gateway waits",
		Answer:     "504 {\"message\":\"Endpoint request timed out\"} from a REST API, 503 {\"message\":\"Service Unavailable\"} from an HTTP API; a stream that breaks off",
		Why:        "A buffered REST API waits for 29 seconds unless the account's quota was raised, an HTTP API for 30 at most. A stream may last for 15 minutes, and be silent for 5, or for 30 seconds if the API is edge-optimized. The function keeps running and is billed.",
		Confidence: Documented, Source: "Amazon API Gateway Developer Guide, quotas of REST APIs and of HTTP APIs, \"Stream the integration response for your proxy integrations\"; the 503 is a field report",
		Diagnose: "curl -sSN -o /dev/null -w '%{http_code} after %{time_total} s\\n' \"$URL\"  # just that time\n" +
			"aws logs tail \"/aws/lambda/$FUNCTION\" --filter-pattern REPORT  # a Duration that is longer",
		Fix: Fix{
			Do:             "Stream: a REST API with the response transfer mode STREAM, or a function URL. In a silent stream send comments, as server-sent events have them.",
			CDK:            "Set `apigateway.LambdaIntegrationOptions.responseTransferMode: apigateway.ResponseTransferMode.STREAM` and `apigateway.LambdaIntegrationOptions.timeout: Duration.minutes(15)`.",
			Streamfront:    "`fronts.NewRestApi` streams for 15 minutes. `sse.Options.Heartbeat` sends comments.",
			CloudFormation: "Set ResponseTransferMode: STREAM, TimeoutInMillis: 900000 and the Uri of response-streaming-invocations in the Integration.",
		},
	},
	{
		ID:         BodyOverAPILimit,
		Title:      "The body is larger than API Gateway accepts",
		Answer:     "413 {\"message\":\"Request Too Long\"} from a REST API, {\"message\":\"Request Entity Too Large\"} from an HTTP API",
		Why:        "An API accepts 10 MB of body, but an event of Lambda only 6 MB. Binary bodies are in base64 there, which leaves about 4.5 MB.",
		Confidence: FieldReport, Source: "Amazon API Gateway Developer Guide, quotas, has the sizes; the words are reports",
		Diagnose: "head -c 10485761 /dev/zero > body; curl -sS -o /dev/null -w '%{http_code}\\n' --data-binary @body \"$URL\"  # 413, and a small body passes",
		Fix: Fix{
			Do:          "Upload to S3 by a presigned URL and send a reference.",
			Streamfront: "`NewUploads` makes a bucket for presigned URLs.",
		},
	},
	{
		ID:         RequestInvalid,
		Title:      "The request validator of the method refuses the request",
		Answer:     "400 {\"message\":\"Missing required request parameters: [...]\"} or {\"message\":\"Invalid request body\"} from a REST API",
		Why:        "A method with a request validator requires what its RequestParameters say, not blank, and a body that fits the model of its content type, a JSON schema of draft 4. A content type that has no model is not validated. A path parameter that the path does not have is missing in every request.",
		Confidence: Documented, Source: "Amazon API Gateway Developer Guide, \"Request validation for REST APIs in API Gateway\"; the words are recorded",
		Diagnose: "aws apigateway get-method --rest-api-id \"$API\" --resource-id \"$RESOURCE\" --http-method POST --query '[requestValidatorId,requestParameters,requestModels]'  # has what the request lacks\n" +
			"aws apigateway get-model --rest-api-id \"$API\" --model-name \"$MODEL\" --query schema --output text  # is what the body does not fit",
		Fix: Fix{
			Do:             "Send what the method requires; the trace of `streamfront run` says what does not fit.",
			CDK:            "Change `apigateway.MethodOptions.requestParameters` and `apigateway.MethodOptions.requestModels`; the model $default is for every content type.",
			CloudFormation: "Change RequestParameters and RequestModels of the AWS::ApiGateway::Method, or the Schema of the AWS::ApiGateway::Model.",
		},
	},
	{
		ID:         IdentitySourceMissing,
		Title:      "An identity source of the Lambda authorizer is missing from the request",
		Answer:     "401 {\"message\":\"Unauthorized\"} from an API, and the authorizer's function has no log line",
		Why:        "API Gateway invokes a Lambda authorizer only if each of its identity sources is present and not empty, and if the whole token of a TOKEN authorizer matches IdentityValidationExpression. A preflight has no Authorization header, so a method OPTIONS with an authorizer answers it 401. Behind CloudFront a header arrives only if a policy of the behavior forwards it.",
		Confidence: Documented, Source: "Amazon API Gateway API Reference, \"Authorizer\"; Developer Guide, \"Control access to HTTP APIs with AWS Lambda authorizers\"",
		Diagnose: "aws apigateway get-authorizers --rest-api-id \"$API\" --query 'items[].[name,type,identitySource,identityValidationExpression]'  # names a source that the request does not have\n" +
			"aws apigatewayv2 get-authorizers --api-id \"$API\" --query 'Items[].[Name,IdentitySource]'  # the same for an HTTP API",
		Fix: Fix{
			Do:             "Send what the identity sources name. Without sources and without a cache the function is invoked for every request.",
			CDK:            "Set `apigateway.RequestAuthorizerProps.identitySources` and `apigateway.RequestAuthorizerProps.resultsCacheTtl: Duration.seconds(0)`, or `apigateway.TokenAuthorizerProps.identitySource`.",
			CloudFormation: "Set IdentitySource of the authorizer, and AuthorizationType: NONE for a method OPTIONS.",
		},
	},
	{
		ID:         AuthorizerDenies,
		Title:      "The Lambda authorizer denies the request",
		Answer:     "403 {\"Message\":\"User is not authorized to access this resource\"}, followed by \"with an explicit deny\" if its policy has a Deny, from a REST API; 403 {\"message\":\"Forbidden\"} from an HTTP API; 401 {\"message\":\"Unauthorized\"} if its error is Unauthorized",
		Why:        "The policy that the function returned has a Deny for the method's ARN, or no Allow; or isAuthorized is false. An error whose whole message is Unauthorized becomes a 401, and any other error a 500.",
		Confidence: Documented, Source: "Amazon API Gateway Developer Guide, \"Use API Gateway Lambda authorizers\"; others recorded the messages",
		Diagnose: "aws apigateway test-invoke-authorizer --rest-api-id \"$API\" --authorizer-id \"$AUTHORIZER\" --headers \"Authorization=Bearer $TOKEN\" --query policy --output text  # does not allow the method, or denies it\n" +
			"streamfront run  # the hop authorizer shows the decision and its ARN",
		Fix: Fix{Do: "Compare the Resource of the policy with the method's ARN: arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH, where PATH has no slash at its beginning, and values in place of its parameters."},
	},
	{
		ID:         AuthorizerPolicyCached,
		Title:      "A policy that was cached for one path decides about another",
		Answer:     "403 {\"Message\":\"User is not authorized to access this resource\"} for the second path that a caller requests, while the first one works",
		Why:        "API Gateway caches the policy of an authorizer by its identity sources, for 5 minutes or AuthorizerResultTtlInSeconds (an HTTP API: only if that is set), and evaluates it for every method and path of the stage. A policy whose Resource is event.methodArn, as in many samples, allows only the method and path of the first request. Which path works differs from caller to caller.",
		Confidence: Documented, Source: "AWS Knowledge Center, \"HTTP 403 errors from an API Gateway proxy resource with a Lambda authorizer that has caching activated\"; Amazon API Gateway Developer Guide, \"Configure an API Gateway Lambda authorizer\"",
		Diagnose: "curl -sS -o /dev/null -w '%{http_code}\\n' -H \"Authorization: Bearer $TOKEN\" \"$URL/other\"  # 403, and after 5 minutes without a request 200\n" +
			"aws apigateway flush-stage-authorizers-cache --rest-api-id \"$API\" --stage-name \"$STAGE\"  # then the other path works, and the first does not",
		Fix: Fix{
			Do:             "Return a policy for everything that the caller may do, such as the ARN of the stage with /*/* at its end. Or turn the cache off.",
			CDK:            "Set `apigateway.TokenAuthorizerProps.resultsCacheTtl: Duration.seconds(0)`.",
			CloudFormation: "Set AuthorizerResultTtlInSeconds: 0. For an HTTP API, $context.routeKey in IdentitySource caches one answer for each route.",
		},
	},
	{
		ID:         AuthorizerFailed,
		Title:      "The Lambda authorizer fails, or returns an invalid answer",
		Answer:     "500 {\"message\":null} with x-amzn-errortype: AuthorizerConfigurationException from a REST API, 500 {\"message\":\"Internal Server Error\"} from an HTTP API",
		Why:        "The function threw an error other than Unauthorized, took too long (10 seconds for an HTTP API), or returned no principalId, no policyDocument with statements of Effect Allow or Deny, or an object or a list in the context. With simple responses an HTTP API requires isAuthorized, otherwise a policy: one in place of the other is a 500, too.",
		Confidence: FieldReport, Source: "Amazon API Gateway Developer Guide, \"Output from an API Gateway Lambda authorizer\", \"Control access to HTTP APIs with AWS Lambda authorizers\"; the messages are reports",
		Diagnose: "aws logs tail \"/aws/lambda/$FUNCTION\" --since 10m  # the error; without a line for the request a permission is missing (api-grant-missing)\n" +
			"aws apigatewayv2 get-authorizers --api-id \"$API\" --query 'Items[].[Name,AuthorizerPayloadFormatVersion,EnableSimpleResponses]'  # do not match what the function returns",
		Fix: Fix{
			Do:             "Catch expected errors in the function, and return a policy that denies, or throw new Error('Unauthorized'). Turn nested values of the context into texts with JSON.stringify.",
			CloudFormation: "Set EnableSimpleResponses: true where the function returns isAuthorized.",
		},
	},
}
