package streamfront_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscognito"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// Requests without a token of the user pool do not reach the function, except for its health
// check.
func ExampleNewUserPoolAuthorizer() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Chat"), &awscdk.StackProps{
		Env: &awscdk.Environment{Region: jsii.String("us-east-1")},
	})
	function := awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_PROVIDED_AL2023(),
		Handler: jsii.String("bootstrap"),
		Code:    streamfront.GoCode(&streamfront.GoCodeProps{Entry: jsii.String("./cmd/chat")}),
		Timeout: awscdk.Duration_Minutes(jsii.Number(15)),
	})
	// What follows is in README.md.
	pool := awscognito.NewUserPool(stack, jsii.String("Users"), nil)
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Endpoint"), &streamfront.EndpointProps{
		Function: function,
		Authorizer: streamfront.NewUserPoolAuthorizer(pool, &streamfront.UserPoolAuthorizerProps{
			UserPoolClients: &[]awscognito.IUserPoolClient{pool.AddClient(jsii.String("Page"), nil)},
		}),
	})
	endpoint.AddRoute(jsii.String("/healthz"), function, &streamfront.RouteOptions{Authorizer: streamfront.NewNoneAuthorizer()})
	// Up to here.
	app.Synth(nil)
}
