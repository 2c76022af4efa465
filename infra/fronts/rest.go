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

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// RestApi is a REST API of Amazon API Gateway whose paths and methods are all served by one function.
type RestApi interface {
	constructs.Construct
	// Url returns the address of the stage, without a slash at the end. It is a token.
	Url() *string
	// Api returns the REST API.
	Api() awsapigateway.RestApi
	// AccessLogGroup returns the log group of the access logs.
	AccessLogGroup() awslogs.LogGroup
}

// RestApiProps are the properties of a RestApi.
type RestApiProps struct {
	// Function serves the API.
	// Required.
	Function awslambda.IFunction
	// ResponseTransferMode says whether responses stream. A stream may last for 15 minutes and be
	// silent for 5. Its first 10 MB are sent at full speed, the rest at 2 MB a second.
	// Default: awsapigateway.ResponseTransferMode_STREAM.
	ResponseTransferMode awsapigateway.ResponseTransferMode
	// Timeout is how long API Gateway waits for the whole response: from 50 ms to 15 minutes with
	// STREAM, and to 29 seconds with BUFFERED unless the account's quota was raised.
	// Default: - 15 minutes with STREAM, 29 seconds with BUFFERED.
	Timeout awscdk.Duration
	// Authorizer admits requests. OPTIONS requests, the preflights of browsers, bypass it, and the
	// function answers them. Nothing verifies an Authorization header of such a request: package
	// streamhttp drops it, and a function that does not use streamhttp must ignore it.
	// Default: - none; the function checks its callers.
	Authorizer awsapigateway.IAuthorizer
	// AuthorizationType is awsapigateway.AuthorizationType_IAM to admit signed requests only.
	// Default: - that of the Authorizer.
	AuthorizationType awsapigateway.AuthorizationType
	// ThrottlingRateLimit is the number of requests a second that the stage accepts from all callers.
	// Default: 100.
	ThrottlingRateLimit *float64
	// ThrottlingBurstLimit is the number of requests at once that the stage accepts beyond the rate.
	// Default: 200.
	ThrottlingBurstLimit *float64
	// WebAclArn is the ARN of a web ACL of AWS WAF with scope REGIONAL, such as that of a
	// streamfront.Firewall with this scope.
	// Default: - no web ACL.
	WebAclArn *string
	// DomainName is a domain name of your own. Its security policy is TLS 1.2 unless you set another
	// one. The API's own name then stops working.
	// Default: - the API's own name.
	DomainName *awsapigateway.DomainNameOptions
	// Caching keeps responses to GET in a cluster of its own, which is billed by the hour. API
	// Gateway does not cache streams.
	// Default: - no caching.
	Caching *RestApiCaching
}

type restApi struct {
	constructs.Construct
	api  awsapigateway.RestApi
	logs awslogs.LogGroup
}

// NewRestApi defines a RestApi: regional, with access logs and limits. All REST APIs of an account
// and region share one role for logs, which the construct sets.
func NewRestApi(scope constructs.Construct, id *string, props *RestApiProps) RestApi {
	var p RestApiProps
	if props != nil {
		p = *props
	}
	if p.ResponseTransferMode == "" {
		p.ResponseTransferMode = awsapigateway.ResponseTransferMode_STREAM
	}
	var found problems.List
	if mode := p.ResponseTransferMode; mode != awsapigateway.ResponseTransferMode_STREAM && mode != awsapigateway.ResponseTransferMode_BUFFERED {
		found.Add("RestApiProps.ResponseTransferMode is %q; use ResponseTransferMode_STREAM or ResponseTransferMode_BUFFERED", mode)
	}
	p.ThrottlingRateLimit, p.ThrottlingBurstLimit = throttle(&found, "RestApiProps", p.ThrottlingRateLimit, p.ThrottlingBurstLimit)
	p.validateTimeout(&found)
	p.validateCaching(&found)
	validateWebAcl(&found, "RestApiProps.WebAclArn", p.WebAclArn)
	own := p.door()
	own.validateFunction(&found, "RestApiProps.Function", p.Function)
	found.Report()

	r := &restApi{}
	constructs.NewConstruct_Override(r, scope, id)
	r.logs = newLogGroup(r)
	r.api = r.newApi(&p)
	own.addTo(p.Function)
	associate(r, p.WebAclArn, r.api.DeploymentStage().StageArn())
	return r
}

func (p *RestApiProps) streams() bool {
	return p.ResponseTransferMode == awsapigateway.ResponseTransferMode_STREAM
}

// validateTimeout also sets the default. The limits are in
// https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
func (p *RestApiProps) validateTimeout(found *problems.List) {
	if p.Timeout == nil {
		p.Timeout = awscdk.Duration_Seconds(jsii.Number(29))
		if p.streams() {
			p.Timeout = awscdk.Duration_Minutes(jsii.Number(15))
		}
		return
	}
	validateDuration(found, "RestApiProps.Timeout", p.Timeout, 0.05, 900)
}

func (p *RestApiProps) door() door {
	name := "rest-buffered"
	if p.streams() {
		name = "rest"
	} else if !*p.Timeout.IsUnresolved() && seconds(p.Timeout) != 29 {
		name += fmt.Sprintf("=%vs", seconds(p.Timeout))
	}
	return door{"rest", name + p.cacheKeyOfDoor()}
}

func (r *restApi) newApi(p *RestApiProps) awsapigateway.RestApi {
	fields := map[string]string{"method": "$context.httpMethod", "path": "$context.path", "user": "$context.authorizer.principalId", "length": "$context.responseLength"}
	stage := &awsapigateway.StageOptions{
		StageName:            jsii.String("prod"),
		AccessLogDestination: awsapigateway.NewLogGroupLogDestination(r.logs),
		AccessLogFormat:      awsapigateway.AccessLogFormat_Custom(logFormat(fields)),
		LoggingLevel:         awsapigateway.MethodLoggingLevel_ERROR,
		MetricsEnabled:       jsii.Bool(true),
		ThrottlingRateLimit:  p.ThrottlingRateLimit,
		ThrottlingBurstLimit: p.ThrottlingBurstLimit,
	}
	p.cacheStage(stage)
	api := awsapigateway.NewRestApi(r, jsii.String("Api"), &awsapigateway.RestApiProps{
		CloudWatchRole:            jsii.Bool(true), // without it no stage has logs
		EndpointTypes:             &[]awsapigateway.EndpointType{awsapigateway.EndpointType_REGIONAL},
		BinaryMediaTypes:          jsii.Strings("*/*"), // bodies pass unchanged in both directions
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
		if p.Caching != nil { // only responses to GET are cached
			place.resource.AddMethod(jsii.String("GET"), place.integration, p.method(p.cacheParameters(place.path)))
		}
		place.resource.AddMethod(jsii.String("ANY"), rest, p.method(nil))
		if p.Authorizer != nil || p.AuthorizationType != "" {
			place.resource.AddMethod(jsii.String("OPTIONS"), rest, &awsapigateway.MethodOptions{AuthorizationType: awsapigateway.AuthorizationType_NONE})
		}
	}
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

func (r *restApi) AccessLogGroup() awslogs.LogGroup { return r.logs }
