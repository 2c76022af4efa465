package fronts_test

import (
	"flag"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2authorizers"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscognito"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/fronts"
	"github.com/streamfront/streamfront/internal/golden"
)

var update = flag.Bool("update", false, "rewrite the golden templates in testdata")

// with synthesizes a stack of its own, once.
func with(define func(stack awscdk.Stack, function awslambda.Function)) func() *template {
	return sync.OnceValue(func() *template {
		stack := newStack()
		define(stack, newFunction(stack))
		return synth(stack)
	})
}

var (
	url = with(func(stack awscdk.Stack, function awslambda.Function) {
		output(stack, fronts.NewUrl(stack, jsii.String("Front"), &fronts.UrlProps{Function: function}).Url())
	})
	urlOpen = with(func(stack awscdk.Stack, function awslambda.Function) {
		fronts.NewUrl(stack, jsii.String("Front"), &fronts.UrlProps{
			Function: function, AuthType: awslambda.FunctionUrlAuthType_NONE, InvokeMode: awslambda.InvokeMode_BUFFERED,
		})
	})
	rest = with(func(stack awscdk.Stack, function awslambda.Function) {
		output(stack, fronts.NewRestApi(stack, jsii.String("Front"), &fronts.RestApiProps{Function: function}).Url())
	})
	restBuffered = with(func(stack awscdk.Stack, function awslambda.Function) {
		pool := awscognito.NewUserPool(stack, jsii.String("Users"), nil)
		fronts.NewRestApi(stack, jsii.String("Front"), &fronts.RestApiProps{
			Function: function, ResponseTransferMode: awsapigateway.ResponseTransferMode_BUFFERED,
			Authorizer: awsapigateway.NewCognitoUserPoolsAuthorizer(stack, jsii.String("Authorizer"), &awsapigateway.CognitoUserPoolsAuthorizerProps{
				CognitoUserPools: &[]awscognito.IUserPool{pool},
			}),
			WebAclArn: jsii.String(webAcl),
			Caching:   &fronts.RestApiCaching{QueryStrings: jsii.Strings("q")},
		})
	})
	http = with(func(stack awscdk.Stack, function awslambda.Function) {
		output(stack, fronts.NewHttpApi(stack, jsii.String("Front"), &fronts.HttpApiProps{
			Function: function,
			Authorizer: awsapigatewayv2authorizers.NewHttpJwtAuthorizer(jsii.String("Jwt"), jsii.String("https://issuer.example"), &awsapigatewayv2authorizers.HttpJwtAuthorizerProps{
				JwtAudience: jsii.Strings("chat"),
			}),
		}).Url())
	})
	webSocket = with(func(stack awscdk.Stack, function awslambda.Function) {
		output(stack, fronts.NewWebSocketApi(stack, jsii.String("Front"), &fronts.WebSocketApiProps{Function: function}).Url())
	})
	balancer = with(func(stack awscdk.Stack, function awslambda.Function) {
		output(stack, fronts.NewLoadBalancer(stack, jsii.String("Front"), &fronts.LoadBalancerProps{
			Function: function, Certificate: certificate(stack), DomainName: jsii.String("chat.example.com"), WebAclArn: jsii.String(webAcl),
		}).Url())
	})
	service = with(func(stack awscdk.Stack, _ awslambda.Function) {
		output(stack, fronts.NewLoadBalancedService(stack, jsii.String("Front"), &fronts.LoadBalancedServiceProps{
			Image: awsecs.ContainerImage_FromRegistry(jsii.String("example.com/chat:1"), nil),
		}).Url())
	})
)

const webAcl = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/chat/1"

func output(stack awscdk.Stack, value *string) {
	awscdk.NewCfnOutput(stack, jsii.String("Url"), &awscdk.CfnOutputProps{Value: value})
}

func certificate(stack awscdk.Stack) awscertificatemanager.ICertificate {
	return awscertificatemanager.Certificate_FromCertificateArn(stack, jsii.String("Certificate"),
		jsii.String("arn:aws:acm:eu-west-1:123456789012:certificate/1"))
}

