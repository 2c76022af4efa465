package streamfront_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscognito"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/functions/authorizer"
	"github.com/streamfront/streamfront/functions/signer"
	"github.com/streamfront/streamfront/infra/streamfront"
)

const issuer = "https://issuer.example.com"

func jwtAuthorizer(props streamfront.JwtAuthorizerProps) streamfront.Authorizer {
	if props.JwtAudience == nil {
		props.JwtAudience = jsii.Strings("app")
	}
	return streamfront.NewJwtAuthorizer(jsii.String(issuer), &props)
}

// originHeaders returns the custom headers of the origin of a behavior.
func originHeaders(t *testing.T, a *assembly, behavior map[string]any) map[string]string {
	t.Helper()
	config := a.main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig").(map[string]any)
	headers := map[string]string{}
	for _, o := range config["Origins"].([]any) {
		origin := o.(map[string]any)
		if origin["Id"] != behavior["TargetOriginId"] {
			continue
		}
		list, _ := origin["OriginCustomHeaders"].([]any)
		for _, h := range list {
			header := h.(map[string]any)
			text, err := json.Marshal(header["HeaderValue"])
			if err != nil {
				t.Fatal(err)
			}
			headers[header["HeaderName"].(string)] = strings.Trim(string(text), `"`)
		}
	}
	return headers
}

// The token is verified where the signer runs, so that no further invocation is paid, and what
// is configured reaches the edge by the origin's custom headers.
func TestAuthorizer(t *testing.T) {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{
		Function:     function,
		Authorizer:   jwtAuthorizer(streamfront.JwtAuthorizerProps{AllowedOrigins: jsii.Strings("https://a.example.com"), ServeResourceMetadata: jsii.Bool(true)}),
		DefaultRoute: &streamfront.RouteOptions{AuthorizationScopes: jsii.Strings("chat", "admin")},
	})
	endpoint.AddRoute(jsii.String("/same/*"), function, &streamfront.RouteOptions{AuthorizationScopes: jsii.Strings("chat", "admin")})
	endpoint.AddRoute(jsii.String("/client/*"), function, &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_CLIENT})
	endpoint.AddRoute(jsii.String("/read/*"), function, &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_NONE})
	endpoint.AddRoute(jsii.String("/open/*"), function, &streamfront.RouteOptions{Authorizer: streamfront.NewNoneAuthorizer()})
	a := synth(stack)

	distribution := a.main.Only(t, "AWS::CloudFront::Distribution")
	behaviors := map[string]map[string]any{"*": distribution.At(t, "DistributionConfig", "DefaultCacheBehavior").(map[string]any)}
	for _, b := range distribution.At(t, "DistributionConfig", "CacheBehaviors").([]any) {
		behavior := b.(map[string]any)
		behaviors[behavior["PathPattern"].(string)] = behavior
	}
	const all = `x-streamfront-jwt-audience=app x-streamfront-jwt-issuer=` + issuer + ` x-streamfront-jwt-origins=https://a.example.com x-streamfront-jwt-resource-metadata=edge`
	for pattern, want := range map[string]struct {
		code    string
		body    bool
		headers string
	}{
		"*":         {authorizer.Signing, true, all + " x-streamfront-jwt-scopes=chat admin"},
		"/same/*":   {authorizer.Signing, true, all + " x-streamfront-jwt-scopes=chat admin"},
		"/client/*": {authorizer.Checking, false, all},
		"/read/*":   {authorizer.Checking, false, all},
		"/open/*":   {signer.Source, true, ""},
	} {
		behavior := behaviors[pattern]
		headers := originHeaders(t, a, behavior)
		var got []string
		for _, name := range slices.Sorted(maps.Keys(headers)) {
			got = append(got, name+"="+headers[name])
		}
		if text := strings.Join(got, " "); text != want.headers {
			t.Errorf("%s: headers %s\nwant %s", pattern, text, want.headers)
		}
		lambdas := behavior["LambdaFunctionAssociations"].([]any)
		if len(lambdas) != 1 {
			t.Fatalf("%s has %d edge functions, want 1: a second one costs a second invocation", pattern, len(lambdas))
		}
		association := lambdas[0].(map[string]any)
		if includes, _ := association["IncludeBody"].(bool); association["EventType"] != "origin-request" || includes != want.body {
			t.Errorf("%s: %v", pattern, association)
		}
		version := a.main.Refers(t, association["LambdaFunctionARN"])
		code := a.main.Refers(t, version.At(t, "FunctionName")).At(t, "Code", "ZipFile")
		if code != want.code {
			t.Errorf("%s runs other code than wanted", pattern)
		}
	}
	// Routes of one configuration share an origin.
	if n := len(distribution.At(t, "DistributionConfig", "Origins").([]any)); n != 3 {
		t.Errorf("%d origins, want 3: with scopes, without, open", n)
	}
	if behaviors["*"]["TargetOriginId"] != behaviors["/same/*"]["TargetOriginId"] {
		t.Error("two routes of one configuration have an origin each")
	}
}

