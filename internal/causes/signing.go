package causes

// What signs the request, and whether the signature holds.
var signing = []Cause{
	{
		ID:         OriginWithoutOAC,
		Title:      "The origin is a function URL, but no origin access control signs for it",
		Answer:     "403 AccessDeniedException, for every method",
		Why:        "CloudFront signs requests only for an origin that names an origin access control. Without one the function URL sees a caller without identity.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrict access to an AWS Lambda function URL origin\"",
		Tell: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.Origins.Items[].[Id,OriginAccessControlId]'  # an empty id\n" +
			"streamfront check cdk.out",
		Mend: "NewEndpoint defines one for all routes. With a distribution of your own: awscloudfrontorigins.FunctionUrlOrigin_WithOriginAccessControl, not NewFunctionUrlOrigin. In CloudFormation: Origins[].OriginAccessControlId: !GetAtt OAC.Id.",
	},
	{
		ID:         OACNotAlways,
		Title:      "The origin access control does not sign every request for Lambda",
		Answer:     "403: AccessDeniedException with never, IncompleteSignatureException with no-override and a bearer token",
		Why:        "With never nothing is signed. With no-override a request that has an Authorization header of its own is passed on with it, and Lambda takes a bearer token for a broken signature. Another origin type or protocol does not fit a function URL.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrict access to an AWS Lambda function URL origin\"",
		Tell: "aws cloudfront get-origin-access-control --id \"$OAC\" --query OriginAccessControl.OriginAccessControlConfig.[SigningBehavior,OriginAccessControlOriginType]  # not always, or not lambda\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' -H 'authorization: Bearer x' \"$URL\"  # with no-override 403, and without the header not",
		Mend: "NewEndpoint signs always. In CloudFormation: OriginAccessControlConfig: {OriginAccessControlOriginType: lambda, SigningBehavior: always, SigningProtocol: sigv4}. Let the edge move Authorization to another header instead.",
	},
	{
		ID:         OriginNotHTTPS,
		Title:      "CloudFront does not call the origin by HTTPS only",
		Answer:     "502 or 504 for viewers who come by HTTP",
		Why:        "A function URL listens on port 443 only, and origin access control for Lambda asks for HTTPS, since a signature that travels in the clear can be sent again.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrict access to an AWS Lambda function URL origin\"",
		Tell: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.Origins.Items[].CustomOriginConfig.OriginProtocolPolicy'  # not https-only",
		Mend: "CDK's FunctionUrlOrigin and so NewEndpoint use HTTPS only. In CloudFormation: Origins[].CustomOriginConfig.OriginProtocolPolicy: https-only.",
	},
	{
		ID:         AuthorizationLost,
		Title:      "The function does not get the caller's Authorization header",
		Answer:     "401 from the application, though the caller sent a token",
		Why:        "Origin access control puts its own signature into Authorization, and the function URL takes that out of the event. For GET and HEAD CloudFront drops the caller's before that, unless a policy forwards it. So it has to travel under another name.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Request and response behavior for custom origins\"; that the event lacks it was captured by others",
		Tell: "streamfront run cdk.out  # the same request: the hop of the edge function does not show +x-forwarded-authorization\n" +
			"aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.DefaultCacheBehavior.[LambdaFunctionAssociations,FunctionAssociations]'  # nothing that could move the header",
		Mend: "NewEndpoint moves it to x-forwarded-authorization at the edge. In the function: streamhttp.Serve or Wrap gives it back, AddWebAdapter sets AWS_LWA_AUTHORIZATION_SOURCE. With functions of your own: drop the viewer's x-forwarded-authorization first, then move, then delete Authorization.",
	},
	{
		ID:         ChallengeRemapped,
		Title:      "The WWW-Authenticate header of a 401 arrives under another name",
		Answer:     "401 with x-amzn-remapped-www-authenticate and no www-authenticate",
		Why:        "Function URLs rename the header. OAuth and MCP clients then do not learn where to get a token. CloudFront Functions at viewer-response do not run for a status of 400 or more.",
		Confidence: FieldReport, Source: "reported by several public projects",
		Tell: "curl -sS -D - -o /dev/null \"$URL\" | grep -i www-authenticate  # only x-amzn-remapped-www-authenticate",
		Mend: "RouteOptions.RestoreChallenge: jsii.Bool(true). Otherwise a Lambda@Edge function at origin-response that gives the header its name back.",
	},
	{
		ID:         SignatureClock,
		Title:      "The date of the signature is too far off",
		Answer:     "403 InvalidSignatureException, \"Signature expired\" or \"Signature not yet current\"",
		Why:        "A signature holds for some minutes around the time it names. CloudFront's clock is right, so this is a caller who signs for himself, or a request that was kept.",
		Confidence: FieldReport, Source: "IAM User Guide, \"Troubleshoot Signature Version 4 signing\"; the window of function URLs, 5 minutes, is assumed",
		Tell: "curl -sSI \"$URL\" | grep -i '^date'; date -u  # more than five minutes apart",
		Mend: "Set the clock of the machine that signs, and sign each attempt anew. Behind a distribution do not sign at all.",
	},
	{
		ID:         SignaturePathEncoding,
		Title:      "Path or query hold characters that signer and verifier encode in different ways",
		Answer:     "403 InvalidSignatureException, for this path only",
		Why:        "The signed text has its own encoding of path and query. With spaces, plus signs, brackets and letters beyond ASCII mismatches were reported for origin access control; whether all are mended is not known.",
		Confidence: FieldReport, Source: "aws-samples/image-optimization#44",
		Tell: "curl -sS -o /dev/null -w '%{http_code}\\n' --path-as-is \"$URL\"  # 403, and not 403 for the same address with letters and digits only",
		Mend: "Keep to letters, digits, and - . _ ~ in paths and names of query parameters, or carry such values in the body. At the edge a CloudFront Function can encode them once more.",
	},
	{
		ID:         QueryNotEncoded,
		Title:      "The query holds characters that a URL must encode, such as [, ] and $",
		Answer:     "403 AccessDeniedException, or 400 InvalidQueryStringException where the URL has AuthType NONE; the same query with %5B, %5D and %24 passes",
		Why:        "Browsers and HTTP clients send brackets and dollar signs as they stand, for PHP, Rails and OData, and CloudFront passes them on. A function URL refuses the request before the function runs.",
		Confidence: FieldReport, Source: "aws/aws-lambda-dotnet#1473 for $; comments in public signers at the edge for brackets",
		Tell: "curl -sS -o /dev/null -g -w '%{http_code}\\n' \"$URL?tags[]=a\"  # 403 or 400, while encoded it passes:\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' \"$URL?tags%5B%5D=a\"  # not refused",
		Mend: "NewEndpoint and NewPayloadSigner encode the query at the edge, and the application decodes the same values. At the edge of your own: in Lambda@Edge at origin-request request.querystring = request.querystring.replace(/[^A-Za-z0-9\\-._~!&'()*+,;=:@/?%]+/g, encodeURIComponent), in a CloudFront Function the same with request.rawQueryString(). Else let the caller encode it.",
	},
	{
		ID:         SignatureMismatch,
		Title:      "The signature does not match, for a reason not among the others",
		Answer:     "403 InvalidSignatureException",
		Why:        "The function URL computes the signature from what arrived. Something between signer and URL changed the method, the path, the query, a signed header or the body, or the key is another.",
		Confidence: Documented, Source: "IAM User Guide, \"Troubleshoot Signature Version 4 signing\"",
		Tell: "curl -sS -o /dev/null -w '%{http_code}\\n' \"$URL\"  # GET passes: then it is the body, see payload-hash-missing; else it is host, path or headers\n" +
			"streamfront run cdk.out  # the same request shows both canonical requests",
		Mend: "Compare the two canonical requests line by line; the first that differs names the part. Nothing after the signer may change that part.",
	},
}
