package streamfront_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

func firewallRules(t *testing.T, props *streamfront.FirewallProps) (acl *resource, rules []any) {
	t.Helper()
	stack := newStack("us-east-1")
	streamfront.NewFirewall(stack, jsii.String("Firewall"), props)
	acl = synth(stack).main.Only(t, "AWS::WAFv2::WebACL")
	return acl, acl.At(t, "Rules").([]any)
}

func TestFirewallRules(t *testing.T) {
	acl, rules := firewallRules(t, nil)
	wantJSON(t, "Scope", acl.At(t, "Scope"), `"CLOUDFRONT"`)
	wantJSON(t, "DefaultAction", acl.At(t, "DefaultAction"), `{"Allow": {}}`)
	wants := []string{
		`{"RateBasedStatement": {"AggregateKeyType": "IP", "EvaluationWindowSec": 300, "Limit": 2000}}`,
		`{"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesAmazonIpReputationList"}}`,
		`{"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesKnownBadInputsRuleSet"}}`,
		// A prompt over 8 KB is no attack.
		`{"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet",
			"RuleActionOverrides": [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]}}`,
	}
	if len(rules) != len(wants) {
		t.Fatalf("%d rules, want %d", len(rules), len(wants))
	}
	for i, want := range wants {
		rule := rules[i].(map[string]any)
		wantJSON(t, fmt.Sprint("statement of rule ", i), rule["Statement"], want)
		wantJSON(t, "Priority", rule["Priority"], fmt.Sprint(i))
		wantJSON(t, "metrics", rule["VisibilityConfig"].(map[string]any)["CloudWatchMetricsEnabled"], `true`)
		// A rate rule acts; a group is left to the actions of its own rules.
		if i == 0 {
			wantJSON(t, "Action", rule["Action"], `{"Block": {}}`)
		} else {
			wantJSON(t, "OverrideAction", rule["OverrideAction"], `{"None": {}}`)
		}
	}
	wantJSON(t, "metrics of the web ACL", acl.At(t, "VisibilityConfig", "CloudWatchMetricsEnabled"), `true`)
}

// Samples of requests are for more people than credentials are.
func TestFirewallSamplesShowNoCredentials(t *testing.T) {
	acl, _ := firewallRules(t, nil)
	wantJSON(t, "DataProtectionConfig", acl.At(t, "DataProtectionConfig"), `{"DataProtections": [{
		"Action": "SUBSTITUTION", "Field": {"FieldType": "SINGLE_HEADER", "FieldKeys": ["authorization", "cookie"]}
	}]}`)
}

func TestFirewallProps(t *testing.T) {
	_, rules := firewallRules(t, &streamfront.FirewallProps{
		RateLimit: jsii.Number(10),
		CountOnly: jsii.Strings("CrossSiteScripting_BODY"),
	})
	wantJSON(t, "Limit", rules[0].(map[string]any)["Statement"].(map[string]any)["RateBasedStatement"].(map[string]any)["Limit"], `10`)
	wantJSON(t, "RuleActionOverrides", rules[3].(map[string]any)["Statement"].(map[string]any)["ManagedRuleGroupStatement"].(map[string]any)["RuleActionOverrides"], `[
		{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}},
		{"Name": "CrossSiteScripting_BODY", "ActionToUse": {"Count": {}}}
	]`)
}

func TestFirewallRefuses(t *testing.T) {
	mustPanic(t, "streamfront: a Firewall needs a stack in us-east-1, where AWS keeps the web ACLs of CloudFront, and this one is in eu-west-1; define it in a stack of its own, with StackProps.CrossRegionReferences set on both", func() {
		streamfront.NewFirewall(newStack("eu-west-1"), jsii.String("Firewall"), nil)
	})
	mustPanic(t, "streamfront: a Firewall needs a stack with the explicit region us-east-1, where AWS keeps the web ACLs of CloudFront; set StackProps.Env.Region", func() {
		streamfront.NewFirewall(awscdk.NewStack(newApp(nil), jsii.String("Test"), nil), jsii.String("Firewall"), nil)
	})
	for _, limit := range []float64{9, 10.5, 2000000001} {
		want := fmt.Sprintf("streamfront: FirewallProps.RateLimit is %v; AWS WAF accepts whole numbers from 10 to 2000000000", limit)
		mustPanic(t, want, func() {
			streamfront.NewFirewall(newStack("us-east-1"), jsii.String("Firewall"), &streamfront.FirewallProps{RateLimit: &limit})
		})
	}
}

