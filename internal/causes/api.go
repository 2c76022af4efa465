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
		Answer:     "500 {\"message\":\"Internal server error\"} from a REST API, {\"message\":\"Internal Server Error\"} from an HTTP API",
		Why:        "API Gateway invokes a function as apigateway.amazonaws.com. Without a statement of the function's resource policy that covers API, stage, method and path, Lambda refuses, and the caller sees a 500. A permission for the function does not count for its alias.",
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
}
