package fronts

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// HttpApi is an HTTP API of Amazon API Gateway whose paths and methods are all served by one
// function. It does not stream: a response is sent when it is complete.
type HttpApi interface {
	constructs.Construct
	// Url returns the address of the stage $default, without a slash at the end. It is a token.
	Url() *string
	// Api returns the HTTP API.
	Api() awsapigatewayv2.HttpApi
	// Stage returns its stage.
	Stage() awsapigatewayv2.HttpStage
	// AccessLogGroup returns the log group of the access logs.
	AccessLogGroup() awslogs.LogGroup
}

// HttpApiProps are the properties of an HttpApi.
type HttpApiProps struct {
	// Function serves the API.
	// Required.
	Function awslambda.IFunction
	// Authorizer admits requests, for instance those with a valid JWT. With CorsPreflight the API
	// answers preflights itself; without it preflights need the authorizer, too.
	// Default: - none; the function checks its callers.
	Authorizer awsapigatewayv2.IHttpRouteAuthorizer
	// AuthorizationScopes are scopes of which a token must have one.
	// Default: - none.
	AuthorizationScopes *[]*string
	// CorsPreflight are the CORS headers for pages of other origins. The API drops the function's own.
	// Default: - the function's.
	CorsPreflight *awsapigatewayv2.CorsPreflightOptions
	// Timeout is how long the API waits for the response. The API allows 30 seconds, the CDK's
	// integration 29.
	// Default: awscdk.Duration_Seconds(29).
	Timeout awscdk.Duration
	// ThrottlingRateLimit is the number of requests a second that the stage accepts from all callers.
	// Default: 100.
	ThrottlingRateLimit *float64
	// ThrottlingBurstLimit is the number of requests at once that the stage accepts beyond the rate.
	// Default: 200.
	ThrottlingBurstLimit *float64
	// DomainMapping is a domain name of your own. The API's own name then stops working.
	// Default: - the API's own name.
	DomainMapping *awsapigatewayv2.DomainMappingOptions
}

type httpApi struct {
	constructs.Construct
	api   awsapigatewayv2.HttpApi
	stage awsapigatewayv2.HttpStage
	logs  awslogs.LogGroup
}

// NewHttpApi defines an HttpApi with access logs and limits. AWS WAF does not support HTTP APIs:
// if you need a web ACL, put CloudFront in front or use a RestApi.
func NewHttpApi(scope constructs.Construct, id *string, props *HttpApiProps) HttpApi {
	var p HttpApiProps
	if props != nil {
		p = *props
	}
	var found problems.List
	rate, burst := throttle(&found, "HttpApiProps", p.ThrottlingRateLimit, p.ThrottlingBurstLimit)
	if p.Timeout == nil {
		p.Timeout = awscdk.Duration_Seconds(jsii.Number(29))
	}
	validateDuration(&found, "HttpApiProps.Timeout", p.Timeout, 0.05, 29)
	own := p.door()
	own.validateFunction(&found, "HttpApiProps.Function", p.Function)
	found.Report()

	h := &httpApi{}
	constructs.NewConstruct_Override(h, scope, id)
	h.api = awsapigatewayv2.NewHttpApi(h, jsii.String("Api"), &awsapigatewayv2.HttpApiProps{
		CreateDefaultStage: jsii.Bool(false),
		DefaultIntegration: awsapigatewayv2integrations.NewHttpLambdaIntegration(jsii.String("Function"), p.Function, &awsapigatewayv2integrations.HttpLambdaIntegrationProps{
			PayloadFormatVersion: awsapigatewayv2.PayloadFormatVersion_VERSION_2_0(),
			Timeout:              p.Timeout,
		}),
		DefaultAuthorizer:          p.Authorizer,
		DefaultAuthorizationScopes: p.AuthorizationScopes,
		CorsPreflight:              p.CorsPreflight,
		DisableExecuteApiEndpoint:  jsii.Bool(p.DomainMapping != nil),
	})
	h.stage = awsapigatewayv2.NewHttpStage(h, jsii.String("Stage"), &awsapigatewayv2.HttpStageProps{
		HttpApi:       h.api,
		AutoDeploy:    jsii.Bool(true),
		Throttle:      &awsapigatewayv2.ThrottleSettings{RateLimit: rate, BurstLimit: burst},
		DomainMapping: p.DomainMapping,
	})
	h.logs = newLogGroup(h)
	logStage(h.stage, h.logs, logFormat(map[string]string{
		"method": "$context.httpMethod", "path": "$context.path", "user": "$context.authorizer.principalId", "length": "$context.responseLength",
	}))
	own.addTo(p.Function)
	return h
}

func (p *HttpApiProps) door() door {
	if *p.Timeout.IsUnresolved() || seconds(p.Timeout) == 29 {
		return door{"http", "http"}
	}
	return door{"http", fmt.Sprintf("http=%vs", seconds(p.Timeout))}
}

func (h *httpApi) Url() *string {
	if *h.api.DisableExecuteApiEndpoint() {
		return withoutSlash(h.stage.DomainUrl())
	}
	return jsii.String(*h.api.ApiEndpoint())
}

func (h *httpApi) Api() awsapigatewayv2.HttpApi { return h.api }

func (h *httpApi) Stage() awsapigatewayv2.HttpStage { return h.stage }

func (h *httpApi) AccessLogGroup() awslogs.LogGroup { return h.logs }