func TestWebAclOfTheEndpoint(t *testing.T) {
	const literal = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b"
	stack := newStack("eu-west-1")
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function: newFunction(stack, "Function"),
		WebAclId: jsii.String(literal),
	})
	wantJSON(t, "WebACLId", synth(stack).main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "WebACLId"), `"`+literal+`"`)
}

func TestFirewallBesideTheEndpoint(t *testing.T) {
	stack := newStack("us-east-1")
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function: newFunction(stack, "Function"),
		WebAclId: streamfront.NewFirewall(stack, jsii.String("Firewall"), nil).WebAclArn(),
	})
	main := synth(stack).main
	if main.Refers(t, main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "WebACLId")) != main.Only(t, "AWS::WAFv2::WebACL") {
		t.Error("the distribution has another web ACL than the firewall's")
	}
}

// Outside us-east-1 the firewall is in another stack, and its ARN comes by way of CDK's
// cross-region references.
func TestFirewallOfAnotherRegion(t *testing.T) {
	app := newApp(nil)
	stackIn := func(id, region string) awscdk.Stack {
		return awscdk.NewStack(app, &id, &awscdk.StackProps{
			Env:                   &awscdk.Environment{Account: jsii.String("123456789012"), Region: &region},
			CrossRegionReferences: jsii.Bool(true),
		})
	}
	edge, stack := stackIn("Edge", "us-east-1"), stackIn("Test", "eu-west-1")
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function: newFunction(stack, "Function"),
		WebAclId: streamfront.NewFirewall(edge, jsii.String("Firewall"), nil).WebAclArn(),
	})
	id := synth(stack).main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "WebACLId")
	if !strings.Contains(fmt.Sprint(id), "ExportsReader") {
		t.Errorf("WebACLId = %v, want what a cross-region reference reads", id)
	}
}

func TestWebAclRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		props *streamfront.EndpointProps
		want  string
	}{
		"of a load balancer": {
			&streamfront.EndpointProps{WebAclId: jsii.String("arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/b")},
			`streamfront: EndpointProps.WebAclId is "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/b"; CloudFront accepts the ARN of a web ACL with scope CLOUDFRONT in us-east-1, such as arn:aws:wafv2:us-east-1:123456789012:global/webacl/name/id`,
		},
		"of WAF Classic": {
			&streamfront.EndpointProps{WebAclId: jsii.String("473e64fd-f30b-4765-81a0-62ad96dd167a")},
			`streamfront: EndpointProps.WebAclId is "473e64fd-f30b-4765-81a0-62ad96dd167a"; CloudFront accepts the ARN of a web ACL with scope CLOUDFRONT in us-east-1, such as arn:aws:wafv2:us-east-1:123456789012:global/webacl/name/id`,
		},
		"in both places": {
			&streamfront.EndpointProps{
				WebAclId:          jsii.String("arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b"),
				DistributionProps: &awscloudfront.DistributionProps{WebAclId: jsii.String("arn:aws:wafv2:us-east-1:123456789012:global/webacl/c/d")},
			},
			"streamfront: EndpointProps.WebAclId and DistributionProps.WebAclId are set; keep that of EndpointProps",
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack("us-east-1")
			props := *test.props
			props.Function = newFunction(stack, "Function")
			mustPanic(t, test.want, func() { streamfront.NewEndpoint(stack, jsii.String("Api"), &props) })
		})
	}
}

// A REST API and a load balancer take a web ACL of their own region.
func TestRegionalFirewall(t *testing.T) {
	stack := newStack("eu-west-1")
	streamfront.NewFirewall(stack, jsii.String("Firewall"), &streamfront.FirewallProps{Scope: jsii.String("REGIONAL")})
	acl := synth(stack).main.Only(t, "AWS::WAFv2::WebACL")
	wantJSON(t, "Scope", acl.At(t, "Scope"), `"REGIONAL"`)
	mustPanic(t, `streamfront: FirewallProps.Scope is "GLOBAL"; AWS WAF accepts CLOUDFRONT or REGIONAL`, func() {
		streamfront.NewFirewall(newStack("eu-west-1"), jsii.String("Firewall"), &streamfront.FirewallProps{Scope: jsii.String("GLOBAL")})
	})
}
