package causes

// Sizes.
var limits = []Cause{
	{
		ID:         BodyOverEdgeLimit,
		Title:      "The body is too large to be hashed at the edge",
		Answer:     "413 problem document with the code payload_hash_required; 403 InvalidSignatureException from a signer that does not look",
		Why:        "At origin-request Lambda@Edge sees the first megabyte (1 MiB) of a body, marked as truncated, while CloudFront sends all of it. The hash of a part cannot match.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrictions on Lambda@Edge\"",
		Diagnose: "head -c 1048577 /dev/zero > body; curl -sS -o /dev/null -w '%{http_code}\\n' --data-binary @body \"$URL\"  # 413; one byte less passes\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' --data-binary @body -H \"x-amz-content-sha256: $(sha256sum < body | cut -c 1-64)\" \"$URL\"  # passes",
		Fix: Fix{
			Do:          "Let the caller send the hash of the whole body in x-amz-content-sha256: up to 6 MiB pass, about 4.5 MB if the body is binary. Or upload to S3 by a presigned URL and send a reference.",
			Streamfront: "functions/streamhttp/client sends the hash; `NewUploads` makes a bucket for presigned URLs.",
		},
	},
	{
		ID:         BodyOverFunctionLimit,
		Title:      "The body is larger than a function accepts",
		Answer:     "413 from the function URL, \"Request must be smaller than 6291456 bytes for the InvokeFunction operation\"",
		Why:        "An invocation accepts 6 MiB, the event around the body included. A binary body is base64 there, a third longer, so that about 4.5 MB are left.",
		Confidence: FieldReport, Source: "AWS Lambda Developer Guide, \"Lambda quotas\"; the size for binary bodies is a report, tmokmss/dify-on-aws-cdk#3",
		Diagnose: "head -c 4000000 /dev/zero > body; curl -sS -o /dev/null -w '%{http_code}\\n' --data-binary @body -H \"x-amz-content-sha256: $(sha256sum < body | cut -c 1-64)\" \"$URL\"  # passes, 7000000 bytes do not",
		Fix: Fix{
			Do:          "Upload to S3 by a presigned URL and send a reference.",
			Streamfront: "`NewUploads` makes a bucket for presigned URLs.",
		},
	},
	{
		ID:         RequestTooLong,
		Title:      "The URL or the headers of the request are too long",
		Answer:     "414 for a URL over 8,192 bytes, 494 for headers over 32,768 bytes, both from CloudFront",
		Why:        "CloudFront limits the URL with its query, and the request line with all headers together. Large cookies and tokens add up.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Quotas\"",
		Diagnose: "printf %s \"$URL\" | wc -c  # over 8192\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' \"$URL\"  # passes without cookies",
		Fix: Fix{Do: "Move data from the query into the body, and replace large cookies by a short key to a store."},
	},
}