func TestGoldenTemplates(t *testing.T) {
	files := golden.Files{
		Texts: map[string]string{}, Record: filepath.Join("testdata", "newest.diff"), Assembly: url().dir, Module: "../..",
	}
	for name, synthesized := range map[string]func() *template{
		"url": url, "url-open": urlOpen, "rest": rest, "rest-buffered": restBuffered, "http": http, "websocket": webSocket,
		"load-balancer": balancer, "service": service,
	} {
		files.Texts[filepath.Join("testdata", name+".template.json")] = golden.Normalize(synthesized().text)
	}
	files.Check(t, *update)
}

// The function learns from its construct what no event tells.
func TestFunctionsKnowTheirDoors(t *testing.T) {
	for want, synthesized := range map[string]func() *template{
		"url": url, "url-buffered": urlOpen, "rest": rest, "http": http, "websocket": webSocket, "alb=900s": balancer,
		"rest-buffered;header.Authorization;header.Cookie;header.X-Api-Key;path.proxy;header.Accept;querystring.q": restBuffered,
	} {
		synthesized().wantSome(t, "AWS::Lambda::Function", `"Environment":{"Variables":{"STREAMFRONT_DOORS":"`+want+`"}}`)
	}
	with(func(stack awscdk.Stack, function awslambda.Function) {
		fronts.NewUrl(stack, jsii.String("Url"), &fronts.UrlProps{Function: function})
		fronts.NewHttpApi(stack, jsii.String("Http"), &fronts.HttpApiProps{Function: function, Timeout: awscdk.Duration_Seconds(jsii.Number(10))})
		fronts.NewRestApi(stack, jsii.String("Rest"), &fronts.RestApiProps{
			Function: function, ResponseTransferMode: awsapigateway.ResponseTransferMode_BUFFERED, Timeout: awscdk.Duration_Seconds(jsii.Number(60)),
		})
	})().wantSome(t, "AWS::Lambda::Function", `"STREAMFRONT_DOORS":"url,http=10s,rest-buffered=60s"`)
}

func TestFunctionsThatCannotBeTold(t *testing.T) {
	stack := newStack()
	alias := newFunction(stack).AddAlias(jsii.String("live"), nil)
	fronts.NewUrl(stack, jsii.String("Front"), &fronts.UrlProps{Function: alias})
	synthesized := synth(stack)
	synthesized.wantSome(t, "AWS::Lambda::Url", `"AuthType":"AWS_IAM"`)
	if texts := golden.Normalize(synthesized.text); strings.Contains(texts, "STREAMFRONT_DOORS") {
		t.Error("an alias has no environment of its own")
	}
}

func TestUrl(t *testing.T) {
	url().wantSome(t, "AWS::Lambda::Url", `"AuthType":"AWS_IAM"`, `"InvokeMode":"RESPONSE_STREAM"`)
	url().wantNone(t, "AWS::Lambda::Permission")
	open := urlOpen()
	open.wantSome(t, "AWS::Lambda::Url", `"AuthType":"NONE"`, `"InvokeMode":"BUFFERED"`)
	// Without both of them a URL answers 403.
	open.wantSome(t, "AWS::Lambda::Permission", `"Action":"lambda:InvokeFunctionUrl"`, `"FunctionUrlAuthType":"NONE"`, `"Principal":"*"`)
	open.wantSome(t, "AWS::Lambda::Permission", `"Action":"lambda:InvokeFunction"`, `"InvokedViaFunctionUrl":true`, `"Principal":"*"`)
}

