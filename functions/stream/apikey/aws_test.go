package apikey

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	secretARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:chat-AbCdEf"
	accessKey = "AKIDEXAMPLE"
	secretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

// service answers calls as Secrets Manager and SSM would, and checks their signature.
func service(t *testing.T, handler http.HandlerFunc) map[string]string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return map[string]string{
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": server.URL, "AWS_ENDPOINT_URL_SSM": server.URL,
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secretKey, "AWS_SESSION_TOKEN": "token",
		"AWS_LAMBDA_FUNCTION_NAME": "chat",
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		variables                     map[string]string
		target, service, region, body string
		answer                        string
	}{
		"secret": {
			map[string]string{"API_KEY_SECRET_ARN": secretARN},
			"secretsmanager.GetSecretValue", "secretsmanager", "eu-central-1", `{"SecretId":"` + secretARN + `"}`,
			`{"ARN":"` + secretARN + `","Name":"chat","SecretString":"` + right + `","VersionStages":["AWSCURRENT"]}`,
		},
		"secret by name": {
			map[string]string{"API_KEY_SECRET_ARN": "chat"},
			"secretsmanager.GetSecretValue", "secretsmanager", "eu-west-1", `{"SecretId":"chat"}`,
			`{"SecretString":"[\"` + right + `\"]"}`,
		},
		"parameter": {
			map[string]string{"API_KEY_PARAMETER": "/chat/key"},
			"AmazonSSM.GetParameter", "ssm", "eu-west-1", `{"Name":"/chat/key","WithDecryption":true}`,
			`{"Parameter":{"Name":"/chat/key","Type":"SecureString","Value":"` + right + `","Version":1}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			variables := service(t, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil || string(body) != test.body {
					t.Errorf("body = %s, %v, want %s", body, err, test.body)
				}
				if r.Method != "POST" || r.Header.Get("X-Amz-Target") != test.target || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
					t.Errorf("%s with %v, want a POST to %s", r.Method, r.Header, test.target)
				}
				wantSigned(t, r, body, test.service, test.region)
				_, _ = io.WriteString(w, test.answer)
			})
			for name, value := range test.variables {
				variables[name] = value
			}
			guard, err := FromEnvironment(environment(variables), discard)
			if err != nil {
				t.Fatal(err)
			}
			if got := ask(guard, "Bearer "+right).Code; got != 200 {
				t.Errorf("right key: %d, want 200", got)
			}
			if got := ask(guard, "Bearer wrong").Code; got != 401 {
				t.Errorf("wrong key: %d, want 401", got)
			}
		})
	}
}

// wantSigned signs what arrived once more: only who knows the secret comes to the same.
func wantSigned(t *testing.T, r *http.Request, body []byte, service, region string) {
	t.Helper()
	date, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		t.Error(err)
	}
	again := httptest.NewRequest(r.Method, "http://"+r.Host+r.URL.Path, strings.NewReader(string(body)))
	again.Header.Set("X-Amz-Target", r.Header.Get("X-Amz-Target"))
	hash := sha256.Sum256(body)
	again.Header.Set("Content-Type", r.Header.Get("Content-Type"))
	keys := aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey, SessionToken: "token"}
	if err := v4.NewSigner().SignHTTP(t.Context(), keys, again, hex.EncodeToString(hash[:]), service, region, date); err != nil {
		t.Error(err)
	}
	if got, want := r.Header.Get("Authorization"), again.Header.Get("Authorization"); got != want {
		t.Errorf("Authorization = %s, want %s", got, want)
	}
	if got := r.Header.Get("X-Amz-Security-Token"); got != "token" {
		t.Errorf("security token = %q, want token", got)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		variables map[string]string
		resource  string
		want      string
	}{
		"region of the ARN":      {nil, secretARN, "https://secretsmanager.eu-central-1.amazonaws.com/"},
		"region of the function": {nil, "chat", "https://secretsmanager.eu-west-1.amazonaws.com/"},
		"China":                  {nil, strings.NewReplacer("aws:", "aws-cn:", "eu-central-1", "cn-north-1").Replace(secretARN), "https://secretsmanager.cn-north-1.amazonaws.com.cn/"},
		"endpoint of the SDKs":   {map[string]string{"AWS_ENDPOINT_URL": "http://localhost:4566"}, secretARN, "http://localhost:4566/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			variables := map[string]string{"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secretKey}
			for name, value := range test.variables {
				variables[name] = value
			}
			c := &client{getenv: environment(variables)}
			config, err := c.config(operation{service: secretsManager, resource: test.resource})
			if err != nil {
				t.Fatal(err)
			}
			if got := secretsManager.Endpoint(config) + "/"; got != test.want {
				t.Errorf("address = %s, want %s", got, test.want)
			}
		})
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status   int
		answer   string
		without  string // a variable that is not set
		want     string
		attempts int32
		final    bool // the service answered about the secret: its keys are no longer good
	}{
		"no permission": {
			400, `{"__type":"AccessDeniedException","Message":"User: arn is not authorized"}`, "",
			"grant the function's role secretsmanager:GetSecretValue on it", 1, true,
		},
		"no secret": {
			400, `{"__type":"com.amazonaws.secretsmanager#ResourceNotFoundException","Message":"can't find it"}`, "",
			"the name or its region is wrong, or it was deleted", 1, true,
		},
		"no parameter":           {400, `{"__type":"ParameterNotFound"}`, "", "the name or its region is wrong, or it was deleted", 1, true},
		"marked for deletion":    {400, `{"__type":"InvalidRequestException","message":"marked for deletion"}`, "", "400 InvalidRequestException: marked for deletion", 1, true},
		"key of KMS that is off": {400, `{"__type":"DecryptionFailure","Message":"KMS"}`, "", "DecryptionFailure", 1, true},
		"denied by 403":          {403, `{"__type":"AccessDeniedException"}`, "", "AccessDeniedException", 1, true},
		"expired credentials":    {400, `{"__type":"ExpiredTokenException","message":"expired"}`, "", "no longer valid", 1, false},
		"wrong clock":            {400, `{"__type":"InvalidSignatureException"}`, "", "InvalidSignatureException", 1, false},
		"throttled":              {400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`, "", "400 ThrottlingException: Rate exceeded", 3, false},
		"throttled by 429":       {429, `{"__type":"TooManyRequestsException"}`, "", "429", 3, false},
		"an error there":         {500, `oops`, "", "500", 3, false},
		"an error of its own":    {400, `{"__type":"InternalServiceError"}`, "", "InternalServiceError", 3, false},
		"of something between":   {403, `<html>blocked`, "", "403", 1, false},
		"no JSON":                {200, `<html>`, "", "something else than JSON", 1, false},
		"binary":                 {200, `{"SecretBinary":"cmlnaHQ="}`, "", "store the key as text", 1, true},
		"no credentials":         {200, ``, "AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set", 0, false},
		"no region":              {200, ``, "AWS_REGION", "AWS_REGION is not set", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var attempts atomic.Int32
			variables := service(t, func(w http.ResponseWriter, _ *http.Request) {
				attempts.Add(1)
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.answer)
			})
			delete(variables, test.without)
			c := &client{getenv: environment(variables)}
			_, err := c.secret(t.Context(), "chat")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %q in it", err, test.want)
			}
			if final := errors.As(err, new(*answerError)); final != test.final {
				t.Errorf("%v is an answer: %t, want %t", err, final, test.final)
			}
			if got := attempts.Load(); got != test.attempts {
				t.Errorf("%d attempts, want %d", got, test.attempts)
			}
		})
	}
}

// One bad answer is not an outage.
func TestSecondAttemptSucceeds(t *testing.T) {
	t.Parallel()
	var attempts atomic.Int32
	variables := service(t, func(w http.ResponseWriter, _ *http.Request) {
		if attempts.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"SecretString": "right"})
	})
	c := &client{getenv: environment(variables)}
	if text, err := c.secret(t.Context(), "chat"); text != "right" || err != nil {
		t.Errorf("secret = %q, %v, want right", text, err)
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	variables := service(t, func(http.ResponseWriter, *http.Request) {})
	gone := httptest.NewServer(nil)
	gone.Close()
	variables["AWS_ENDPOINT_URL_SSM"] = gone.URL
	c := &client{getenv: environment(variables)}
	if _, err := c.parameter(t.Context(), "/chat/key"); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("error = %v, want one that says it cannot be reached", err)
	}
}
