package nag

import "regexp"

// A suppression is a finding that stays, and why.
type suppression struct {
	rule     string
	resource *regexp.Regexp // the path of the resource
	reason   string
}

// suppressions are all that are made: of the constructs first, then of what belongs to the
// user's side of the two apps.
var suppressions = []suppression{
	{
		"AwsSolutions-IAM4", regexp.MustCompile(`/(Signer|SigningAuthorizer|Challenge)\w+(/Fn)?/ServiceRole/Resource$`),
		"The edge functions write logs and do nothing else, which is what AWSLambdaBasicExecutionRole allows. A policy of our own would have to name log groups in every region that CloudFront serves.",
	},
	{
		"AwsSolutions-S1", regexp.MustCompile(`/(Api|Endpoint)/AccessLogs/Resource$`),
		"The bucket holds access logs. Logging the access to them would need another bucket, which has the same finding.",
	},
	{
		"AwsSolutions-S1", regexp.MustCompile(`/Uploads/Bucket/Resource$`),
		"Uploads live for a day. Logging the access to them would need another bucket, which has the same finding; whoever has to know takes CloudTrail's data events.",
	},
	{
		"AwsSolutions-IAM5", regexp.MustCompile(`/Function/ServiceRole/DefaultPolicy/Resource$`),
		"The keys of uploads are random, so that the function's right ends in a wildcard: to get and put on one prefix of one bucket, and to put registrations on another.",
	},
	{
		"AwsSolutions-IAM4", regexp.MustCompile(`/(Function|Chat|Models)/ServiceRole/Resource$`),
		"The functions, and their roles, are the user's.",
	},
	{
		"AwsSolutions-CFR1", regexp.MustCompile(`^(Default/Api|Chat/Endpoint|Operated/Api|Streamfront/Endpoint)/Distribution/Resource$`),
		"Whom the endpoint serves is for its user to say: DistributionProps.GeoRestriction.",
	},
	{
		"AwsSolutions-CFR2", regexp.MustCompile(`^(Default/Api|Streamfront/Endpoint)/Distribution/Resource$`),
		"A web ACL costs money each month, so that it is asked for: EndpointProps.WebAclId, NewFirewall.",
	},
	{
		"AwsSolutions-CFR3", regexp.MustCompile(`^(Default/Api|Streamfront/Endpoint)/Distribution/Resource$`),
		"Access logs cost money and hold personal data, so that they are asked for: EndpointProps.AccessLogs. With full the sample has those of version 2, which the rule does not know.",
	},
	{
		"AwsSolutions-CFR4", regexp.MustCompile(`^(Default/Api|Operated/Api|Streamfront/Endpoint)/Distribution/Resource$`),
		"CloudFront's own certificate comes with a fixed security policy that admits TLS 1.0; only a domain of one's own changes it: EndpointProps.DomainNames, Certificate.",
	},
	{
		"AwsSolutions-IAM4", regexp.MustCompile(`^Others/\w+Function/ServiceRole/Resource$`),
		"The functions, and their roles, are the user's.",
	},
	{
		"AwsSolutions-IAM4", regexp.MustCompile(`^(Others/Rest|Streamfront/Front)/Api/CloudWatchRole/Resource$`),
		"API Gateway wants this managed policy of its role for logs, and the role is made by CDK.",
	},
	{
		"AwsSolutions-IAM5", regexp.MustCompile(`^(Others/WebSocket|Streamfront/Front)/Answer/Resource$`),
		"The function answers whoever is connected: the wildcard stands for the connections of this one API.",
	},
	{
		"AwsSolutions-APIG2", regexp.MustCompile(`^(Others/Rest|Streamfront/Front)/Api/Resource$`),
		"The handler validates what it gets. A model of API Gateway's is for one JSON body, and this API takes every path.",
	},
	{
		"AwsSolutions-APIG3", regexp.MustCompile(`^(Others/Rest|Streamfront/Front)/Api/DeploymentStage.prod/Resource$`),
		"A web ACL costs money each month, so that it is asked for: RestApiProps.WebAclArn.",
	},
	{
		"AwsSolutions-APIG4", regexp.MustCompile(`^Others/(Rest|Http|WebSocket)/Api/.*Resource$`),
		"Whom an API serves is for its user to say: Authorizer of its props.",
	},
	{
		"AwsSolutions-COG4", regexp.MustCompile(`^Others/Rest/Api/Default/.*Resource$`),
		"Whom an API serves is for its user to say: RestApiProps.Authorizer.",
	},
	{
		"AwsSolutions-S1", regexp.MustCompile(`^(Others/(Balancer|Service)|Streamfront/Front)/AccessLogs/Resource$`),
		"The bucket holds access logs. Logging the access to them would need another bucket, which has the same finding.",
	},
	{
		"AwsSolutions-VPC7", regexp.MustCompile(`^(Others/(Balancer|Service)|Streamfront/Front)/Vpc/Resource$`),
		"Flow logs cost by the gigabyte and tell nothing that the access logs do not; whoever has to keep them passes a VPC.",
	},
	{
		"AwsSolutions-EC23", regexp.MustCompile(`^(Others/(Balancer|Service)|Streamfront/Front)/LoadBalancer/SecurityGroup/Resource$`),
		"A load balancer that faces the internet takes requests from everywhere, on the ports of HTTP alone.",
	},
	{
		"AwsSolutions-ECS2", regexp.MustCompile(`^(Others/Service|Streamfront/Front)/Task/Resource$`),
		"The variable is PORT, a number that is not a secret. Secrets have LoadBalancedServiceProps.Secrets.",
	},
	{
		"AwsSolutions-VPC7", regexp.MustCompile(`^(Operated|Streamfront)/Network/Vpc/Resource$`),
		"Flow logs cost by the gigabyte, and the network lets functions out to port 443 alone; whoever has to keep them adds them to Network.Vpc().",
	},
	{
		"AwsSolutions-IAM4", regexp.MustCompile(`^(Operated|Streamfront)/Release/DeploymentGroup/ServiceRole/Resource$`),
		"CodeDeploy's own policy for Lambda in its limited form, and the role is made by CDK.",
	},
	{
		"AwsSolutions-IAM4", regexp.MustCompile(`^(Operated|Streamfront)/LogRetention\w+/ServiceRole/Resource$`),
		"The function that sets the retention of log groups, and its role, are CDK's.",
	},
	{
		"AwsSolutions-IAM5", regexp.MustCompile(`^(Operated|Streamfront)/LogRetention\w+/ServiceRole/DefaultPolicy/Resource$`),
		"CDK's function may set the retention of any log group, and do nothing else with them; the policy is CDK's.",
	},
	{
		"AwsSolutions-CFR3", regexp.MustCompile(`^Operated/Api/Distribution/Resource$`),
		"It has access logs, of version 2, which the rule does not know.",
	},
	{
		"AwsSolutions-SMG4", regexp.MustCompile(`^Streamfront/ApiKey/Resource$`),
		"Callers hold the key, so that no function can rotate it: its owner puts a new one in, and the sample reads it within minutes.",
	},
	{
		"AwsSolutions-DDB3", regexp.MustCompile(`^Streamfront/Quotas/Resource$`),
		"The table counts a day for each key, and what it has is gone in two. After a loss the counts begin at 0, as on every day; there is nothing to go back to.",
	},
	{
		"AwsSolutions-APIG4", regexp.MustCompile(`^Streamfront/Front/Api/.*Resource$`),
		"The sample looks at the key of every request that costs anything.",
	},
	{
		"AwsSolutions-COG4", regexp.MustCompile(`^Streamfront/Front/Api/Default/.*Resource$`),
		"The sample looks at the key of every request that costs anything.",
	},
	{
		"AwsSolutions-IAM5", regexp.MustCompile(`^Streamfront/Front/Task/ExecutionRole/DefaultPolicy/Resource$`),
		"The wildcard is that of ecr:GetAuthorizationToken, which knows no resources; the policy is CDK's.",
	},
	{
		"AwsSolutions-COG1", regexp.MustCompile(`^Streamfront/Users/Resource$`),
		"A password of twelve characters or more; that it must have capitals and digits makes it no better (NIST SP 800-63B, 3.1.1.2).",
	},
	{
		"AwsSolutions-COG2", regexp.MustCompile(`^Streamfront/Users/Resource$`),
		"Whom the pool asks for a second factor is for its owner to say: an app for codes is none that a sample can ask of everybody it lets in.",
	},
	{
		"AwsSolutions-COG8", regexp.MustCompile(`^Streamfront/Users/Resource$`),
		"The plus plan costs money for each user, so that it is asked for.",
	},
}
