package causes

// The hash of the body, which the function URL asks for.
var payload = []Cause{
	{
		ID:         PayloadHashMissing,
		Title:      "A request with a body comes without the hash of the body",
		Answer:     "403 InvalidSignatureException, for POST, PUT, PATCH and DELETE with a body; GET passes",
		Why:        "Lambda takes no unsigned payloads, and CloudFront does not hash bodies. Somebody before the signature has to send the SHA-256 of the body in x-amz-content-sha256: a signer at origin-request, or the caller.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrict access to an AWS Lambda function URL origin\"; the answer was captured in minorun365/html-share#4",
		Tell: "curl -sS -o /dev/null -w '%{http_code}\\n' -X POST -d hello \"$URL\"  # 403, while with the hash it passes:\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' -X POST -d hello -H 'x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824' \"$URL\"",
		Mend: "NewEndpoint hashes at the edge (PayloadHash_EDGE); for a distribution of your own NewPayloadSigner does, with EdgeLambda() on the behavior. Else let the caller send the header. In CloudFormation: LambdaFunctionAssociations: [{EventType: origin-request, IncludeBody: true, LambdaFunctionARN: a version of the signer}], or AllowedMethods without those with a body.",
	},
	{
		ID:         PayloadHashWrong,
		Title:      "The hash that was sent is not that of the body",
		Answer:     "403 InvalidSignatureException",
		Why:        "Lambda hashes what arrives and compares. The usual faults: hashing text where the body is binary, hashing the first megabyte of a larger body, hashing before the body is changed, another header's name, UNSIGNED-PAYLOAD.",
		Confidence: FieldReport, Source: "anomalyco/sst#4684, aws-amplify/amplify-backend#3194",
		Tell: "printf hello | sha256sum  # the value to send in x-amz-content-sha256 for this body:\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' -X POST -d hello -H 'x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824' \"$URL\"  # passes, so CloudFront is set up right",
		Mend: "Hash the raw bytes of the whole body, after the last change: curl -d @file strips newlines, --data-binary does not. At the edge: Buffer.from(data, 'base64') without toString(); NewPayloadSigner does.",
	},
	{
		ID:         SignerWithoutBody,
		Title:      "The signer at the edge does not get the body",
		Answer:     "403 InvalidSignatureException, for every request with a body",
		Why:        "A Lambda@Edge function has the body only if its association says IncludeBody, at origin-request. Without it the signer hashes nothing and sends the hash of the empty body.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Access the request body by choosing the include body option\"",
		Tell: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.DefaultCacheBehavior.LambdaFunctionAssociations.Items[].[EventType,IncludeBody]'  # origin-request, false\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' -X POST \"$URL\"  # an empty POST passes",
		Mend: "PayloadSigner.EdgeLambda() sets it. In CloudFormation: LambdaFunctionAssociations[].IncludeBody: true.",
	},
}
