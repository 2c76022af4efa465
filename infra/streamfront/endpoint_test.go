package streamfront_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront/experimental"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudfront"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/functions/signer"
	"github.com/streamfront/streamfront/functions/viewer"
	"github.com/streamfront/streamfront/infra/streamfront"
)

// The assemblies that most tests look at, each synthesized once.
var (
	oneAtHome = sync.OnceValue(func() *assembly { return endpoints("us-east-1", "Api") })
	oneAbroad = sync.OnceValue(func() *assembly { return endpoints("eu-west-1", "Api") })
	twoAtHome = sync.OnceValue(func() *assembly { return endpoints("us-east-1", "Api", "Admin") })
	twoAbroad = sync.OnceValue(func() *assembly { return endpoints("eu-west-1", "Api", "Admin") })
	withOne   = map[string]func() *assembly{"us-east-1": oneAtHome, "eu-west-1": oneAbroad}
	withTwo   = map[string]func() *assembly{"us-east-1": twoAtHome, "eu-west-1": twoAbroad}
)

// endpoints synthesizes a stack with an endpoint for each id, and nothing but its defaults.
func endpoints(region string, ids ...string) *assembly {
	stack := newStack(region)
	for _, id := range ids {
		streamfront.NewEndpoint(stack, &id, &streamfront.EndpointProps{
			Function: newFunction(stack, id+"Function"),
		})
	}
	return synth(stack)
}

// A permission too few is a 403 for everyone, one too many a way around CloudFront, and
// with it around WAF, signed cookies and the viewer function.
func TestOnlyThisDistributionCanInvoke(t *testing.T) {
	for region, synthesized := range withOne {
		t.Run(region, func(t *testing.T) {
			main := synthesized().main
			url, distribution := main.Only(t, "AWS::Lambda::Url"), main.Only(t, "AWS::CloudFront::Distribution")
			function := main.Refers(t, url.At(t, "TargetFunctionArn"))
			wantGrants(t, main, grants(function, distribution)...)
		})
	}
}

func distributionArn(distribution *resource) string {
	return "arn:${AWS::Partition}:cloudfront::123456789012:distribution/${" + distribution.ID + "}"
}

// arn spells an Fn::Join as Fn::Sub would. CDK writes the account of one stack sometimes
// out and sometimes as a Ref.
func arn(tb testing.TB, value any) string {
	tb.Helper()
	join, ok := value.(map[string]any)["Fn::Join"].([]any)
	if !ok || join[0] != "" {
		tb.Fatalf("%v is no plain Fn::Join", value)
	}
	var text strings.Builder
	for _, part := range join[1].([]any) {
		switch part := part.(type) {
		case string:
			text.WriteString(part)
		case map[string]any:
			fmt.Fprintf(&text, "${%s}", part["Ref"])
		}
	}
	return strings.ReplaceAll(text.String(), "${AWS::AccountId}", "123456789012")
}

// With authorization NONE the URL would be open to everyone; when BUFFERED it would
// deliver the stream in one piece at its end.
func TestFunctionUrlStreamsAndAsksForASignature(t *testing.T) {
	url := oneAtHome().main.Only(t, "AWS::Lambda::Url")
	wantJSON(t, "AuthType", url.At(t, "AuthType"), `"AWS_IAM"`)
	wantJSON(t, "InvokeMode", url.At(t, "InvokeMode"), `"RESPONSE_STREAM"`)
}

// Any other signing behavior passes a viewer's Authorization off as the signature.
func TestOriginAccessControlAlwaysSigns(t *testing.T) {
	main := oneAtHome().main
	control := main.Only(t, "AWS::CloudFront::OriginAccessControl")
	for field, want := range map[string]string{
		"OriginAccessControlOriginType": `"lambda"`,
		"SigningBehavior":               `"always"`,
		"SigningProtocol":               `"sigv4"`,
	} {
		wantJSON(t, field, control.At(t, "OriginAccessControlConfig", field), want)
	}
	origins := main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "Origins").([]any)
	if len(origins) != 1 {
		t.Fatalf("%d origins, want the function URL only", len(origins))
	}
	used := origins[0].(map[string]any)["OriginAccessControlId"]
	if main.Refers(t, used) != control {
		t.Errorf("the origin uses %v, want the access control of the endpoint", used)
	}
}

