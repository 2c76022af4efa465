package fidelity

var functionURL = []Row{
	{
		Name:       "refusals",
		AWS:        "Each refusal has AWS's own text: 403 of each kind, 413, 429, 502.",
		Confidence: Recorded | FieldReport,
		Tests:      []string{"TestServerRefuses", "TestRefusalBodies", "TestThrottled"},
	},
	{
		Name:       "unsigned-calls",
		AWS:        "Unsigned calls get the same 403 as a missing grant. The bodies of 413 and 429 are those of the Invoke API.",
		Confidence: Assumed,
		Tests:      []string{"TestFunctionURLRefusesUnsignedCalls"},
	},
	{
		Name:       "event",
		AWS:        "The event has payload format 2.0, base64 or text, cookies twice, and OAC's identity. A body that is compressed (field report) or not UTF-8 (assumed) is in base64, so that no byte is lost.",
		Confidence: Recorded | FieldReport | Assumed,
		Tests:      []string{"TestEvent", "TestIsText", "TestBodiesAreWhole"},
	},
	{
		Name:       "event-size",
		AWS:        "The 6 MiB limit counts the body as in the event, in base64 if it is binary, without the rest of the event.",
		Confidence: Assumed,
		Tests:      []string{"TestLargestBodies"},
	},
	{
		Name:       "buffered-mode",
		AWS:        "A `BUFFERED` URL reads status, headers, cookies and base64 from the response, up to 6 MiB.",
		Chain:      "The same. A response in the streaming protocol, with a prelude, is a 502 (assumed).",
		Confidence: Recorded | Assumed,
		Tests:      []string{"TestBuffered"},
	},
	{
		Name:       "malformed-responses",
		AWS:        "A response with a `statusCode` and a part of the wrong type, such as a number among `headers`, is a 502 in both invoke modes. Without a `statusCode` the response is the body.",
		Confidence: Assumed,
		Tests:      []string{"TestAResponseThatCannotBeSent", "TestPreludeErrors"},
	},
	{
		Name:       "remapped-headers",
		AWS:        "The function's own `WWW-Authenticate`, `Server`, `Connection`, `Content-Length` and (assumed) `Date` become `x-amzn-remapped-...`. `Content-Encoding` is removed from streams.",
		Chain:      "The same; the trace names a compressed stream.",
		Confidence: FieldReport | Assumed,
		Tests:      []string{"TestConfiguredKeyIsAskedFor", "TestStream", "TestCompressedStream"},
	},
	{
		Name:       "direct-callers",
		AWS:        "Headers by which a direct caller claims a way (`Via`, `X-Amz-Cf-Id`) change neither the address that the function sees nor a trace.",
		Confidence: Assumed,
		Tests:      []string{"TestEvent", "TestADirectCallerJoinsNoTrace"},
	},
	{
		Name:       "url-cors",
		AWS:        "CORS of a function URL answers a preflight that is not allowed with 200 without the headers (assumed). Headers that the function sends as well arrive twice (field reports).",
		Confidence: FieldReport | Assumed,
		Tests:      []string{"TestPreflight", "TestHeadersOfCORS"},
	},
	{
		Name:       "claims-size",
		AWS:        "A function URL and CloudFront pass on the claims of an 8 KB token besides the token itself, some 19 KB of headers. CloudFront's limit for a request is 32,768 bytes.",
		Confidence: Assumed,
		Tests:      []string{"TestLongHeadersReachTheApplication", "TestLimits"},
	},
}