func TestRestApi(t *testing.T) {
	streaming := rest()
	streaming.wantSome(t, "AWS::ApiGateway::Method", `"HttpMethod":"ANY"`, `"ResponseTransferMode":"STREAM"`, `"TimeoutInMillis":900000`, `/response-streaming-invocations`)
	streaming.wantSome(t, "AWS::ApiGateway::RestApi", `"BinaryMediaTypes":["*/*"]`, `"Types":["REGIONAL"]`)
	streaming.wantSome(t, "AWS::ApiGateway::Stage", `"AccessLogSetting"`, `"ThrottlingRateLimit":100`, `"ThrottlingBurstLimit":200`, `"LoggingLevel":"ERROR"`)
	for _, stage := range streaming.all("AWS::ApiGateway::Stage") {
		for _, secret := range []string{"DataTraceEnabled\":true", "header", "querystring", "CacheClusterEnabled"} {
			if strings.Contains(stage, secret) {
				t.Errorf("the stage has %s: %s", secret, stage)
			}
		}
	}
	whole := restBuffered()
	whole.wantSome(t, "AWS::ApiGateway::Method", `"HttpMethod":"ANY"`, `"AuthorizationType":"COGNITO_USER_POOLS"`, `"TimeoutInMillis":29000`, `/invocations`)
	whole.wantSome(t, "AWS::ApiGateway::Method", `"HttpMethod":"OPTIONS"`, `"AuthorizationType":"NONE"`)
	whole.wantSome(t, "AWS::WAFv2::WebACLAssociation", webAcl, "/stages/")
}

// Whoever asks, and with what, is in the key: nobody gets another's answer.
func TestCacheKeepsUsersApart(t *testing.T) {
	whole := restBuffered()
	for _, place := range []string{"", `"method.request.path.proxy",`} {
		whole.wantSome(t, "AWS::ApiGateway::Method", `"HttpMethod":"GET"`,
			`"CacheKeyParameters":["method.request.header.Authorization","method.request.header.Cookie","method.request.header.X-Api-Key",`+place+`"method.request.header.Accept","method.request.querystring.q"]`,
			`"method.request.header.Authorization":false`)
	}
	whole.wantSome(t, "AWS::ApiGateway::Stage", `"CacheClusterEnabled":true`, `"CacheClusterSize":"0.5"`)
	for _, stage := range whole.all("AWS::ApiGateway::Stage") {
		if n := strings.Count(stage, `"CachingEnabled":true`); n != 2 || strings.Count(stage, `"CacheDataEncrypted":true`) != 2 {
			t.Errorf("%d methods are cached, want GET of both paths, encrypted: %s", n, stage)
		}
	}
	for _, method := range whole.all("AWS::ApiGateway::Method") {
		if strings.Contains(method, "CacheKeyParameters") != strings.Contains(method, `"HttpMethod":"GET"`) {
			t.Errorf("a cache key where it does not belong: %s", method)
		}
	}
}

func TestHttpApi(t *testing.T) {
	http().wantSome(t, "AWS::ApiGatewayV2::Integration", `"PayloadFormatVersion":"2.0"`, `"TimeoutInMillis":29000`)
	http().wantSome(t, "AWS::ApiGatewayV2::Route", `"RouteKey":"$default"`, `"AuthorizationType":"JWT"`)
	http().wantSome(t, "AWS::ApiGatewayV2::Stage", `"StageName":"$default"`, `"AccessLogSettings"`, `"ThrottlingRateLimit":100`)
}

func TestWebSocketApi(t *testing.T) {
	for _, route := range []string{"$connect", "$disconnect", "$default"} {
		webSocket().wantSome(t, "AWS::ApiGatewayV2::Route", `"RouteKey":"`+route+`"`)
	}
	webSocket().wantSome(t, "AWS::ApiGatewayV2::Stage", `"AccessLogSettings"`, `"ThrottlingRateLimit":100`)
	webSocket().wantSome(t, "AWS::Lambda::EventInvokeConfig", `"MaximumRetryAttempts":0`)
	webSocket().wantSome(t, "AWS::IAM::Policy", `"Action":"execute-api:ManageConnections"`, `/prod/POST/@connections/*`, `"Action":"lambda:InvokeFunction"`)
}

