package streamfront_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

func TestResponsesHaveSecurityHeaders(t *testing.T) {
	main := oneAtHome().main
	policy := main.Only(t, "AWS::CloudFront::ResponseHeadersPolicy")
	wantJSON(t, "SecurityHeadersConfig", policy.At(t, "ResponseHeadersPolicyConfig", "SecurityHeadersConfig"), `{
		"StrictTransportSecurity": {"AccessControlMaxAgeSec": 31536000, "Override": false},
		"ContentTypeOptions": {"Override": true},
		"ReferrerPolicy": {"ReferrerPolicy": "strict-origin-when-cross-origin", "Override": false}
	}`)
	used := main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "DefaultCacheBehavior", "ResponseHeadersPolicyId")
	if main.Refers(t, used) != policy {
		t.Errorf("the default behavior uses %v, want the endpoint's policy", used)
	}
}

// Two regions of one stack share the account, in which these names are unique.
func TestResponseHeadersPolicyNameHasTheRegion(t *testing.T) {
	name := oneAbroad().main.Only(t, "AWS::CloudFront::ResponseHeadersPolicy").
		At(t, "ResponseHeadersPolicyConfig", "Name").(string)
	if !strings.HasSuffix(name, "-eu-west-1") {
		t.Errorf("name = %q, want one that ends in the region", name)
	}
}

func TestUserResponseHeadersPolicyReplacesTheEndpoints(t *testing.T) {
	stack := newStack("us-east-1")
	cors := awscloudfront.ResponseHeadersPolicy_CORS_ALLOW_ALL_ORIGINS()
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function: newFunction(stack, "Function"),
		DefaultRoute: &streamfront.RouteOptions{
			Behavior: &awscloudfront.AddBehaviorOptions{ResponseHeadersPolicy: cors},
		},
	})
	id := *cors.ResponseHeadersPolicyId()
	if got := *endpoint.ResponseHeadersPolicy().ResponseHeadersPolicyRef().ResponseHeadersPolicyId; got != id {
		t.Errorf("ResponseHeadersPolicy = %s, want the user's %s", got, id)
	}
	main := synth(stack).main
	if n := len(main.All("AWS::CloudFront::ResponseHeadersPolicy")); n != 0 {
		t.Errorf("%d policies beside the user's", n)
	}
	wantJSON(t, "ResponseHeadersPolicyId", main.Only(t, "AWS::CloudFront::Distribution").
		At(t, "DistributionConfig", "DefaultCacheBehavior", "ResponseHeadersPolicyId"), `"`+id+`"`)
}

// A route has the policy of the default one, or its own.
func TestResponseHeadersPolicyOfRoutes(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	cors := awscloudfront.ResponseHeadersPolicy_CORS_ALLOW_ALL_ORIGINS()
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{Function: function})
	endpoint.AddRoute(jsii.String("/plain"), function, nil)
	endpoint.AddRoute(jsii.String("/cors"), function, &streamfront.RouteOptions{
		Behavior: &awscloudfront.AddBehaviorOptions{ResponseHeadersPolicy: cors},
	})
	main := synth(stack).main
	distribution := main.Only(t, "AWS::CloudFront::Distribution")
	plain := distribution.At(t, "DistributionConfig", "CacheBehaviors", 0, "ResponseHeadersPolicyId")
	if main.Refers(t, plain) != main.Only(t, "AWS::CloudFront::ResponseHeadersPolicy") {
		t.Errorf("a route uses %v, want the endpoint's policy", plain)
	}
	wantJSON(t, "the route's own", distribution.At(t, "DistributionConfig", "CacheBehaviors", 1, "ResponseHeadersPolicyId"), `"`+*cors.ResponseHeadersPolicyId()+`"`)
}

func TestNoSecurityHeaders(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: function, SecurityHeaders: jsii.Bool(false)})
	endpoint.AddRoute(jsii.String("/a"), function, nil)
	if got := endpoint.ResponseHeadersPolicy(); got != nil {
		t.Errorf("ResponseHeadersPolicy = %v, want none", got)
	}
	main := synth(stack).main
	if n := len(main.All("AWS::CloudFront::ResponseHeadersPolicy")); n != 0 {
		t.Errorf("%d response headers policies, want none", n)
	}
	config := main.Only(t, "AWS::CloudFront::Distribution")
	wantJSON(t, "default", config.At(t, "DistributionConfig", "DefaultCacheBehavior", "ResponseHeadersPolicyId"), `null`)
	wantJSON(t, "route", config.At(t, "DistributionConfig", "CacheBehaviors", 0, "ResponseHeadersPolicyId"), `null`)
}
