package streamfront_test

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// client bounds every wait of the tests that call the local chain.
var client = &http.Client{Timeout: 2 * time.Minute}

func call(t *testing.T, method, url string, body []byte, headers ...string) (*http.Response, string) {
	t.Helper()
	return testclient.Do(t, client.Do, testclient.Request(t, method, url, string(body), headers...))
}

func serve(t *testing.T, assembly string) *local.Chain {
	t.Helper()
	chain, err := local.Start(t.Context(), local.Options{Assembly: assembly, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(chain.Close)
	return chain
}

// A web application behind the adapter, on a route that CloudFront caches as it says.
func TestCachedWebApplicationAnswersInTheLocalChain(t *testing.T) {
	stack := newStack("us-east-1")
	catalog := awslambda.NewFunction(stack, jsii.String("Catalog"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("run.sh"),
		Code:    awslambda.Code_FromAsset(jsii.String("../../functions/node"), nil),
	})
	streamfront.AddWebAdapter(catalog, nil)
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function: sample(stack, "Default"),
		WebAclId: streamfront.NewFirewall(stack, jsii.String("Firewall"), nil).WebAclArn(),
	})
	endpoint.AddRoute(jsii.String("/catalog"), catalog, &streamfront.RouteOptions{
		CachePolicy: streamfront.NewOriginCachePolicy(stack, jsii.String("FollowOrigin"), nil),
	})
	chain := serve(t, synth(stack).dir)
	url := chain.URL()

	resp, body := call(t, "POST", url+"/v1/chat/completions",
		[]byte(`{"model":"streamfront-echo","stream":true,"messages":[{"role":"user","content":"one two"}]}`))
	if resp.StatusCode != 200 || !strings.HasSuffix(body, "data: [DONE]\n\n") {
		t.Errorf("chat: %d %q, want a stream", resp.StatusCode, body)
	}
	if got := resp.Header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options = %q, want nosniff by default", got)
	}
	for i, want := range []string{"Miss from cloudfront", "Hit from cloudfront"} {
		resp, body := call(t, "GET", url+"/catalog", nil, "Authorization", "Bearer of one user", "Cookie", "session=1")
		if got := resp.Header.Get("X-Cache"); resp.StatusCode != 200 || got != want || !strings.Contains(body, "streamfront-echo") {
			t.Errorf("catalog, request %d: %d %q %q, want %s", i+1, resp.StatusCode, got, body, want)
		}
	}
	if resp, _ := call(t, "POST", url+"/catalog", []byte("x")); resp.StatusCode != 403 {
		t.Errorf("POST to the cached route: status %d, want 403", resp.StatusCode)
	}
	if notes := strings.Join(chain.Notes(), "\n"); !strings.Contains(notes, "web ACL is not applied") {
		t.Errorf("notes = %q, want the web ACL named", notes)
	}
}

// Every kind of route, in one distribution, with the sample behind each.
func TestRoutesAnswerInTheLocalChain(t *testing.T) {
	stack := newStack("eu-west-1")
	keyed := sample(stack, "Default")
	keyed.AddEnvironment(jsii.String("API_KEY"), jsii.String("the-key"), nil)
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function:     keyed,
		DefaultRoute: &streamfront.RouteOptions{RestoreChallenge: jsii.Bool(true)},
	})
	unhashed := sample(stack, "Unhashed")
	endpoint.AddRoute(jsii.String("/client/*"), unhashed, &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_CLIENT})
	endpoint.AddRoute(jsii.String("/read/*"), unhashed, &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_NONE})
	endpoint.AddRoute(jsii.String("echo"), sample(stack, "Other"), nil)
	chain := serve(t, synth(stack).dir)
	url := chain.URL()

	const hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // sha256sum of "hello"
	for name, test := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
	}{
		"EDGE: a body":                {"POST", "/echo", "hello", nil, 200},
		"CLIENT: without a hash":      {"POST", "/client/x", "hello", nil, 403},
		"CLIENT: with the hash":       {"POST", "/client/x", "hello", []string{"X-Amz-Content-Sha256", hello}, 404},
		"CLIENT: with another hash":   {"POST", "/client/x", "hallo", []string{"X-Amz-Content-Sha256", hello}, 403},
		"NONE: GET":                   {"GET", "/read/x", "", nil, 404},
		"NONE: GET with a bogus hash": {"GET", "/read/x", "", []string{"X-Amz-Content-Sha256", hello}, 404},
		"NONE: POST":                  {"POST", "/read/x", "hello", nil, 403},
	} {
		resp, body := call(t, test.method, url+test.path, []byte(test.body), test.headers...)
		if resp.StatusCode != test.status { // 404 is the sample's: the request came through
			t.Errorf("%s: %d %s, want %d", name, resp.StatusCode, body, test.status)
		}
	}

	// The default route's function asks for a key, and OAuth clients look for its challenge.
	resp, body := call(t, "GET", url+"/v1/models", nil)
	if got := resp.Header.Get("Www-Authenticate"); resp.StatusCode != 401 || got != "Bearer" {
		t.Errorf("without a key: %d %s, challenge %q, want 401 with Bearer", resp.StatusCode, body, got)
	}
	for _, path := range []string{"/v1/models", "/read/v1/models"} {
		if resp, body := call(t, "GET", url+path, nil, "Authorization", "Bearer the-key", "X-Forwarded-Authorization", "Bearer spoofed"); resp.StatusCode == 401 {
			t.Errorf("%s with the key: %d %s, want it to arrive", path, resp.StatusCode, body)
		}
	}
}

// sample is the sample function, for this machine's architecture.
func sample(stack awscdk.Stack, id string) awslambda.Function {
	architecture := awslambda.Architecture_X86_64()
	if runtime.GOARCH == "arm64" {
		architecture = awslambda.Architecture_ARM_64()
	}
	return awslambda.NewFunction(stack, &id, &awslambda.FunctionProps{
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture: architecture,
		Handler:      jsii.String("bootstrap"),
		Code:         streamfront.GoCode(&streamfront.GoCodeProps{Entry: jsii.String("../../functions/stream"), Architecture: architecture}),
		Timeout:      awscdk.Duration_Minutes(jsii.Number(1)),
	})
}