// Two regions of one stack share the account, in which these names are unique.
func TestOriginAccessControlNameHasTheRegionAndFits(t *testing.T) {
	for _, region := range []string{"us-east-1", "ap-southeast-2"} {
		main := endpoints(region, strings.Repeat("LongName", 12)).main
		name := main.Only(t, "AWS::CloudFront::OriginAccessControl").At(t, "OriginAccessControlConfig", "Name").(string)
		if !strings.HasSuffix(name, "-"+region) || len(name) > 64 {
			t.Errorf("name = %q, want at most 64 characters that end in the region", name)
		}
	}
}

func TestOriginSpeaksHTTPSAndWaits60Seconds(t *testing.T) {
	distribution := oneAtHome().main.Only(t, "AWS::CloudFront::Distribution")
	wantJSON(t, "CustomOriginConfig", distribution.At(t, "DistributionConfig", "Origins", 0, "CustomOriginConfig"), `{
		"OriginProtocolPolicy": "https-only",
		"OriginSSLProtocols": ["TLSv1.2"],
		"OriginReadTimeout": 60,
		"OriginKeepaliveTimeout": 60
	}`)
}

func TestReadTimeoutReachesTheOrigin(t *testing.T) {
	for _, seconds := range []float64{1, 120} { // both ends of the quota
		stack := newStack("us-east-1")
		streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
			Function:     newFunction(stack, "Function"),
			DefaultRoute: &streamfront.RouteOptions{ReadTimeout: awscdk.Duration_Seconds(&seconds)},
		})
		distribution := synth(stack).main.Only(t, "AWS::CloudFront::Distribution")
		if got := distribution.At(t, "DistributionConfig", "Origins", 0, "CustomOriginConfig", "OriginReadTimeout"); got != seconds {
			t.Errorf("OriginReadTimeout = %v, want %v", got, seconds)
		}
	}
}

func TestDistributionDefaults(t *testing.T) {
	main := oneAtHome().main
	distribution := main.Only(t, "AWS::CloudFront::Distribution")
	behavior := distribution.At(t, "DistributionConfig", "DefaultCacheBehavior").(map[string]any)
	for field, want := range map[string]string{
		"ViewerProtocolPolicy":  `"redirect-to-https"`, // credentials must not travel in the clear
		"AllowedMethods":        `["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]`,
		"CachePolicyId":         `"4135ea2d-6df8-44a3-9df3-4b5a84be39ad"`, // CachingDisabled
		"OriginRequestPolicyId": `"b689b0a8-53d0-40ab-baf2-68738e2966ac"`, // AllViewerExceptHostHeader
		"Compress":              `false`,
	} {
		wantJSON(t, field, behavior[field], want)
	}
	wantJSON(t, "HttpVersion", distribution.At(t, "DistributionConfig", "HttpVersion"), `"http2and3"`)
	wantJSON(t, "IPV6Enabled", distribution.At(t, "DistributionConfig", "IPV6Enabled"), `true`)
	wantJSON(t, "Enabled", distribution.At(t, "DistributionConfig", "Enabled"), `true`)
}

// The variant matters: a viewer function for unsigned routes would move Authorization
// before the signer looks for it.
func TestViewerFunctionIsForSignedStreams(t *testing.T) {
	main := oneAtHome().main
	associations := main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "DefaultCacheBehavior", "FunctionAssociations").([]any)
	if len(associations) != 1 {
		t.Fatalf("%d function associations, want 1", len(associations))
	}
	association := associations[0].(map[string]any)
	wantJSON(t, "EventType", association["EventType"], `"viewer-request"`)
	function := main.Refers(t, association["FunctionARN"])
	wantJSON(t, "Runtime", function.At(t, "FunctionConfig", "Runtime"), `"cloudfront-js-2.0"`)
	wantJSON(t, "AutoPublish", function.At(t, "AutoPublish"), `true`)
	if got, want := function.At(t, "FunctionCode"), (viewer.Route{Streamed: true, Signed: true}).Source(); got != want {
		t.Errorf("the code is not that of functions/viewer for a signed stream: %s", firstDifference(got.(string), want))
	}
}

