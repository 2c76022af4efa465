package causes

// The function, and what cannot be known of it.
var function = []Cause{
	{
		ID:         Throttled,
		Title:      "More requests at once than the function may serve",
		Answer:     "429 from the function URL",
		Why:        "Each stream occupies one execution environment for as long as it lasts. Beyond the reserved concurrency of the function, or the 1,000 of an account's region, Lambda refuses. A URL also accepts at most ten times the reserved concurrency per second.",
		Confidence: Documented, Source: "AWS Lambda Developer Guide, \"Configuring reserved concurrency for a function\"; the body of the answer is assumed",
		Diagnose: "aws lambda get-function-concurrency --function-name \"$FUNCTION\"\n" +
			"aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Throttles --dimensions Name=FunctionName,Value=\"$FUNCTION\" --start-time \"$START\" --end-time \"$END\" --period 60 --statistics Sum  # more than 0",
		Fix: Fix{
			Do:             "Raise the reserved concurrency or the quota of the account, limit the length of streams, and let clients retry later.",
			CDK:            "Set `lambda.FunctionProps.reservedConcurrentExecutions` on the function.",
			CloudFormation: "Set ReservedConcurrentExecutions in the AWS::Lambda::Function.",
		},
	},
	{
		ID:         FunctionFailed,
		Title:      "The function crashed, failed to start, ran out of time, or gave an answer that cannot be sent",
		Answer:     "502 Internal Server Error from the function URL; after the first byte a stream that breaks off, or ends as if it were complete",
		Why:        "Lambda answers 502 for an invocation that ends without a response: an unhandled error or panic, an exit, a failed start, a timeout. A response that Lambda cannot send counts, too: a buffered one over 6 MB, or one whose status or headers are not valid. A web application that the adapter cannot reach counts, too.",
		Confidence: Recorded, Source: "localstack/localstack, recording of 2025-11-24; the status of a timeout is assumed",
		Diagnose: "aws logs tail \"/aws/lambda/$FUNCTION\" --filter-pattern '?Error ?error ?panic ?\"timed out\" ?\"Runtime exited\"'  # says which\n" +
			"streamfront run cdk.out  # shows the function's output for the same request",
		Fix: Fix{
			Do:             "Fix what the log names. Raise the timeout, 3 seconds by default and at most 900, and the memory. Stream a response over 6 MB, or put it into S3 and answer with a presigned URL.",
			CDK:            "Set `lambda.FunctionProps.timeout: Duration.minutes(15)` and `lambda.FunctionProps.memorySize: 1024` on the function.",
			Streamfront:    "`streamhttp.Serve` survives a panic of a handler.",
			CloudFormation: "Set Timeout: 900 and MemorySize: 1024 in the AWS::Lambda::Function.",
		},
	},
	{
		ID:         HandlerMissing,
		Title:      "The code has no such handler",
		Answer:     "502 Internal Server Error from the function URL; at the edge 503 with x-cache: LambdaExecutionError from cloudfront",
		Why:        "The handler names a file of the code, without its extension, and what that exports, such as index.handler. Lambda accepts any name, and the function fails when it starts: Runtime.ImportModuleError, Runtime.HandlerNotFound or Runtime.MalformedHandlerName.",
		Confidence: Documented, Source: "AWS Lambda Developer Guide, \"Define Lambda function handler in Node.js\" and \"Define Lambda function handler in Python\"",
		Diagnose: "aws lambda get-function-configuration --function-name \"$FUNCTION\" --query '[Handler,Runtime]'  # no such file in the code\n" +
			"aws logs tail \"/aws/lambda/$FUNCTION\" --filter-pattern '?ImportModuleError ?HandlerNotFound ?MalformedHandlerName'  # says which",
		Fix: Fix{
			Do:             "Name the file and what it exports. Inline code is the file index.",
			CDK:            "Set `lambda.FunctionProps.handler: 'index.handler'` on the function.",
			CloudFormation: "Set Handler: index.handler in the AWS::Lambda::Function.",
		},
	},
	{
		ID:         LogsMissing,
		Title:      "The function may not write logs",
		Answer:     "200: nothing shows, not even when something fails",
		Why:        "Lambda writes what a function prints with the permissions of its role. Without logs:PutLogEvents the function works, but leaves no trace of its failures. Lambda@Edge logs in the region nearest to the viewer.",
		Confidence: Documented, Source: "AWS Lambda Developer Guide, \"Defining Lambda function permissions with an execution role\"",
		Diagnose: "aws logs tail \"/aws/lambda/$FUNCTION\"  # ResourceNotFoundException, although the function was called",
		Fix: Fix{
			CDK:            "Add `iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaBasicExecutionRole')` to `iam.RoleProps.managedPolicies` of the role, or leave the role of the function to the CDK.",
			Streamfront:    "`NewPayloadSigner` and `NewEndpoint` give their functions such roles.",
			CloudFormation: "Add arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole to ManagedPolicyArns of the AWS::IAM::Role.",
		},
	},
	{
		ID:         MCPSessionLost,
		Title:      "The MCP server keeps sessions in its memory",
		Answer:     "404 \"Session not found\" or 400 \"Server not initialized\" for some requests after the first, from the application",
		Why:        "A server that answers initialize with Mcp-Session-Id expects it with each later request, and knows it in one process only. Lambda gives each request to any execution environment and ends idle ones. Nothing ties a client to one.",
		Confidence: FieldReport, Source: "Model Context Protocol, \"Transports\", on session management, which servers may do without; modelcontextprotocol/java-sdk#428 and Effect-TS/effect#6752 on what becomes of it without sticky sessions",
		Diagnose: "curl -sS -D - -o /dev/null -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' -d '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},\"clientInfo\":{\"name\":\"curl\",\"version\":\"1\"}}}' \"$URL\" | grep -i '^mcp-session-id:'  # there is one: the server has sessions",
		Fix:      Fix{Do: "Make the server stateless: sessionIdGenerator: undefined and a new server for each request in the TypeScript SDK, stateless_http=True in Python's, StreamableHTTPOptions.Stateless in Go's. Keep state that has to last in a database, under a name that the client sends."},
	},
	{
		ID:         ValueUnknown,
		Title:      "A value that the checks need is not known before the deployment",
		Answer:     "nothing; check could not examine it",
		Why:        "The template takes the value from a parameter, another stack, a custom resource or a dynamic reference. It may be right or wrong.",
		Confidence: Documented, Source: "AWS CloudFormation Template Reference, \"Intrinsic function reference\"",
		Diagnose: "aws cloudformation get-template --stack-name \"$STACK\" --template-stage Processed\n" +
			"aws cloudfront get-distribution-config --id \"$DISTRIBUTION\"  # the value as it was deployed",
		Fix: Fix{Do: "Give check and run the value with --parameter, under the name in the finding. Or look at the deployed value, or define the resource in the same CDK app and refer to it."},
	},
	{
		ID:         CircularDependency,
		Title:      "Resources, or stacks, wait for each other",
		Answer:     "the deployment fails before it begins: \"Circular dependency between resources: [A, B]\"; of stacks \"No export named ... found\", or an error of 'cdk deploy'",
		Why:        "CloudFormation makes a resource after those that it refers to by Ref, Fn::GetAtt or Fn::Sub, in its properties, its metadata and its update policy, and after those in its DependsOn. A stack comes after those that it imports from. In a circle none can be the first.",
		Confidence: Documented, Source: "AWS CloudFormation Template Reference, \"DependsOn attribute\"; AWS Knowledge Center, \"How do I resolve circular dependencies with AWS SAM templates in CloudFormation?\"; of metadata aws/aws-cdk#13889, of update policies aws/aws-cdk#2231",
		Diagnose: "streamfront check cdk.out  # names the whole circle, and where each reference stands\n" +
			"aws cloudformation validate-template --template-body \"file://$TEMPLATE\"  # the same resources",
		Fix: Fix{
			Do:             "Break the circle at the reference that can do without: a DependsOn that is not needed, a name that is written out, or a resource of its own for what joins the two, such as a permission or a policy.",
			CDK:            "Give one of the two a name of its own, and write the name in place of the reference; or join them by a construct of its own, which refers to both.",
			Streamfront:    "The constructs refer to nothing in a circle.",
			CloudFormation: "Remove the DependsOn, or put Fn::Sub with the name in place of Ref.",
		},
	},
	{
		ID:         ValueRefused,
		Title:      "AWS does not accept the value of a property",
		Answer:     "the deployment fails: a validation error of CloudFormation, or InvalidRequest, InvalidArgument or ValidationException of the service",
		Why:        "Each property has its limits: a type, a range, an enumeration, a form or a size, and some properties exclude each other. AWS refuses other values when the stack is deployed, and the stack rolls back.",
		Confidence: Documented, Source: "AWS CloudFormation Template Reference, the resource and property of the finding",
		Diagnose: "streamfront check cdk.out  # names the property, the value and what AWS accepts\n" +
			"aws cloudformation describe-stack-events --stack-name \"$STACK\" --query 'StackEvents[?ends_with(ResourceStatus,`FAILED`)].[LogicalResourceId,ResourceStatusReason]'  # the same property",
		Fix: Fix{
			Do:          "Set the property to a value that AWS accepts; the finding says which.",
			CDK:         "Look for an escape hatch, `resource@CfnResource.addPropertyOverride(...)`, or a property of a Cfn class: constructs of the CDK refuse most such values themselves.",
			Streamfront: "The constructs set no such values.",
		},
	},
}
