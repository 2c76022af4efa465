package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecrassets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/fronts"
	"github.com/streamfront/streamfront/infra/internal/warning"
)

// newService defines the sample as Fargate tasks. The same program is an ordinary server there. Docker
// builds its image when the stack is deployed.
func newService(stack awscdk.Stack, props *stackProps) (url *string, key, printKey string) {
	architecture, platform := awsecs.CpuArchitecture_ARM64(), awsecrassets.Platform_LINUX_ARM64()
	if *props.architecture.Name() == *awslambda.Architecture_X86_64().Name() {
		architecture, platform = awsecs.CpuArchitecture_X86_64(), awsecrassets.Platform_LINUX_AMD64()
	}
	p := &fronts.LoadBalancedServiceProps{
		CpuArchitecture: architecture,
		Image: awsecs.ContainerImage_FromAsset(jsii.String("."), &awsecs.AssetImageProps{
			File:       jsii.String("functions/stream/Dockerfile"),
			Platform:   platform,
			IgnoreMode: awscdk.IgnoreMode_DOCKER,
			Exclude:    jsii.Strings("*", "!go.mod", "!go.sum", "!functions", "functions/*/node_modules", "functions/node", "**/*_test.go", "**/testdata"),
		}),
		Environment: &map[string]*string{},
		Secrets:     &map[string]awsecs.Secret{},
	}
	if props.maxDuration != "" {
		(*p.Environment)["MAX_DURATION"] = &props.maxDuration
	}
	if props.allowedOrigins != "" {
		(*p.Environment)["ALLOWED_ORIGINS"] = &props.allowedOrigins
	}
	key, printKey = serviceKey(stack, p, props)
	p.Certificate, p.DomainName = tls(stack, props)
	service := fronts.NewLoadBalancedService(stack, jsii.String("Front"), p)
	if props.apiKey != "" {
		warning.Add(service, "plainApiKey", "STREAMFRONT_API_KEY is in plain text in the template and in the task definition; use Secrets Manager, unless this is a trial")
	}
	return service.Url(), key, printKey
}

// serviceKey lets ECS put the key into the program's environment, whereas addKey lets a function read it.
func serviceKey(stack awscdk.Stack, p *fronts.LoadBalancedServiceProps, props *stackProps) (variable, command string) {
	switch {
	case props.apiKey != "":
		(*p.Environment)["API_KEY"] = &props.apiKey
		return "STREAMFRONT_API_KEY", ""
	case props.apiKeyParameter != "":
		parameter := awsssm.StringParameter_FromSecureStringParameterAttributes(stack, jsii.String("ApiKey"), &awsssm.SecureStringParameterAttributes{
			ParameterName: jsii.String("/" + strings.TrimPrefix(props.apiKeyParameter, "/")),
		})
		(*p.Secrets)["API_KEY"] = awsecs.Secret_FromSsmParameter(parameter)
		return "API_KEY", setAndPrint(`aws ssm get-parameter --region ` + *stack.Region() + ` --name ` + props.apiKeyParameter + ` --with-decryption --query Parameter.Value`)
	}
	secret, region := awssecretsmanager.ISecret(nil), props.region
	if props.apiKeySecret != "" {
		region = strings.Split(props.apiKeySecret, ":")[3]
		secret = awssecretsmanager.Secret_FromSecretCompleteArn(stack, jsii.String("ApiKey"), &props.apiKeySecret)
	} else {
		secret = newSecret(stack)
	}
	(*p.Secrets)["API_KEY"] = awsecs.Secret_FromSecretsManager(secret, nil)
	return "API_KEY", setAndPrint(`aws secretsmanager get-secret-value --region ` + region + ` --secret-id ` + *secret.SecretArn() + ` --query SecretString`)
}
