package streamfront_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/functions/challenge"
	"github.com/streamfront/streamfront/functions/viewer"
	"github.com/streamfront/streamfront/infra/streamfront"
)

// routesAtHome and routesAbroad are an endpoint with a route of every kind.
var (
	routesAtHome = sync.OnceValue(func() *assembly { return manyRoutes("us-east-1") })
	routesAbroad = sync.OnceValue(func() *assembly { return manyRoutes("eu-west-1") })
	withRoutes   = map[string]func() *assembly{"us-east-1": routesAtHome, "eu-west-1": routesAbroad}
)

func manyRoutes(region string) *assembly {
	stack := newStack(region)
	chat, uploads, pages := newFunction(stack, "Chat"), newFunction(stack, "Uploads"), newFunction(stack, "Pages")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: chat})
	endpoint.AddRoute(jsii.String("/uploads/*"), uploads, &streamfront.RouteOptions{
		PayloadHash: streamfront.PayloadHash_CLIENT,
		ReadTimeout: awscdk.Duration_Seconds(jsii.Number(120)),
	})
	endpoint.AddRoute(jsii.String("/status"), chat, &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_NONE})
	endpoint.AddRoute(jsii.String("/mcp"), chat, &streamfront.RouteOptions{RestoreChallenge: jsii.Bool(true)})
	endpoint.AddRoute(jsii.String("/models"), chat, &streamfront.RouteOptions{
		CachePolicy: streamfront.NewOriginCachePolicy(stack, jsii.String("Streamed"), nil),
	})
	endpoint.AddRoute(jsii.String("/me/*"), pages, &streamfront.RouteOptions{
		InvokeMode: awslambda.InvokeMode_BUFFERED,
		CachePolicy: streamfront.NewOriginCachePolicy(stack, jsii.String("PerUser"), &streamfront.OriginCachePolicyProps{
			PerUser: jsii.Bool(true), Headers: jsii.Strings("Accept"), InvokeMode: awslambda.InvokeMode_BUFFERED,
		}),
	})
	endpoint.AddRoute(jsii.String("*.html"), pages, &streamfront.RouteOptions{
		CachePolicy: streamfront.NewOriginCachePolicy(stack, jsii.String("PagesCache"), &streamfront.OriginCachePolicyProps{InvokeMode: awslambda.InvokeMode_BUFFERED}),
	})
	endpoint.AddRoute(jsii.String("/forms/*"), pages, nil)
	return synth(stack)
}

func newEndpoint(stack awscdk.Stack, props *streamfront.EndpointProps) streamfront.Endpoint {
	return streamfront.NewEndpoint(stack, jsii.String("Api"), props)
}

// behaviors returns the cache behaviors by pattern, the default one as "".
func behaviors(t *testing.T, main *template) map[string]map[string]any {
	t.Helper()
	config := main.Only(t, "AWS::CloudFront::Distribution")
	found := map[string]map[string]any{"": config.At(t, "DistributionConfig", "DefaultCacheBehavior").(map[string]any)}
	list, _ := config.At(t, "DistributionConfig", "CacheBehaviors").([]any)
	for _, b := range list {
		behavior := b.(map[string]any)
		found[behavior["PathPattern"].(string)] = behavior
	}
	return found
}

// events lists the edge functions of a behavior, by event and in a fixed order.
func events(behavior map[string]any) string {
	var found []string
	for _, list := range []string{"FunctionAssociations", "LambdaFunctionAssociations"} {
		associations, _ := behavior[list].([]any)
		for _, a := range associations {
			found = append(found, fmt.Sprint(a.(map[string]any)["EventType"]))
		}
	}
	slices.Sort(found)
	return strings.Join(found, " ")
}

