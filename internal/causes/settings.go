package causes

// What AWS accepts of a template, and what does something else than the author expects.
var settings = []Cause{
	{
		ID:         ViewerForwardedHost,
		Title:      "A viewer's own x-forwarded-host, or claims, reach the application",
		Answer:     "200 with links and redirects to a host of the viewer's choice; or the rights of claims that nobody verified",
		Why:        "Behind origin access control Host is the function URL's, so that applications take their address from x-forwarded-host, which a function at viewer-request sets. On a route without it the header is what the viewer sends. CloudFront passes it on like any other; x-streamfront-claims, which an authorizer sets, as well.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Request and response behavior for custom origins\", HTTP request headers",
		Diagnose: "curl -sS -D - -H 'x-forwarded-host: evil.example' \"$URL\" | grep -i evil.example  # the application repeats it\n" +
			"streamfront check cdk.out  # names the behavior",
		Fix: Fix{
			Do:             "At every behavior before the function, let a CloudFront Function at viewer-request set x-forwarded-host to Host and delete x-streamfront-claims.",
			CDK:            "Set `cloudfront.BehaviorOptions.functionAssociations: [cloudfront.FunctionAssociation{eventType: cloudfront.FunctionEventType.VIEWER_REQUEST, function: viewer}]` on each behavior.",
			Streamfront:    "`NewEndpoint` and `Endpoint.AddRoute` give each route such a function.",
			CloudFormation: "Set the same FunctionAssociations at every behavior.",
		},
	},
	{
		ID:         OriginHeaderTrusted,
		Title:      "An origin custom header says who the caller is",
		Answer:     "200 with the answer for somebody else: every caller is one",
		Why:        "CloudFront puts the value of an origin custom header in place of whatever the viewer or a function at the edge sent under that name. An application that reads the caller's identity or address there sees the same for all.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Add custom headers to origin requests\"; that it holds for x-forwarded-for, to which CloudFront itself adds, is assumed",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.Origins.Items[].CustomHeaders.Items[].HeaderName'  # authorization, x-forwarded-authorization, x-forwarded-for, ...",
		Fix: Fix{
			Do:             "Remove the header. Give a secret that CloudFront shares with the origin a name of its own; behind origin access control none is needed.",
			CDK:            "Remove it from `origins.FunctionUrlOriginWithOACProps.customHeaders` of the origin.",
			CloudFormation: "Remove it from OriginCustomHeaders of the origin.",
		},
	},
	{
		ID:         CORSAnyOrigin,
		Title:      "Any page may call with the user's cookies",
		Answer:     "200 with the origin of any page in access-control-allow-origin, and access-control-allow-credentials: true",
		Why:        "A function URL with AllowOrigins * and AllowCredentials repeats the origin that asks. Browsers then send the user's cookies along and let the page read the answer, whoever made the page.",
		Confidence: FieldReport, Source: "LeanerCloud/CUDly#390, probed on AWS; AWS Lambda API Reference, \"Cors\"",
		Diagnose: "curl -sS -D - -o /dev/null -H 'origin: https://evil.example' \"$URL\" | grep -i access-control  # it is repeated, with credentials",
		Fix: Fix{
			Do:             "Name the pages that may call. Behind CloudFront a page of the same distribution needs no CORS at all.",
			CDK:            "Set `lambda.FunctionUrlCorsOptions.allowedOrigins: ['https://app.example.com']` in `lambda.FunctionUrlOptions.cors`, or remove `lambda.FunctionUrlCorsOptions.allowCredentials`.",
			CloudFormation: "Name the origins in Cors.AllowOrigins of the AWS::Lambda::Url, or remove AllowCredentials.",
		},
	},
	{
		ID:         CORSUnfit,
		Title:      "No page has an origin that CORS allows",
		Answer:     "200 without access-control-allow-origin: the browser says that CORS blocked the request",
		Why:        "Browsers send an origin as scheme, name and port, without a slash at the end, and a function URL or a response headers policy compares the whole of it. The only wildcard of a function URL is a lone *. A value that no browser sends admits nobody, and neither does Cors without AllowOrigins.",
		Confidence: Documented, Source: "AWS Lambda API Reference, \"Cors\"; RFC 6454, section 7.1",
		Diagnose: "aws lambda get-function-url-config --function-name \"$FUNCTION\" --query Cors.AllowOrigins  # a path, a slash at the end, or a * among other characters",
		Fix: Fix{
			CDK:            "Write `lambda.FunctionUrlCorsOptions.allowedOrigins: ['https://app.example.com']` in `lambda.FunctionUrlOptions.cors`, without a slash at the end.",
			CloudFormation: "Write Cors.AllowOrigins: [\"https://app.example.com\"] in the AWS::Lambda::Url, or remove Cors; AccessControlAllowOrigins in the AWS::CloudFront::ResponseHeadersPolicy likewise.",
		},
	},
	{
		ID:         RouteHidden,
		Title:      "No request reaches the behavior",
		Answer:     "the answer of another behavior: another function, other methods, no caching",
		Why:        "CloudFront tries the behaviors in their order and uses the first whose pattern matches the path. One with * or /api/* before a narrower one gets all of its requests.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Cache behavior settings\", Path pattern",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.CacheBehaviors.Items[].PathPattern'  # the wider one stands first",
		Fix: Fix{
			Do:             "Put the narrower pattern first, or remove the behavior.",
			CDK:            "The order is that of `cloudfront.DistributionProps.additionalBehaviors` and of the calls of `distribution@cloudfront.Distribution.addBehavior`.",
			Streamfront:    "`Endpoint.AddRoute` refuses such a pattern when the app is synthesized.",
			CloudFormation: "Change the order of CacheBehaviors.",
		},
	},
	{
		ID:         NoStoreCached,
		Title:      "The cache keeps answers that say no-store",
		Answer:     "200 with x-cache: Hit from cloudfront, although the answer says Cache-Control: no-store or private",
		Why:        "With a minimum TTL over 0 CloudFront keeps every answer at least for that long, whatever its Cache-Control says. The managed policy CachingOptimized has one second.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Manage how long content stays in the cache (expiration)\"",
		Diagnose: "curl -sS -o /dev/null \"$URL\"; curl -sS -D - -o /dev/null \"$URL\" | grep -i -e '^x-cache' -e '^cache-control'  # a hit, with no-store",
		Fix: Fix{
			Do:             "Set the minimum TTL to 0. For files that never change it does no harm.",
			CDK:            "Set `cloudfront.CachePolicyProps.minTtl: Duration.seconds(0)` in the cache policy, or `cloudfront.BehaviorOptions.cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED` on the behavior.",
			Streamfront:    "`NewOriginCachePolicy` has a minimum of 0.",
			CloudFormation: "Set CachePolicyConfig.MinTTL: 0, or CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad (CachingDisabled).",
		},
	},
	{
		ID:         OverDefaultQuota,
		Title:      "The value is above a default quota of AWS",
		Answer:     "the deployment fails in an account whose quota was not raised: InvalidArgument or a message about limits",
		Why:        "AWS accepts the value in accounts whose quota was raised. A template does not say what an account has.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Quotas\"; AWS Lambda Developer Guide, \"Lambda quotas\"",
		Diagnose: "aws service-quotas list-service-quotas --region us-east-1 --service-code cloudfront --query 'Quotas[].[QuotaName,Value]'  # below the value",
		Fix:      Fix{Do: "Request more in Service Quotas before the deployment, or stay within the default. A stream needs no read timeout over 120 s if it sends something now and then, such as an SSE comment every 15 seconds."},
	},
	{
		ID:         WebACLOpen,
		Title:      "The web ACL blocks nothing",
		Answer:     "200 for requests that AWS WAF should block",
		Why:        "A web ACL works for the distributions that name it in WebACLId, and does what its rules say. One that no distribution names, or without rules and with Allow as its default action, lets every request pass.",
		Confidence: Documented, Source: "AWS WAF Developer Guide, \"Using web ACLs with rules and rule groups in AWS WAF\"",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query DistributionConfig.WebACLId  # empty\n" +
			"aws wafv2 get-web-acl --scope CLOUDFRONT --region us-east-1 --name \"$WEB_ACL_NAME\" --id \"$WEB_ACL_ID\" --query 'WebACL.[DefaultAction,Rules[].Name]'  # no rules",
		Fix: Fix{
			Do:             "Name the web ACL in the distribution and give it rules; or remove it, since it costs.",
			CDK:            "Set `cloudfront.DistributionProps.webAclId` to the ARN of the web ACL.",
			Streamfront:    "`NewFirewall` makes a web ACL with rules, for `EndpointProps.DistributionProps`.",
			CloudFormation: "Set DistributionConfig.WebACLId to the Arn of the AWS::WAFv2::WebACL, and Rules in it.",
		},
	},
	{
		ID:         BucketOpen,
		Title:      "A bucket of the application is open",
		Answer:     "200 to a request straight to Amazon S3; or a page of another origin that reads or writes through a presigned URL",
		Why:        "A policy for every principal, a public ACL or an incomplete block of public access exposes what users upload. CORS for every origin lets any page use a presigned URL that it gets hold of.",
		Confidence: Documented, Source: "Amazon S3 User Guide, \"Blocking public access to your Amazon S3 storage\" and \"Using cross-origin resource sharing (CORS)\"",
		Diagnose: "aws s3api get-bucket-policy-status --bucket \"$BUCKET\" --query PolicyStatus.IsPublic  # true\n" +
			"aws s3api get-public-access-block --bucket \"$BUCKET\"  # a false among them\n" +
			"aws s3api get-bucket-cors --bucket \"$BUCKET\"  # AllowedOrigins *",
		Fix: Fix{
			Do:             "Allow nobody but the application: no principal * without a condition, no public ACL, all four blocks of public access, and CORS for your own pages alone.",
			CDK:            "Set `s3.BucketProps.blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL` on the bucket.",
			Streamfront:    "`NewUploads` blocks all of it and lets the distribution's pages in alone.",
			CloudFormation: "Set the four flags of PublicAccessBlockConfiguration to true, remove AccessControl, and name your pages in CorsConfiguration.",
		},
	},
	{
		ID:         BucketClosed,
		Title:      "CloudFront may not read the bucket",
		Answer:     "403 AccessDenied from Amazon S3, for every page of the bucket",
		Why:        "A bucket that is not public answers only principals in its policy, here the service cloudfront.amazonaws.com for this distribution, and the origin needs an origin access control that signs. If one of the two is missing, no page loads, not even the one that calls the function.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrict access to an Amazon S3 origin\"",
		Diagnose: "aws s3api get-bucket-policy --bucket \"$BUCKET\" --query Policy --output text  # no statement for cloudfront.amazonaws.com with this distribution\n" +
			"aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.Origins.Items[].[DomainName,OriginAccessControlId]'  # empty for the bucket",
		Fix: Fix{
			Do:             "Give the origin an origin access control, and let its distribution read in the policy of the bucket.",
			CDK:            "Use `origins.S3BucketOrigin.withOriginAccessControl(bucket)`, which does both.",
			CloudFormation: "Set OriginAccessControlId to an AWS::CloudFront::OriginAccessControl with SigningBehavior: always and OriginAccessControlOriginType: s3, and allow s3:GetObject to Service: cloudfront.amazonaws.com on the condition that AWS:SourceArn is the distribution's ARN.",
		},
	},
	{
		ID:         BucketPlainHTTP,
		Title:      "A bucket of the application accepts requests over plain HTTP",
		Answer:     "200 to http://",
		Why:        "Amazon S3 serves HTTP as well. A presigned URL whose scheme is changed crosses the network in the clear, with its signature and the object. A policy that denies requests without TLS ends that.",
		Confidence: Documented, Source: "Amazon S3 User Guide, \"Security best practices for Amazon S3\", Enforce encryption of data in transit",
		Diagnose: "aws s3api get-bucket-policy --bucket \"$BUCKET\" --query Policy --output text | grep SecureTransport  # nothing",
		Fix: Fix{
			Do:             "Deny requests without TLS in the policy of the bucket.",
			CDK:            "Set `s3.BucketProps.enforceSSL: true` on the bucket.",
			Streamfront:    "`NewUploads` has the policy.",
			CloudFormation: "Add an AWS::S3::BucketPolicy with Effect: Deny, Principal: \"*\", Action: \"s3:*\", the bucket and its objects as Resource, and Condition: {Bool: {aws:SecureTransport: \"false\"}}.",
		},
	},
	{
		ID:         RecursiveInvocation,
		Title:      "What the function writes to the bucket invokes it again",
		Answer:     "one upload, and the function is invoked again and again",
		Why:        "The notification covers every key of the bucket that the function's role may write. If the function writes an object there, Amazon S3 tells it of that one, too. Lambda's recursive loop detection stops the function after about 16 rounds, if it uses an AWS SDK that supports this; until then each round costs, and with several writes a round their number grows.",
		Confidence: Documented, Source: "AWS Lambda Developer Guide, \"Use Lambda recursive loop detection to prevent infinite loops\"; AWS Compute Blog, \"Avoiding recursive invocation with Amazon S3 and AWS Lambda\"",
		Diagnose: "aws s3api get-bucket-notification-configuration --bucket \"$BUCKET\" --query 'LambdaFunctionConfigurations[].Filter'  # no prefix that keeps out what the function writes\n" +
			"aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name RecursiveInvocationsDropped --dimensions \"Name=FunctionName,Value=$FUNCTION\" --start-time \"$START\" --end-time \"$END\" --period 3600 --statistics Sum  # above 0",
		Fix: Fix{
			Do:             "Let the function write to another bucket, or below a prefix that the notification does not cover. If the circle is meant, set RecursiveLoop: Allow at the function.",
			CDK:            "Add the notification with a filter of keys, such as the prefix in/, and grant the function to put objects below another one alone, such as out/*.",
			CloudFormation: "Set Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}]}} in the LambdaConfiguration, and allow s3:PutObject on another prefix alone.",
		},
	},
}
