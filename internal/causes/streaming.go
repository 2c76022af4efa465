package causes

// Modes and timeouts.
var streaming = []Cause{
	{
		ID:         InvokeModeMismatch,
		Title:      "Function URL and function do not agree on how responses are sent",
		Answer:     "200 with all text at the end; or 200 with the text {\"statusCode\":...}",
		Why:        "A BUFFERED URL hands over a response when it is whole, whatever the function writes. A RESPONSE_STREAM URL does not interpret the JSON of a buffered answer and delivers it as it is. The Lambda Web Adapter has a setting of its own that has to agree, and is buffered unless told otherwise.",
		Confidence: Recorded, Source: "localstack/localstack, recording of 2025-11-24; AWS Lambda Developer Guide, \"Response streaming for Lambda functions\"",
		Tell: "aws lambda get-function-url-config --function-name \"$FUNCTION\" --query InvokeMode\n" +
			"aws lambda get-function-configuration --function-name \"$FUNCTION\" --query Environment.Variables.AWS_LWA_INVOKE_MODE  # response_stream goes with RESPONSE_STREAM, buffered or nothing with BUFFERED",
		Mend: "NewEndpoint streams unless RouteOptions.InvokeMode says otherwise, and AddWebAdapter sets the adapter to fit. In CloudFormation: AWS::Lambda::Url InvokeMode: RESPONSE_STREAM with the variable AWS_LWA_INVOKE_MODE: response_stream.",
	},
	{
		ID:         StreamWithoutBody,
		Title:      "A streamed response without a body does not end",
		Answer:     "headers and then nothing, \"timed out with 0 bytes received\"; behind CloudFront 504 after the read timeout",
		Why:        "Users of several runtimes report that a function URL that streams keeps the connection open after a response without a byte of body: redirects, 204, 304, HEAD, an empty 200 or 400. Some of them found causes in their runtime, such as a status that is sent with the first byte only; for Go none is known. A response of one byte ends.",
		Confidence: FieldReport, Source: "aws/aws-lambda-go#593 and #596, aws/aws-lambda-nodejs-runtime-interface-client#95, aws/aws-lambda-web-adapter#499, fastify/aws-lambda-fastify#154, nitrojs/nitro#4417",
		Tell: "curl -sS -D - -o body -m 15 \"$FUNCTION_URL\"; wc -c body  # the status comes, and 15 seconds later error 28 with 0 bytes; a path with a body ends at once\n" +
			"streamfront run --hang-empty-streams cdk.out  # shows which answers of the application this would meet\n" +
			"streamfront smoke --only 'without a body' \"$URL\"  # says whether your account has it",
		Mend: "Write a byte, such as a line feed: streamhttp.Serve does so for redirects and errors, and with streamhttp.WithFilledBodies(true) for every status that may have a body. In place of 204 answer 200 with a body. Or set RouteOptions.InvokeMode to BUFFERED for the route, in CloudFormation AWS::Lambda::Url InvokeMode: BUFFERED, with a function or an adapter that buffers.",
	},
	{
		ID:         ReadTimeoutShort,
		Title:      "CloudFront waits less for the origin than the function may be silent",
		Answer:     "504 before the headers; a stream that breaks off after them",
		Why:        "The read timeout holds for the first byte and for each gap between pieces. It is 30 seconds unless set, and at most 120 without a higher quota, while a function runs up to 900. A model that thinks for longer than that is cut off.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Response timeout\"",
		Tell: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.Origins.Items[].CustomOriginConfig.OriginReadTimeout'  # less than the longest silence of the function\n" +
			"curl -sSN -w '\\n%{http_code} after %{time_total} s\\n' \"$URL\"  # ends after just that time",
		Mend: "RouteOptions.ReadTimeout up to 120 seconds, and let the function send something, such as an SSE comment, every 15 seconds; streamhttp/sse does. In CloudFormation: Origins[].CustomOriginConfig.OriginReadTimeout: 60 or more.",
	},
	{
		ID:         ReadTimeoutExceeded,
		Title:      "The function was silent for longer than CloudFront waits",
		Answer:     "504 with CloudFront's own page; after the headers the connection is cut",
		Why:        "No byte came within the origin's read timeout, before the first one or between two. GET and HEAD are tried up to three times before that, so that the wait triples and the function runs three times; others are not tried again.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Response timeout\"",
		Tell: "curl -sSN -o /dev/null -w '%{http_code} after %{time_total} s\\n' \"$URL\"  # the read timeout, or three times that for GET\n" +
			"aws logs tail \"/aws/lambda/$FUNCTION\"  # a REPORT line with a longer duration: the function went on",
		Mend: "Send headers and a first byte at once, and a comment every 15 seconds; streamhttp/sse does. Raise RouteOptions.ReadTimeout, in CloudFormation Origins[].CustomOriginConfig.OriginReadTimeout, up to 120.",
	},
	{
		ID:         CompletionTimeoutShort,
		Title:      "CloudFront ends responses before the function may",
		Answer:     "504, or a stream that breaks off at one and the same age",
		Why:        "ResponseCompletionTimeout bounds the whole response, attempts included, however many bytes come. Below the function's timeout it cuts streams that are alive. Unset there is no bound.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Response completion timeout\"",
		Tell: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.Origins.Items[].ResponseCompletionTimeout'\n" +
			"aws lambda get-function-configuration --function-name \"$FUNCTION\" --query Timeout  # more than that",
		Mend: "NewEndpoint sets none. In CloudFormation: remove Origins[].ResponseCompletionTimeout, or let it be no less than the function's Timeout.",
	},
}
