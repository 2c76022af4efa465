package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// newStack defines the stack: the sample function, an endpoint or another front door, and a bucket for
// files that are too large for an endpoint.
func newStack(scope constructs.Construct, props *stackProps) {
	env := &awscdk.Environment{Region: &props.region}
	if props.account != "" {
		env.Account = &props.account
	}
	stack := awscdk.NewStack(scope, &props.name, &awscdk.StackProps{
		Env:         env,
		Description: jsii.String(description(props.front)),

		CrossRegionReferences: props.crossRegion(),
	})
	var url, functionURL *string
	var key, printKey string
	if props.front == "ecs" {
		url, key, printKey = newService(stack, props)
	} else {
		fn := newFunction(stack, props)
		signIn := addSignIn(stack, fn, props)
		if key = "TOKEN"; signIn == nil {
			key, printKey = addKey(stack, fn, props)
		}
		if props.allowedOrigins != "" {
			fn.AddEnvironment(jsii.String("ALLOWED_ORIGINS"), &props.allowedOrigins, nil)
		}
		if props.bedrockModel != "" {
			addModel(stack, fn, props.bedrockModel)
		}
		addBounds(stack, fn, props)
		if props.upstream != "" {
			addUpstream(fn, props)
		}
		url, functionURL = newFront(stack, fn, props, signIn)
	}
	awscdk.NewCfnOutput(stack, jsii.String("Url"), &awscdk.CfnOutputProps{
		Description: jsii.String("The address of the endpoint"),
		Value:       url,
	})
	if functionURL != nil {
		awscdk.NewCfnOutput(stack, jsii.String("FunctionUrl"), &awscdk.CfnOutputProps{
			Description: jsii.String("The function itself, which answers 403 to unsigned requests"),
			Value:       functionURL,
		})
	}
	if printKey != "" {
		awscdk.NewCfnOutput(stack, jsii.String("Key"), &awscdk.CfnOutputProps{
			Description: jsii.Sprintf("Prints the API key, and sets %s, which Try needs; to paste into a shell", key),
			Value:       &printKey,
		})
	}
	awscdk.NewCfnOutput(stack, jsii.String("Try"), &awscdk.CfnOutputProps{
		Description: jsii.String(tryDescription(props.front)),
		Value:       jsii.String(try(props, *url, key)),
	})
}

// functionLogs is the id of the function's log group.
const functionLogs = "FunctionLogs"

// newFunction defines the sample. To CloudFormation both samples are the same function, so a deployed
// stack can change from one to the other in place. Both accept the printed request.
func newFunction(stack awscdk.Stack, props *stackProps) awslambda.Function {
	p := goSample(props)
	if props.sample == "node" {
		p = nodeSample()
	}
	p.Description = jsii.String("Streams chat completions")
	p.Architecture = props.architecture
	p.MemorySize = jsii.Number(512)
	p.Timeout = awscdk.Duration_Minutes(jsii.Number(15)) // Lambda's longest: streams may last
	p.LogGroup = awslogs.NewLogGroup(stack, jsii.String(functionLogs), &awslogs.LogGroupProps{
		Retention:     awslogs.RetentionDays_ONE_MONTH,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	addNetwork(stack, p, props)
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