// A pool of another stack, in another region than the edge.
func TestUserPoolAuthorizer(t *testing.T) {
	stack := newStack("ap-northeast-1")
	identity := awscdk.NewStack(awscdk.App_Of(stack), jsii.String("Identity"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("123456789012"), Region: jsii.String("ap-northeast-1")},
	})
	pool := awscognito.NewUserPool(identity, jsii.String("Pool"), nil)
	client := pool.AddClient(jsii.String("Client"), nil)
	newEndpoint(stack, &streamfront.EndpointProps{
		Function:   newFunction(stack, "Function"),
		Authorizer: streamfront.NewUserPoolAuthorizer(pool, &streamfront.UserPoolAuthorizerProps{UserPoolClients: &[]awscognito.IUserPoolClient{client}}),
	})
	a := synth(stack)
	headers := originHeaders(t, a, a.main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "DefaultCacheBehavior").(map[string]any))
	for name, want := range map[string]string{
		"x-streamfront-jwt-issuer": `Fn::ImportValue`, "x-streamfront-jwt-audience": `Fn::ImportValue`,
		"x-streamfront-jwt-jwks-uri": `/.well-known/jwks.json`, "x-streamfront-jwt-token-use": "access",
	} {
		if !strings.Contains(headers[name], want) {
			t.Errorf("%s = %s, want %s in it", name, headers[name], want)
		}
	}
	if a.edge.Only(t, "AWS::Lambda::Function").At(t, "Code", "ZipFile") != authorizer.Signing {
		t.Error("the authorizer is not in the edge stack")
	}
}