func TestLoadBalancer(t *testing.T) {
	balancer().wantSome(t, "AWS::ElasticLoadBalancingV2::TargetGroup", `"TargetType":"lambda"`, `{"Key":"lambda.multi_value_headers.enabled","Value":"true"}`)
	balancer().wantSome(t, "AWS::ElasticLoadBalancingV2::Listener", `"Protocol":"HTTPS"`, `"SslPolicy":"ELBSecurityPolicy-TLS13-1-2-Res-2021-06"`)
	balancer().wantSome(t, "AWS::ElasticLoadBalancingV2::Listener", `"Protocol":"HTTP"`, `"StatusCode":"HTTP_301"`)
	balancer().wantSome(t, "AWS::ElasticLoadBalancingV2::LoadBalancer",
		`{"Key":"idle_timeout.timeout_seconds","Value":"900"}`, `{"Key":"access_logs.s3.enabled","Value":"true"}`,
		`{"Key":"routing.http.drop_invalid_header_fields.enabled","Value":"true"}`, `{"Key":"routing.http.xff_header_processing.mode","Value":"append"}`)
	balancer().wantSome(t, "AWS::WAFv2::WebACLAssociation", webAcl)
	balancer().wantNone(t, "AWS::EC2::NatGateway")
}

func TestLoadBalancedService(t *testing.T) {
	service().wantSome(t, "AWS::ECS::Service", `"DesiredCount":2`, `"DeploymentCircuitBreaker":{"Enable":true,"Rollback":true}`, `"AssignPublicIp":"ENABLED"`)
	service().wantSome(t, "AWS::ECS::TaskDefinition", `"CpuArchitecture":"ARM64"`, `"ReadonlyRootFilesystem":true`, `{"Name":"PORT","Value":"8080"}`, `"StopTimeout":30`)
	service().wantSome(t, "AWS::ElasticLoadBalancingV2::TargetGroup", `"HealthCheckPath":"/healthz"`, `{"Key":"deregistration_delay.timeout_seconds","Value":"30"}`)
	// Tasks have public addresses, and admit nobody but the load balancer.
	service().wantSome(t, "AWS::EC2::SecurityGroupIngress", `"FromPort":8080`, `"SourceSecurityGroupId"`)
	service().wantSome(t, "AWS::ElasticLoadBalancingV2::LoadBalancer", `{"Key":"idle_timeout.timeout_seconds","Value":"900"}`)
}