// A function on several routes must not get a second URL, which AWS refuses, or more
// permissions than it needs.
func TestFunctionOfSeveralRoutesIsOneOrigin(t *testing.T) {
	for region, synthesized := range withRoutes {
		t.Run(region, func(t *testing.T) {
			main := synthesized().main
			distribution := main.Only(t, "AWS::CloudFront::Distribution")
			if got := len(distribution.At(t, "DistributionConfig", "Origins").([]any)); got != 3 {
				t.Errorf("%d origins, want one for each function", got)
			}
			if got := len(main.All("AWS::Lambda::Url")); got != 3 {
				t.Errorf("%d function URLs, want one for each function", got)
			}
			var want []string
			for _, url := range main.All("AWS::Lambda::Url") {
				want = append(want, grants(main.Refers(t, url.At(t, "TargetFunctionArn")), distribution)...)
			}
			wantGrants(t, main, want...)
			main.Only(t, "AWS::CloudFront::OriginAccessControl")
			found := behaviors(t, main)
			for _, pair := range [][2]string{{"", "/status"}, {"", "/mcp"}, {"", "/models"}, {"/me/*", "*.html"}, {"/me/*", "/forms/*"}} {
				if found[pair[0]]["TargetOriginId"] != found[pair[1]]["TargetOriginId"] {
					t.Errorf("%q and %q have different origins, want that of their function", pair[0], pair[1])
				}
			}
			if found[""]["TargetOriginId"] == found["/uploads/*"]["TargetOriginId"] {
				t.Error("two functions have the same origin")
			}
		})
	}
}

// CloudFront takes the first pattern that matches.
func TestRoutesKeepTheirOrder(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{
		Function: function,
		DistributionProps: &awscloudfront.DistributionProps{AdditionalBehaviors: &map[string]*awscloudfront.BehaviorOptions{
			"/static/*": {Origin: awscloudfrontorigins.NewHttpOrigin(jsii.String("example.com"), nil)},
			"/assets/*": {Origin: awscloudfrontorigins.NewHttpOrigin(jsii.String("example.com"), nil)},
		}},
	})
	for _, pattern := range []string{"/z/1/*", "/z/*", "a/?", "/a/*"} {
		endpoint.AddRoute(&pattern, function, nil)
	}
	var got []string
	for _, b := range synth(stack).main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "CacheBehaviors").([]any) {
		got = append(got, b.(map[string]any)["PathPattern"].(string))
	}
	if want := []string{"/assets/*", "/static/*", "/z/1/*", "/z/*", "a/?", "/a/*"}; !slices.Equal(got, want) {
		t.Errorf("patterns = %q, want %q", got, want)
	}
}

// The whole of what a mode decides, at once, so that no two of its parts disagree.
func TestWhatARouteIsMadeOf(t *testing.T) {
	const (
		all       = `["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]`
		reads     = `["GET", "HEAD", "OPTIONS"]`
		disabled  = `"4135ea2d-6df8-44a3-9df3-4b5a84be39ad"` // CachingDisabled
		allViewer = `"b689b0a8-53d0-40ab-baf2-68738e2966ac"` // AllViewerExceptHostHeader
	)
	for region, synthesized := range withRoutes {
		for pattern, want := range map[string]struct {
			events, methods string
			cached          string // the id of its cache policy, "" without caching
			compressed      bool
			viewer          viewer.Route
		}{
			"":           {"origin-request viewer-request", all, "", false, viewer.Route{Streamed: true, Signed: true}},
			"/uploads/*": {"viewer-request", all, "", false, viewer.Route{Streamed: true}},
			"/status":    {"viewer-request", reads, "", false, viewer.Route{Streamed: true}},
			"/mcp":       {"origin-request origin-response viewer-request", all, "", false, viewer.Route{Streamed: true, Signed: true}},
			"/models":    {"viewer-request", reads, "Streamed", false, viewer.Route{Streamed: true, Anonymous: true}},
			"/me/*":      {"viewer-request", reads, "PerUser", true, viewer.Route{Cached: true}},
			"*.html":     {"viewer-request", reads, "Pages", true, viewer.Route{Anonymous: true}},
			"/forms/*":   {"origin-request viewer-request", all, "", false, viewer.Route{Signed: true}},
		} {
			t.Run(region+" "+pattern, func(t *testing.T) {
				main := synthesized().main
				behavior := behaviors(t, main)[pattern]
				if got := events(behavior); got != want.events {
					t.Errorf("edge functions at %s, want %s", got, want.events)
				}
				wantJSON(t, "AllowedMethods", behavior["AllowedMethods"], want.methods)
				wantJSON(t, "ViewerProtocolPolicy", behavior["ViewerProtocolPolicy"], `"redirect-to-https"`)
				wantJSON(t, "Compress", behavior["Compress"], fmt.Sprint(want.compressed))
				if want.cached == "" {
					wantJSON(t, "CachePolicyId", behavior["CachePolicyId"], disabled)
					wantJSON(t, "OriginRequestPolicyId", behavior["OriginRequestPolicyId"], allViewer)
				} else {
					if id := main.Refers(t, behavior["CachePolicyId"]).ID; !strings.HasPrefix(id, want.cached) {
						t.Errorf("CachePolicyId refers to %s, want %s", id, want.cached)
					}
					wantJSON(t, "OriginRequestPolicyId", behavior["OriginRequestPolicyId"], `null`)
				}
				association := behavior["FunctionAssociations"].([]any)[0].(map[string]any)
				function := main.Refers(t, association["FunctionARN"])
				if got, want := function.At(t, "FunctionCode"), want.viewer.Source(); got != want {
					t.Errorf("the viewer function is another variant: %s", firstDifference(got.(string), want))
				}
			})
		}
		t.Run(region+" variants", func(t *testing.T) {
			if got := len(synthesized().main.All("AWS::CloudFront::Function")); got != 6 {
				t.Errorf("%d viewer functions, want one for each variant", got)
			}
		})
	}
}

