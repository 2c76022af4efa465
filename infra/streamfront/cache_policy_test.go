package streamfront_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/functions/viewer"
	"github.com/streamfront/streamfront/infra/streamfront"
)

// Host in a key breaks the function URL, the viewer's host out of it mixes aliases, and a
// user who is forwarded but not in the key mixes people.
func TestOriginCachePolicy(t *testing.T) {
	for name, test := range map[string]struct {
		props *streamfront.OriginCachePolicyProps
		want  string // parametersInCacheKeyAndForwardedToOrigin
	}{
		"nil props": {nil, `{
			"CookiesConfig": {"CookieBehavior": "none"},
			"HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["x-forwarded-host"]},
			"QueryStringsConfig": {"QueryStringBehavior": "all"},
			"EnableAcceptEncodingGzip": false,
			"EnableAcceptEncodingBrotli": false
		}`},
		"buffered": {&streamfront.OriginCachePolicyProps{InvokeMode: awslambda.InvokeMode_BUFFERED}, `{
			"CookiesConfig": {"CookieBehavior": "none"},
			"HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["x-forwarded-host"]},
			"QueryStringsConfig": {"QueryStringBehavior": "all"},
			"EnableAcceptEncodingGzip": true,
			"EnableAcceptEncodingBrotli": true
		}`},
		"per user, with headers": {&streamfront.OriginCachePolicyProps{PerUser: jsii.Bool(true), Headers: jsii.Strings("Accept", "Origin")}, `{
			"CookiesConfig": {"CookieBehavior": "all"},
			"HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["x-forwarded-host", "x-forwarded-authorization", "Accept", "Origin"]},
			"QueryStringsConfig": {"QueryStringBehavior": "all"},
			"EnableAcceptEncodingGzip": false,
			"EnableAcceptEncodingBrotli": false
		}`},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack("us-east-1")
			streamfront.NewOriginCachePolicy(stack, jsii.String("Cache"), test.props)
			policy := synth(stack).main.Only(t, "AWS::CloudFront::CachePolicy")
			wantJSON(t, "the key", policy.At(t, "CachePolicyConfig", "ParametersInCacheKeyAndForwardedToOrigin"), test.want)
			for field, want := range map[string]string{"MinTTL": `0`, "DefaultTTL": `0`, "MaxTTL": `31536000`} {
				wantJSON(t, field, policy.At(t, "CachePolicyConfig", field), want)
			}
		})
	}
}

func TestOriginCachePolicyRefuses(t *testing.T) {
	headers := func(names ...string) *streamfront.OriginCachePolicyProps {
		return &streamfront.OriginCachePolicyProps{Headers: jsii.Strings(names...)}
	}
	for name, test := range map[string]struct {
		props *streamfront.OriginCachePolicyProps
		want  string
	}{
		"host":            {headers("Host"), "streamfront: OriginCachePolicyProps.Headers has Host, which would be forwarded, and a function URL answers 403 to any Host but its own; leave it out, since x-forwarded-host is in the key"},
		"authorization":   {headers("Authorization"), "streamfront: OriginCachePolicyProps.Headers has Authorization; set PerUser, which keys on Authorization and cookies"},
		"cookie":          {headers("cookie"), "streamfront: OriginCachePolicyProps.Headers has cookie; set PerUser, which keys on Authorization and cookies"},
		"relocated":       {headers("X-Forwarded-Authorization"), "streamfront: OriginCachePolicyProps.Headers has X-Forwarded-Authorization; set PerUser, which keys on Authorization and cookies"},
		"accept-encoding": {headers("Accept-Encoding"), "streamfront: OriginCachePolicyProps.Headers has Accept-Encoding, which CloudFront refuses; set InvokeMode to BUFFERED, which keys on it where it matters"},
		"ours":            {headers("X-Forwarded-Host"), "streamfront: OriginCachePolicyProps.Headers has X-Forwarded-Host, which is in the key already; leave it out"},
		"twice":           {headers("Accept", "accept"), "streamfront: OriginCachePolicyProps.Headers has accept, which is in the key already; leave it out"},
		"too many":        {headers(strings.Split("a b c d e f g h i j", " ")...), "streamfront: the key of the cache policy has 11 headers, those of streamfront among them; CloudFront's quota is 10, so leave some of OriginCachePolicyProps.Headers out"},
		"token":           {headers(*awscdk.Token_AsString(awscdk.Fn_ImportValue(jsii.String("header")), nil)), "streamfront: OriginCachePolicyProps.Headers has a token, whose value is not known yet; pass the names of the headers"},
		"invoke mode":     {&streamfront.OriginCachePolicyProps{InvokeMode: "STREAM"}, `streamfront: OriginCachePolicyProps.InvokeMode is "STREAM"; use InvokeMode_RESPONSE_STREAM or InvokeMode_BUFFERED`},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack("us-east-1")
			mustPanic(t, test.want, func() { streamfront.NewOriginCachePolicy(stack, jsii.String("Cache"), test.props) })
		})
	}
}

