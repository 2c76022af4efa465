package causes

// The WebSocket APIs of Amazon API Gateway.
var websockets = []Cause{
	{
		ID:         MessageTooLarge,
		Title:      "The message, or a frame of it, is larger than a WebSocket API accepts",
		Answer:     "the connection is closed with 1009; 413 from PostToConnection",
		Why:        "A message has at most 128 KB, in frames of at most 32 KB. Browsers and most libraries send a message in one frame, so that 32 KB are their limit.",
		Confidence: Documented, Source: "Amazon API Gateway Developer Guide, \"Quotas for configuring and running a WebSocket API in API Gateway\"",
		Diagnose: "node -e 'const w = new WebSocket(process.argv[1]); w.onopen = () => w.send(\"x\".repeat(33000)); w.onclose = (e) => console.log(e.code)' \"$WEBSOCKET_URL\"  # prints 1009",
		Fix:      Fix{Do: "Send less, or several messages. Upload what is large to S3 by a presigned URL and send a reference."},
	},
	{
		ID:         ConnectionGone,
		Title:      "The client of the connection has left",
		Answer:     "410 GoneException from the management API",
		Why:        "A connection ends when the client leaves, after 10 minutes without a message, and after 2 hours. It does not exist until the function of $connect has answered.",
		Confidence: Documented, Source: "Amazon API Gateway Developer Guide, \"Use @connections commands in your backend service\"; that it holds during $connect is a field report",
		Diagnose: "aws apigatewaymanagementapi get-connection --endpoint-url \"https://$API.execute-api.$AWS_REGION.amazonaws.com/$STAGE\" --connection-id \"$CONNECTION\"  # GoneException",
		Fix: Fix{
			Do:          "Stop the work for the client, and forget the connection. Do not post from the function of $connect. Let a client that waits send a message every few minutes.",
			Streamfront: "`streamhttp.ErrGone` ends the context of the request by itself.",
		},
	},
	{
		ID:         ManageConnectionsMissing,
		Title:      "The function's role may not write to the connections",
		Answer:     "nothing arrives at the client; the function gets 403 AccessDeniedException from the management API",
		Why:        "PostToConnection is a request to execute-api, signed with the credentials of the function's role, which needs execute-api:ManageConnections on the API, its stage and @connections.",
		Confidence: Documented, Source: "Amazon API Gateway Developer Guide, \"Control access to WebSocket APIs with IAM authorization\"",
		Diagnose: "aws logs tail \"/aws/lambda/$FUNCTION\" --filter-pattern 'ManageConnections'  # is not authorized to perform: execute-api:ManageConnections",
		Fix: Fix{
			Do:             "Grant it to the function, by grantManageConnections of the API in the CDK.",
			Streamfront:    "`fronts.NewWebSocketApi` grants it.",
			CloudFormation: "Allow execute-api:ManageConnections on arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/POST/@connections/* in a policy of the function's role.",
		},
	},
}
