package causes

// What a template says that AWS takes, and that does something else than one thinks.
var settings = []Cause{
	{
		ID:         ViewerForwardedHost,
		Title:      "A viewer's own x-forwarded-host, or claims, reach the application",
		Answer:     "200 with links and redirects to a host of the viewer's choice; or the rights of claims that nobody verified",
		Why:        "Behind origin access control Host is the function URL's, so that applications take their address from x-forwarded-host, which a function at viewer-request sets. On a route without it the header is what the viewer sends. CloudFront passes it on like any other; x-streamfront-claims, which an authorizer sets, as well.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Request and response behavior for custom origins\", HTTP request headers",
		Tell: "curl -sS -D - -H 'x-forwarded-host: evil.example' \"$URL\" | grep -i evil.example  # the application repeats it\n" +
			"streamfront check cdk.out  # names the behavior",
		Mend: "NewEndpoint and AddRoute give each route a function at viewer-request that sets x-forwarded-host and removes x-streamfront-claims. In CloudFormation: the same FunctionAssociations at every behavior before the function.",
	},
	{
		ID:         OriginHeaderTrusted,
		Title:      "An origin custom header says who the caller is",
		Answer:     "200 with the answer for somebody else: every caller is one",
		Why:        "CloudFront puts the value of an origin custom header in the place of whatever the viewer or a function at the edge sent under that name. An application that reads the caller's identity or address there sees the same for all.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Add custom headers to origin requests\"",
		Tell: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.Origins.Items[].CustomHeaders.Items[].HeaderName'  # authorization, x-forwarded-authorization, x-forwarded-for, ...",
		Mend: "Remove the header. A secret that CloudFront shares with the origin gets a name of its own, and behind origin access control there is no need of one. In CloudFormation: Origins[].OriginCustomHeaders.",
	},
	{
		ID:         RouteHidden,
		Title:      "No request reaches the behavior",
		Answer:     "the answer of another behavior: another function, other methods, no caching",
		Why:        "CloudFront goes through the behaviors in their order and takes the first whose pattern fits the path. One with * or /api/* before a narrower one takes all of its requests.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Cache behavior settings\", Path pattern",
		Tell: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.CacheBehaviors.Items[].PathPattern'  # the wider one stands first",
		Mend: "AddRoute refuses such a pattern when the app is synthesized: add the narrower route first. In CloudFormation: change the order of CacheBehaviors, or remove the behavior.",
	},
	{
		ID:         NoStoreCached,
		Title:      "The cache keeps answers that say no-store",
		Answer:     "200 with x-cache: Hit from cloudfront, although the answer says Cache-Control: no-store or private",
		Why:        "With a minimum TTL over 0 CloudFront keeps every answer at least for that long, whatever its Cache-Control says. The managed policy CachingOptimized has one second.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Manage how long content stays in the cache (expiration)\"",
		Tell: "curl -sS -o /dev/null \"$URL\"; curl -sS -D - -o /dev/null \"$URL\" | grep -i -e '^x-cache' -e '^cache-control'  # a hit, with no-store",
		Mend: "NewOriginCachePolicy has a minimum of 0. In CloudFormation: CachePolicyConfig.MinTTL: 0, or the managed cache policy CachingDisabled; for files that never change the minimum does no harm.",
	},
	{
		ID:         OverDefaultQuota,
		Title:      "The figure is above a default quota of AWS",
		Answer:     "the deployment fails in an account whose quota was not raised: InvalidArgument or a message on limits",
		Why:        "AWS takes the figure in accounts that asked for more. A template does not tell what an account has.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Quotas\"; AWS Lambda Developer Guide, \"Lambda quotas\"",
		Tell: "aws service-quotas list-service-quotas --region us-east-1 --service-code cloudfront --query 'Quotas[].[QuotaName,Value]'  # below the figure",
		Mend: "Ask for more in the console of Service Quotas before the deployment, or keep to the default: a stream needs no read timeout over 120 s if it sends something now and then, as streamhttp/sse does with its heartbeats.",
	},
}
