package causes

// The hash of the body, which the function URL requires.
var payload = []Cause{
	{
		ID:         PayloadHashMissing,
		Title:      "A request with a body comes without the hash of the body",
		Answer:     "403 InvalidSignatureException, for POST, PUT, PATCH and DELETE with a body; GET passes",
		Why:        "Lambda accepts no unsigned payloads, and CloudFront does not hash bodies. Before the signature, a signer at origin-request or the caller has to send the SHA-256 of the body in x-amz-content-sha256.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrict access to an AWS Lambda function URL origin\"; the answer was captured in minorun365/html-share#4",
		Diagnose: "curl -sS -o /dev/null -w '%{http_code}\\n' -X POST -d hello \"$URL\"  # 403, while with the hash it passes:\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' -X POST -d hello -H 'x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824' \"$URL\"",
		Fix: Fix{
			Do:             "Hash the body at the edge with a signer, such as functions/signer/index.js of streamfront. Or let every caller send the header, and accept the finding in the distribution's Metadata: {streamfront: {suppress: [{id: payload-hash-missing, reason: callers hash}]}}.",
			CDK:            "Make the signer a `new experimental.EdgeFunction(this, 'Signer', ...)` and add it to the behavior: `cloudfront.BehaviorOptions.edgeLambdas: [cloudfront.EdgeLambda{eventType: cloudfront.LambdaEdgeEventType.ORIGIN_REQUEST, functionVersion: signer@experimental.EdgeFunction.currentVersion, includeBody: true}]`. If nobody sends bodies: `cloudfront.BehaviorOptions.allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS`.",
			Streamfront:    "`NewEndpoint` hashes at the edge (`PayloadHash_EDGE`); for a distribution of your own, `NewPayloadSigner` with `PayloadSigner.EdgeLambda` on the behavior.",
			CloudFormation: "Set LambdaFunctionAssociations: [{EventType: origin-request, IncludeBody: true, LambdaFunctionARN: the signer's version}], or AllowedMethods: [GET, HEAD, OPTIONS].",
		},
	},
	{
		ID:         PayloadHashWrong,
		Title:      "The hash that was sent is not that of the body",
		Answer:     "403 InvalidSignatureException",
		Why:        "Lambda hashes what arrives and compares. Usual mistakes: hashing text where the body is binary, hashing the first megabyte of a larger body, hashing before the body changes, another header's name, UNSIGNED-PAYLOAD.",
		Confidence: FieldReport, Source: "anomalyco/sst#4684, aws-amplify/amplify-backend#3194",
		Diagnose: "printf hello | sha256sum  # the value to send in x-amz-content-sha256 for this body:\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' -X POST -d hello -H 'x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824' \"$URL\"  # passes, so CloudFront is set up right",
		Fix: Fix{
			Do:          "Hash the raw bytes of the whole body, after its last change: curl -d @file strips newlines, --data-binary does not. At the edge, hash Buffer.from(data, 'base64') without toString().",
			Streamfront: "`NewPayloadSigner` does so.",
		},
	},
	{
		ID:         SignerWithoutBody,
		Title:      "The signer at the edge does not get the body",
		Answer:     "403 InvalidSignatureException, for every request with a body, or for every DELETE with one",
		Why:        "A Lambda@Edge function gets the body only if its association sets IncludeBody, at origin-request. Without it the signer sends the hash of an empty body. Bodies of DELETE are reported to stay hidden even so.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Access the request body by choosing the include body option\"",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.DefaultCacheBehavior.LambdaFunctionAssociations.Items[].[EventType,IncludeBody]'  # origin-request, false\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' -X POST \"$URL\"  # an empty POST passes",
		Fix: Fix{
			Do:             "Give the signer the body. Send a DELETE without a body, or let its caller send the hash in x-amz-content-sha256 and the signer keep it.",
			CDK:            "Set `cloudfront.EdgeLambda.includeBody: true` in the behavior's `cloudfront.BehaviorOptions.edgeLambdas`, at `cloudfront.LambdaEdgeEventType.ORIGIN_REQUEST`.",
			Streamfront:    "`PayloadSigner.EdgeLambda` sets it.",
			CloudFormation: "Set LambdaFunctionAssociations[].IncludeBody: true.",
		},
	},
}