// What is signed must be what is sent: the signer has to be there, with the body.
func TestSignerSeesTheBody(t *testing.T) {
	for region, synthesized := range withOne {
		t.Run(region, func(t *testing.T) {
			a := synthesized()
			associations := a.main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "DefaultCacheBehavior", "LambdaFunctionAssociations").([]any)
			if len(associations) != 1 {
				t.Fatalf("%d Lambda@Edge associations, want 1", len(associations))
			}
			wantSigner(t, a, associations[0].(map[string]any))
		})
	}
}

// wantSigner checks an association, and follows it to the code.
func wantSigner(t *testing.T, a *assembly, association map[string]any) {
	t.Helper()
	wantJSON(t, "EventType", association["EventType"], `"origin-request"`)
	wantJSON(t, "IncludeBody", association["IncludeBody"], `true`)

	version := signerVersion(t, a, association["LambdaFunctionARN"])
	function := a.edge.Refers(t, version.At(t, "FunctionName"))
	for property, want := range map[string]string{
		"Runtime":       `"nodejs24.x"`,
		"Handler":       `"index.handler"`,
		"Architectures": `["x86_64"]`,
		"MemorySize":    `128`,
		"Timeout":       `5`,
		"Environment":   `null`, // Lambda@Edge refuses any
		"Layers":        `null`,
	} {
		wantJSON(t, property, function.At(t, property), want)
	}
	if got := function.At(t, "Code", "ZipFile"); got != signer.Source {
		t.Errorf("the code is not that of functions/signer: %s", firstDifference(fmt.Sprint(got), signer.Source))
	}
	role := a.edge.Refers(t, function.At(t, "Role"))
	for _, service := range []string{"lambda.amazonaws.com", "edgelambda.amazonaws.com"} {
		if !strings.Contains(fmt.Sprint(role.At(t, "AssumeRolePolicyDocument")), service) {
			t.Errorf("%s cannot assume the role of the signer", service)
		}
	}

	// Replicas outlive the association by hours, and Lambda deletes nothing that has some.
	for _, r := range []*resource{version, function} {
		if r.DeletionPolicy != "Retain" || r.UpdateReplacePolicy != "Retain" {
			t.Errorf("%s: deletion policy %q, replacement policy %q, want Retain", r.Type, r.DeletionPolicy, r.UpdateReplacePolicy)
		}
	}
}

// signerVersion follows the ARN of an association to the version: directly in us-east-1,
// from elsewhere through the parameter that the edge stack writes and a resource reads.
func signerVersion(t *testing.T, a *assembly, arn any) *resource {
	t.Helper()
	source := a.main.Refers(t, arn)
	if source.Type == "AWS::Lambda::Version" {
		return source
	}
	wantJSON(t, "Region", source.At(t, "Region"), `"us-east-1"`)
	for _, parameter := range a.edge.All("AWS::SSM::Parameter") {
		if parameter.At(t, "Name") != source.At(t, "ParameterName") {
			continue
		}
		version := a.edge.Refers(t, parameter.At(t, "Value"))
		// A new version must be a change here too, or it would not be read.
		if token := source.At(t, "RefreshToken"); token != version.ID {
			t.Errorf("RefreshToken = %v, want %s", token, version.ID)
		}
		return version
	}
	t.Fatalf("no parameter %v in the edge stack", source.At(t, "ParameterName"))
	return nil
}

