package fidelity

var webSockets = []Row{
	{
		Name:       "websocket-events",
		AWS:        "Each message is an event of its route, selected by a property of its body; $connect has headers and query, $disconnect the code and the reason. Messages are served side by side.",
		Confidence: Documented | Recorded,
		Tests:      []string{"TestWebSocketEvents", "TestSelection"},
	},
	{
		Name:       "websocket-handshake",
		AWS:        "A client is connected if the function of $connect answers 2xx; otherwise the handshake has the function's status, 502 if it failed (field reports), and the function's `Sec-WebSocket-Protocol`, of all headers. A request that does not ask for a WebSocket is a 403 (assumed).",
		Chain:      "The same; pages of other machines are refused, which AWS would admit.",
		Confidence: Documented | FieldReport | Assumed,
		Tests:      []string{"TestWebSocketHandshakes", "TestWebSocketEvents"},
	},
	{
		Name:       "websocket-through-distribution",
		AWS:        "CloudFront passes an upgrade on to a custom origin, if a policy forwards Sec-WebSocket-Key and Sec-WebSocket-Version, and cuts a WebSocket whose origin sends nothing for 10 minutes. That the cache is not looked at, functions at response events do not run on a 101, a response headers policy and the completion timeout do not count, the cut is without a close frame, and a handshake without the two headers is a 400 of the API are assumed.",
		Chain:      "The same for WebSocket APIs, load balancers and `--origin`; function URLs and buckets get a plain GET. A page of another machine gets 403, which CloudFront would let through.",
		Confidence: Documented | Assumed,
		Tests:      []string{"TestAWebSocketThroughADistribution", "TestAWebSocketThroughADistributionHasItsEvents", "TestWebSocketsEnd", "TestUpgradesThatAreNotPassedOn"},
	},
	{
		Name:       "websocket-authorizer",
		AWS:        "A Lambda authorizer is asked on $connect: 401 if what identifies the client is missing, or if it fails with `Unauthorized` (assumed to hold as for REST APIs), 403 if its policy does not allow; its context is in each event, as texts.",
		Confidence: Documented | Assumed,
		Tests:      []string{"TestWebSocketHandshakes", "TestAnswers"},
	},
	{
		Name:       "websocket-signatures",
		AWS:        "With AWS_IAM on $connect a client signs for `execute-api` in its headers, or in the query as browsers have to (field reports), and its policies allow execute-api:Invoke on $connect. The words of the refusals, that a URL without X-Amz-Expires lasts 5 minutes, and that the identity is in each event, are assumed.",
		Chain:      "The same: the functions of the assembly may sign as their roles allow, and the key of `--invoker-key`, whose policies allow it. An API key on $connect admits nobody (501).",
		Confidence: Documented | FieldReport | Assumed,
		Tests:      []string{"TestWebSocketWithSignatures", "TestWebSocketWithSignaturesAndPolicies", "TestPresigned", "TestWebSocketThatIsNotModelled"},
	},
	{
		Name:       "websocket-limits",
		AWS:        "128 KB a message and 32 KB a frame, else 1009; binary frames are closed with 1003; 10 minutes of silence and 2 hours end with 1001 (the codes of the latter are field reports). A ping is not a message (assumed).",
		Confidence: Documented | FieldReport | Assumed,
		Tests:      []string{"TestWebSocketLimits", "TestConnectionsEnd", "TestFrames"},
	},
	{
		Name:       "websocket-failures",
		AWS:        "A message without a route, over the stage's limits, or whose function fails or takes over 29 s is answered by `{\"message\":...,\"connectionId\":...,\"requestId\":...}`.",
		Confidence: FieldReport,
		Tests:      []string{"TestWebSocketFailures", "TestBuckets"},
	},
	{
		Name:       "websocket-mocks",
		AWS:        "A MOCK integration answers with the statusCode of its request's template, and a route that has a response says what the integration response for this status says. Without a statusCode it fails with 500 (field report). That the template counts whatever its key is, is assumed.",
		Chain:      "The same for templates that are a mere statusCode, and for responses of plain text. Other templates, HTTP, HTTP_PROXY and AWS integrations, and a MOCK without an integration response before a route response are named, and their routes are not served.",
		Confidence: Documented | FieldReport | Assumed,
		Tests:      []string{"TestWebSocketMocks", "TestWebSocketIntegrationsThatAreNotModelled"},
	},
	{
		Name:       "websocket-management",
		AWS:        "The management API requires a signature for execute-api and execute-api:ManageConnections; 410 for a client that has left or is not connected yet, 413 over 128 KB.",
		Chain:      "The same, at the address of the API: functions find it in `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI` if there is one WebSocket API, and by its own name on AWS. With `--credentials` the keys of the environment count.",
		Confidence: Documented | FieldReport,
		Tests:      []string{"TestWebSocketManagement", "TestWebSocketManagementByItsOwnName", "TestWebSocketManagementOfGetAndDelete"},
	},
	{
		Name:       "invoke-asynchronously",
		AWS:        "An asynchronous invocation that fails is tried twice more, unless MaximumRetryAttempts says otherwise; its payload has at most 1 MB.",
		Chain:      "It is tried once. Of AWS Lambda's API there is Invoke, for the functions behind front doors, as the caller's role allows.",
		Confidence: Documented,
		Tests:      []string{"TestWebSocketStreams", "TestInvoke"},
	},
	{
		Name:       "websocket-domains",
		AWS:        "An API may have custom domain names, each for WebSocket APIs alone or for none: a mapping leads from a path to a stage. Mappings with several levels make the names of headers lower case. Events have the name, and the management API is below the path that is mapped.",
		Chain:      "The same. Mutual TLS is not modelled, and certificates and DNS records make no difference.",
		Confidence: Documented,
		Tests:      []string{"TestWebSocketWithANameOfItsOwn", "TestWebSocketWithTwoNames", "TestWebSocketNamesThatAreRefused"},
	},
}
