package main

import (
	"fmt"
	"os"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
)

// stackProps are the choices of whoever deploys the app.
type stackProps struct {
	// name has to differ for each region: CDK derives the name of the edge stack in
	// us-east-1 from it, and two regions under one name would take turns in that stack.
	name         string
	account      string // "" is the account of whoever deploys
	region       string
	architecture awslambda.Architecture
	sample       string // "go" or "node"
	apiKey       string // "" asks no caller for a key
}

// setting is one choice: a key of the CDK context, else the first environment variable
// that is not empty, else the default.
type setting struct {
	context     string
	environment []string
	fallback    string
	pattern     *regexp.Regexp
	want        string
}

// CDK would refuse most of what the patterns do, but end in a stack trace.
var (
	stackName = setting{
		context:     "stackName",
		environment: []string{"STREAMFRONT_STACK_NAME"},
		fallback:    "Streamfront",
		pattern:     regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`),
		want:        "a letter and then up to 127 letters, digits and hyphens",
	}
	region = setting{
		context:     "region",
		environment: []string{"STREAMFRONT_REGION", "CDK_DEFAULT_REGION"},
		fallback:    "us-east-1",
		pattern:     regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`),
		want:        "an AWS region such as eu-west-1",
	}
	architecture = setting{
		context:     "architecture",
		environment: []string{"STREAMFRONT_ARCHITECTURE"},
		fallback:    "arm64",
		pattern:     regexp.MustCompile(`^(arm64|x86_64)$`),
		want:        "arm64 or x86_64",
	}
	sample = setting{
		context:     "sample",
		environment: []string{"STREAMFRONT_SAMPLE"},
		fallback:    "go",
		pattern:     regexp.MustCompile(`^(go|node)$`),
		want:        "go or node",
	}
)

// readProps reads the choices from the CDK context and the environment.
func readProps(context func(key *string) any) (*stackProps, error) {
	props := &stackProps{
		account: os.Getenv("CDK_DEFAULT_ACCOUNT"), // set by the CDK CLI
		apiKey:  os.Getenv("STREAMFRONT_API_KEY"),
	}
	var err error
	if props.name, err = stackName.read(context); err != nil {
		return nil, err
	}
	if props.region, err = region.read(context); err != nil {
		return nil, err
	}
	if props.sample, err = sample.read(context); err != nil {
		return nil, err
	}
	name, err := architecture.read(context)
	if err != nil {
		return nil, err
	}
	props.architecture = awslambda.Architecture_ARM_64()
	if name == "x86_64" {
		props.architecture = awslambda.Architecture_X86_64()
	}
	return props, nil
}

func (s *setting) read(context func(key *string) any) (string, error) {
	source, value := s.find(context)
	text, ok := value.(string)
	if !ok || !s.pattern.MatchString(text) {
		return "", fmt.Errorf("streamfront: %s is %#v; want %s", source, value, s.want)
	}
	return text, nil
}

func (s *setting) find(context func(key *string) any) (source string, value any) {
	if value := context(&s.context); value != nil {
		return "context " + s.context, value
	}
	for _, name := range s.environment {
		if value := os.Getenv(name); value != "" {
			return name, value
		}
	}
	return "the default of " + s.context, s.fallback
}