// The edge stack gives all signers of a stack one scope; each endpoint still needs its own
// everything, and its own distribution in its permissions.
func TestTwoEndpointsInOneStack(t *testing.T) {
	for region, synthesized := range withTwo {
		t.Run(region, func(t *testing.T) {
			a := synthesized()
			var want []string
			for _, d := range a.main.All("AWS::CloudFront::Distribution") {
				want = append(want, grants(a.main.origin(t, d), d)...)
			}
			wantGrants(t, a.main, want...)
			versions := map[*resource]bool{}
			for _, d := range a.main.All("AWS::CloudFront::Distribution") {
				association := d.At(t, "DistributionConfig", "DefaultCacheBehavior", "LambdaFunctionAssociations", 0).(map[string]any)
				wantSigner(t, a, association)
				versions[signerVersion(t, a, association["LambdaFunctionARN"])] = true
			}
			if len(versions) != 2 {
				t.Errorf("%d signer versions, want 2", len(versions))
			}
			names := map[any]bool{}
			for _, control := range a.main.All("AWS::CloudFront::OriginAccessControl") {
				names[control.At(t, "OriginAccessControlConfig", "Name")] = true
			}
			if len(names) != 2 {
				t.Errorf("names of the access controls = %v, want 2", names)
			}
		})
	}
}

// An alias has its own URL, so that its endpoint must grant the alias and not the function.
func TestAliasIsServed(t *testing.T) {
	stack := newStack("us-east-1")
	alias := newFunction(stack, "Function").AddAlias(jsii.String("live"), nil)
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{Function: alias})
	main := synth(stack).main

	wantJSON(t, "Qualifier", main.Only(t, "AWS::Lambda::Url").At(t, "Qualifier"), `"live"`)
	wantGrants(t, main, grants(main.Only(t, "AWS::Lambda::Alias"), main.Only(t, "AWS::CloudFront::Distribution"))...)
}

// A function of another stack must not make the two stacks depend on each other.
func TestFunctionOfAnotherStack(t *testing.T) {
	stack := newStack("us-east-1")
	functions := awscdk.NewStack(awscdk.App_Of(stack), jsii.String("Functions"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: stack.Account(), Region: stack.Region()},
	})
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function: newFunction(functions, "Function"),
	})
	a := synth(stack)
	elsewhere := &resource{ID: "another stack's function"}
	wantGrants(t, a.main, grants(elsewhere, a.main.Only(t, "AWS::CloudFront::Distribution"))...)
	readTemplate(filepath.Join(a.dir, "Functions.template.json")).Only(t, "AWS::Lambda::Url")
}

// newPolicyWithoutCaching stands for a policy of the user's which leaves the route its signer.
func newPolicyWithoutCaching(stack awscdk.Stack, id string) awscloudfront.CachePolicy {
	return awscloudfront.NewCachePolicy(stack, &id, &awscloudfront.CachePolicyProps{
		DefaultTtl: awscdk.Duration_Seconds(jsii.Number(0)),
		MaxTtl:     awscdk.Duration_Seconds(jsii.Number(0)),
	})
}