// The key decides whether a route is anonymous: what it does not hold, nobody sends on.
func TestCacheKeyDecidesOnIdentity(t *testing.T) {
	const disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
	policy := func(props awscloudfront.CachePolicyProps) func(awscdk.Stack) awscloudfront.ICachePolicy {
		return func(stack awscdk.Stack) awscloudfront.ICachePolicy {
			return awscloudfront.NewCachePolicy(stack, jsii.String("Cache"), &props)
		}
	}
	imported := func(id string) func(awscdk.Stack) awscloudfront.ICachePolicy {
		return func(stack awscdk.Stack) awscloudfront.ICachePolicy {
			return awscloudfront.CachePolicy_FromCachePolicyId(stack, jsii.String("Cache"), &id)
		}
	}
	anonymous, identified := viewer.Route{Streamed: true, Anonymous: true}, viewer.Route{Streamed: true, Cached: true}
	signed := viewer.Route{Streamed: true, Signed: true}
	for name, test := range map[string]struct {
		policy  func(awscdk.Stack) awscloudfront.ICachePolicy
		want    viewer.Route
		warning string
	}{
		"key without identity": {policy(awscloudfront.CachePolicyProps{}), anonymous, ""},
		"managed":              {func(awscdk.Stack) awscloudfront.ICachePolicy { return awscloudfront.CachePolicy_CACHING_OPTIMIZED() }, anonymous, ""},
		"some cookies":         {policy(awscloudfront.CachePolicyProps{CookieBehavior: awscloudfront.CacheCookieBehavior_AllowList(jsii.String("session"))}), identified, ""},
		"relocated header":     {policy(awscloudfront.CachePolicyProps{HeaderBehavior: awscloudfront.CacheHeaderBehavior_AllowList(jsii.String("X-Forwarded-Authorization"))}), identified, ""},
		"imported":             {imported("11111111-2222-3333-4444-555555555555"), anonymous, "the cache policy of route \"/a\" is imported"},
		"imported, disabled":   {imported(disabled), signed, ""},
		"no time to live": {
			policy(awscloudfront.CachePolicyProps{DefaultTtl: awscdk.Duration_Seconds(jsii.Number(0)), MaxTtl: awscdk.Duration_Seconds(jsii.Number(0))}),
			signed, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack("us-east-1")
			function := newFunction(stack, "Function")
			newEndpoint(stack, &streamfront.EndpointProps{Function: function}).
				AddRoute(jsii.String("/a"), function, &streamfront.RouteOptions{CachePolicy: test.policy(stack)})
			a := synth(stack)
			association := behaviors(t, a.main)["/a"]["FunctionAssociations"].([]any)[0].(map[string]any)
			if got, want := a.main.Refers(t, association["FunctionARN"]).At(t, "FunctionCode"), test.want.Source(); got != want {
				t.Errorf("the viewer function is another variant: %s", firstDifference(got.(string), want))
			}
			wantWarning(t, a, test.warning)
		})
	}
}

// What is imported cannot be checked, which must not pass in silence.
func TestImportedOriginRequestPolicyOfACachedRouteWarns(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	newEndpoint(stack, &streamfront.EndpointProps{Function: function}).AddRoute(jsii.String("/a"), function, &streamfront.RouteOptions{
		CachePolicy: streamfront.NewOriginCachePolicy(stack, jsii.String("Cache"), nil),
		Behavior: &awscloudfront.AddBehaviorOptions{
			OriginRequestPolicy: awscloudfront.OriginRequestPolicy_FromOriginRequestPolicyId(stack, jsii.String("Forward"), jsii.String("11111111-2222-3333-4444-555555555555")),
		},
	})
	wantWarning(t, synth(stack), "the origin request policy of route \"/a\" is imported")
}

