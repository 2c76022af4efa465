// Package awsenv makes an AWS configuration of what Lambda puts into the environment of a
// function, and of nothing else. It stands in for the config module of the SDK, whose
// other sources of credentials (files, single sign-on, container and instance metadata)
// are never used on Lambda and cost size and time at every cold start.
//
// Environment:
//
//	AWS_REGION                the region; AWS_DEFAULT_REGION if it is not set
//	AWS_ACCESS_KEY_ID         the credentials; Lambda sets all three
//	AWS_SECRET_ACCESS_KEY
//	AWS_SESSION_TOKEN         empty for the keys of a user
//	AWS_ENDPOINT_URL_<NAME>   another endpoint for a service, for example
//	                          AWS_ENDPOINT_URL_BEDROCK_RUNTIME=http://127.0.0.1:9000
//	AWS_ENDPOINT_URL          another endpoint for all services
//
// The names are those of https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html.
package awsenv

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Config returns the configuration for clients of AWS services. The generated clients of
// the SDK take it, too; mind that linking one costs a function the building of its schemas
// at every start, some milliseconds for a few services (measured). It reads the region and
// AWS_ENDPOINT_URL at once, which takes microseconds and no network, and the credentials
// with each request that is signed. It fails if there is no region. Missing credentials
// fail the first request.
func Config() (aws.Config, error) {
	region := firstOf("AWS_REGION", "AWS_DEFAULT_REGION")
	if region == "" {
		return aws.Config{}, errors.New("awsenv: AWS_REGION is not set: Lambda sets it; elsewhere set it to the region to call, such as us-east-1")
	}
	config := aws.Config{
		Region:        region,
		Credentials:   aws.CredentialsProviderFunc(credentials),
		ConfigSources: []any{endpoints{}},
	}
	if url := os.Getenv("AWS_ENDPOINT_URL"); url != "" {
		config.BaseEndpoint = &url
	}
	return config, nil
}

func firstOf(variables ...string) string {
	for _, variable := range variables {
		if value := os.Getenv(variable); value != "" {
			return value
		}
	}
	return ""
}

func credentials(context.Context) (aws.Credentials, error) {
	c := aws.Credentials{
		AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
		Source:          "awsenv",
	}
	if !c.HasKeys() {
		return aws.Credentials{}, errors.New("awsenv: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set: Lambda sets them; " +
			"elsewhere run `aws configure export-credentials --format env` and set what it prints")
	}
	return c, nil
}

// endpoints tells service clients their own endpoint. They ask each of an aws.Config's
// sources that has this method.
type endpoints struct{}

// GetServiceBaseEndpoint returns the endpoint for a service, such as "Bedrock Runtime".
func (endpoints) GetServiceBaseEndpoint(_ context.Context, service string) (url string, found bool, err error) {
	url = os.Getenv("AWS_ENDPOINT_URL_" + strings.ToUpper(strings.ReplaceAll(service, " ", "_")))
	return url, url != "", nil
}
