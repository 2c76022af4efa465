package causes

// Modes and timeouts.
var streaming = []Cause{
	{
		ID:         InvokeModeMismatch,
		Title:      "Function URL and function do not agree on how responses are sent",
		Answer:     "200 with all text at the end; or 200 with the text {\"statusCode\":...}",
		Why:        "A BUFFERED URL sends a response when it is complete, whatever the function writes. A RESPONSE_STREAM URL does not interpret the JSON of a buffered answer and sends it unchanged. The Lambda Web Adapter has a setting of its own that must agree, and buffers by default.",
		Confidence: Recorded, Source: "localstack/localstack, recording of 2025-11-24; AWS Lambda Developer Guide, \"Response streaming for Lambda functions\"",
		Diagnose: "aws lambda get-function-url-config --function-name \"$FUNCTION\" --query InvokeMode\n" +
			"aws lambda get-function-configuration --function-name \"$FUNCTION\" --query Environment.Variables.AWS_LWA_INVOKE_MODE  # response_stream goes with RESPONSE_STREAM, buffered or nothing with BUFFERED",
		Fix: Fix{
			CDK:            "Set `lambda.FunctionUrlOptions.invokeMode: lambda.InvokeMode.RESPONSE_STREAM` on the function URL, and behind the Lambda Web Adapter the variable AWS_LWA_INVOKE_MODE to response_stream in `lambda.FunctionProps.environment`.",
			Streamfront:    "`NewEndpoint` streams unless `RouteOptions.InvokeMode` says otherwise, and `AddWebAdapter` sets the variable.",
			CloudFormation: "Set InvokeMode: RESPONSE_STREAM in the AWS::Lambda::Url, with AWS_LWA_INVOKE_MODE: response_stream in the function's variables.",
		},
	},
	{
		ID:         StreamWithoutBody,
		Title:      "A streamed response without a body does not end",
		Answer:     "headers and then nothing, \"timed out with 0 bytes received\"; behind CloudFront 504 after the read timeout",
		Why:        "Users of several runtimes report that a function URL that streams keeps the connection open after a response without a byte of body: redirects, 204, 304, HEAD, an empty 200 or 400. Some of them found the reason in their runtime, such as a status that is sent with the first byte only; for Go none is known. A response of one byte ends.",
		Confidence: FieldReport, Source: "aws/aws-lambda-go#593 and #596, aws/aws-lambda-nodejs-runtime-interface-client#95, aws/aws-lambda-web-adapter#499, fastify/aws-lambda-fastify#154, nitrojs/nitro#4417",
		Diagnose: "curl -sS -D - -o body -m 15 \"$FUNCTION_URL\"; wc -c body  # the status comes, and 15 seconds later error 28 with 0 bytes; a path with a body ends at once\n" +
			"streamfront run --hang-empty-streams cdk.out  # shows which answers of the application this would meet\n" +
			"streamfront smoke --only 'without a body' \"$URL\"  # says whether your account has it",
		Fix: Fix{
			Do:             "Write a byte, such as a line feed, and answer 200 with a body in place of 204. Or buffer this route, with a function or an adapter that buffers too.",
			CDK:            "To buffer, set `lambda.FunctionUrlOptions.invokeMode: lambda.InvokeMode.BUFFERED` on its function URL.",
			Streamfront:    "`streamhttp.Serve` writes a byte for redirects and errors, and with `streamhttp.WithFilledBodies` for every status that may have a body. To buffer, set `RouteOptions.InvokeMode`.",
			CloudFormation: "To buffer, set InvokeMode: BUFFERED in the AWS::Lambda::Url.",
		},
	},
	{
		ID:         ReadTimeoutShort,
		Title:      "CloudFront waits less for the origin than the function may be silent",
		Answer:     "504 before the headers; a stream that breaks off after them",
		Why:        "The read timeout applies to the first byte and to each gap between pieces. It is 30 seconds by default and at most 120 without a higher quota, while a function may run for 900. A model that thinks for longer is cut off.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Response timeout\"",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.Origins.Items[].CustomOriginConfig.OriginReadTimeout'  # less than the longest silence of the function\n" +
			"curl -sSN -w '\\n%{http_code} after %{time_total} s\\n' \"$URL\"  # ends after just that time",
		Fix: Fix{
			Do:             "Raise the read timeout, up to 120 seconds, and let the function send something every 15 seconds, such as an SSE comment.",
			CDK:            "Use `origins.FunctionUrlOrigin.withOriginAccessControl(url, origins.FunctionUrlOriginWithOACProps{readTimeout: Duration.seconds(120)})`.",
			Streamfront:    "Set `RouteOptions.ReadTimeout`; streamhttp/sse sends the comments.",
			CloudFormation: "Set CustomOriginConfig.OriginReadTimeout: 120 in the origin.",
		},
	},
	{
		ID:         ReadTimeoutExceeded,
		Title:      "The function was silent for longer than CloudFront waits",
		Answer:     "504 with CloudFront's own page; after the headers the connection is cut",
		Why:        "No byte came within the origin's read timeout, before the first one or between two. CloudFront tries GET and HEAD up to three times, so that the wait triples and the function runs three times. It does not retry other methods.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Response timeout\"",
		Diagnose: "curl -sSN -o /dev/null -w '%{http_code} after %{time_total} s\\n' \"$URL\"  # the read timeout, or three times that for GET\n" +
			"aws logs tail \"/aws/lambda/$FUNCTION\"  # a REPORT line with a longer duration: the function went on",
		Fix: Fix{
			Do:             "Send headers and a first byte at once, and a comment every 15 seconds. Raise the read timeout, up to 120 seconds.",
			CDK:            "Use `origins.FunctionUrlOrigin.withOriginAccessControl(url, origins.FunctionUrlOriginWithOACProps{readTimeout: Duration.seconds(120)})`.",
			Streamfront:    "streamhttp/sse sends the comments; set `RouteOptions.ReadTimeout`.",
			CloudFormation: "Set CustomOriginConfig.OriginReadTimeout: 120 in the origin.",
		},
	},
	{
		ID:         StreamNotEnded,
		Title:      "The function does not end its stream before its timeout",
		Answer:     "200, all events, and then nothing until the stream breaks off, or ends as if it were complete, at the age of the function's timeout",
		Why:        "An invocation ends with its stream, and not with its handler. A streaming handler that returns without responseStream.end(), or that waits for something that never comes, keeps its execution environment until the timeout, which is billed, and the environment ends with it.",
		Confidence: Documented, Source: "AWS Lambda Developer Guide, \"Writing response streaming-enabled Lambda functions\"",
		Diagnose: "aws logs tail \"/aws/lambda/$FUNCTION\" --filter-pattern '\"Task timed out\"'  # one for each such request\n" +
			"streamfront run cdk.out  # the hop of the function says that the stream was not ended",
		Fix: Fix{
			Do:             "Call responseStream.end() on every path out of the handler, also after errors, or pipe into it, which ends it. Bound every wait by less than the timeout. If the stream is meant to last longer, raise the timeout, up to 900 seconds.",
			CDK:            "Set `lambda.FunctionProps.timeout: Duration.minutes(15)` if streams are meant to last longer.",
			Streamfront:    "`streamhttp.Serve` ends the stream when the handler returns.",
			CloudFormation: "Set Timeout: 900 in the AWS::Lambda::Function if streams are meant to last longer.",
		},
	},
	{
		ID:         CompletionTimeoutShort,
		Title:      "CloudFront ends responses before the function may",
		Answer:     "504, or a stream that breaks off at one and the same age",
		Why:        "ResponseCompletionTimeout limits the whole response, retries included, however many bytes come. Below the function's timeout it cuts streams that are alive. Without it there is no limit.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Response completion timeout\"",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.Origins.Items[].ResponseCompletionTimeout'\n" +
			"aws lambda get-function-configuration --function-name \"$FUNCTION\" --query Timeout  # more than that",
		Fix: Fix{
			CDK:            "Remove `origins.FunctionUrlOriginWithOACProps.responseCompletionTimeout` from the origin, or raise it to the function's timeout or more: `origins.FunctionUrlOriginWithOACProps.responseCompletionTimeout: Duration.minutes(15)`.",
			Streamfront:    "`NewEndpoint` sets none.",
			CloudFormation: "Remove ResponseCompletionTimeout from the origin, or set it to the function's Timeout or more.",
		},
	},
}
