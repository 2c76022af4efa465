package awsenv

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
)

// setEnvironment makes the environment have these AWS variables and no others.
func setEnvironment(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, name := range []string{
		"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_BEARER_TOKEN_BEDROCK",
	} {
		value, ok := variables[name]
		t.Setenv(name, value)
		if !ok {
			os.Unsetenv(name) // to the SDK, an empty one is set
		}
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

// A real client of the SDK calls the endpoint, signed for region and service.
func TestEndpoints(t *testing.T) {
	authorization := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorization <- r.Header.Get("Authorization")
		w.WriteHeader(http.StatusBadRequest)
	}))
	t.Cleanup(server.Close)
	const nowhere = "http://127.0.0.1:1"
	for name, endpoints := range map[string]map[string]string{
		"of the service":   {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.URL},
		"of all":           {"AWS_ENDPOINT_URL": server.URL},
		"the service wins": {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.URL, "AWS_ENDPOINT_URL": nowhere},
	} {
		t.Run(name, func(t *testing.T) {
			environment := map[string]string{
				"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
			}
			for name, value := range endpoints {
				environment[name] = value
			}
			setEnvironment(t, environment)
			config, err := Config()
			if err != nil {
				t.Fatal(err)
			}
			client := bedrockruntime.NewFromConfig(config)
			_, err = client.InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{ModelId: aws.String("model")})
			if err == nil {
				t.Error("the call succeeds, want the error of the server")
			}
			select {
			case got := <-authorization:
				if !strings.Contains(got, "AKIDEXAMPLE/") || !strings.Contains(got, "/eu-west-1/bedrock/aws4_request") {
					t.Errorf("Authorization = %q, want a signature for the region", got)
				}
			default:
				t.Errorf("the endpoint was not called: %v", err)
			}
		})
	}
}
