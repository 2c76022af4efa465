package fidelity

var edge = []Row{
	{
		Name:       "lambda-edge",
		AWS:        "Lambda@Edge gets an event with up to 1 MB of the body, while all of the body goes on. Some headers are read-only or disallowed. A function may generate a response. Failures are 502 and 503.",
		Confidence: Documented,
		Tests:      []string{"TestOriginRequestEvent", "TestMerge", "TestGeneratedResponses", "TestOriginResponse"},
	},
	{
		Name:       "cloudfront-functions",
		AWS:        "CloudFront Functions have two runtimes, the modules crypto, querystring and Buffer, and no network. A function that does not compile is not created.",
		Confidence: Documented,
		Tests:      []string{"TestViewerEvent", "TestWhatCloudFrontFunctionsSee", "TestModules"},
	},
	{
		Name:       "edge-features",
		AWS:        "Functions of both kinds run at viewer-response, but not on errors and error pages. Lambda@Edge at viewer-request sees 40 KB of a body. There are key-value stores, `updateRequestOrigin`, `selectRequestOriginById`, `createRequestOriginGroup` and `ForwardedValues`.",
		Confidence: Documented,
		Tests:      []string{"TestViewerResponse", "TestLambdaAtViewerEvents", "TestKeyValueStore", "TestChosenOrigin", "TestForwardedValues"},
	},
	{
		Name:       "viewer-response-view",
		AWS:        "A function at viewer-response sees the request as viewer-request left it, and the headers that the response headers policy made. Its own headers are the last word.",
		Confidence: Assumed,
		Tests:      []string{"TestViewerResponse"},
	},
	{
		Name:       "chosen-origin",
		AWS:        "`cf.updateRequestOrigin` before an origin group asks the one origin that it makes. `createRequestOriginGroup` takes two ids, with overrides or without; a choice that names no origin, or not two, is 503.",
		Chain:      "A group beside another choice, and fields that are not documented, are answered 501.",
		Confidence: Assumed,
		Tests:      []string{"TestChosenOrigin", "TestCloudFrontFunctionFailures"},
	},
	{
		Name:       "moved-origin",
		AWS:        "Lambda@Edge at origin-request may put another origin in place of the one it was given: of either kind, within the documented bounds. An origin access control goes on signing where it is of the new origin's kind (assumed).",
		Chain:      "Origins of the distribution, function URLs and buckets of the assembly are asked; any other is 501 by name.",
		Confidence: Documented | Assumed,
		Tests:      []string{"TestOriginChosenByLambdaAtTheEdge", "TestOriginRequestResults"},
	},
	{
		Name:       "edge-node-version",
		AWS:        "An edge function runs on the Node.js version that it declares.",
		Chain:      "It runs on this machine's Node.js; the start names a difference. Only nodejs22.x and nodejs24.x are accepted.",
		Confidence: Documented,
		Tests:      []string{"TestNotesNameAnotherNodeVersion"},
	},
	{
		Name:       "function-interpreter",
		AWS:        "A CloudFront Function may use about 1 ms and 2 MB, and a subset of JavaScript.",
		Chain:      "An interpreter (goja) with the documented modules runs it. It knows more of the language, and stops a function after 5 s or 256 MB.",
		Confidence: Documented,
		Tests:      []string{"TestHandlers", "TestBounds", "TestFailures"},
	},
	{
		Name:       "edge-concurrency",
		AWS:        "Above its quota Lambda@Edge answers 503.",
		Chain:      "It has two environments of edge functions per core at most; then requests queue.",
		Confidence: Documented,
		Tests:      []string{"TestQueue"},
	},
	{
		Name:       "delete-bodies",
		AWS:        "Bodies of DELETE are hidden from Lambda@Edge. Documentation and field reports disagree.",
		Chain:      "`--expose-delete-body` shows them. The clients of `functions/streamhttp/client` always send their hash.",
		Confidence: FieldReport,
		Tests:      []string{"TestEdgeFunctions"},
	},
	{
		Name:       "edge-body-megabyte",
		AWS:        "The 1 MB of a body that Lambda@Edge sees is 1 MiB.",
		Chain:      "The same. The clients of `functions/streamhttp/client` send their hash from 1,000,000 bytes on, which is right either way.",
		Confidence: Assumed,
		Tests:      []string{"TestOriginRequestEvent"},
	},
	{
		Name:       "edge-url-limit",
		AWS:        "An edge function may return a URL of 8,192 bytes that it did not change, but no URL of that length that it did: CloudFront's two limits differ by one byte.",
		Confidence: Assumed,
		Tests:      []string{"TestOddRequestsOnTheWire", "TestOriginRequestResults"},
	},
}