// userProps sets every field that is the user's, and to another value than the endpoint's
// default.
func userProps(t *testing.T, stack awscdk.Stack) *awscloudfront.DistributionProps {
	t.Helper()
	edge := experimental.NewEdgeFunction(stack, jsii.String("UserEdge"), &experimental.EdgeFunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("index.handler"),
		Code:    awslambda.Code_FromInline(jsii.String("exports.handler = async (e) => e.Records[0].cf.response;")),
	})
	function := awscloudfront.NewFunction(stack, jsii.String("UserFunction"), &awscloudfront.FunctionProps{
		Code:    awscloudfront.FunctionCode_FromInline(jsii.String("function handler(event) { return event.response; }")),
		Runtime: awscloudfront.FunctionRuntime_JS_2_0(),
	})
	props := &awscloudfront.DistributionProps{
		AdditionalBehaviors: &map[string]*awscloudfront.BehaviorOptions{
			"/static/*": {Origin: awscloudfrontorigins.NewHttpOrigin(jsii.String("example.com"), nil)},
		},
		Certificate:              awscertificatemanager.Certificate_FromCertificateArn(stack, jsii.String("UserCertificate"), jsii.String("arn:aws:acm:us-east-1:123456789012:certificate/a")),
		Comment:                  jsii.String("the user's"),
		DefaultRootObject:        jsii.String("index.html"),
		DomainNames:              jsii.Strings("chat.example.com"),
		Enabled:                  jsii.Bool(false),
		EnableIpv6:               jsii.Bool(false),
		EnableLogging:            jsii.Bool(true),
		ErrorResponses:           &[]*awscloudfront.ErrorResponse{{HttpStatus: jsii.Number(504), Ttl: awscdk.Duration_Seconds(jsii.Number(0))}},
		GeoRestriction:           awscloudfront.GeoRestriction_Denylist(jsii.String("AQ")),
		HttpVersion:              awscloudfront.HttpVersion_HTTP1_1,
		LogBucket:                awss3.Bucket_FromBucketName(stack, jsii.String("UserBucket"), jsii.String("logs")),
		LogFilePrefix:            jsii.String("chat/"),
		LogIncludesCookies:       jsii.Bool(true),
		MinimumProtocolVersion:   awscloudfront.SecurityPolicyProtocol_TLS_V1_2_2018,
		PriceClass:               awscloudfront.PriceClass_PRICE_CLASS_100,
		PublishAdditionalMetrics: jsii.Bool(true),
		SslSupportMethod:         awscloudfront.SSLMethod_VIP,
		WebAclId:                 jsii.String("arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b"),
		DefaultBehavior: &awscloudfront.BehaviorOptions{
			AllowedMethods:       awscloudfront.AllowedMethods_ALLOW_GET_HEAD_OPTIONS(),
			CachedMethods:        awscloudfront.CachedMethods_CACHE_GET_HEAD_OPTIONS(),
			CachePolicy:          newPolicyWithoutCaching(stack, "UserPolicy"),
			Compress:             jsii.Bool(true),
			EdgeLambdas:          &[]*awscloudfront.EdgeLambda{{EventType: awscloudfront.LambdaEdgeEventType_ORIGIN_RESPONSE, FunctionVersion: edge}},
			FunctionAssociations: &[]*awscloudfront.FunctionAssociation{{EventType: awscloudfront.FunctionEventType_VIEWER_RESPONSE, Function: function}},
			OriginRequestPolicy:  awscloudfront.OriginRequestPolicy_CORS_CUSTOM_ORIGIN(),
			RealtimeLogConfig: awscloudfront.NewCfnRealtimeLogConfig(stack, jsii.String("UserLogs"), &awscloudfront.CfnRealtimeLogConfigProps{
				EndPoints: []any{}, Fields: jsii.Strings("timestamp"), Name: jsii.String("logs"), SamplingRate: jsii.Number(100),
			}),
			ResponseHeadersPolicy: awscloudfront.ResponseHeadersPolicy_SECURITY_HEADERS(),
			SmoothStreaming:       jsii.Bool(true),
			TrustedKeyGroups:      &[]interfacesawscloudfront.IKeyGroupRef{awscloudfront.KeyGroup_FromKeyGroupId(stack, jsii.String("UserKeys"), jsii.String("keys"))},
			ViewerProtocolPolicy:  awscloudfront.ViewerProtocolPolicy_HTTPS_ONLY,
		},
	}
	for _, props := range []any{*props, *props.DefaultBehavior} {
		for i, v := 0, reflect.ValueOf(props); i < v.NumField(); i++ {
			switch name := v.Type().Field(i).Name; name {
			case "Origin", "EnableGrpc": // the endpoint's; refused by CDK beside Lambda@Edge
			default:
				if v.Field(i).IsZero() {
					t.Errorf("the test does not set %T.%s", props, name)
				}
			}
		}
	}
	return props
}

