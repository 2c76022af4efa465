package awsenv

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// setEnvironment makes the environment have these AWS variables and no others.
func setEnvironment(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, name := range []string{
		"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
	} {
		t.Setenv(name, variables[name])
	}
}

func TestConfig(t *testing.T) {
	for name, test := range map[string]struct {
		environment map[string]string
		region      string
		err         string
	}{
		"region":         {map[string]string{"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}, "eu-west-1", ""},
		"other name":     {map[string]string{"AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1", ""},
		"without region": {nil, "", "AWS_REGION is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			setEnvironment(t, test.environment)
			config, err := Config()
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("error = %v, want %q", err, test.err)
				}
				return
			}
			if err != nil || config.Region != test.region {
				t.Errorf("region = %q, %v, want %q", config.Region, err, test.region)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	setEnvironment(t, map[string]string{"AWS_REGION": "eu-west-1"})
	config, err := Config()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := config.Credentials.Retrieve(t.Context()); err == nil || !strings.Contains(err.Error(), "are not set") {
		t.Errorf("without variables: error = %v, want one that says so", err)
	}

	// Read with each use, so that keys which were replaced are found.
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_SESSION_TOKEN", "token")
	got, err := config.Credentials.Retrieve(t.Context())
	want := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: "token", Source: "awsenv"}
	if err != nil || got != want {
		t.Errorf("credentials = %+v, %v, want %+v", got, err, want)
	}
}

func TestEndpoints(t *testing.T) {
	setEnvironment(t, map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:2",
	})
	config, err := Config()
	if err != nil || config.BaseEndpoint == nil || *config.BaseEndpoint != "http://127.0.0.1:1" {
		t.Errorf("endpoint of all = %v, %v", config.BaseEndpoint, err)
	}
	for service, want := range map[string]string{"Bedrock Runtime": "http://127.0.0.1:2", "S3": ""} {
		url, found, err := config.ConfigSources[0].(endpoints).GetServiceBaseEndpoint(t.Context(), service)
		if url != want || found != (want != "") || err != nil {
			t.Errorf("endpoint of %s = %q, %v, %v, want %q", service, url, found, err, want)
		}
	}
}
