package streamfront

import (
	"math"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awswafv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// Firewall is a web ACL of AWS WAF. It is for CloudFront, unless its scope is REGIONAL. One firewall
// serves any number of endpoints.
type Firewall interface {
	constructs.Construct
	// WebAclArn returns the ARN for EndpointProps.WebAclId or, with the scope REGIONAL, for the
	// property WebAclArn of the constructs of package fronts. If the endpoint is in a stack of
	// another region, both stacks need StackProps.CrossRegionReferences.
	WebAclArn() *string
	// WebAcl returns the web ACL, for instance to add rules of your own by AddPropertyOverride.
	WebAcl() awswafv2.CfnWebACL
	// MetricName returns the name of the web ACL's metrics in CloudWatch. It is not a token.
	MetricName() *string
}

// FirewallProps are the properties of a Firewall.
type FirewallProps struct {
	// Scope says what the web ACL is for: CLOUDFRONT, or REGIONAL for REST APIs and load
	// balancers of the stack's region.
	// Default: "CLOUDFRONT".
	Scope *string
	// RateLimit is the number of requests that one IP address may make in any five minutes. Further
	// requests get 403. Many people may share one address of a company or carrier. From 10 to
	// 2,000,000,000.
	// Default: 2000.
	RateLimit *float64
	// CountOnly names rules of the AWS managed common rule group that count matches instead of
	// blocking them, in addition to SizeRestrictions_BODY. Prompts about web pages match
	// CrossSiteScripting_BODY, and prompts about file paths GenericLFI_BODY. If the metrics show that
	// a rule blocks your prompts, name it here.
	// Default: - only SizeRestrictions_BODY counts.
	CountOnly *[]*string
}

type firewall struct {
	constructs.Construct
	webAcl awswafv2.CfnWebACL
}

// NewFirewall defines a Firewall. For CloudFront its stack must be in us-east-1, where AWS keeps those
// web ACLs. Props may be nil.
//
// Its rules are, in this order, a limit for each IP address and the AWS managed rule groups
// AWSManagedRulesAmazonIpReputationList, AWSManagedRulesKnownBadInputsRuleSet and
// AWSManagedRulesCommonRuleSet. Each has metrics in CloudWatch.
//
// The rule SizeRestrictions_BODY of the common group would block every body over 8 KB, such as a long
// prompt or a short conversation. Here it only counts. The endpoint's own limits still apply. The
// rules see the first 16 KB of a body, unless you let the web ACL inspect more, which costs more.
func NewFirewall(scope constructs.Construct, id *string, props *FirewallProps) Firewall {
	var p FirewallProps
	if props != nil {
		p = *props
	}
	if p.RateLimit == nil {
		p.RateLimit = jsii.Number(2000)
	}
	if p.Scope == nil {
		p.Scope = jsii.String("CLOUDFRONT")
	}
	var found problems.List
	if *p.Scope == "CLOUDFRONT" {
		validateFirewallRegion(&found, scope)
	}
	p.validate(&found)
	found.Report()

	f := &firewall{}
	constructs.NewConstruct_Override(f, scope, id)
	f.webAcl = f.newWebAcl(&p)
	return f
}

func (f *firewall) WebAclArn() *string { return f.webAcl.AttrArn() }

func (f *firewall) WebAcl() awswafv2.CfnWebACL { return f.webAcl }

func (f *firewall) MetricName() *string { return f.metrics("").MetricName }

func validateFirewallRegion(found *problems.List, scope constructs.Construct) {
	region := awscdk.Stack_Of(scope).Region()
	if *awscdk.Token_IsUnresolved(region) {
		found.Add("a Firewall needs a stack with the explicit region us-east-1, where AWS keeps the web ACLs of CloudFront; set StackProps.Env.Region")
		return
	}
	if *region != edgeRegion {
		found.Add("a Firewall needs a stack in us-east-1, where AWS keeps the web ACLs of CloudFront, and this one is in %s; define it in a stack of its own, with StackProps.CrossRegionReferences set on both", *region)
	}
}

// https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html
func (p *FirewallProps) validate(found *problems.List) {
	if *p.Scope != "CLOUDFRONT" && *p.Scope != "REGIONAL" {
		found.Add("FirewallProps.Scope is %q; AWS WAF accepts CLOUDFRONT or REGIONAL", *p.Scope)
	}
	limit := *p.RateLimit
	if *awscdk.Token_IsUnresolved(p.RateLimit) {
		return
	}
	if limit < 10 || limit > 2e9 || limit != math.Trunc(limit) {
		found.Add("FirewallProps.RateLimit is %v; AWS WAF accepts whole numbers from 10 to 2000000000", limit)
	}
}

func (f *firewall) newWebAcl(p *FirewallProps) awswafv2.CfnWebACL {
	counted := []any{countOnly("SizeRestrictions_BODY")}
	if p.CountOnly != nil {
		for _, rule := range *p.CountOnly {
			counted = append(counted, countOnly(*rule))
		}
	}
	rules := []any{
		f.rateRule(*p.RateLimit),
		f.managedRules(1, "IpReputation", "AWSManagedRulesAmazonIpReputationList", nil),
		f.managedRules(2, "KnownBadInputs", "AWSManagedRulesKnownBadInputsRuleSet", nil),
		f.managedRules(3, "Common", "AWSManagedRulesCommonRuleSet", counted),
	}
	return awswafv2.NewCfnWebACL(f, jsii.String("WebAcl"), &awswafv2.CfnWebACLProps{
		Scope:            p.Scope,
		Description:      jsii.String("streamfront: rate limit and AWS managed rules"),
		DefaultAction:    &awswafv2.CfnWebACL_DefaultActionProperty{Allow: map[string]any{}},
		Rules:            rules,
		VisibilityConfig: f.metrics(""),
		// AWS WAF keeps sampled requests for three hours, and shows their headers to everyone who
		// may read them.
		DataProtectionConfig: &awswafv2.CfnWebACL_DataProtectionConfigProperty{
			DataProtections: []any{&awswafv2.CfnWebACL_DataProtectProperty{
				Action: jsii.String("SUBSTITUTION"),
				Field: &awswafv2.CfnWebACL_FieldToProtectProperty{
					FieldType: jsii.String("SINGLE_HEADER"),
					FieldKeys: jsii.Strings("authorization", "cookie"),
				},
			}},
		},
	})
}

func (f *firewall) rateRule(limit float64) *awswafv2.CfnWebACL_RuleProperty {
	return &awswafv2.CfnWebACL_RuleProperty{
		Name:     jsii.String("RateLimit"),
		Priority: jsii.Number(0),
		Statement: &awswafv2.CfnWebACL_StatementProperty{
			RateBasedStatement: &awswafv2.CfnWebACL_RateBasedStatementProperty{
				AggregateKeyType:    jsii.String("IP"),
				EvaluationWindowSec: jsii.Number(300),
				Limit:               &limit,
			},
		},
		Action:           &awswafv2.CfnWebACL_RuleActionProperty{Block: map[string]any{}},
		VisibilityConfig: f.metrics("RateLimit"),
	}
}

func (f *firewall) managedRules(priority float64, name, group string, overrides []any) *awswafv2.CfnWebACL_RuleProperty {
	statement := &awswafv2.CfnWebACL_ManagedRuleGroupStatementProperty{
		VendorName: jsii.String("AWS"),
		Name:       &group,
	}
	if overrides != nil {
		statement.RuleActionOverrides = overrides
	}
	return &awswafv2.CfnWebACL_RuleProperty{
		Name:             &name,
		Priority:         &priority,
		Statement:        &awswafv2.CfnWebACL_StatementProperty{ManagedRuleGroupStatement: statement},
		OverrideAction:   &awswafv2.CfnWebACL_OverrideActionProperty{None: map[string]any{}},
		VisibilityConfig: f.metrics(name),
	}
}

func countOnly(rule string) *awswafv2.CfnWebACL_RuleActionOverrideProperty {
	return &awswafv2.CfnWebACL_RuleActionOverrideProperty{
		Name:        &rule,
		ActionToUse: &awswafv2.CfnWebACL_RuleActionProperty{Count: map[string]any{}},
	}
}

// metrics names the metric of a rule, of the whole web ACL if rule is "".
func (f *firewall) metrics(rule string) *awswafv2.CfnWebACL_VisibilityConfigProperty {
	name := rule
	if name == "" {
		name = *awscdk.Names_UniqueResourceName(f, &awscdk.UniqueResourceNameOptions{MaxLength: jsii.Number(128)})
	}
	return &awswafv2.CfnWebACL_VisibilityConfigProperty{
		CloudWatchMetricsEnabled: jsii.Bool(true),
		MetricName:               &name,
		SampledRequestsEnabled:   jsii.Bool(true),
	}
}

// webAclArn is the ARN of a web ACL for CloudFront, in any partition.
var webAclArn = regexp.MustCompile(`^arn:[a-z-]+:wafv2:us-east-1:[0-9]{12}:global/webacl/[^/]+/[^/]+$`)

func (p *EndpointProps) validateWebAcl(found *problems.List) {
	if p.WebAclId == nil {
		return
	}
	if p.DistributionProps != nil && p.DistributionProps.WebAclId != nil {
		found.Add("EndpointProps.WebAclId and DistributionProps.WebAclId are set; keep that of EndpointProps")
	}
	if !*awscdk.Token_IsUnresolved(p.WebAclId) && !webAclArn.MatchString(*p.WebAclId) {
		found.Add("EndpointProps.WebAclId is %q; CloudFront accepts the ARN of a web ACL with scope CLOUDFRONT in us-east-1, such as arn:aws:wafv2:us-east-1:123456789012:global/webacl/name/id", *p.WebAclId)
	}
}

// setWebAcl writes the web ACL into the props of the distribution, which are a copy.
func (p *EndpointProps) setWebAcl(d *awscloudfront.DistributionProps) {
	if p.WebAclId != nil {
		d.WebAclId = p.WebAclId
	}
}
