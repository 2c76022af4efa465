package fronts

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// WebSocketApi is a WebSocket API of Amazon API Gateway whose messages are served by one function;
// see WithConnections of package streamhttp.
type WebSocketApi interface {
	constructs.Construct
	// Url returns "wss://" and the address of the stage. It is a token.
	Url() *string
	// Api returns the WebSocket API.
	Api() awsapigatewayv2.WebSocketApi
	// Stage returns its stage.
	Stage() awsapigatewayv2.WebSocketStage
	// AccessLogGroup returns the log group of the access logs.
	AccessLogGroup() awslogs.LogGroup
}

// WebSocketApiProps are the properties of a WebSocketApi.
type WebSocketApiProps struct {
	// Function serves the messages. It is allowed to write to the connections of this API and to
	// invoke itself. Its asynchronous invocations are not retried, so that no message is served
	// twice.
	// Required.
	Function awslambda.IFunction
	// Authorizer admits a client when it connects. API Gateway does not ask it later.
	// Default: - none; the function checks each message.
	Authorizer awsapigatewayv2.IWebSocketRouteAuthorizer
	// ThrottlingRateLimit is the number of messages a second that the stage accepts from all clients.
	// Default: 100.
	ThrottlingRateLimit *float64
	// ThrottlingBurstLimit is the number of messages at once that the stage accepts beyond the rate.
	// Default: 200.
	ThrottlingBurstLimit *float64
	// StageName is the last part of the address.
	// Default: "prod".
	StageName *string
}

type webSocketApi struct {
	constructs.Construct
	api   awsapigatewayv2.WebSocketApi
	stage awsapigatewayv2.WebSocketStage
	logs  awslogs.LogGroup
}

// NewWebSocketApi defines a WebSocketApi with access logs and limits. AWS WAF does not support
// WebSocket APIs. API Gateway closes a connection after 10 minutes of silence, and after 2 hours.
func NewWebSocketApi(scope constructs.Construct, id *string, props *WebSocketApiProps) WebSocketApi {
	var p WebSocketApiProps
	if props != nil {
		p = *props
	}
	var found problems.List
	rate, burst := throttle(&found, "WebSocketApiProps", p.ThrottlingRateLimit, p.ThrottlingBurstLimit)
	own := door{"websocket", "websocket"}
	own.validateFunction(&found, "WebSocketApiProps.Function", p.Function)
	found.Report()
	if p.StageName == nil {
		p.StageName = jsii.String("prod")
	}

	w := &webSocketApi{}
	constructs.NewConstruct_Override(w, scope, id)
	route := func(authorizer awsapigatewayv2.IWebSocketRouteAuthorizer) *awsapigatewayv2.WebSocketRouteOptions {
		return &awsapigatewayv2.WebSocketRouteOptions{
			Integration: awsapigatewayv2integrations.NewWebSocketLambdaIntegration(jsii.String("Function"), p.Function, nil),
			Authorizer:  authorizer,
		}
	}
	w.api = awsapigatewayv2.NewWebSocketApi(w, jsii.String("Api"), &awsapigatewayv2.WebSocketApiProps{
		ConnectRouteOptions:    route(p.Authorizer),
		DisconnectRouteOptions: route(nil),
		DefaultRouteOptions:    route(nil),
	})
	w.stage = awsapigatewayv2.NewWebSocketStage(w, jsii.String("Stage"), &awsapigatewayv2.WebSocketStageProps{
		WebSocketApi: w.api,
		StageName:    p.StageName,
		AutoDeploy:   jsii.Bool(true),
		Throttle:     &awsapigatewayv2.ThrottleSettings{RateLimit: rate, BurstLimit: burst},
	})
	w.logs = newLogGroup(w)
	logStage(w.stage, w.logs, logFormat(map[string]string{
		"event": "$context.eventType", "route": "$context.routeKey", "connection": "$context.connectionId", "user": "$context.authorizer.principalId",
	}))
	w.grant(p.Function)
	p.Function.ConfigureAsyncInvoke(&awslambda.EventInvokeConfigOptions{RetryAttempts: jsii.Number(0)})
	own.addTo(p.Function)
	return w
}

// grant adds a separate policy. The function depends on the default policy of its role, so that
// policy cannot refer to the function.
func (w *webSocketApi) grant(function awslambda.IFunction) {
	if function.Role() == nil {
		return // imported
	}
	stack := awscdk.Stack_Of(w)
	awsiam.NewPolicy(w, jsii.String("Answer"), &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{function.Role()},
		Statements: &[]awsiam.PolicyStatement{
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Actions: jsii.Strings("execute-api:ManageConnections"),
				Resources: jsii.Strings(*stack.FormatArn(&awscdk.ArnComponents{
					Service: jsii.String("execute-api"), Resource: w.api.ApiId(),
					ResourceName: jsii.String(strings.Join([]string{*w.stage.StageName(), "POST", "@connections", "*"}, "/")),
				})),
			}),
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Actions: jsii.Strings("lambda:InvokeFunction"), Resources: jsii.Strings(*function.FunctionArn()),
			}),
		},
	})
}

func (w *webSocketApi) Url() *string { return w.stage.Url() }

func (w *webSocketApi) Api() awsapigatewayv2.WebSocketApi { return w.api }

func (w *webSocketApi) Stage() awsapigatewayv2.WebSocketStage { return w.stage }

func (w *webSocketApi) AccessLogGroup() awslogs.LogGroup { return w.logs }
