package causes

// What of a request goes on, and what of a response is shared.
var forwarding = []Cause{
	{
		ID:         HostForwarded,
		Title:      "The viewer's Host header is forwarded to the function URL",
		Answer:     "403 AccessDeniedException {\"Message\":null}, for every request",
		Why:        "Function URLs find the function by the Host header, and the signature covers it. The managed policies AllViewer, AllViewerAndCloudFrontHeaders and HostHeaderOnly forward the viewer's, and so do UseOriginCacheControlHeaders and every cache policy that has Host in its key. An API of API Gateway answers 403 {\"message\":\"Forbidden\"} for the same reason.",
		Confidence: FieldReport, Source: "piotrekwitkowski/cloudfront-signed-fetch; Amazon CloudFront Developer Guide, \"Use managed origin request policies\"",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.DefaultCacheBehavior.[OriginRequestPolicyId,CachePolicyId]'  # 216adef6-..., 33f36d7e-..., bf0718e1-..., 83da9c7e-... or 4cc15a8a-...\n" +
			"streamfront check cdk.out",
		Fix: Fix{
			CDK:            "Set `cloudfront.BehaviorOptions.originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER`, and replace `cloudfront.CachePolicy.USE_ORIGIN_CACHE_CONTROL_HEADERS` or a policy with Host by a `cloudfront.CachePolicy` without it.",
			Streamfront:    "`NewEndpoint` does, and passes the viewer's host in x-forwarded-host; `NewOriginCachePolicy` replaces UseOriginCacheControlHeaders.",
			CloudFormation: "Set OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac, and no Host in the Headers of a policy.",
		},
	},
	{
		ID:         OriginUnreachable,
		Title:      "CloudFront cannot connect to the origin with the protocol and port that are set",
		Answer:     "502 from CloudFront: \"CloudFront wasn't able to connect to the origin\"",
		Why:        "CloudFront connects to a load balancer with the protocol and port of the origin's OriginProtocolPolicy, by default HTTPS at 443. There must be a listener for it. With HTTPS its certificate must be for the origin's domain name or for the Host that CloudFront sends, and nobody can have one for the name that AWS gives to a load balancer.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"HTTP 502 status code (Bad Gateway)\"",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.Origins.Items[].[DomainName,CustomOriginConfig.OriginProtocolPolicy]'\n" +
			"aws elbv2 describe-listeners --load-balancer-arn \"$BALANCER\" --query 'Listeners[].[Port,Protocol]' --output text",
		Fix: Fix{
			Do:             "Give the load balancer a listener with HTTPS, a certificate for a name of your own and a record in Route 53, and let the origin have this name.",
			CDK:            "Name the origin by the record instead of the load balancer, as an HttpOrigin. In a private network, set `origins.HttpOriginProps.protocolPolicy: cloudfront.OriginProtocolPolicy.HTTP_ONLY` if the listener speaks HTTP.",
			CloudFormation: "Set DomainName of the origin to the name of the record. In a private network, set OriginProtocolPolicy: http-only if the listener speaks HTTP.",
		},
	},
	{
		ID:         HandshakeLost,
		Title:      "CloudFront does not forward the headers of a WebSocket's handshake",
		Answer:     "no 101 (400, assumed), for every client that connects through the distribution",
		Why:        "CloudFront passes an upgrade on by itself, but Sec-WebSocket-Key and Sec-WebSocket-Version only if a policy of the behavior names them, as AllViewerExceptHostHeader does. Without them a WebSocket API cannot complete the handshake.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Use WebSockets with CloudFront distributions\"",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.CacheBehaviors.Items[].[PathPattern,OriginRequestPolicyId]' --output text\n" +
			"streamfront check cdk.out",
		Fix: Fix{
			CDK:            "Set `cloudfront.BehaviorOptions.originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER`. A policy of your own names Sec-WebSocket-Key, Sec-WebSocket-Version, Sec-WebSocket-Protocol and Sec-WebSocket-Extensions.",
			CloudFormation: "Set OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac.",
		},
	},
	{
		ID:         LocationFunctionURL,
		Title:      "The application redirects the viewer to the function URL",
		Answer:     "301, 302, 303, 307 or 308 whose Location names the function URL, which then answers 403",
		Why:        "The application sees the function URL's Host, since CloudFront signs for that. A framework that builds absolute addresses from Host sends the viewer past the distribution. Links, domains of cookies and addresses for OAuth go wrong in the same way.",
		Confidence: FieldReport, Source: "Amazon CloudFront Developer Guide, \"Use managed origin request policies\", on AllViewerExceptHostHeader; brefphp/bref#535 and geostrategists/react-router-aws#11 on redirects",
		Diagnose: "curl -sS -D - -o /dev/null \"$URL\" | grep -i '^location:'  # a name that ends in .on.aws",
		Fix: Fix{
			Do:             "Redirect to a path without a host. Or let a CloudFront Function at viewer-request copy Host into x-forwarded-host, and the application take its host from there: docs/web-adapter.md has the setting of each framework.",
			CDK:            "Add the function and forward its header: `cloudfront.BehaviorOptions.functionAssociations: [cloudfront.FunctionAssociation{eventType: cloudfront.FunctionEventType.VIEWER_REQUEST, function: copyHost}]`, `cloudfront.BehaviorOptions.originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER`.",
			Streamfront:    "`NewEndpoint` passes x-forwarded-host, and `streamhttp.Serve` gives it to the handler as Host.",
			CloudFormation: "Add it to FunctionAssociations, and set OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac.",
		},
	},
	{
		ID:         CacheMixesUsers,
		Title:      "A cached behavior forwards who the viewer is, without having it in the cache key",
		Answer:     "200 with the answer that was made for somebody else",
		Why:        "CloudFront gives a cached response to everyone whose request has the same key. If the function sees a token or cookies that are not in the key, the next user gets its answer for the first one.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Control origin requests with a policy\"; incidents in aws-samples/serverless-full-stack-webapp-starter-kit#100",
		Diagnose: "curl -sS -D - -H 'cookie: session=a' \"$URL\"; curl -sS -D - -H 'cookie: session=b' \"$URL\"  # x-cache: Hit from cloudfront with the first one's answer",
		Fix: Fix{
			CDK:            "Set `cloudfront.BehaviorOptions.cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED` on the behavior. Or put into the key what the function sees: `cloudfront.CachePolicyProps.headerBehavior: cloudfront.CacheHeaderBehavior.allowList('Authorization')` or `cloudfront.CachePolicyProps.cookieBehavior: cloudfront.CacheCookieBehavior.all()`.",
			Streamfront:    "`NewEndpoint` does not cache; to cache, use `NewOriginCachePolicy`, with `OriginCachePolicyProps.PerUser` where answers differ.",
			CloudFormation: "Set CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad (CachingDisabled), or forward no cookies and no Authorization beyond those in the cache policy.",
		},
	},
	{
		ID:         StreamCompressed,
		Title:      "The application compresses a stream",
		Answer:     "502, or bytes that no client can decode since Content-Encoding is gone",
		Why:        "A function URL that streams drops Content-Encoding, or breaks. Compression also holds text back until a block is full.",
		Confidence: FieldReport, Source: "aws/aws-lambda-nodejs-runtime-interface-client#96, opennextjs/opennextjs-aws#1127",
		Diagnose: "curl -sSN -D - -H 'accept-encoding: identity' \"$URL\"  # passes, and with 'accept-encoding: gzip' it does not",
		Fix: Fix{
			Do:          "Turn compression off in the application, and AWS_LWA_ENABLE_COMPRESSION too. Or let a CloudFront Function at viewer-request delete Accept-Encoding.",
			Streamfront: "`NewEndpoint` deletes it on routes that stream, and streamhttp logs the first compressed response.",
		},
	},
}
