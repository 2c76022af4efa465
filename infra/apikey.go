package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/internal/warning"
)

// addKey gives the function the key that its callers must send: a generated one, unless the props name
// another. It returns the shell variable with the key in the printed request, and the command that sets
// and prints it, or "" if there is none.
func addKey(stack awscdk.Stack, fn awslambda.Function, props *stackProps) (variable, command string) {
	switch {
	case props.apiKey != "":
		fn.AddEnvironment(jsii.String("API_KEY"), &props.apiKey, nil)
		warning.Add(fn, "plainApiKey",
			"STREAMFRONT_API_KEY is in plain text in the template and in the function's configuration; use Secrets Manager, unless this is a trial")
		return "STREAMFRONT_API_KEY", ""
	case props.sample == "node":
		warning.Add(fn, "noApiKey",
			"the Node.js sample takes its key from STREAMFRONT_API_KEY, which is not set: it runs on localhost, and refuses to start on AWS")
		return "STREAMFRONT_API_KEY", ""
	case props.apiKeyParameter != "":
		return "API_KEY", addParameter(stack, fn, props.apiKeyParameter)
	case props.apiKeySecret != "":
		return "API_KEY", addSecret(fn, props.apiKeySecret, strings.Split(props.apiKeySecret, ":")[3])
	}
	return "API_KEY", addSecret(fn, *newSecret(stack).SecretArn(), props.region)
}

// newSecret generates a key.
//
// The key is not rotated automatically. Callers need a new key while the old one is still valid, so the
// secret can contain both.
func newSecret(stack awscdk.Stack) awssecretsmanager.Secret {
	return awssecretsmanager.NewSecret(stack, jsii.String("ApiKey"), &awssecretsmanager.SecretProps{
		Description: jsii.String("The key that the chat endpoint asks for; several as JSON, [\"new\",\"old\"]"),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			ExcludePunctuation: jsii.Bool(true), // goes into a header, and through shells
			PasswordLength:     jsii.Number(40),
		},
	})
}

func addSecret(fn awslambda.Function, arn, region string) (command string) {
	fn.AddEnvironment(jsii.String("API_KEY_SECRET_ARN"), &arn, nil)
	allow(fn, "secretsmanager:GetSecretValue", arn)
	return setAndPrint(`aws secretsmanager get-secret-value --region ` + region + ` --secret-id ` + arn + ` --query SecretString`)
}

func addParameter(stack awscdk.Stack, fn awslambda.Function, name string) (command string) {
	fn.AddEnvironment(jsii.String("API_KEY_PARAMETER"), &name, nil)
	// A SecureString under AWS's own key, alias/aws/ssm, needs no grant for the key.
	allow(fn, "ssm:GetParameter", *stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("ssm"), Resource: jsii.String("parameter"), ResourceName: jsii.String(strings.TrimPrefix(name, "/")),
	}))
	return setAndPrint(`aws ssm get-parameter --region ` + *stack.Region() + ` --name ` + name + ` --with-decryption --query Parameter.Value`)
}

func setAndPrint(query string) string {
	return `API_KEY=$(` + query + ` --output text); echo "$API_KEY"`
}

// allow lets the function perform one action on some resources.
func allow(fn awslambda.Function, action string, resources ...string) {
	fn.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings(action), Resources: jsii.Strings(resources...),
	}))
}