func TestAuthorizerRefuses(t *testing.T) {
	type props = streamfront.JwtAuthorizerProps
	const noAudience = "\n- JwtAuthorizerProps.JwtAudience is required; pass the audience of your API: without it, tokens for any other application of the issuer would be accepted"
	long := `{"keys":[{"kty":"RSA","n":"` + strings.Repeat("x", 1800) + `","e":"AQAB"}]}`
	for name, test := range map[string]struct {
		make func()
		want string
	}{
		"no issuer":    {func() { streamfront.NewJwtAuthorizer(nil, nil) }, "streamfront: 2 problems:\n- the issuer of NewJwtAuthorizer is required; pass the https URL that its tokens have in the claim iss" + noAudience},
		"plain HTTP":   {func() { streamfront.NewJwtAuthorizer(jsii.String("http://issuer.example.com"), nil) }, "streamfront: 2 problems:\n- the issuer of NewJwtAuthorizer is \"http://issuer.example.com\", which is not an https URL; use https, because anybody can forge keys that come over plain HTTP" + noAudience},
		"no URL":       {func() { streamfront.NewJwtAuthorizer(jsii.String("issuer"), &props{JwtAudience: jsii.Strings("api")}) }, `streamfront: the issuer of NewJwtAuthorizer is "issuer", which is not an https URL; use https, because anybody can forge keys that come over plain HTTP`},
		"no audience":  {func() { streamfront.NewJwtAuthorizer(jsii.String(issuer), nil) }, `streamfront: JwtAuthorizerProps.JwtAudience is required; pass the audience of your API: without it, tokens for any other application of the issuer would be accepted`},
		"two in one":   {func() { jwtAuthorizer(props{JwtAudience: jsii.Strings("a b")}) }, `streamfront: JwtAudience of NewJwtAuthorizer has "a b"; use printable ASCII characters without spaces`},
		"keys by HTTP": {func() { jwtAuthorizer(props{JwksUri: jsii.String("http://issuer.example.com/keys")}) }, `streamfront: JwtAuthorizerProps.JwksUri is "http://issuer.example.com/keys", which is not an https URL; use https, because anybody can forge keys that come over plain HTTP`},
		"no key set":   {func() { jwtAuthorizer(props{Jwks: jsii.String(`{"keys":[]}`)}) }, `streamfront: JwtAuthorizerProps.Jwks is not a JSON Web Key Set (<nil>); pass what the issuer's jwks_uri answers: {"keys": [...]}`},
		"private key":  {func() { jwtAuthorizer(props{Jwks: jsii.String(`{"keys":[{"kty":"RSA","n":"x","e":"AQAB","d":"y"}]}`)}) }, `streamfront: JwtAuthorizerProps.Jwks has a private or symmetric key, which the template would reveal; pass only the public keys`},
		"long keys": {func() {
			stack := newStack("us-east-1")
			newEndpoint(stack, &streamfront.EndpointProps{Function: newFunction(stack, "Function"), Authorizer: jwtAuthorizer(props{Jwks: &long})})
		}, `streamfront: the authorizer's jwks has 1842 characters, but it travels to the edge in a header of 1783 at most; shorten it`},
		"no origin": {func() { jwtAuthorizer(props{AllowedOrigins: jsii.Strings("https://a.example.com/")}) }, `streamfront: AllowedOrigins of an authorizer has "https://a.example.com/", which is not an origin; write it as a browser does, such as https://app.example.com, or "*"`},
		"no pool":   {func() { streamfront.NewUserPoolAuthorizer(nil, nil) }, "streamfront: 2 problems:\n- the user pool of NewUserPoolAuthorizer is required; pass the pool that gives the tokens\n- UserPoolAuthorizerProps.UserPoolClients is required; pass the clients of the pool whose tokens are accepted"},
		"no clients": {func() {
			streamfront.NewUserPoolAuthorizer(awscognito.UserPool_FromUserPoolId(newStack("us-east-1"), jsii.String("Pool"), jsii.String("us-east-1_abc")), nil)
		}, `streamfront: UserPoolAuthorizerProps.UserPoolClients is required; pass the clients of the pool whose tokens are accepted`},
		"nil client": {func() {
			pool := awscognito.UserPool_FromUserPoolId(newStack("us-east-1"), jsii.String("Pool"), jsii.String("us-east-1_abc"))
			streamfront.NewUserPoolAuthorizer(pool, &streamfront.UserPoolAuthorizerProps{
				UserPoolClients: &[]awscognito.IUserPoolClient{nil}, TokenUse: jsii.String("refresh"),
			})
		}, `streamfront: 2 problems:
- UserPoolAuthorizerProps.UserPoolClients has nil at index 0; remove it
- UserPoolAuthorizerProps.TokenUse is "refresh"; use "access" or "id"`},
		"token use": {func() {
			stack := newStack("us-east-1")
			client := awscognito.UserPoolClient_FromUserPoolClientId(stack, jsii.String("Client"), jsii.String("abc"))
			streamfront.NewUserPoolAuthorizer(awscognito.UserPool_FromUserPoolId(stack, jsii.String("Pool"), jsii.String("us-east-1_abc")), &streamfront.UserPoolAuthorizerProps{
				UserPoolClients: &[]awscognito.IUserPoolClient{client}, TokenUse: jsii.String("refresh"),
			})
		}, `streamfront: UserPoolAuthorizerProps.TokenUse is "refresh"; use "access" or "id"`},
	} {
		t.Run(name, func(t *testing.T) { mustPanic(t, test.want, test.make) })
	}
}

