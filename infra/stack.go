package main

import (
	"cmp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// newStack defines the stack: the sample function, an endpoint in front of it, and a
// bucket for what is too large for it.
func newStack(scope constructs.Construct, props *stackProps) {
	env := &awscdk.Environment{Region: &props.region}
	if props.account != "" {
		env.Account = &props.account
	}
	stack := awscdk.NewStack(scope, &props.name, &awscdk.StackProps{
		Env:         env,
		Description: jsii.String("A streaming Lambda function behind CloudFront"),
	})
	fn := newFunction(stack, props)
	key, printKey := addKey(stack, fn, props)
	if props.allowedOrigins != "" {
		fn.AddEnvironment(jsii.String("ALLOWED_ORIGINS"), &props.allowedOrigins, nil)
	}
	model := "streamfront-echo"
	if props.bedrockModel != "" {
		addModel(stack, fn, props.bedrockModel)
		model = props.bedrockModel[strings.LastIndexByte(props.bedrockModel, '/')+1:] // of an ARN, as callers know it
	}
	if props.upstream != "" {
		addUpstream(fn, props)
		model, _, _ = strings.Cut(cmp.Or(props.upstreamModels, "MODEL"), ",")
	}
	endpoint := streamfront.NewEndpoint(stack, jsii.String("Endpoint"), &streamfront.EndpointProps{
		Function: fn,
	})
	if props.sample == "go" && props.uploads == "true" {
		streamfront.NewUploads(stack, jsii.String("Uploads"), &streamfront.UploadsProps{Endpoint: endpoint, Function: fn})
	}
	awscdk.NewCfnOutput(stack, jsii.String("Url"), &awscdk.CfnOutputProps{
		Description: jsii.String("The address of the endpoint"),
		Value:       endpoint.Url(),
	})
	awscdk.NewCfnOutput(stack, jsii.String("FunctionUrl"), &awscdk.CfnOutputProps{
		Description: jsii.String("The function itself, which answers 403 to unsigned requests"),
		Value:       endpoint.FunctionUrl().Url(),
	})
	if printKey != "" {
		awscdk.NewCfnOutput(stack, jsii.String("Key"), &awscdk.CfnOutputProps{
			Description: jsii.Sprintf("Prints the API key, and sets %s, which Try needs; to paste into a shell", key),
			Value:       &printKey,
		})
	}
	awscdk.NewCfnOutput(stack, jsii.String("Try"), &awscdk.CfnOutputProps{
		Description: jsii.String("A request that streams, to paste into a shell"),
		Value: jsii.Sprintf(`curl -N %s/v1/chat/completions -H 'content-type: application/json' `+
			`-d '{"model":"%s","stream":true,"messages":[{"role":"user","content":"Why is the sky blue?"}]}' `+
			`-H "authorization: Bearer $%s"`, *endpoint.Url(), model, key),
	})
}

// newFunction defines the sample. Both samples are the same function to CloudFormation, so
// that a deployed stack changes from one to the other in place, and both take the request
// that is printed.
func newFunction(stack awscdk.Stack, props *stackProps) awslambda.Function {
	p := goSample(props)
	if props.sample == "node" {
		p = nodeSample()
	}
	p.Description = jsii.String("Streams chat completions")
	p.Architecture = props.architecture
	p.MemorySize = jsii.Number(512)
	p.Timeout = awscdk.Duration_Minutes(jsii.Number(15)) // Lambda's longest: streams may last
	p.LogGroup = awslogs.NewLogGroup(stack, jsii.String("FunctionLogs"), &awslogs.LogGroupProps{
		Retention:     awslogs.RetentionDays_ONE_MONTH,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	fn := awslambda.NewFunction(stack, jsii.String("Function"), p)
	if props.sample == "node" {
		streamfront.AddWebAdapter(fn, &streamfront.WebAdapterProps{ReadinessPath: jsii.String("/healthz")})
	}
	return fn
}

func goSample(props *stackProps) *awslambda.FunctionProps {
	return &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_PROVIDED_AL2023(),
		Handler: jsii.String("bootstrap"),
		Code: streamfront.GoCode(&streamfront.GoCodeProps{
			Entry:        jsii.String("./functions/stream"),
			Architecture: props.architecture,
		}),
	}
}

// nodeSample is a web application that knows nothing of Lambda.
func nodeSample() *awslambda.FunctionProps {
	return &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_24_X(),
		Handler: jsii.String("run.sh"),
		Code: awslambda.Code_FromAsset(jsii.String("functions/node"), &awss3assets.AssetOptions{
			Exclude: jsii.Strings("*.test.mjs"),
		}),
	}
}