func TestRefuses(t *testing.T) {
	stack := newStack()
	function := newFunction(stack)
	id := func(name string) *string { return jsii.String(name) }
	mustPanic(t, "UrlProps.Function is required", func() { fronts.NewUrl(stack, id("A"), nil) })
	mustPanic(t, "RestApiProps.Function is required", func() { fronts.NewRestApi(stack, id("B"), nil) })
	mustPanic(t, "HttpApiProps.Function is required", func() { fronts.NewHttpApi(stack, id("C"), nil) })
	mustPanic(t, "WebSocketApiProps.Function is required", func() { fronts.NewWebSocketApi(stack, id("D"), nil) })
	mustPanic(t, "LoadBalancerProps.Function is required", func() { fronts.NewLoadBalancer(stack, id("E"), nil) })
	mustPanic(t, "LoadBalancedServiceProps.Image is required", func() { fronts.NewLoadBalancedService(stack, id("F"), nil) })
	mustPanic(t, `ResponseTransferMode is "FAST"`, func() {
		fronts.NewRestApi(stack, id("Mode"), &fronts.RestApiProps{Function: function, ResponseTransferMode: "FAST"})
	})
	mustPanic(t, "ThrottlingBurstLimit is 1.5; use a whole number", func() {
		fronts.NewHttpApi(stack, id("Burst"), &fronts.HttpApiProps{Function: function, ThrottlingBurstLimit: jsii.Number(1.5)})
	})
	mustPanic(t, "does not cache streams", func() {
		fronts.NewRestApi(stack, id("G"), &fronts.RestApiProps{Function: function, Caching: &fronts.RestApiCaching{QueryStrings: jsii.Strings()}})
	})
	whole := func(caching *fronts.RestApiCaching) *fronts.RestApiProps {
		return &fronts.RestApiProps{Function: function, ResponseTransferMode: awsapigateway.ResponseTransferMode_BUFFERED, Caching: caching}
	}
	mustPanic(t, "QueryStrings is required", func() { fronts.NewRestApi(stack, id("H"), whole(&fronts.RestApiCaching{})) })
	mustPanic(t, `QueryStrings has "q;r"`, func() {
		fronts.NewRestApi(stack, id("H2"), whole(&fronts.RestApiCaching{QueryStrings: jsii.Strings("q;r")}))
	})
	mustPanic(t, "Ttl is 7200 seconds", func() {
		fronts.NewRestApi(stack, id("I"), whole(&fronts.RestApiCaching{QueryStrings: jsii.Strings(), Ttl: awscdk.Duration_Hours(jsii.Number(2))}))
	})
	mustPanic(t, `CacheClusterSize is "2"`, func() {
		fronts.NewRestApi(stack, id("J"), whole(&fronts.RestApiCaching{QueryStrings: jsii.Strings(), CacheClusterSize: jsii.String("2")}))
	})
	mustPanic(t, "RestApiProps.Timeout is 1200 seconds", func() {
		fronts.NewRestApi(stack, id("K"), &fronts.RestApiProps{Function: function, Timeout: awscdk.Duration_Minutes(jsii.Number(20))})
	})
	mustPanic(t, "HttpApiProps.Timeout is 60 seconds", func() {
		fronts.NewHttpApi(stack, id("L"), &fronts.HttpApiProps{Function: function, Timeout: awscdk.Duration_Minutes(jsii.Number(1))})
	})
	mustPanic(t, "LoadBalancerProps.IdleTimeout is 7200 seconds", func() {
		fronts.NewLoadBalancer(stack, id("M"), &fronts.LoadBalancerProps{Function: function, IdleTimeout: awscdk.Duration_Hours(jsii.Number(2))})
	})
	mustPanic(t, "ThrottlingRateLimit is 0", func() {
		fronts.NewHttpApi(stack, id("N"), &fronts.HttpApiProps{Function: function, ThrottlingRateLimit: jsii.Number(0)})
	})
	mustPanic(t, `WebAclArn is "chat"`, func() {
		fronts.NewRestApi(stack, id("O"), &fronts.RestApiProps{Function: function, WebAclArn: jsii.String("chat")})
	})
	fronts.NewRestApi(stack, id("Streams"), &fronts.RestApiProps{Function: function})
	mustPanic(t, `RestApiProps.Function "Test/Function" is behind the doors rest and rest-buffered`, func() { fronts.NewRestApi(stack, id("P"), whole(nil)) })
}

