package fronts

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// HttpApi is an HTTP API of Amazon API Gateway, all of whose paths and methods one function
// serves. It does not stream: a response is sent when it is complete.
type HttpApi interface {
	constructs.Construct
	// Url returns the address of the stage $default, without a slash at the end. It is a token.
	Url() *string
	// Api returns the HTTP API.
	Api() awsapigatewayv2.HttpApi
	// Stage returns its stage.
	Stage() awsapigatewayv2.HttpStage
}

// HttpApiProps are the properties of an HttpApi.
type HttpApiProps struct {
	// Function serves the API.
	// Required.
	Function awslambda.IFunction
	// Authorizer admits the requests, for instance by a JWT. With CorsPreflight the API answers
	// preflights itself; without they need the authorizer, too.
	// Default: - none; the function looks whom it serves.
	Authorizer awsapigatewayv2.IHttpRouteAuthorizer
	// AuthorizationScopes are the scopes of which the authorizer wants one.
	// Default: - none.
	AuthorizationScopes *[]*string
	// CorsPreflight are the headers for pages of other origins. The function's own are dropped.
	// Default: - the function's.
	CorsPreflight *awsapigatewayv2.CorsPreflightOptions
	// Timeout is how long the API waits for the response. Up to 30 seconds, of which CDK's
	// integration takes 29.
	// Default: awscdk.Duration_Seconds(29).
	Timeout awscdk.Duration
	// ThrottlingRateLimit is how many requests a second the stage lets in, of all callers.
	// Default: 100.
	ThrottlingRateLimit *float64
	// ThrottlingBurstLimit is how many requests there may be at once beyond the rate.
	// Default: 200.
	ThrottlingBurstLimit *float64
	// DomainMapping is a name of your own. The API's own name stops to work.
	// Default: - the API's own name.
	DomainMapping *awsapigatewayv2.DomainMappingOptions
}

type httpApi struct {
	constructs.Construct
	api   awsapigatewayv2.HttpApi
	stage awsapigatewayv2.HttpStage
}

// NewHttpApi defines an HttpApi with access logs and limits. AWS WAF has no web ACL for an HTTP
// API: put CloudFront in front, or take a RestApi.
func NewHttpApi(scope constructs.Construct, id *string, props *HttpApiProps) HttpApi {
	var p HttpApiProps
	if props != nil {
		p = *props
	}
	required(p.Function != nil, "HttpApiProps.Function")
	rate, burst := throttle("HttpApiProps", p.ThrottlingRateLimit, p.ThrottlingBurstLimit)
	if p.Timeout == nil {
		p.Timeout = awscdk.Duration_Seconds(jsii.Number(29))
	}
	if ms := *p.Timeout.ToMilliseconds(nil); ms < 50 || ms > 29_000 {
		panic(fmt.Sprintf("streamfront: HttpApiProps.Timeout is %.0f ms; want 50 ms to 29 seconds", ms))
	}

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
	logStage(h.stage, newLogGroup(h), logFormat(map[string]string{
		"method": "$context.httpMethod", "path": "$context.path", "user": "$context.authorizer.principalId", "length": "$context.responseLength",
	}))
	door := "http"
	if s := *p.Timeout.ToMilliseconds(nil) / 1000; s != 29 {
		door += fmt.Sprintf("=%vs", s)
	}
	tell(p.Function, "http", door)
	return h
}

func (h *httpApi) Url() *string {
	if *h.api.DisableExecuteApiEndpoint() {
		return withoutSlash(h.stage.DomainUrl())
	}
	return jsii.String(*h.api.ApiEndpoint())
}

func (h *httpApi) Api() awsapigatewayv2.HttpApi { return h.api }

func (h *httpApi) Stage() awsapigatewayv2.HttpStage { return h.stage }
