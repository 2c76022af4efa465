package causes

// What signs the request, and whether the signature holds.
var signing = []Cause{
	{
		ID:         OriginWithoutOAC,
		Title:      "The origin is a function URL, but no origin access control signs for it",
		Answer:     "403 AccessDeniedException, for every method",
		Why:        "CloudFront signs requests only for an origin that names an origin access control. Without one the function URL sees an anonymous caller.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrict access to an AWS Lambda function URL origin\"",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.Origins.Items[].[Id,OriginAccessControlId]'  # an empty id\n" +
			"streamfront check cdk.out",
		Fix: Fix{
			CDK:            "Use `origins.FunctionUrlOrigin.withOriginAccessControl(url)` instead of `new origins.FunctionUrlOrigin(url)`.",
			Streamfront:    "`NewEndpoint` defines one for all routes.",
			CloudFormation: "Set OriginAccessControlId: !GetAtt OAC.Id in the origin.",
		},
	},
	{
		ID:         OACNotAlways,
		Title:      "The origin access control does not sign every request for Lambda",
		Answer:     "403: AccessDeniedException with never, IncompleteSignatureException with no-override and a bearer token",
		Why:        "With never, CloudFront signs nothing. With no-override, it passes on a request that has its own Authorization header, and Lambda reads a bearer token as a broken signature. Another origin type or protocol does not fit a function URL.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrict access to an AWS Lambda function URL origin\"",
		Diagnose: "aws cloudfront get-origin-access-control --id \"$OAC\" --query OriginAccessControl.OriginAccessControlConfig.[SigningBehavior,OriginAccessControlOriginType]  # not always, or not lambda\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' -H 'authorization: Bearer x' \"$URL\"  # with no-override 403, and without the header not",
		Fix: Fix{
			Do:             "Sign always. If the application needs the caller's Authorization, move it to another header at the edge: see authorization-lost.",
			CDK:            "Set `cloudfront.FunctionUrlOriginAccessControlProps.signing: cloudfront.Signing.SIGV4_ALWAYS`, the default, on `cloudfront.FunctionUrlOriginAccessControl`.",
			Streamfront:    "`NewEndpoint` signs always.",
			CloudFormation: "Set OriginAccessControlConfig: {OriginAccessControlOriginType: lambda, SigningBehavior: always, SigningProtocol: sigv4}.",
		},
	},
	{
		ID:         OriginNotHTTPS,
		Title:      "CloudFront does not call the origin over HTTPS only",
		Answer:     "502 or 504 for viewers who use HTTP",
		Why:        "A function URL listens on port 443 only. Origin access control for Lambda requires HTTPS, since a signature that travels in the clear can be replayed.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrict access to an AWS Lambda function URL origin\"",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.Origins.Items[].CustomOriginConfig.OriginProtocolPolicy'  # not https-only",
		Fix: Fix{
			CDK:            "Use `origins.FunctionUrlOrigin.withOriginAccessControl(url)`, which uses HTTPS only.",
			Streamfront:    "`NewEndpoint` uses it.",
			CloudFormation: "Set CustomOriginConfig.OriginProtocolPolicy: https-only in the origin.",
		},
	},
	{
		ID:         AuthorizationLost,
		Title:      "The function does not get the caller's Authorization header",
		Answer:     "401 from the application, though the caller sent a token",
		Why:        "Origin access control puts its own signature into Authorization, and the function URL removes that from the event. For GET and HEAD CloudFront drops the caller's header even earlier, unless a policy forwards it. So the token has to travel under another name.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Request and response behavior for custom origins\"; that the event lacks it was captured by others",
		Diagnose: "streamfront run cdk.out  # the same request: the hop of the edge function does not show +x-forwarded-authorization\n" +
			"aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.DefaultCacheBehavior.[LambdaFunctionAssociations,FunctionAssociations]'  # nothing that could move the header",
		Fix: Fix{
			Do:             "In an edge function, delete the viewer's x-forwarded-authorization, then move Authorization there. Let the application read it from there; the Lambda Web Adapter does with AWS_LWA_AUTHORIZATION_SOURCE: x-forwarded-authorization.",
			CDK:            "Set `cloudfront.BehaviorOptions.originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER` on the behavior, so that a function at origin-request gets the header.",
			Streamfront:    "`NewEndpoint` moves it at the edge; `streamhttp.Serve` and `streamhttp.Wrap` give it back, and `AddWebAdapter` sets the variable.",
			CloudFormation: "Set OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac (AllViewerExceptHostHeader) on the behavior.",
		},
	},
	{
		ID:         ChallengeRemapped,
		Title:      "The WWW-Authenticate header of a 401 arrives under another name",
		Answer:     "401 with x-amzn-remapped-www-authenticate and no www-authenticate",
		Why:        "Function URLs rename the header, so OAuth and MCP clients do not learn where to get a token. CloudFront Functions at viewer-response do not run for a status of 400 or more.",
		Confidence: FieldReport, Source: "reported by several public projects",
		Diagnose: "curl -sS -D - -o /dev/null \"$URL\" | grep -i www-authenticate  # only x-amzn-remapped-www-authenticate",
		Fix: Fix{
			Do:             "Restore the header's name in a Lambda@Edge function at origin-response.",
			CDK:            "Add it to the behavior: `cloudfront.BehaviorOptions.edgeLambdas: [cloudfront.EdgeLambda{eventType: cloudfront.LambdaEdgeEventType.ORIGIN_RESPONSE, functionVersion: restore@experimental.EdgeFunction.currentVersion}]`.",
			Streamfront:    "Set `RouteOptions.RestoreChallenge`.",
			CloudFormation: "Add it to LambdaFunctionAssociations with EventType: origin-response.",
		},
	},
	{
		ID:         SignatureClock,
		Title:      "The date of the signature is too far off",
		Answer:     "403 InvalidSignatureException, \"Signature expired\" or \"Signature not yet current\"",
		Why:        "A signature is valid for some minutes around the time that it names. CloudFront's clock is right, so a caller signed the request, or somebody replays an old one.",
		Confidence: FieldReport, Source: "IAM User Guide, \"Troubleshoot Signature Version 4 signing\"; the window of function URLs, 5 minutes, is assumed",
		Diagnose: "curl -sSI \"$URL\" | grep -i '^date'; date -u  # more than five minutes apart",
		Fix:      Fix{Do: "Set the clock of the machine that signs, and sign each attempt anew. Behind a distribution do not sign at all."},
	},
	{
		ID:         SignaturePathEncoding,
		Title:      "The path or query has characters that signer and verifier encode in different ways",
		Answer:     "403 InvalidSignatureException, for this path only",
		Why:        "A signature has its own encoding of path and query. Users of origin access control report mismatches for spaces, plus signs, brackets and letters beyond ASCII. It is not known whether AWS has fixed all of them.",
		Confidence: FieldReport, Source: "aws-samples/image-optimization#44",
		Diagnose: "curl -sS -o /dev/null -w '%{http_code}\\n' --path-as-is \"$URL\"  # 403, and not 403 for the same address with letters and digits only",
		Fix:      Fix{Do: "Use letters, digits and - . _ ~ only in paths and names of query parameters, or send such values in the body. A CloudFront Function at the edge can also encode them once more."},
	},
	{
		ID:         QueryNotEncoded,
		Title:      "The query has characters that a URL must encode, such as [, ] and $",
		Answer:     "403 AccessDeniedException, or 400 InvalidQueryStringException where the URL has AuthType NONE; the same query with %5B, %5D and %24 passes",
		Why:        "Browsers and HTTP clients do not encode brackets and dollar signs, which PHP, Rails and OData use, and CloudFront passes them on unchanged. A function URL refuses the request before the function runs.",
		Confidence: FieldReport, Source: "aws/aws-lambda-dotnet#1473 for $; comments in public signers at the edge for brackets",
		Diagnose: "curl -sS -o /dev/null -g -w '%{http_code}\\n' \"$URL?tags[]=a\"  # 403 or 400, while encoded it passes:\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' \"$URL?tags%5B%5D=a\"  # not refused",
		Fix: Fix{
			Do:          "Let the caller encode the query. Or encode it in Lambda@Edge at origin-request: request.querystring = request.querystring.replace(/[^A-Za-z0-9\\-._~!&'()*+,;=:@/?%]+/g, encodeURIComponent); in a CloudFront Function, do the same with request.rawQueryString().",
			Streamfront: "`NewEndpoint` and `NewPayloadSigner` encode it at the edge.",
		},
	},
	{
		ID:         SignatureMismatch,
		Title:      "The signature does not match, for a reason that is not among the other causes",
		Answer:     "403 InvalidSignatureException",
		Why:        "The function URL computes the signature from what arrives. Something between signer and URL changed the method, the path, the query, a signed header or the body, or the key is another one.",
		Confidence: Documented, Source: "IAM User Guide, \"Troubleshoot Signature Version 4 signing\"",
		Diagnose: "curl -sS -o /dev/null -w '%{http_code}\\n' \"$URL\"  # GET passes: then it is the body, see payload-hash-missing; else it is host, path or headers\n" +
			"streamfront run cdk.out  # the same request shows both canonical requests",
		Fix: Fix{Do: "Compare the two canonical requests line by line: the first difference names the part. Let nothing after the signer change that part."},
	},
}