// What would let requests pass the authorizer.
func TestRoutesWithAnAuthorizerRefuse(t *testing.T) {
	for name, test := range map[string]struct {
		options func(awscdk.Stack) *streamfront.RouteOptions
		open    bool // the endpoint has no authorizer
		want    string
	}{
		"shared responses": {
			options: func(stack awscdk.Stack) *streamfront.RouteOptions {
				return &streamfront.RouteOptions{CachePolicy: streamfront.NewOriginCachePolicy(stack, jsii.String("Cache"), nil)}
			},
			want: `streamfront: route "/a" has an authorizer and caching, but tokens are verified at origin-request, which a response from the cache never reaches: a later caller would get it without a token; leave the cache policy out, or set RouteOptions.Authorizer to NewNoneAuthorizer() for responses that all may see`,
		},
		"responses of one user": {
			options: func(stack awscdk.Stack) *streamfront.RouteOptions {
				return &streamfront.RouteOptions{CachePolicy: streamfront.NewOriginCachePolicy(stack, jsii.String("Cache"), &streamfront.OriginCachePolicyProps{PerUser: jsii.Bool(true)})}
			},
			want: `streamfront: route "/a" has an authorizer and caching, but tokens are verified at origin-request, which a response from the cache never reaches: a later caller would get it without a token; leave the cache policy out, or set RouteOptions.Authorizer to NewNoneAuthorizer() for responses that all may see`,
		},
		"an own origin-request function": {
			options: func(stack awscdk.Stack) *streamfront.RouteOptions {
				return &streamfront.RouteOptions{
					PayloadHash: streamfront.PayloadHash_CLIENT,
					Behavior: &awscloudfront.AddBehaviorOptions{EdgeLambdas: &[]*awscloudfront.EdgeLambda{{
						EventType:       awscloudfront.LambdaEdgeEventType_ORIGIN_REQUEST,
						FunctionVersion: newFunction(stack, "Own").CurrentVersion(),
					}}},
				}
			},
			want: `streamfront: RouteOptions.Behavior.EdgeLambdas of route "/a" has an origin-request function, but CloudFront runs only one, which is the authorizer; do its work in the function, or verify tokens in your function and leave the authorizer out`,
		},
		"scopes that nobody looks at": {
			options: route(streamfront.RouteOptions{AuthorizationScopes: jsii.Strings("chat")}), open: true,
			want: `streamfront: RouteOptions.AuthorizationScopes of route "/a" is set, but the route has no authorizer that checks them; set EndpointProps.Authorizer or RouteOptions.Authorizer`,
		},
		"a scope that would end its quotation": {
			options: route(streamfront.RouteOptions{AuthorizationScopes: jsii.Strings(`a",b="`)}),
			want:    `streamfront: RouteOptions.AuthorizationScopes of route "/a" has "a\",b=\""; remove quotation marks and backslashes, which a scope cannot have (RFC 6749, 3.3)`,
		},
		"scopes of an open route": {
			options: route(streamfront.RouteOptions{AuthorizationScopes: jsii.Strings("chat"), Authorizer: streamfront.NewNoneAuthorizer()}),
			want:    `streamfront: RouteOptions.AuthorizationScopes of route "/a" is set, but the route has no authorizer that checks them; set EndpointProps.Authorizer or RouteOptions.Authorizer`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack("us-east-1")
			props := &streamfront.EndpointProps{Function: newFunction(stack, "Function")}
			if !test.open {
				props.Authorizer = jwtAuthorizer(streamfront.JwtAuthorizerProps{})
			}
			endpoint := newEndpoint(stack, props)
			mustPanic(t, test.want, func() { endpoint.AddRoute(jsii.String("/a"), newFunction(stack, "Other"), test.options(stack)) })
		})
	}
}

