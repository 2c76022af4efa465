package streamfront_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

func TestOriginOptions(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	headers := map[string]*string{"x-stage": jsii.String("beta")}
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{
		Function:         function,
		Authorizer:       streamfront.NewJwtAuthorizer(jsii.String("https://issuer.example.com"), &streamfront.JwtAuthorizerProps{JwtAudience: jsii.Strings("api")}),
		ReadTimeoutQuota: awscdk.Duration_Seconds(jsii.Number(180)),
		DefaultRoute: &streamfront.RouteOptions{
			ReadTimeout:     awscdk.Duration_Seconds(jsii.Number(180)),
			FunctionUrlCors: &awslambda.FunctionUrlCorsOptions{AllowedOrigins: jsii.Strings("https://app.example.com")},
			Origin: &streamfront.OriginOptions{
				CustomHeaders:             &headers,
				OriginShieldRegion:        jsii.String("us-east-1"),
				ResponseCompletionTimeout: awscdk.Duration_Minutes(jsii.Number(15)),
				ConnectionAttempts:        jsii.Number(1),
				ConnectionTimeout:         awscdk.Duration_Seconds(jsii.Number(3)),
			},
		},
	})
	endpoint.AddRoute(jsii.String("/same"), function, nil)
	endpoint.AddRoute(jsii.String("/other"), function, &streamfront.RouteOptions{Origin: &streamfront.OriginOptions{}})
	if len(headers) != 1 {
		t.Errorf("the user's headers are %v after the call", headers)
	}
	main := synth(stack).main
	wantJSON(t, "Cors", main.Only(t, "AWS::Lambda::Url").At(t, "Cors"), `{"AllowMethods": ["*"], "AllowOrigins": ["https://app.example.com"]}`)
	distribution := main.Only(t, "AWS::CloudFront::Distribution")
	origins := distribution.At(t, "DistributionConfig", "Origins").([]any)
	if len(origins) != 2 {
		t.Fatalf("%d origins, want one for each set of options", len(origins))
	}
	first := origins[0].(map[string]any)
	for property, want := range map[string]string{
		"ConnectionAttempts":        `1`,
		"ConnectionTimeout":         `3`,
		"ResponseCompletionTimeout": `900`,
		"OriginShield":              `{"Enabled": true, "OriginShieldRegion": "us-east-1"}`,
	} {
		wantJSON(t, property, first[property], want)
	}
	wantJSON(t, "OriginReadTimeout", first["CustomOriginConfig"].(map[string]any)["OriginReadTimeout"], `180`)
	names := map[any]any{}
	for _, header := range first["OriginCustomHeaders"].([]any) {
		h := header.(map[string]any)
		names[h["HeaderName"]] = h["HeaderValue"]
	}
	if names["x-stage"] != "beta" || names["x-streamfront-jwt-audience"] != "api" {
		t.Errorf("custom headers = %v, want the user's and the authorizer's", names)
	}
	same := distribution.At(t, "DistributionConfig", "CacheBehaviors", 0, "TargetOriginId")
	if same != first["Id"] {
		t.Errorf("a route without options goes to %v, want the first origin %v", same, first["Id"])
	}
}

// The message about ReadTimeoutQuota names this way to a timeout that the CDK does not accept.
func TestReadTimeoutBeyondTheCDK(t *testing.T) {
	stack := newStack("us-east-1")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: newFunction(stack, "Function")})
	endpoint.AddRoute(jsii.String("/slow"), newFunction(stack, "Slow"), nil)
	endpoint.Distribution().Node().DefaultChild().(awscloudfront.CfnDistribution).
		AddPropertyOverride(jsii.String("DistributionConfig.Origins.0.CustomOriginConfig.OriginReadTimeout"), jsii.Number(240))

	distribution := synth(stack).main.Only(t, "AWS::CloudFront::Distribution")
	for i, want := range []string{`240`, `60`} {
		wantJSON(t, "OriginReadTimeout", distribution.At(t, "DistributionConfig", "Origins", i, "CustomOriginConfig", "OriginReadTimeout"), want)
	}
	wantJSON(t, "the default origin", distribution.At(t, "DistributionConfig", "DefaultCacheBehavior", "TargetOriginId"),
		fmt.Sprintf("%q", distribution.At(t, "DistributionConfig", "Origins", 0, "Id")))
}