// split returns the props of a distribution as those of an endpoint: the default behavior is
// the default route's.
func split(props *awscloudfront.DistributionProps) (*awscloudfront.DistributionProps, *streamfront.RouteOptions) {
	distribution := *props
	distribution.DefaultBehavior = nil
	return &distribution, &streamfront.RouteOptions{Behavior: addOptions(props.DefaultBehavior)}
}

// addOptions returns the options without the origin.
func addOptions(behavior *awscloudfront.BehaviorOptions) *awscloudfront.AddBehaviorOptions {
	var o awscloudfront.AddBehaviorOptions
	from, to := reflect.ValueOf(behavior).Elem(), reflect.ValueOf(&o).Elem()
	for i := range to.NumField() {
		to.Field(i).Set(from.FieldByName(to.Type().Field(i).Name))
	}
	return &o
}

// GIVEN a distribution as CDK makes it of the user's props, THEN the endpoint's differs in
// its origin and in its own two edge functions only.
func TestUserDistributionPropsSurvive(t *testing.T) {
	plain := newStack("us-east-1")
	props := userProps(t, plain)
	props.DefaultBehavior.Origin = awscloudfrontorigins.NewHttpOrigin(jsii.String("example.org"), nil)
	awscloudfront.NewDistribution(plain, jsii.String("Distribution"), props)
	want := synth(plain).main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig").(map[string]any)

	stack := newStack("us-east-1")
	props = userProps(t, stack)
	distribution, options := split(props)
	streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function:          newFunction(stack, "Function"),
		DistributionProps: distribution,
		DefaultRoute:      options,
	})
	got := synth(stack).main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig").(map[string]any)

	for _, own := range []struct{ list, event string }{
		{"LambdaFunctionAssociations", "origin-request"},
		{"FunctionAssociations", "viewer-request"},
	} {
		behavior := got["DefaultCacheBehavior"].(map[string]any)
		list := behavior[own.list].([]any)
		if event := list[0].(map[string]any)["EventType"]; event != own.event {
			t.Errorf("the first of %s is at %v, want the endpoint's at %s", own.list, event, own.event)
		}
		behavior[own.list] = list[1:]
	}
	for _, config := range []map[string]any{got, want} {
		delete(config, "Origins")
		delete(config["DefaultCacheBehavior"].(map[string]any), "TargetOriginId")
		for _, b := range config["CacheBehaviors"].([]any) {
			delete(b.(map[string]any), "TargetOriginId")
		}
	}
	gotText, wantText := indent(got), indent(want)
	if gotText != wantText {
		t.Error(firstDifference(gotText, wantText))
	}
}

// Users share one props value between endpoints, so that a write to it is a defect that
// shows far from its cause.
func TestPropsAreNotModified(t *testing.T) {
	stack := newStack("us-east-1")
	distribution, options := split(userProps(t, stack))
	distribution.HttpVersion = "" // the first of some that the endpoint has to fill in
	options.Behavior.CachePolicy = nil
	options.Behavior.Compress = nil
	props := &streamfront.EndpointProps{Function: newFunction(stack, "Function"), DistributionProps: distribution, DefaultRoute: options}

	propsBefore, distributionBefore, behaviorBefore := *props, *distribution, *options.Behavior
	lambdasBefore, associationsBefore := slices.Clone(*behaviorBefore.EdgeLambdas), slices.Clone(*behaviorBefore.FunctionAssociations)
	// Room behind the last element, where an append in place would not show in the length.
	*options.Behavior.EdgeLambdas = slices.Grow(*options.Behavior.EdgeLambdas, 4)
	*options.Behavior.FunctionAssociations = slices.Grow(*options.Behavior.FunctionAssociations, 4)
	lambda, association := *lambdasBefore[0], *associationsBefore[0]

	streamfront.NewEndpoint(stack, jsii.String("Api"), props)

	lambdas, associations := *options.Behavior.EdgeLambdas, *options.Behavior.FunctionAssociations
	for what, pair := range map[string][2]any{
		"props":                {*props, propsBefore},
		"DistributionProps":    {*distribution, distributionBefore},
		"Behavior":             {*options.Behavior, behaviorBefore},
		"EdgeLambdas":          {lambdas, lambdasBefore},
		"FunctionAssociations": {associations, associationsBefore},
		"an EdgeLambda":        {*lambdas[0], lambda},
		"an association":       {*associations[0], association},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s = %+v, want %+v as before", what, pair[0], pair[1])
		}
	}
	if behind := lambdas[:2][1]; behind != nil {
		t.Errorf("wrote %+v behind the user's EdgeLambdas", behind)
	}
	if behind := associations[:2][1]; behind != nil {
		t.Errorf("wrote %+v behind the user's FunctionAssociations", behind)
	}
}