// The default route is refused as well, by what its cache behavior says.
func TestDefaultRouteWithAnAuthorizerRefuses(t *testing.T) {
	for want, behavior := range map[string]func(awscdk.Stack) *awscloudfront.AddBehaviorOptions{
		`has an origin-request function, but CloudFront runs only one, which is the authorizer`: func(stack awscdk.Stack) *awscloudfront.AddBehaviorOptions {
			return &awscloudfront.AddBehaviorOptions{EdgeLambdas: &[]*awscloudfront.EdgeLambda{{
				EventType: awscloudfront.LambdaEdgeEventType_ORIGIN_REQUEST, FunctionVersion: newFunction(stack, "Own").CurrentVersion(),
			}}}
		},
		`has an authorizer and caching`: func(awscdk.Stack) *awscloudfront.AddBehaviorOptions {
			return &awscloudfront.AddBehaviorOptions{CachePolicy: awscloudfront.CachePolicy_CACHING_OPTIMIZED()}
		},
	} {
		stack := newStack("us-east-1")
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("panic %s, want %s", got, want)
				}
			}()
			newEndpoint(stack, &streamfront.EndpointProps{
				Function: newFunction(stack, "Function"), Authorizer: jwtAuthorizer(streamfront.JwtAuthorizerProps{}),
				DefaultRoute: &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_CLIENT, Behavior: behavior(stack)},
			})
		}()
	}
}

// Metadata of a resource is not below the resource: it has a behavior where the default route
// would answer otherwise.
func TestResourceMetadataIsReached(t *testing.T) {
	metadata := streamfront.JwtAuthorizerProps{ServeResourceMetadata: jsii.Bool(true)}
	for name, test := range map[string]struct {
		authorizer streamfront.Authorizer
		options    streamfront.RouteOptions
		want       string
	}{
		"open default route": {nil, streamfront.RouteOptions{Authorizer: jwtAuthorizer(metadata)}, "/mcp* /.well-known/oauth-protected-resource/mcp*"},
		"other scopes":       {jwtAuthorizer(metadata), streamfront.RouteOptions{AuthorizationScopes: jsii.Strings("mcp")}, "/mcp* /.well-known/oauth-protected-resource/mcp*"},
		"the same":           {jwtAuthorizer(metadata), streamfront.RouteOptions{}, "/mcp*"},
		"open route":         {jwtAuthorizer(metadata), streamfront.RouteOptions{Authorizer: streamfront.NewNoneAuthorizer()}, "/mcp*"},
	} {
		stack := newStack("us-east-1")
		function := newFunction(stack, "Function")
		endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: function, Authorizer: test.authorizer})
		endpoint.AddRoute(jsii.String("/mcp*"), function, &test.options)
		var patterns []string
		for _, b := range synth(stack).main.Only(t, "AWS::CloudFront::Distribution").At(t, "DistributionConfig", "CacheBehaviors").([]any) {
			patterns = append(patterns, b.(map[string]any)["PathPattern"].(string))
		}
		if got := strings.Join(patterns, " "); got != test.want {
			t.Errorf("%s: behaviors %s, want %s", name, got, test.want)
		}
	}
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: function})
	endpoint.AddRoute(jsii.String("/.well-known/*"), function, nil)
	mustPanic(t, `streamfront: the resource metadata of route "/mcp" would never be served, since the path pattern "/.well-known/*" comes first and matches /.well-known/oauth-protected-resource/mcp; add the route before it, or leave ServeResourceMetadata out and let the function behind it answer`, func() {
		endpoint.AddRoute(jsii.String("/mcp"), function, &streamfront.RouteOptions{Authorizer: jwtAuthorizer(metadata)})
	})
}

func withAuthorizer() *assembly {
	stack := newStack("us-east-1")
	function := newFunction(stack, "Function")
	endpoint := newEndpoint(stack, &streamfront.EndpointProps{Function: function, Authorizer: jwtAuthorizer(streamfront.JwtAuthorizerProps{})})
	endpoint.AddRoute(jsii.String("/read/*"), function, &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_NONE, AuthorizationScopes: jsii.Strings("read")})
	endpoint.AddRoute(jsii.String("/open/*"), function, &streamfront.RouteOptions{Authorizer: streamfront.NewNoneAuthorizer()})
	return synth(stack)
}