// What an endpoint makes can be had from it.
func TestEndpointAccessors(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	logs := awss3.Bucket_FromBucketName(stack, jsii.String("Logs"), jsii.String("logs"))
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{
		Function:    function,
		DomainNames: jsii.Strings("chat.example.com"),
		Certificate: awscertificatemanager.Certificate_FromCertificateArn(stack, jsii.String("Certificate"), jsii.String("arn:aws:acm:us-east-1:123456789012:certificate/1")),
		HostedZone: awsroute53.HostedZone_FromHostedZoneAttributes(stack, jsii.String("Zone"), &awsroute53.HostedZoneAttributes{
			HostedZoneId: jsii.String("Z1"), ZoneName: jsii.String("example.com"),
		}),
		AccessLogBucket: logs,
	})
	if got := len(endpoint.AuthorizerFunctions()); got != 0 || endpoint.ChallengeFunction() != nil {
		t.Errorf("%d authorizer functions and the challenge function %v before a route needs them", got, endpoint.ChallengeFunction())
	}
	jwt := streamfront.NewJwtAuthorizer(jsii.String("https://issuer.example.com"), &streamfront.JwtAuthorizerProps{JwtAudience: jsii.Strings("api")})
	endpoint.AddRoute(jsii.String("/checked"), function, &streamfront.RouteOptions{
		Authorizer: jwt, PayloadHash: streamfront.PayloadHash_CLIENT, RestoreChallenge: jsii.Bool(true),
	})
	endpoint.AddRoute(jsii.String("/signed"), function, &streamfront.RouteOptions{Authorizer: jwt})
	endpoint.AddRoute(jsii.String("/client"), function, &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_CLIENT})
	for what, counts := range map[string][2]int{
		"viewer functions":     {len(endpoint.ViewerFunctions()), 2},
		"authorizer functions": {len(endpoint.AuthorizerFunctions()), 2},
		"records":              {len(endpoint.Records()), 3},
		"origins":              {len(*endpoint.Origins()), 2},
	} {
		if counts[0] != counts[1] {
			t.Errorf("%d %s, want %d", counts[0], what, counts[1])
		}
	}
	if endpoint.ViewerFunctions()[0] != endpoint.ViewerFunction() {
		t.Error("the first viewer function is not the default route's")
	}
	if endpoint.ChallengeFunction() == nil || endpoint.AccessLogBucket() != logs {
		t.Errorf("challenge function %v, bucket %v", endpoint.ChallengeFunction(), endpoint.AccessLogBucket())
	}
	id := *endpoint.OriginAccessControl().OriginAccessControlId()
	if resolved := stack.Resolve(&id); resolved == nil {
		t.Error("the origin access control has no id")
	}
	wantAccessorForEveryResource(t, endpoint)
	main := synth(stack).main
	wantJSON(t, "Logging", main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "Logging", "Bucket") != nil, `true`)
	if n := len(main.All("AWS::S3::Bucket")); n != 0 {
		t.Errorf("%d buckets beside the user's", n)
	}
}

// wantAccessorForEveryResource checks that each resource of an endpoint belongs to something that
// an accessor returns.
func wantAccessorForEveryResource(t *testing.T, endpoint streamfront.Endpoint) {
	t.Helper()
	reached := []constructs.IConstruct{endpoint.Distribution(), endpoint.Signer(), endpoint.ChallengeFunction(), endpoint.OriginAccessControl(), endpoint.AccessLogBucket()}
	reached = append(reached, endpoint.ResponseHeadersPolicy())
	for _, f := range endpoint.ViewerFunctions() {
		reached = append(reached, f)
	}
	for _, f := range endpoint.AuthorizerFunctions() {
		reached = append(reached, f)
	}
	for _, r := range endpoint.Records() {
		reached = append(reached, r)
	}
	for _, p := range endpoint.Permissions() {
		reached = append(reached, p)
	}
	resources := 0
	for _, c := range *endpoint.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if !*awscdk.CfnResource_IsCfnResource(c) {
			continue
		}
		resources++
		path := *c.Node().Path()
		if !slices.ContainsFunc(reached, func(r constructs.IConstruct) bool {
			return path == *r.Node().Path() || strings.HasPrefix(path, *r.Node().Path()+"/")
		}) {
			t.Errorf("no accessor reaches the resource %s", path)
		}
	}
	if resources < 10 {
		t.Errorf("found %d resources only", resources)
	}
}