func TestInvokeModeAndReadTimeoutReachTheFunction(t *testing.T) {
	main := routesAtHome().main
	modes, timeouts := map[any]int{}, map[any]int{}
	for _, url := range main.All("AWS::Lambda::Url") {
		wantJSON(t, "AuthType", url.At(t, "AuthType"), `"AWS_IAM"`)
		modes[url.At(t, "InvokeMode")]++
	}
	for i := range 3 {
		timeouts[main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "Origins", i, "CustomOriginConfig", "OriginReadTimeout")]++
	}
	if want := map[any]int{"RESPONSE_STREAM": 2, "BUFFERED": 1}; !reflect.DeepEqual(modes, want) {
		t.Errorf("invoke modes = %v, want %v", modes, want)
	}
	if want := map[any]int{60.0: 2, 120.0: 1}; !reflect.DeepEqual(timeouts, want) {
		t.Errorf("read timeouts = %v, want %v", timeouts, want)
	}
}

// With nothing at the edge there is no edge stack to deploy, no region to choose and no
// replica to wait for.
func TestWithoutEdgeRouteThereIsNoEdgeFunction(t *testing.T) {
	for _, region := range []string{"", "us-east-1", "eu-west-1"} {
		for _, hash := range []streamfront.PayloadHash{streamfront.PayloadHash_CLIENT, streamfront.PayloadHash_NONE} {
			t.Run(fmt.Sprintf("%s %q", hash, region), func(t *testing.T) {
				var env *awscdk.StackProps
				if region != "" {
					env = &awscdk.StackProps{Env: &awscdk.Environment{Region: &region}}
				}
				stack := awscdk.NewStack(newApp(nil), jsii.String("Test"), env)
				options := &streamfront.RouteOptions{PayloadHash: hash}
				endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: newFunction(stack, "Function"), DefaultRoute: options})
				endpoint.AddRoute(jsii.String("/other"), newFunction(stack, "Other"), options)
				if signer := endpoint.Signer(); signer != nil {
					t.Errorf("Signer() = %v, want nil", signer)
				}
				a := synth(stack)
				if a.edge != a.main {
					t.Error("there is an edge stack")
				}
				if got := a.main.All("AWS::Lambda::Version"); len(got) != 0 {
					t.Errorf("%d function versions, want none", len(got))
				}
				if got := len(a.main.All("AWS::Lambda::Function")); got != 2 {
					t.Errorf("%d functions, want the user's two", got)
				}
			})
		}
	}
}

