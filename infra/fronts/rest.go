package fronts

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// RestApi is a REST API of Amazon API Gateway, all of whose paths and methods one function serves.
type RestApi interface {
	constructs.Construct
	// Url returns the address of the stage, without a slash at the end. It is a token.
	Url() *string
	// Api returns the REST API.
	Api() awsapigateway.RestApi
}

// RestApiProps are the properties of a RestApi.
type RestApiProps struct {
	// Function serves the API.
	// Required.
	Function awslambda.IFunction
	// ResponseTransferMode says whether responses stream. A stream may last for 15 minutes and
	// be silent for 5; its first 10 MB go out as fast as they can, the others with 2 MB a second.
	// Default: awsapigateway.ResponseTransferMode_STREAM.
	ResponseTransferMode awsapigateway.ResponseTransferMode
	// Timeout is how long API Gateway waits for the whole response. From 50 ms to 15 minutes with
	// STREAM; to 29 seconds with BUFFERED, unless the account's quota was raised.
	// Default: - 15 minutes with STREAM, 29 seconds with BUFFERED.
	Timeout awscdk.Duration
	// Authorizer admits the requests. Preflights of browsers, OPTIONS, pass it by, and the function
	// answers them. An Authorization that comes with one is verified by nobody: package streamhttp
	// drops it, and a function that does not use streamhttp must not believe it.
	// Default: - none; the function looks whom it serves.
	Authorizer awsapigateway.IAuthorizer
	// AuthorizationType admits requests that are signed, with awsapigateway.AuthorizationType_IAM.
	// Default: - that of the Authorizer.
	AuthorizationType awsapigateway.AuthorizationType
	// ThrottlingRateLimit is how many requests a second the stage lets in, of all callers.
	// Default: 100.
	ThrottlingRateLimit *float64
	// ThrottlingBurstLimit is how many requests there may be at once beyond the rate.
	// Default: 200.
	ThrottlingBurstLimit *float64
	// WebAclArn is the ARN of a web ACL of AWS WAF with scope REGIONAL, such as that of a
	// streamfront.Firewall with this scope.
	// Default: - no web ACL.
	WebAclArn *string
	// DomainName is a name of your own; its security policy is TLS 1.2 unless it says otherwise. The
	// API's own name stops to work.
	// Default: - the API's own name.
	DomainName *awsapigateway.DomainNameOptions
	// Caching keeps answers to GET in a cluster of its own, which costs by the hour. API Gateway
	// does not cache what streams.
	// Default: - no caching.
	Caching *RestApiCaching
}

type restApi struct {
	constructs.Construct
	api awsapigateway.RestApi
}

// NewRestApi defines a RestApi: regional, with access logs and limits. Its role for logs is one
// for all REST APIs of an account and region.
func NewRestApi(scope constructs.Construct, id *string, props *RestApiProps) RestApi {
	var p RestApiProps
	if props != nil {
		p = *props
	}
	required(p.Function != nil, "RestApiProps.Function")
	if p.ResponseTransferMode == "" {
		p.ResponseTransferMode = awsapigateway.ResponseTransferMode_STREAM
	}
	p.ThrottlingRateLimit, p.ThrottlingBurstLimit = throttle("RestApiProps", p.ThrottlingRateLimit, p.ThrottlingBurstLimit)
	p.validateTimeout()
	p.validateCaching()

	r := &restApi{}
	constructs.NewConstruct_Override(r, scope, id)
	r.api = r.newApi(&p, newLogGroup(r))
	associate(r, p.WebAclArn, r.api.DeploymentStage().StageArn())
	return r
}

func (p *RestApiProps) streams() bool {
	return p.ResponseTransferMode == awsapigateway.ResponseTransferMode_STREAM
}

// validateTimeout fills in the default, too. Limits:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
func (p *RestApiProps) validateTimeout() {
	if p.Timeout == nil {
		p.Timeout = awscdk.Duration_Seconds(jsii.Number(29))
		if p.streams() {
			p.Timeout = awscdk.Duration_Minutes(jsii.Number(15))
		}
		return
	}
	if ms := *p.Timeout.ToMilliseconds(nil); ms < 50 || ms > 900_000 {
		panic(fmt.Sprintf("streamfront: RestApiProps.Timeout is %.0f ms; want 50 ms to 15 minutes", ms))
	}
}

