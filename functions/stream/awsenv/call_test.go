package awsenv

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var bedrock = Service{ID: "Bedrock Runtime", Host: "bedrock-runtime", Name: "bedrock"}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"eu-west-1":       "https://bedrock-runtime.eu-west-1.amazonaws.com",
		"us-gov-west-1":   "https://bedrock-runtime.us-gov-west-1.amazonaws.com",
		"cn-north-1":      "https://bedrock-runtime.cn-north-1.amazonaws.com.cn",
		"eusc-de-east-1":  "https://bedrock-runtime.eusc-de-east-1.amazonaws.eu",
		"us-iso-east-1":   "https://bedrock-runtime.us-iso-east-1.c2s.ic.gov",
		"us-isob-east-1":  "https://bedrock-runtime.us-isob-east-1.sc2s.sgov.gov",
		"us-isof-south-1": "https://bedrock-runtime.us-isof-south-1.csp.hci.ic.gov",
		"eu-isoe-west-1":  "https://bedrock-runtime.eu-isoe-west-1.cloud.adc-e.uk",
	} {
		if got := bedrock.Endpoint(aws.Config{Region: region}); got != want {
			t.Errorf("endpoint in %s = %s, want %s", region, got, want)
		}
	}
	all := aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String("http://all/")}
	if got := bedrock.Endpoint(all); got != "http://all" {
		t.Errorf("endpoint = %s, want that for all services", got)
	}
	all.ConfigSources = []any{1, one("http://one/")}
	if got := bedrock.Endpoint(all); got != "http://one" {
		t.Errorf("endpoint = %s, want that of the service", got)
	}
	if got := (Service{ID: "S3"}).Endpoint(all); got != "http://all" {
		t.Errorf("endpoint of another service = %s, want that for all", got)
	}
}

// one is a source of configuration that has an endpoint for Bedrock.
type one string

func (endpoint one) GetServiceBaseEndpoint(_ context.Context, service string) (string, bool, error) {
	return string(endpoint), service == "Bedrock Runtime", nil
}

func TestSign(t *testing.T) {
	t.Parallel()
	config := aws.Config{Region: "eu-west-1", Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: "token"}, nil
	})}
	request, err := http.NewRequestWithContext(t.Context(), "POST", "https://example.com/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := bedrock.Sign(t.Context(), config, request, []byte("body")); err != nil {
		t.Fatal(err)
	}
	got := request.Header.Get("Authorization")
	if !strings.Contains(got, "AKIDEXAMPLE/") || !strings.Contains(got, "/eu-west-1/bedrock/aws4_request") || request.Header.Get("X-Amz-Security-Token") != "token" {
		t.Errorf("headers = %v, want them signed for bedrock", request.Header)
	}
	config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("none")
	})
	if err := bedrock.Sign(t.Context(), config, request, nil); err == nil {
		t.Error("without credentials a request is signed")
	}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	failure := errors.New("failure")
	for name, test := range map[string]struct {
		answers []bool // of each attempt that fails: whether to try again
		calls   int
		fails   bool
	}{
		"success":          {nil, 1, false},
		"after a failure":  {[]bool{true}, 2, false},
		"after two":        {[]bool{true, true}, 3, false},
		"three are enough": {[]bool{true, true, true}, 3, true},
		"for good":         {[]bool{false}, 1, true},
	} {
		calls := 0
		err := Retry(t.Context(), time.Nanosecond, func() (bool, error) {
			if calls++; calls <= len(test.answers) {
				return test.answers[calls-1], failure
			}
			return false, nil
		})
		if calls != test.calls || (err != nil) != test.fails {
			t.Errorf("%s: %d calls, %v, want %d, failed: %t", name, calls, err, test.calls, test.fails)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := Retry(ctx, time.Hour, func() (bool, error) {
		time.AfterFunc(time.Millisecond, cancel)
		return true, failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("out of time: %v, want the failure before", err)
	}
}