// Tokens through the chain, by keys that are baked in.
func TestAuthorizerInTheLocalChain(t *testing.T) {
	text, err := os.ReadFile("../../functions/authorizer/testdata/keys.json")
	if err != nil {
		t.Fatal(err)
	}
	var fixture struct {
		Keys map[string]struct {
			Private string
			JWK     json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &fixture); err != nil {
		t.Fatal(err)
	}
	jwks := fmt.Sprintf(`{"keys":[%s]}`, fixture.Keys["rsa"].JWK)
	stack := newStack("eu-west-1")
	function := sample(stack, "Default")
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Api"), &streamfront.EndpointProps{
		Function: function, Authorizer: jwtAuthorizer(streamfront.JwtAuthorizerProps{Jwks: &jwks}),
	})
	endpoint.AddRoute(jsii.String("/client/*"), function, &streamfront.RouteOptions{PayloadHash: streamfront.PayloadHash_CLIENT})
	endpoint.AddRoute(jsii.String("/admin/*"), function, &streamfront.RouteOptions{AuthorizationScopes: jsii.Strings("admin")})
	endpoint.AddRoute(jsii.String("/v1/models"), function, &streamfront.RouteOptions{Authorizer: streamfront.NewNoneAuthorizer(), InvokeMode: awslambda.InvokeMode_RESPONSE_STREAM})
	chain := serve(t, synth(stack).dir)
	url := chain.URL()

	good := "Bearer " + rs256(t, fixture.Keys["rsa"].Private, map[string]any{"iss": issuer, "aud": "app", "exp": time.Now().Add(time.Hour).Unix()})
	forged := "Bearer " + rs256(t, fixture.Keys["stranger"].Private, map[string]any{"iss": issuer, "aud": "app", "exp": time.Now().Add(time.Hour).Unix()})
	for name, test := range map[string]struct {
		method, path, token string
		status              int
	}{
		"no token":                          {"POST", "/echo", "", 401},
		"forged":                            {"POST", "/echo", forged, 401},
		"good":                              {"POST", "/echo", good, 200},
		"CLIENT, no token":                  {"GET", "/client/x", "", 401},
		"CLIENT, good":                      {"GET", "/client/x", good, 404}, // the sample's own
		"without the scope":                 {"GET", "/admin/x", good, 403},
		"open":                              {"GET", "/v1/models", "", 200},
		"another spelling of an open route": {"GET", "/v1/./models", "", 200},
		"out of an open route":              {"GET", "/v1/models/../../admin/x", "", 401},
		"into it":                           {"GET", "/admin/../v1/models/", "", 401},
		"preflight":                         {"OPTIONS", "/echo", "", 200},
	} {
		headers := []string{"X-Streamfront-Jwt-Open", "true", "X-Streamfront-Claims", "e30"}
		if test.token != "" {
			headers = append(headers, "Authorization", test.token)
		}
		resp, body := call(t, test.method, url+test.path, []byte{}, headers...)
		if resp.StatusCode != test.status {
			t.Errorf("%s: %d %s, want %d", name, resp.StatusCode, body, test.status)
		}
		if got := resp.Header.Get("Www-Authenticate"); (resp.StatusCode == 401) != strings.HasPrefix(got, "Bearer") && resp.StatusCode != 403 {
			t.Errorf("%s: %d with the challenge %q", name, resp.StatusCode, got)
		}
	}
}

func rs256(t *testing.T, private string, claims map[string]any) string {
	t.Helper()
	block, _ := pem.Decode([]byte(private))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(`{"alg":"RS256","kid":"rsa"}`)) + "." + encode(payload)
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key.(*rsa.PrivateKey), crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + encode(signature)
}
