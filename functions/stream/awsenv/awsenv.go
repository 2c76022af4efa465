// Package awsenv makes an AWS configuration from the environment variables that Lambda sets, and from
// nothing else. It replaces the config module of the SDK: its other sources of credentials (files, single
// sign-on, container and instance metadata) are not used on Lambda, but cost size and time at every cold
// start. The package also provides endpoints, signatures and retries for calls of a service.
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
	"cmp"
	"context"
	"errors"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Config returns the configuration for clients of AWS services. The generated clients of the SDK accept
// it as well, but a function that links one builds the client's schemas at every start, which takes some
// milliseconds for a few services (measured). Config reads the region and AWS_ENDPOINT_URL at once, in
// microseconds and without the network, and the credentials for each request that is signed. It fails if
// there is no region. Missing credentials fail the first request.
func Config() (aws.Config, error) { return Of(os.Getenv, "") }

// Of is Config for another environment, and for the given region unless that is empty.
func Of(getenv func(string) string, region string) (aws.Config, error) {
	region = cmp.Or(region, getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"))
	if region == "" {
		return aws.Config{}, errors.New("awsenv: AWS_REGION is not set: Lambda sets it; elsewhere set it to the region to call, such as us-east-1")
	}
	config := aws.Config{
		Region:        region,
		Credentials:   credentials(getenv),
		ConfigSources: []any{endpoints(getenv)},
	}
	if url := getenv("AWS_ENDPOINT_URL"); url != "" {
		config.BaseEndpoint = &url
	}
	return config, nil
}

// credentials are read for each request that is signed.
type credentials func(string) string

func (getenv credentials) Retrieve(context.Context) (aws.Credentials, error) {
	c := aws.Credentials{
		AccessKeyID:     getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    getenv("AWS_SESSION_TOKEN"),
		Source:          "awsenv",
	}
	if !c.HasKeys() {
		return aws.Credentials{}, errors.New("awsenv: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set: Lambda sets them; " +
			"elsewhere run `aws configure export-credentials --format env` and set what it prints")
	}
	return c, nil
}

// endpoints returns the endpoints of services. Service clients ask each source of an aws.Config that has
// this method.
type endpoints func(string) string

// GetServiceBaseEndpoint returns the endpoint for a service, such as "Bedrock Runtime".
func (getenv endpoints) GetServiceBaseEndpoint(_ context.Context, service string) (url string, found bool, err error) {
	url = getenv("AWS_ENDPOINT_URL_" + strings.ToUpper(strings.ReplaceAll(service, " ", "_")))
	return url, url != "", nil
}
