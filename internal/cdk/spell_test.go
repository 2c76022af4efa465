package cdk_test

import (
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/cdk"
)

// What each language makes of the notation. The spellings are those of the packages that jsii
// generates: aws-cdk-lib on npm, PyPI, Maven and NuGet, and aws-cdk-go.
func TestSpell(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, typescript, python, golang, java, csharp string }{
		"an enumeration's member": {
			"`cloudfront.BehaviorOptions.viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS`",
			"viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS",
			"viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS",
			"ViewerProtocolPolicy: awscloudfront.ViewerProtocolPolicy_REDIRECT_TO_HTTPS",
			".viewerProtocolPolicy(ViewerProtocolPolicy.REDIRECT_TO_HTTPS)",
			"ViewerProtocolPolicy = ViewerProtocolPolicy.REDIRECT_TO_HTTPS",
		},
		"a constant of a class": {
			"Set `cloudfront.BehaviorOptions.allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL`.",
			"Set allowedMethods: AllowedMethods.ALLOW_ALL.",
			"Set allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL.",
			"Set AllowedMethods: awscloudfront.AllowedMethods_ALLOW_ALL().",
			"Set .allowedMethods(AllowedMethods.ALLOW_ALL).",
			"Set AllowedMethods = AllowedMethods.ALLOW_ALL.",
		},
		"a static method, one argument left out": {
			"`origins.FunctionUrlOrigin.withOriginAccessControl(url)`",
			"FunctionUrlOrigin.withOriginAccessControl(url)",
			"origins.FunctionUrlOrigin.with_origin_access_control(url)",
			"awscloudfrontorigins.FunctionUrlOrigin_WithOriginAccessControl(url, nil)",
			"FunctionUrlOrigin.withOriginAccessControl(url)",
			"FunctionUrlOrigin.WithOriginAccessControl(url)",
		},
		"a struct as the last argument, and the core module": {
			"`origins.FunctionUrlOrigin.withOriginAccessControl(url, origins.FunctionUrlOriginWithOACProps{readTimeout: Duration.seconds(60)})`",
			"FunctionUrlOrigin.withOriginAccessControl(url, { readTimeout: Duration.seconds(60) })",
			"origins.FunctionUrlOrigin.with_origin_access_control(url, read_timeout=Duration.seconds(60))",
			"awscloudfrontorigins.FunctionUrlOrigin_WithOriginAccessControl(url, &awscloudfrontorigins.FunctionUrlOriginWithOACProps{ReadTimeout: awscdk.Duration_Seconds(jsii.Number(60))})",
			"FunctionUrlOrigin.withOriginAccessControl(url, FunctionUrlOriginWithOACProps.builder().readTimeout(Duration.seconds(60)).build())",
			"FunctionUrlOrigin.WithOriginAccessControl(url, new FunctionUrlOriginWithOACProps { ReadTimeout = Duration.Seconds(60) })",
		},
		"a variable's method and property, and a class that is made": {
			"`fn@lambda.Function.addPermission('Call', lambda.Permission{principal: new iam.ServicePrincipal('cloudfront.amazonaws.com'), sourceArn: distribution@cloudfront.Distribution.distributionArn, invokedViaFunctionUrl: true})`",
			"fn.addPermission('Call', { principal: new ServicePrincipal('cloudfront.amazonaws.com'), sourceArn: distribution.distributionArn, invokedViaFunctionUrl: true })",
			`fn.add_permission("Call", principal=iam.ServicePrincipal("cloudfront.amazonaws.com"), source_arn=distribution.distribution_arn, invoked_via_function_url=True)`,
			`fn.AddPermission(jsii.String("Call"), &awslambda.Permission{Principal: awsiam.NewServicePrincipal(jsii.String("cloudfront.amazonaws.com"), nil), SourceArn: distribution.DistributionArn(), InvokedViaFunctionUrl: jsii.Bool(true)})`,
			`fn.addPermission("Call", Permission.builder().principal(new ServicePrincipal("cloudfront.amazonaws.com")).sourceArn(distribution.getDistributionArn()).invokedViaFunctionUrl(true).build())`,
			`fn.AddPermission("Call", new Permission { Principal = new ServicePrincipal("cloudfront.amazonaws.com"), SourceArn = distribution.DistributionArn, InvokedViaFunctionUrl = true })`,
		},
		"a list of structs": {
			"`cloudfront.BehaviorOptions.edgeLambdas: [cloudfront.EdgeLambda{functionVersion: signer@experimental.EdgeFunction.currentVersion, includeBody: true}]`",
			"edgeLambdas: [{ functionVersion: signer.currentVersion, includeBody: true }]",
			"edge_lambdas=[cloudfront.EdgeLambda(function_version=signer.current_version, include_body=True)]",
			"EdgeLambdas: &[]*awscloudfront.EdgeLambda{&awscloudfront.EdgeLambda{FunctionVersion: signer.CurrentVersion(), IncludeBody: jsii.Bool(true)}}",
			".edgeLambdas(List.of(EdgeLambda.builder().functionVersion(signer.getCurrentVersion()).includeBody(true).build()))",
			"EdgeLambdas = new[] { new EdgeLambda { FunctionVersion = signer.CurrentVersion, IncludeBody = true } }",
		},
		"a construct": {
			"`new experimental.EdgeFunction(this, 'Signer', ...)`",
			"new cloudfront.experimental.EdgeFunction(this, 'Signer', ...)",
			`cloudfront.experimental.EdgeFunction(self, "Signer", ...)`,
			`experimental.NewEdgeFunction(stack, jsii.String("Signer"), ...)`,
			`new EdgeFunction(this, "Signer", ...)`,
			`new EdgeFunction(this, "Signer", ...)`,
		},
		"the package, a list of an enumeration, and a struct in a class": {
			"`aws-cdk-lib`: `origins.HttpOriginProps.originSslProtocols: [cloudfront.OriginSslPolicy.TLS_V1_2]`, `CfnWebACL.ManagedRuleGroupStatementProperty{ruleActionOverrides: ...}`",
			"aws-cdk-lib: originSslProtocols: [OriginSslPolicy.TLS_V1_2], { ruleActionOverrides: ... }",
			"aws-cdk-lib: origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2], wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(rule_action_overrides=...)",
			"aws-cdk-go: OriginSslProtocols: &[]awscloudfront.OriginSslPolicy{awscloudfront.OriginSslPolicy_TLS_V1_2}, &awswafv2.CfnWebACL_ManagedRuleGroupStatementProperty{RuleActionOverrides: ...}",
			"aws-cdk-lib: .originSslProtocols(List.of(OriginSslPolicy.TLS_V1_2)), CfnWebACL.ManagedRuleGroupStatementProperty.builder().ruleActionOverrides(...).build()",
			"Amazon.CDK.Lib: OriginSslProtocols = new[] { OriginSslPolicy.TLS_V1_2 }, new CfnWebACL.ManagedRuleGroupStatementProperty { RuleActionOverrides = ... }",
		},
		"names alone": {
			"`cloudfront.DistributionProps.webAclId` of `cloudfront.DistributionProps`, `fn@lambda.Function.addFunctionUrl`, list `cloudfront.DistributionProps.domainNames: ['a.example.com']`",
			"webAclId of DistributionProps, fn.addFunctionUrl, list domainNames: ['a.example.com']",
			`web_acl_id of cloudfront.DistributionProps, fn.add_function_url, list domain_names=["a.example.com"]`,
			`WebAclId of awscloudfront.DistributionProps, fn.AddFunctionUrl, list DomainNames: &[]*string{jsii.String("a.example.com")}`,
			`webAclId of DistributionProps, fn.addFunctionUrl, list .domainNames(List.of("a.example.com"))`,
			`WebAclId of DistributionProps, fn.AddFunctionUrl, list DomainNames = new[] { "a.example.com" }`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for language, want := range map[cdk.Language]string{
				"": test.typescript, cdk.TypeScript: test.typescript, cdk.Python: test.python, cdk.Go: test.golang, cdk.Java: test.java, cdk.CSharp: test.csharp,
			} {
				if got, err := cdk.Spell(test.text, language); err != nil || got != want {
					t.Errorf("%q: Spell = %v\n%s\nwant\n%s", language, err, got, want)
				}
			}
		})
	}
}