// Embedding a jsii construct in the wrong way passes every test but these uses of it.
func TestEndpointIsAConstructLikeOthers(t *testing.T) {
	stack := newStack("us-east-1")
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function: newFunction(stack, "Function"),
	})
	inside := awssns.NewTopic(endpoint, jsii.String("Topic"), nil)
	awssns.NewTopic(endpoint.Signer(), jsii.String("Topic"), nil)
	after := awssns.NewTopic(stack, jsii.String("After"), nil)
	after.Node().AddDependency(endpoint)
	awscdk.Tags_Of(endpoint).Add(jsii.String("team"), jsii.String("chat"), nil)

	if found := stack.Node().FindChild(jsii.String("Api")); found != constructs.IConstruct(endpoint) {
		t.Errorf("FindChild = %T %v, want the endpoint itself", found, found)
	}
	if scope := inside.Node().Scope(); scope != constructs.IConstruct(endpoint) {
		t.Errorf("the scope of a child = %T %v, want the endpoint itself", scope, scope)
	}
	main := synth(stack).main
	distribution := main.Only(t, "AWS::CloudFront::Distribution")
	wantJSON(t, "Tags", distribution.At(t, "Tags"), `[{"Key": "team", "Value": "chat"}]`)
	depends := 0
	for _, topic := range main.All("AWS::SNS::Topic") {
		if list, ok := topic.DependsOn.([]any); ok && slices.Contains(list, any(distribution.ID)) {
			depends++
		}
	}
	if depends != 1 {
		t.Errorf("%d topics depend on the distribution, want the one after it", depends)
	}
}

func TestAccessorsReachEveryResource(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{Function: function})

	// The escape hatch is the documented way to what no prop covers.
	endpoint.Distribution().Node().DefaultChild().(awscloudfront.CfnDistribution).
		AddPropertyOverride(jsii.String("DistributionConfig.Staging"), jsii.Bool(true))
	awscdk.NewCfnOutput(stack, jsii.String("Url"), &awscdk.CfnOutputProps{Value: endpoint.Url()})

	for what, pair := range map[string][2]*string{
		"FunctionUrl":    {endpoint.FunctionUrl().Node().Path(), jsii.String("Test/Function/FunctionUrl")},
		"ViewerFunction": {endpoint.ViewerFunction().Node().Path(), jsii.String("Test/Api/Viewer")},
		"Signer":         {endpoint.Signer().Node().Path(), jsii.String("Test/Api/Signer")},
		"Distribution":   {endpoint.Distribution().Node().Path(), jsii.String("Test/Api/Distribution")},
	} {
		if *pair[0] != *pair[1] {
			t.Errorf("%s is at %s, want %s", what, *pair[0], *pair[1])
		}
	}
	main := synth(stack).main
	distribution := main.Only(t, "AWS::CloudFront::Distribution")
	wantJSON(t, "Staging", distribution.At(t, "DistributionConfig", "Staging"), `true`)
	wantJSON(t, "the output", main.Outputs["Url"], fmt.Sprintf(`{"Value": {"Fn::Join": ["", ["https://", {"Fn::GetAtt": [%q, "DomainName"]}]]}}`, distribution.ID))
}
