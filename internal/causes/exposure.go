package causes

// Who can reach the function, and by what protocol.
var exposure = []Cause{
	{
		ID:         URLPublic,
		Title:      "The function can be called by anyone, past CloudFront",
		Answer:     "200 to a request straight to the function URL",
		Why:        "With AuthType NONE, or with a permission for every principal, a function URL answers the whole Internet: firewall, geographic restriction, cache and limits of the distribution can be gone around by whoever knows the address.",
		Confidence: Documented, Source: "AWS Lambda Developer Guide, \"Control access to Lambda function URLs\"",
		Tell: "curl -sS -o /dev/null -w '%{http_code}\\n' \"$FUNCTION_URL\"  # anything but 403: it is open\n" +
			"aws lambda get-function-url-config --function-name \"$FUNCTION\" --query AuthType  # NONE\n" +
			"aws lambda get-policy --function-name \"$FUNCTION\" --query Policy --output text  # a statement with Principal \"*\"",
		Mend: "NewEndpoint and AddRoute define the URL with IAM authorization. In CloudFormation: AWS::Lambda::Url AuthType: AWS_IAM; delete every AWS::Lambda::Permission with Principal \"*\".",
	},
	{
		ID:         ViewerHTTPAllowed,
		Title:      "The distribution answers plain HTTP",
		Answer:     "200 to http://",
		Why:        "With ViewerProtocolPolicy allow-all, which is also CDK's default, CloudFront serves requests that came without TLS: bearer tokens, cookies and prompts cross the network in the clear.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Require HTTPS for communication between viewers and CloudFront\"",
		Tell: "curl -sS -o /dev/null -w '%{http_code}\\n' \"http://${URL#*://}\"  # neither a redirect nor 403",
		Mend: "NewEndpoint redirects to HTTPS; remove ViewerProtocolPolicy_ALLOW_ALL from the behavior. In CloudFormation: ViewerProtocolPolicy: redirect-to-https, or https-only for an API that no browser opens.",
	},
	{
		ID:         TLSOld,
		Title:      "The distribution accepts old versions of TLS",
		Answer:     "a handshake by TLS 1.0 or 1.1 succeeds",
		Why:        "With a domain name of its own a distribution takes the oldest protocol that MinimumProtocolVersion lets in, and without that property CloudFormation's default, TLSv1. Only TLS 1.2 and later are held to be safe.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Supported protocols and ciphers between viewers and CloudFront\"",
		Tell: "curl -sS -o /dev/null --tlsv1.0 --tls-max 1.1 \"$URL\" && echo accepted  # accepted\n" +
			"aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query DistributionConfig.ViewerCertificate.MinimumProtocolVersion",
		Mend: "NewEndpoint with DomainNames sets TLSv1.2_2025; remove MinimumProtocolVersion from DistributionProps. In CloudFormation: ViewerCertificate.MinimumProtocolVersion: TLSv1.2_2021 or later.",
	},
	{
		ID:         UnsignedDirectCall,
		Title:      "The function URL was called directly, and not through CloudFront",
		Answer:     "403 AccessDeniedException from the function URL, without the header via of CloudFront",
		Why:        "A function URL with IAM authorization takes signed requests only. That is the protection at work: no signature, no call.",
		Confidence: FieldReport, Source: "AWS Lambda Developer Guide, \"Control access to Lambda function URLs\"; the wording of the answer is reported",
		Tell: "curl -sS -D - -o /dev/null \"$URL\"  # no x-amz-cf-id header, and the host ends in .on.aws",
		Mend: "Call the distribution's domain name, which NewEndpoint gives as Url(). To call the URL itself, sign as an IAM principal who may: curl --aws-sigv4 aws:amz:$REGION:lambda --user \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\".",
	},
	{
		ID:         URLUnknown,
		Title:      "There is no function URL at the address that the origin names",
		Answer:     "403 AccessDeniedException {\"Message\":null}",
		Why:        "All function URLs of a region share their servers, which find the function by the Host header. A name that no function has is answered 403, not 404: the URL was deleted, or belongs to another region, or Host was forwarded.",
		Confidence: Recorded, Source: "localstack/localstack, recording of 2025-11-24",
		Tell: "aws lambda get-function-url-config --function-name \"$FUNCTION\" --query FunctionUrl  # not the domain of the origin\n" +
			"aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query 'DistributionConfig.Origins.Items[].DomainName'",
		Mend: "Let the origin refer to the URL: NewEndpoint and AddRoute do. In CloudFormation: DomainName: !Select [2, !Split [\"/\", !GetAtt Url.FunctionUrl]]. If the two names agree, see host-forwarded.",
	},
	{
		ID:         WebACLBlocked,
		Title:      "The web ACL blocked the request",
		Answer:     "403 with CloudFront's own page, \"Request blocked\"; the function did not run",
		Why:        "AWS WAF decides before everything else. AWS's common rule group blocks bodies over 8 KB, which hits prompts and uploads, and others block addresses and patterns in bodies.",
		Confidence: Documented, Source: "AWS WAF Developer Guide, \"Baseline rule groups\"",
		Tell: "curl -sS -D - -o /dev/null -X POST -d hello \"$URL\"  # a small body passes where the large one does not\n" +
			"aws wafv2 get-sampled-requests --scope CLOUDFRONT --region us-east-1 --web-acl-arn \"$WEB_ACL\" --rule-metric-name \"$METRIC\" --time-window \"StartTime=$START,EndTime=$END\" --max-items 100  # Action BLOCK",
		Mend: "NewFirewall lets the body-size rule of the common group count only. In CloudFormation: RuleActionOverrides with SizeRestrictions_BODY: {Count: {}} in the AWS::WAFv2::WebACL, or a scope-down statement.",
	},
	{
		ID:         DomainUnknown,
		Title:      "The distribution does not have the domain name that was asked for",
		Answer:     "403 with CloudFront's own page, \"Bad request\"; or a certificate that does not fit the name",
		Why:        "CloudFront finds the distribution by the Host header. A DNS record alone is not enough: the name has to stand among the distribution's alternate domain names, with a certificate in us-east-1 that covers it.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"HTTP 403 status code (Permission Denied)\"; the words of the page are a field report",
		Tell: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query DistributionConfig.Aliases.Items  # the name is not among them\n" +
			"curl -sS -o /dev/null -w '%{http_code}\\n' \"https://$(aws cloudfront get-distribution --id \"$DISTRIBUTION\" --query Distribution.DomainName --output text)/\"  # CloudFront's own name passes",
		Mend: "NewEndpoint with DomainNames, Certificate and HostedZone. In CloudFormation: DistributionConfig.Aliases with the name, and ViewerCertificate.AcmCertificateArn.",
	},
	{
		ID:         CountryBlocked,
		Title:      "The distribution does not serve the viewer's country",
		Answer:     "403 with CloudFront's own page, \"configured to block access from your country\"",
		Why:        "A geographic restriction is applied at the edge by the address of the viewer, that of a proxy or VPN included.",
		Confidence: Documented, Source: "Amazon CloudFront Developer Guide, \"Restrict the geographic distribution of your content\"",
		Tell: "aws cloudfront get-distribution-config --id \"$DISTRIBUTION\" --query DistributionConfig.Restrictions.GeoRestriction  # the viewer's country is in a blacklist, or not in a whitelist",
		Mend: "Change DistributionProps.GeoRestriction. In CloudFormation: DistributionConfig.Restrictions.GeoRestriction.",
	},
}