// The signer comes with the first route that needs it, and serves all of them.
func TestSignerComesWithTheFirstEdgeRoute(t *testing.T) {
	stack := newStack("eu-west-1")
	function := newFunction(stack, "Function")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{
		Function:     function,
		DefaultRoute: &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_CLIENT},
	})
	endpoint.AddRoute(jsii.String("/a"), function, nil)
	endpoint.AddRoute(jsii.String("/b"), function, nil)
	if endpoint.Signer() == nil {
		t.Error("Signer() = nil, want the signer of the routes")
	}
	a := synth(stack)
	a.edge.Only(t, "AWS::Lambda::Version")
	found := behaviors(t, a.main)
	for _, pattern := range []string{"/a", "/b"} {
		wantSigner(t, a, found[pattern]["LambdaFunctionAssociations"].([]any)[0].(map[string]any))
	}
	if got := events(found[""]); got != "viewer-request" {
		t.Errorf("the default route has functions at %s, want viewer-request only", got)
	}
}

// The 401 of a function keeps its challenge, for OAuth and MCP clients.
func TestRestoreChallenge(t *testing.T) {
	for _, region := range []string{"us-east-1", "eu-west-1"} {
		t.Run(region, func(t *testing.T) {
			stack := newStack(region)
			function := newFunction(stack, "Function")
			options := &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_CLIENT, RestoreChallenge: jsii.Bool(true)}
			endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: function, DefaultRoute: options})
			endpoint.AddRoute(jsii.String("/a"), function, options)
			a := synth(stack)
			for pattern, behavior := range behaviors(t, a.main) {
				association := behavior["LambdaFunctionAssociations"].([]any)[0].(map[string]any)
				wantJSON(t, pattern+" EventType", association["EventType"], `"origin-response"`)
				wantJSON(t, pattern+" IncludeBody", association["IncludeBody"], `null`) // of requests only
				version := signerVersion(t, a, association["LambdaFunctionARN"])
				function := a.edge.Refers(t, version.At(t, "FunctionName"))
				if got := function.At(t, "Code", "ZipFile"); got != challenge.Source {
					t.Errorf("the code is not that of functions/challenge: %s", firstDifference(fmt.Sprint(got), challenge.Source))
				}
				for _, r := range []*resource{version, function} {
					if r.DeletionPolicy != "Retain" || r.UpdateReplacePolicy != "Retain" {
						t.Errorf("%s: deletion policy %q, replacement policy %q, want Retain", r.Type, r.DeletionPolicy, r.UpdateReplacePolicy)
					}
				}
			}
			a.edge.Only(t, "AWS::Lambda::Version") // one for both routes
		})
	}
}

// A viewer function of the user's stands in for ours, which is then not made.
func TestViewerFunctionOfTheUser(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	own := awscloudfront.NewFunction(stack, jsii.String("Own"), &awscloudfront.FunctionProps{
		Code: awscloudfront.FunctionCode_FromInline(jsii.String("function handler(event) { return event.request; }")),
	})
	options := &streamfront.RouteOptions{ViewerFunction: own}
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: function, DefaultRoute: options})
	endpoint.AddRoute(jsii.String("/a"), function, options)
	if got := endpoint.ViewerFunction(); got != nil {
		t.Errorf("ViewerFunction() = %v, want nil", got)
	}
	main := synth(stack).main
	main.Only(t, "AWS::CloudFront::Function")
	for pattern, behavior := range behaviors(t, main) {
		if got := events(behavior); got != "origin-request viewer-request" {
			t.Errorf("%q has functions at %s, want the signer and the user's", pattern, got)
		}
	}
}

// Where no function of ours is, the place is the user's.
func TestUserEdgeFunctionsOnRoutes(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	version := func(id string) awslambda.IVersion { return newFunction(stack, id).CurrentVersion() }
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: function})
	endpoint.AddRoute(jsii.String("/a"), function, &streamfront.RouteOptions{
		PayloadHash: streamfront.PayloadHash_CLIENT,
		Behavior: &awscloudfront.AddBehaviorOptions{EdgeLambdas: &[]*awscloudfront.EdgeLambda{
			{EventType: awscloudfront.LambdaEdgeEventType_ORIGIN_REQUEST, FunctionVersion: version("Request")},
		}},
	})
	endpoint.AddRoute(jsii.String("/b"), function, &streamfront.RouteOptions{
		Behavior: &awscloudfront.AddBehaviorOptions{EdgeLambdas: &[]*awscloudfront.EdgeLambda{
			{EventType: awscloudfront.LambdaEdgeEventType_ORIGIN_RESPONSE, FunctionVersion: version("Response")},
		}},
	})
	found := behaviors(t, synth(stack).main)
	for pattern, want := range map[string]string{
		"/a": "origin-request viewer-request",
		"/b": "origin-request origin-response viewer-request",
	} {
		if got := events(found[pattern]); got != want {
			t.Errorf("%q has functions at %s, want %s", pattern, got, want)
		}
	}
}