// wantWarning looks for a text in the annotations of an assembly, where "" is for none.
func wantWarning(t *testing.T, a *assembly, want string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(a.dir, "*metadata.json"))
	if err != nil || len(files) == 0 {
		files = []string{filepath.Join(a.dir, "manifest.json")}
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	text := strings.ReplaceAll(all.String(), `\"`, `"`)
	switch {
	case want == "" && strings.Contains(text, "[ack: streamfront:"):
		t.Errorf("there is a warning, want none")
	case !strings.Contains(text, want):
		t.Errorf("no warning says %q", want)
	}
}

// Every combination by which one viewer could get what was made for another.
func TestLeaksAreRefused(t *testing.T) {
	type options = func(awscdk.Stack) *streamfront.RouteOptions
	cached := func(stack awscdk.Stack) awscloudfront.CachePolicy {
		return streamfront.NewOriginCachePolicy(stack, jsii.String("Cache"), nil)
	}
	hash := func(hash streamfront.PayloadHash) options {
		return func(stack awscdk.Stack) *streamfront.RouteOptions {
			return &streamfront.RouteOptions{CachePolicy: cached(stack), PayloadHash: hash}
		}
	}
	forward := func(policy func(awscdk.Stack) awscloudfront.IOriginRequestPolicy) options {
		return func(stack awscdk.Stack) *streamfront.RouteOptions {
			return &streamfront.RouteOptions{CachePolicy: cached(stack), Behavior: &awscloudfront.AddBehaviorOptions{OriginRequestPolicy: policy(stack)}}
		}
	}
	forwardProps := func(props awscloudfront.OriginRequestPolicyProps) options {
		return forward(func(stack awscdk.Stack) awscloudfront.IOriginRequestPolicy {
			return awscloudfront.NewOriginRequestPolicy(stack, jsii.String("Forward"), &props)
		})
	}
	key := func(headers ...string) options {
		return func(stack awscdk.Stack) *streamfront.RouteOptions {
			return &streamfront.RouteOptions{CachePolicy: awscloudfront.NewCachePolicy(stack, jsii.String("Cache"), &awscloudfront.CachePolicyProps{
				HeaderBehavior: awscloudfront.CacheHeaderBehavior_AllowList(*jsii.Strings(headers...)...),
			})}
		}
	}
	for name, test := range map[string]struct {
		options options
		want    string
	}{
		"signer": {
			hash(streamfront.PayloadHash_EDGE),
			`streamfront: RouteOptions.PayloadHash of route "/a" is PayloadHash_EDGE, but route "/a" has caching, by which CloudFront forwards only what is in the cache key; leave PayloadHash out, which is then NONE, and let requests with a body go to a route of their own`,
		},
		"bodies": {
			hash(streamfront.PayloadHash_CLIENT),
			`streamfront: RouteOptions.PayloadHash of route "/a" is PayloadHash_CLIENT, but route "/a" has caching, by which CloudFront forwards only what is in the cache key; leave PayloadHash out, which is then NONE, and let requests with a body go to a route of their own`,
		},
		"all headers": {
			forward(func(awscdk.Stack) awscloudfront.IOriginRequestPolicy {
				return awscloudfront.OriginRequestPolicy_ALL_VIEWER_EXCEPT_HOST_HEADER()
			}),
			`streamfront: RouteOptions.Behavior.OriginRequestPolicy of route "/a" is the managed policy b689b0a8-53d0-40ab-baf2-68738e2966ac, which forwards every header on a route with caching, also those that are not in the cache key, so that one viewer could get a response made for another; leave it out, and name what the function needs in OriginCachePolicyProps.Headers`,
		},
		"all headers but some": {
			forwardProps(awscloudfront.OriginRequestPolicyProps{HeaderBehavior: awscloudfront.OriginRequestHeaderBehavior_DenyList(jsii.String("Host"))}),
			`streamfront: RouteOptions.Behavior.OriginRequestPolicy of route "/a" is the policy "Test/Forward", which forwards every header on a route with caching, also those that are not in the cache key, so that one viewer could get a response made for another; leave it out, and name what the function needs in OriginCachePolicyProps.Headers`,
		},
		"authorization out of the key": {
			forwardProps(awscloudfront.OriginRequestPolicyProps{HeaderBehavior: awscloudfront.OriginRequestHeaderBehavior_AllowList(jsii.String("X-Forwarded-Authorization"))}),
			`streamfront: RouteOptions.Behavior.OriginRequestPolicy of route "/a" is the policy "Test/Forward", which forwards x-forwarded-authorization on a route with caching, but the cache key does not have it, so that one viewer could get a response made for another; leave it out, or set OriginCachePolicyProps.PerUser`,
		},
		"cookies out of the key": {
			forwardProps(awscloudfront.OriginRequestPolicyProps{CookieBehavior: awscloudfront.OriginRequestCookieBehavior_All()}),
			`streamfront: RouteOptions.Behavior.OriginRequestPolicy of route "/a" is the policy "Test/Forward", which forwards cookies on a route with caching, but the cache key does not have them, so that one viewer could get a response made for another; leave it out, or set OriginCachePolicyProps.PerUser`,
		},
		"query out of the key": {
			func(stack awscdk.Stack) *streamfront.RouteOptions {
				return &streamfront.RouteOptions{
					CachePolicy: awscloudfront.CachePolicy_CACHING_OPTIMIZED(),
					Behavior: &awscloudfront.AddBehaviorOptions{OriginRequestPolicy: awscloudfront.NewOriginRequestPolicy(stack, jsii.String("Forward"), &awscloudfront.OriginRequestPolicyProps{
						QueryStringBehavior: awscloudfront.OriginRequestQueryStringBehavior_All(),
					})},
				}
			},
			`streamfront: RouteOptions.Behavior.OriginRequestPolicy of route "/a" is the policy "Test/Forward", which forwards query strings on a route with caching, but the cache key does not have them, so that one viewer could get a response made for another; leave it out, or use a cache policy with query strings in its key`,
		},
		"authorization in the key": {
			key("Authorization"),
			`streamfront: RouteOptions.CachePolicy of route "/a" is the policy "Test/Cache", which has Authorization in its key, but the viewer function moves it to x-forwarded-authorization before the key is made, so that users would share responses; have that header in the key, as NewOriginCachePolicy with PerUser does`,
		},
		"host in the key": {
			key("Accept", "Host"),
			`streamfront: RouteOptions.CachePolicy of route "/a" is the policy "Test/Cache", which forwards the viewer's Host, and a function URL answers 403 to any Host but its own; use a cache policy without Host in its key, such as one of NewOriginCachePolicy`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack("us-east-1")
			function := newFunction(stack, "Function")
			endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: function})
			given := test.options(stack)
			mustPanic(t, test.want, func() { endpoint.AddRoute(jsii.String("/a"), function, given) })
			// A refusal comes before anything is made.
			found := behaviors(t, synth(stack).main)
			if len(found) != 1 {
				t.Errorf("%d behaviors after the panic, want the default one", len(found))
			}
		})
	}
}

// The same holds for the default route, under the names of its fields.
func TestLeakOfTheDefaultRouteIsRefused(t *testing.T) {
	stack := newStack("us-east-1")
	props := &streamfront.EndpointProps{
		Function: newFunction(stack, "Function"),
		DefaultRoute: &streamfront.RouteOptions{Behavior: &awscloudfront.AddBehaviorOptions{
			CachePolicy:         awscloudfront.CachePolicy_CACHING_OPTIMIZED(),
			OriginRequestPolicy: awscloudfront.OriginRequestPolicy_ALL_VIEWER_EXCEPT_HOST_HEADER(),
		}},
	}
	mustPanic(t, "streamfront: EndpointProps.DefaultRoute.Behavior.OriginRequestPolicy is the managed policy b689b0a8-53d0-40ab-baf2-68738e2966ac, which forwards every header on a route with caching, also those that are not in the cache key, so that one viewer could get a response made for another; leave it out, and name what the function needs in OriginCachePolicyProps.Headers", func() {
		newEndpoint(stack, props)
	})
}