func (r *restApi) newApi(p *RestApiProps, logs awslogs.LogGroup) awsapigateway.RestApi {
	fields := map[string]string{"method": "$context.httpMethod", "path": "$context.path", "user": "$context.authorizer.principalId", "length": "$context.responseLength"}
	stage := &awsapigateway.StageOptions{
		StageName:            jsii.String("prod"),
		AccessLogDestination: awsapigateway.NewLogGroupLogDestination(logs),
		AccessLogFormat:      awsapigateway.AccessLogFormat_Custom(logFormat(fields)),
		LoggingLevel:         awsapigateway.MethodLoggingLevel_ERROR,
		MetricsEnabled:       jsii.Bool(true),
		ThrottlingRateLimit:  p.ThrottlingRateLimit,
		ThrottlingBurstLimit: p.ThrottlingBurstLimit,
	}
	p.cacheStage(stage)
	api := awsapigateway.NewRestApi(r, jsii.String("Api"), &awsapigateway.RestApiProps{
		CloudWatchRole:            jsii.Bool(true), // without which no stage has logs
		EndpointTypes:             &[]awsapigateway.EndpointType{awsapigateway.EndpointType_REGIONAL},
		BinaryMediaTypes:          jsii.Strings("*/*"), // bytes arrive as they were sent, and leave
		DeployOptions:             stage,
		DomainName:                p.DomainName,
		DisableExecuteApiEndpoint: jsii.Bool(p.DomainName != nil),
	})
	integration := awsapigateway.NewLambdaIntegration(p.Function, &awsapigateway.LambdaIntegrationOptions{
		ResponseTransferMode: p.ResponseTransferMode,
		Timeout:              p.Timeout,
		AllowTestInvoke:      jsii.Bool(false),
		CacheKeyParameters:   p.cacheKey(false),
	})
	proxied := awsapigateway.NewLambdaIntegration(p.Function, &awsapigateway.LambdaIntegrationOptions{
		ResponseTransferMode: p.ResponseTransferMode,
		Timeout:              p.Timeout,
		AllowTestInvoke:      jsii.Bool(false),
		CacheKeyParameters:   p.cacheKey(true),
	})
	rest := awsapigateway.NewLambdaIntegration(p.Function, &awsapigateway.LambdaIntegrationOptions{
		ResponseTransferMode: p.ResponseTransferMode, Timeout: p.Timeout, AllowTestInvoke: jsii.Bool(false),
	})
	proxy := api.Root().AddResource(jsii.String("{proxy+}"), nil)
	for _, place := range []struct {
		resource    awsapigateway.IResource
		integration awsapigateway.Integration
		path        bool
	}{{api.Root(), integration, false}, {proxy, proxied, true}} {
		if p.Caching != nil { // which is of GET alone
			place.resource.AddMethod(jsii.String("GET"), place.integration, p.method(p.cacheParameters(place.path)))
		}
		place.resource.AddMethod(jsii.String("ANY"), rest, p.method(nil))
		if p.Authorizer != nil || p.AuthorizationType != "" {
			place.resource.AddMethod(jsii.String("OPTIONS"), rest, &awsapigateway.MethodOptions{AuthorizationType: awsapigateway.AuthorizationType_NONE})
		}
	}
	door := "rest-buffered"
	if p.streams() {
		door = "rest"
	} else if s := *p.Timeout.ToSeconds(&awscdk.TimeConversionOptions{Integral: jsii.Bool(false)}); s != 29 {
		door += fmt.Sprintf("=%vs", s)
	}
	tell(p.Function, "rest", door+p.cacheKeyOfDoor())
	return api
}

func (p *RestApiProps) method(parameters *map[string]*bool) *awsapigateway.MethodOptions {
	return &awsapigateway.MethodOptions{Authorizer: p.Authorizer, AuthorizationType: p.AuthorizationType, RequestParameters: parameters}
}

func (r *restApi) Url() *string {
	if domain := r.api.DomainName(); domain != nil {
		return jsii.Sprintf("https://%s", *domain.DomainName())
	}
	return jsii.String(strings.Join([]string{"https://", *r.api.RestApiId(), ".execute-api.", *awscdk.Stack_Of(r).Region(), ".", *awscdk.Stack_Of(r).UrlSuffix(), "/", *r.api.DeploymentStage().StageName()}, ""))
}

func (r *restApi) Api() awsapigateway.RestApi { return r.api }