// What the CDK does not have is not printed.
func TestSpellRefusesUnknownNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"`cloudfront.ViewerProtocolPolicy.HTTP_ONLY`":                           "ViewerProtocolPolicy has no HTTP_ONLY",
		"`cloudfront.Behaviour.HTTP_ONLY`":                                      "is not in names.json",
		"`cloudfront.BehaviorOptions.viewerPolicy: true`":                       "BehaviorOptions has no viewerPolicy",
		"`lambda.Permission{sourceARN: 'x'}`":                                   "Permission has no sourceARN",
		"`fn@lambda.Function.addPermissions('x')`":                              "Function has no addPermissions",
		"`fn@lambda.Function.addPermission('x')`":                               "addPermission takes id, permission{}, not 1 arguments",
		"`origins.FunctionUrlOrigin.withOriginAccessControl(a, b, c)`":          "not 3 arguments",
		"`new lambda.Permission()`":                                             "Permission is not a class",
		"`Duration.seconds(60) more`":                                           `" more" is not expected`,
		"`cloudfront.BehaviorOptions.edgeLambdas: [cloudfront.EdgeLambda{...}`": "want",
		"`cloudfront.AllowedMethods.ALLOW_ALL":                                  "backquote",
		"`cloudfront.BehaviorOptions.cachePolicy: 'text`":                       "does not end",
	} {
		for _, language := range cdk.Languages {
			if language == cdk.CloudFormation {
				continue
			}
			if got, err := cdk.Spell(text, language); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Spell(%q, %q) = %q, %v; want an error with %q", text, language, got, err, want)
			}
		}
	}
}

func TestParseLanguage(t *testing.T) {
	t.Parallel()
	for _, l := range cdk.Languages {
		if got, err := cdk.ParseLanguage(strings.ToUpper(string(l))); err != nil || got != l {
			t.Errorf("ParseLanguage(%q) = %q, %v", strings.ToUpper(string(l)), got, err)
		}
	}
	if _, err := cdk.ParseLanguage("rust"); err == nil || !strings.Contains(err.Error(), `"rust": want one of typescript, python, go, java, csharp, cloudformation`) {
		t.Errorf("ParseLanguage(rust) = %v", err)
	}
}