// Each constructor reports all problems of a call together.
func TestAllProblemsOfACall(t *testing.T) {
	stack := newStack()
	nowhere := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("Nowhere"), nil)
	hour := awscdk.Duration_Hours(jsii.Number(2))
	function := newFunction(stack)
	fronts.NewUrl(stack, jsii.String("Url"), &fronts.UrlProps{Function: function})
	for name, test := range map[string]struct {
		call func()
		want string
	}{
		"NewRestApi": {
			func() {
				fronts.NewRestApi(stack, jsii.String("A"), &fronts.RestApiProps{
					Timeout: hour, ThrottlingBurstLimit: jsii.Number(0), WebAclArn: jsii.String("chat"),
					Caching: &fronts.RestApiCaching{Ttl: hour, Headers: jsii.Strings("a b"), CacheClusterSize: jsii.String("2")},
				})
			},
			`streamfront: 9 problems:
- RestApiProps.ThrottlingRateLimit is 100 and ThrottlingBurstLimit is 0, which admits no requests; use a rate above 0 and a burst of 1 or more
- RestApiProps.Timeout is 7200 seconds; use 0.05 to 900 seconds
- RestApiProps.Caching is set, but API Gateway does not cache streams; set ResponseTransferMode to BUFFERED, or leave Caching out
- RestApiCaching.QueryStrings is required; name the parameters that responses depend on, or pass an empty list if there are none
- RestApiCaching.Ttl is 7200 seconds; use 1 to 3600 seconds
- RestApiCaching.Headers has "a b"; use names of letters, digits and ._$-
- RestApiCaching.CacheClusterSize is "2"; use one of 0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237
- RestApiProps.WebAclArn is "chat"; use the ARN of a web ACL with scope REGIONAL, such as arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/name/id
- RestApiProps.Function is required; pass the function that answers the requests`,
		},
		"NewHttpApi": {
			func() {
				fronts.NewHttpApi(stack, jsii.String("B"), &fronts.HttpApiProps{Timeout: hour, ThrottlingRateLimit: jsii.Number(0)})
			},
			`streamfront: 3 problems:
- HttpApiProps.ThrottlingRateLimit is 0 and ThrottlingBurstLimit is 200, which admits no requests; use a rate above 0 and a burst of 1 or more
- HttpApiProps.Timeout is 7200 seconds; use 0.05 to 29 seconds
- HttpApiProps.Function is required; pass the function that answers the requests`,
		},
		"NewUrl": {
			func() {
				fronts.NewUrl(stack, jsii.String("C"), &fronts.UrlProps{Function: function, InvokeMode: "SLOW", AuthType: "KEY"})
			},
			`streamfront: 3 problems:
- UrlProps.InvokeMode is "SLOW"; use InvokeMode_RESPONSE_STREAM or InvokeMode_BUFFERED
- UrlProps.AuthType is "KEY"; use FunctionUrlAuthType_AWS_IAM or FunctionUrlAuthType_NONE
- UrlProps.Function "Test/Function" has a function URL already and cannot have two; use that one, or pass an alias of the function`,
		},
		"NewWebSocketApi": {
			func() {
				fronts.NewWebSocketApi(stack, jsii.String("D"), &fronts.WebSocketApiProps{ThrottlingRateLimit: jsii.Number(-1)})
			},
			`streamfront: 2 problems:
- WebSocketApiProps.ThrottlingRateLimit is -1 and ThrottlingBurstLimit is 200, which admits no requests; use a rate above 0 and a burst of 1 or more
- WebSocketApiProps.Function is required; pass the function that answers the requests`,
		},
		"NewLoadBalancer": {
			func() {
				fronts.NewLoadBalancer(nowhere, jsii.String("E"), &fronts.LoadBalancerProps{IdleTimeout: hour, WebAclArn: jsii.String("chat")})
			},
			`streamfront: 4 problems:
- LoadBalancerProps.IdleTimeout is 7200 seconds; use 1 to 4000 seconds
- LoadBalancerProps.Function is required; pass the function that answers the requests
- LoadBalancerProps.WebAclArn is "chat"; use the ARN of a web ACL with scope REGIONAL, such as arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/name/id
- the access logs of a load balancer need a stack with an explicit region; set StackProps.Env.Region`,
		},
		"NewLoadBalancedService": {
			func() {
				fronts.NewLoadBalancedService(nowhere, jsii.String("F"), &fronts.LoadBalancedServiceProps{IdleTimeout: hour})
			},
			`streamfront: 3 problems:
- LoadBalancedServiceProps.Image is required; pass the image of the program that answers the requests
- LoadBalancedServiceProps.IdleTimeout is 7200 seconds; use 1 to 4000 seconds
- the access logs of a load balancer need a stack with an explicit region; set StackProps.Env.Region`,
		},
	} {
		t.Run(name, func(t *testing.T) { mustPanic(t, test.want, test.call) })
	}
}
