package fronts

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// WebSocketApi is a WebSocket API of Amazon API Gateway whose messages one function serves; see
// WithConnections of package streamhttp.
type WebSocketApi interface {
	constructs.Construct
	// Url returns "wss://" and the address of the stage. It is a token.
	Url() *string
	// Api returns the WebSocket API.
	Api() awsapigatewayv2.WebSocketApi
	// Stage returns its stage.
	Stage() awsapigatewayv2.WebSocketStage
}

// WebSocketApiProps are the properties of a WebSocketApi.
type WebSocketApiProps struct {
	// Function serves the messages. It gets the right to write to the connections of this API and
	// to invoke itself, and its asynchronous invocations are tried once only, so that no message
	// is served twice.
	// Required.
	Function awslambda.IFunction
	// Authorizer admits a client when it connects; there is no other moment at which it could.
	// Default: - none; the function looks at each message.
	Authorizer awsapigatewayv2.IWebSocketRouteAuthorizer
	// ThrottlingRateLimit is how many messages a second the stage lets in, of all clients.
	// Default: 100.
	ThrottlingRateLimit *float64
	// ThrottlingBurstLimit is how many messages there may be at once beyond the rate.
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
}

// NewWebSocketApi defines a WebSocketApi with access logs and limits. AWS WAF has no web ACL for
// a WebSocket API. A client has 10 minutes of silence and 2 hours.
func NewWebSocketApi(scope constructs.Construct, id *string, props *WebSocketApiProps) WebSocketApi {
	var p WebSocketApiProps
	if props != nil {
		p = *props
	}
	required(p.Function != nil, "WebSocketApiProps.Function")
	rate, burst := throttle("WebSocketApiProps", p.ThrottlingRateLimit, p.ThrottlingBurstLimit)
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
	logStage(w.stage, newLogGroup(w), logFormat(map[string]string{
		"event": "$context.eventType", "route": "$context.routeKey", "connection": "$context.connectionId", "user": "$context.authorizer.principalId",
	}))
	w.grant(p.Function)
	p.Function.ConfigureAsyncInvoke(&awslambda.EventInvokeConfigOptions{RetryAttempts: jsii.Number(0)})
	tell(p.Function, "websocket", "websocket")
	return w
}

// grant adds a policy of its own: that of the function's role is one that the function depends
// on, and it could not name the function.
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
