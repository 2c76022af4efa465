package causes

// What of a request goes on, and what of a response is shared.
var forwarding = []Cause{
	{
		ID:         HostForwarded,
		Title:      "The viewer's Host header is forwarded to the function URL",
		Answer:     "403 AccessDeniedException {\"Message\":null}, for every request",
		Why:        "Function URLs find the function by the Host header, and the signature covers it. The managed policies AllViewer, AllViewerAndCloudFrontHeaders and HostHeaderOnly forward the viewer's, and so do UseOriginCacheControlHeaders and every cache policy that has Host in its key.",
		Confidence: FieldReport, Source: "piotrekwitkowski/cloudfront-signed-fetch; Amazon CloudFront Developer Guide, \"Use managed origin request policies\"",
		Tell: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.DefaultCacheBehavior.[OriginRequestPolicyId,CachePolicyId]'  # 216adef6-..., 33f36d7e-..., bf0718e1-..., 83da9c7e-... or 4cc15a8a-...\n" +
			"streamfront check cdk.out",
		Mend: "NewEndpoint uses AllViewerExceptHostHeader and passes the viewer's host in x-forwarded-host; NewOriginCachePolicy replaces UseOriginCacheControlHeaders. In CloudFormation: OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac, and no Host in the Headers of a policy.",
	},
	{
		ID:         LocationFunctionURL,
		Title:      "The application redirects the viewer to the function URL",
		Answer:     "301, 302, 303, 307 or 308 whose Location names the function URL, which answers 403 to whoever follows",
		Why:        "The Host that the application sees is the function URL's, since CloudFront signs for that. A framework that makes absolute addresses of Host sends the viewer past the distribution; links, domains of cookies and addresses for OAuth are wrong in the same way.",
		Confidence: FieldReport, Source: "Amazon CloudFront Developer Guide, \"Use managed origin request policies\", on AllViewerExceptHostHeader; brefphp/bref#535 and geostrategists/react-router-aws#11 on redirects",
		Tell: "curl -sS -D - -o /dev/null \"$URL\" | grep -i '^location:'  # a name that ends in .on.aws",
		Mend: "NewEndpoint passes the viewer's host in x-forwarded-host: let the application take its host from there (docs/web-adapter.md has the setting of each framework), or redirect to a path alone. streamhttp does so by itself. In CloudFormation: a CloudFront Function at viewer-request that copies Host into x-forwarded-host, which OriginRequestPolicy AllViewerExceptHostHeader forwards.",
	},
	{
		ID:         CacheMixesUsers,
		Title:      "A cached behavior forwards who the viewer is, without having it in the cache key",
		Answer:     "200 with the answer that was made for somebody else",
		Why:        "CloudFront gives a cached response to everyone whose request has the same key. If the function sees a token or cookies that are not in the key, its answer for one user goes to the next.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Control origin requests with a policy\"; incidents in aws-samples/serverless-full-stack-webapp-starter-kit#100",
		Tell: "curl -sS -D - -H 'cookie: session=a' \"$URL\"; curl -sS -D - -H 'cookie: session=b' \"$URL\"  # x-cache: Hit from cloudfront with the first one's answer",
		Mend: "Leave caching off, as NewEndpoint does, or use NewOriginCachePolicy, with PerUser where answers differ. In CloudFormation: the managed cache policy CachingDisabled, or no OriginRequestPolicyId with cookies or Authorization beyond those in the cache policy.",
	},
	{
		ID:         StreamCompressed,
		Title:      "The application compresses a stream",
		Answer:     "502, or bytes that no decoder takes since Content-Encoding is gone",
		Why:        "A function URL that streams drops Content-Encoding, or breaks. Compression also holds text back until a block is full.",
		Confidence: FieldReport, Source: "aws/aws-lambda-nodejs-runtime-interface-client#96, opennextjs/opennextjs-aws#1127",
		Tell: "curl -sSN -D - -H 'accept-encoding: identity' \"$URL\"  # passes, and with 'accept-encoding: gzip' it does not",
		Mend: "NewEndpoint drops Accept-Encoding at viewer-request on routes that stream. Else, or where the handler compresses unasked, turn compression off in the application, and AWS_LWA_ENABLE_COMPRESSION too; streamhttp logs the first compressed response.",
	},
}