// GIVEN a behavior as CDK makes it of the user's options, THEN the route's differs in its
// origin and in the endpoint's own two edge functions only.
func TestUserBehaviorOfARouteSurvives(t *testing.T) {
	options := func(stack awscdk.Stack) *awscloudfront.AddBehaviorOptions {
		return addOptions(userProps(t, stack).DefaultBehavior)
	}
	plain := newStack("us-east-1")
	awscloudfront.NewDistribution(plain, jsii.String("Distribution"), &awscloudfront.DistributionProps{
		DefaultBehavior: &awscloudfront.BehaviorOptions{Origin: awscloudfrontorigins.NewHttpOrigin(jsii.String("example.org"), nil)},
	}).AddBehavior(jsii.String("/a"), awscloudfrontorigins.NewHttpOrigin(jsii.String("example.com"), nil), options(plain))
	want := behaviors(t, synth(plain).main)["/a"]

	stack := newStack("us-east-1")
	base := options(stack)
	before, lambdas, associations := *base, slices.Clone(*base.EdgeLambdas), slices.Clone(*base.FunctionAssociations)
	route := &streamfront.RouteOptions{Behavior: base}
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: newFunction(stack, "Function")})
	endpoint.AddRoute(jsii.String("/a"), newFunction(stack, "Other"), route)
	if !reflect.DeepEqual(*base, before) || !reflect.DeepEqual(*base.EdgeLambdas, lambdas) || !reflect.DeepEqual(*base.FunctionAssociations, associations) {
		t.Error("AddRoute has written to Behavior")
	}
	if !reflect.DeepEqual(*route, streamfront.RouteOptions{Behavior: base}) {
		t.Errorf("AddRoute has written to its options: %+v", *route)
	}
	got := behaviors(t, synth(stack).main)["/a"]
	for _, list := range []string{"LambdaFunctionAssociations", "FunctionAssociations"} {
		got[list] = got[list].([]any)[1:]
	}
	delete(got, "TargetOriginId")
	delete(want, "TargetOriginId")
	if gotText, wantText := indent(got), indent(want); gotText != wantText {
		t.Error(firstDifference(gotText, wantText))
	}
}

func TestQuotaOfBehaviorsCanBeUsedUp(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{
		Function: function,
		DistributionProps: &awscloudfront.DistributionProps{AdditionalBehaviors: &map[string]*awscloudfront.BehaviorOptions{
			"/static/*": {Origin: awscloudfrontorigins.NewHttpOrigin(jsii.String("example.com"), nil)},
		}},
	})
	for i := range 74 {
		endpoint.AddRoute(jsii.Sprintf("/%d", i), function, nil)
	}
	mustPanic(t, `streamfront: route "/more" is number 76 of the distribution's cache behaviors beside the default one; CloudFront's quota is 75, so let one pattern match several paths, or have the quota raised and use Distribution().AddBehavior`, func() {
		endpoint.AddRoute(jsii.String("/more"), function, nil)
	})
	if got := len(behaviors(t, synth(stack).main)); got != 76 {
		t.Errorf("%d behaviors, want 75 and the default one", got)
	}
}

// The URL is needed to call the function with a signature of one's own.
func TestAddRouteReturnsTheFunctionsUrl(t *testing.T) {
	stack := newStack("us-east-1")
	function, other := newFunction(stack, "Function"), newFunction(stack, "Other")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: function})
	for _, test := range []struct {
		pattern  string
		function awslambda.Function
		want     string
	}{
		{"/a", function, "Test/Function/FunctionUrl"},
		{"/b", other, "Test/Other/FunctionUrl"},
		{"/c", other, "Test/Other/FunctionUrl"},
	} {
		if got := *endpoint.AddRoute(&test.pattern, test.function, nil).Node().Path(); got != test.want {
			t.Errorf("AddRoute(%q) = %s, want %s", test.pattern, got, test.want)
		}
	}
}
