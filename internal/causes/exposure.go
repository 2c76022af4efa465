package causes

// Who can reach the function, and by what protocol.
var exposure = []Cause{
	{
		ID:         URLPublic,
		Title:      "Anyone can call the function and bypass CloudFront",
		Answer:     "200 to a request straight to the function URL",
		Why:        "With AuthType NONE, or with a permission for every principal, a function URL answers the whole Internet. If you know the address, you bypass the firewall, geographic restriction, cache and limits of the distribution.",
		Confidence: Documented, Source: "AWS Lambda Developer Guide, \"Control access to Lambda function URLs\"",
		Diagnose: "curl -sS -o /dev/null -w '%{http_code}\\n' \"$FUNCTION_URL\"  # anything but 403: it is open\n" +
			"aws lambda get-function-url-config --function-name \"$FUNCTION\" --query AuthType  # NONE\n" +
			"aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # a statement with Principal \"*\"",
		Fix: Fix{
			CDK:            "Set `lambda.FunctionUrlOptions.authType: lambda.FunctionUrlAuthType.AWS_IAM` on the function URL, and delete every permission for all principals.",
			Streamfront:    "`NewEndpoint` and `Endpoint.AddRoute` define the URL so.",
			CloudFormation: "Set AuthType: AWS_IAM in the AWS::Lambda::Url, and delete every AWS::Lambda::Permission with Principal \"*\".",
		},
	},
	{
		ID:         ViewerHTTPAllowed,
		Title:      "The distribution answers plain HTTP",
		Answer:     "200 to http://",
		Why:        "With ViewerProtocolPolicy allow-all, which is the CDK's default too, CloudFront serves requests without TLS. Bearer tokens, cookies and prompts cross the network in the clear.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Require HTTPS for communication between viewers and CloudFront\"",
		Diagnose: "curl -sS -o /dev/null -w '%{http_code}\\n' \"http://${URL#*://}\"  # neither a redirect nor 403",
		Fix: Fix{
			CDK:            "Set `cloudfront.BehaviorOptions.viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS` on the behavior, or `cloudfront.ViewerProtocolPolicy.HTTPS_ONLY` for an API that no browser opens.",
			Streamfront:    "`NewEndpoint` redirects unless `EndpointProps.DistributionProps` or `RouteOptions.Behavior` set another policy.",
			CloudFormation: "Set ViewerProtocolPolicy: redirect-to-https, or https-only.",
		},
	},
	{
		ID:         TLSOld,
		Title:      "The distribution accepts old versions of TLS",
		Answer:     "a handshake with TLS 1.0 or 1.1 succeeds",
		Why:        "With a domain name of its own, a distribution accepts every protocol from MinimumProtocolVersion on. Without that property it is CloudFormation's default, TLSv1. Only TLS 1.2 and later are considered safe.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Supported protocols and ciphers between viewers and CloudFront\"",
		Diagnose: "curl -sS -o /dev/null --tlsv1.0 --tls-max 1.1 \"$URL\" && echo accepted  # accepted\n" +
			"aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query DistributionConfig.ViewerCertificate.MinimumProtocolVersion",
		Fix: Fix{
			CDK:            "Set `cloudfront.DistributionProps.minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021` on the distribution. For an HTTP origin, set `origins.HttpOriginProps.originSslProtocols: [cloudfront.OriginSslPolicy.TLS_V1_2]`.",
			Streamfront:    "`NewEndpoint` with `EndpointProps.DomainNames` sets TLSv1.2_2025: remove MinimumProtocolVersion from `EndpointProps.DistributionProps`.",
			CloudFormation: "Set ViewerCertificate.MinimumProtocolVersion: TLSv1.2_2021, or CustomOriginConfig.OriginSSLProtocols: [TLSv1.2].",
		},
	},
	{
		ID:         UnsignedDirectCall,
		Title:      "The function URL was called directly, and not through CloudFront",
		Answer:     "403 AccessDeniedException from the function URL, without the header via of CloudFront",
		Why:        "A function URL with IAM authorization accepts signed requests only. This is the protection at work: without a signature the function is not called.",
		Confidence: FieldReport, Source: "AWS Lambda Developer Guide, \"Control access to Lambda function URLs\"; the wording of the answer is reported",
		Diagnose: "curl -sS -D - -o /dev/null \"$URL\"  # no x-amz-cf-id header, and the host ends in .on.aws",
		Fix: Fix{
			Do:             "Call the distribution's domain name. To call the function URL itself, sign as an IAM principal that may call it: curl --aws-sigv4 aws:amz:$REGION:lambda --user \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\".",
			CDK:            "The name is `distribution@cloudfront.Distribution.distributionDomainName`.",
			Streamfront:    "The address is `Endpoint.Url`.",
			CloudFormation: "The name is !GetAtt Distribution.DomainName.",
		},
	},
	{
		ID:         URLUnknown,
		Title:      "No function URL has the domain name that the origin names",
		Answer:     "403 AccessDeniedException {\"Message\":null}",
		Why:        "All function URLs of a region share their servers, which find the function by the Host header. For a name that no function has they answer 403, not 404: the URL was deleted, or is in another region, or Host was forwarded.",
		Confidence: Recorded, Source: "localstack/localstack, recording of 2025-11-24",
		Diagnose: "aws lambda get-function-url-config --function-name \"$FUNCTION\" --query FunctionUrl  # not the domain of the origin\n" +
			"aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.Origins.Items[].DomainName'",
		Fix: Fix{
			Do:             "Let the origin refer to the function URL instead of naming it. If the two names agree, see host-forwarded.",
			CDK:            "Use `origins.FunctionUrlOrigin.withOriginAccessControl(url)`, where url is `fn@lambda.Function.addFunctionUrl()`.",
			Streamfront:    "`NewEndpoint` and `Endpoint.AddRoute` refer to it.",
			CloudFormation: "Set DomainName: !Select [2, !Split [\"/\", !GetAtt Url.FunctionUrl]].",
		},
	},
	{
		ID:         WebACLBlocked,
		Title:      "The web ACL blocked the request",
		Answer:     "403 with CloudFront's own page, \"Request blocked\"; the function did not run",
		Why:        "AWS WAF decides before everything else. AWS's common rule group blocks bodies over 8 KB, which hits prompts and uploads. Other groups block addresses, and patterns in bodies.",
		Confidence: Documented, Source: "AWS WAF Developer Guide, \"Baseline rule groups\"",
		Diagnose: "curl -sS -D - -o /dev/null -X POST -d hello \"$URL\"  # a small body passes where the large one does not\n" +
			"aws wafv2 get-sampled-requests --scope CLOUDFRONT --region us-east-1 --web-acl-arn \"$WEB_ACL\" --rule-metric-name \"$METRIC\" --time-window \"StartTime=$START,EndTime=$END\" --max-items 100  # Action BLOCK",
		Fix: Fix{
			CDK:            "Give the group an override of the rule SizeRestrictions_BODY with the action count, in `CfnWebACL.ManagedRuleGroupStatementProperty.ruleActionOverrides`, or a scope-down statement.",
			Streamfront:    "`NewFirewall` lets that rule count only.",
			CloudFormation: "In the ManagedRuleGroupStatement of the AWS::WAFv2::WebACL set RuleActionOverrides: [{Name: SizeRestrictions_BODY, ActionToUse: {Count: {}}}], or a ScopeDownStatement.",
		},
	},
	{
		ID:         DomainUnknown,
		Title:      "The distribution does not have the domain name of the request",
		Answer:     "403 with CloudFront's own page, \"Bad request\"; or a certificate that does not fit the name",
		Why:        "CloudFront finds the distribution by the Host header. A DNS record is not enough: the distribution needs the name among its alternate domain names, and a certificate in us-east-1 that covers it.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"HTTP 403 status code (Permission Denied)\"; the words of the page are a field report",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query DistributionConfig.Aliases.Items  # the name is not among them\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' \"https://$(aws cloudfront get-distribution --id \"$DISTRIBUTION\" --query Distribution.DomainName --output text)/\"  # CloudFront's own name passes",
		Fix: Fix{
			CDK:            "Set `cloudfront.DistributionProps.domainNames: ['api.example.com']` and `cloudfront.DistributionProps.certificate` on the distribution.",
			Streamfront:    "Set `EndpointProps.DomainNames`, `EndpointProps.Certificate` and `EndpointProps.HostedZone`.",
			CloudFormation: "Set DistributionConfig.Aliases, and ViewerCertificate.AcmCertificateArn.",
		},
	},
	{
		ID:         CountryBlocked,
		Title:      "The distribution does not serve the viewer's country",
		Answer:     "403 with CloudFront's own page, \"configured to block access from your country\"",
		Why:        "The edge applies a geographic restriction by the viewer's IP address, which may be that of a proxy or VPN.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrict the geographic distribution of your content\"",
		Diagnose: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query DistributionConfig.Restrictions.GeoRestriction  # the viewer's country is in a blacklist, or not in a whitelist",
		Fix: Fix{
			CDK:            "Change `cloudfront.DistributionProps.geoRestriction` of the distribution, such as `cloudfront.GeoRestriction.allowlist('CH')`.",
			Streamfront:    "Change GeoRestriction in `EndpointProps.DistributionProps`.",
			CloudFormation: "Change DistributionConfig.Restrictions.GeoRestriction.",
		},
	},
	{
		ID:         SignedURLRefused,
		Title:      "The request has no signed URL or signed cookies that CloudFront accepts",
		Answer:     "403 in XML: MissingKey, InvalidKey, AccessDenied or MalformedPolicy",
		Why:        "The behavior trusts key groups, so that CloudFront admits only requests with a signature by one of their keys, until the time in it, for this URL with its query, and, if the policy says so, from these addresses. Where there are a signed URL and signed cookies, the URL alone counts.",
		Confidence: FieldReport, Source: "Amazon CloudFront Developer Guide, \"Serve private content with signed URLs and signed cookies\"; the codes are field reports",
		Diagnose: "curl -sS \"$URL\" | grep -o '<Code>[^<]*'  # MissingKey: there is no Key-Pair-Id; InvalidKey: the key is in none of the key groups; AccessDenied: the signature, the time, the URL or the address",
		Fix: Fix{
			Do:             "Sign the URL as the viewer asks for it, with its query and with the id of a public key that is in a key group of the behavior, for instance by getSignedUrl of @aws-sdk/cloudfront-signer. Take care that the clock is right.",
			CDK:            "To serve everybody, remove `cloudfront.BehaviorOptions.trustedKeyGroups` of the behavior.",
			CloudFormation: "To serve everybody, remove TrustedKeyGroups of the behavior.",
		},
	},
}
