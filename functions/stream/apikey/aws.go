package apikey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/streamfront/streamfront/functions/stream/awsenv"
)

var (
	secretsManager = awsenv.Service{ID: "Secrets Manager", Host: "secretsmanager", Name: "secretsmanager"}
	ssm            = awsenv.Service{ID: "SSM", Host: "ssm", Name: "ssm"}
)

// A client calls the two operations that read a key. Each is one signed POST: the clients
// of the AWS SDK would add 2.7 MB to the program for them.
type client struct {
	getenv func(string) string
	pause  time.Duration // before the second attempt; twice that before the third
}

// secret calls GetSecretValue:
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html.
func (c *client) secret(ctx context.Context, id string) (string, error) {
	var answer struct{ SecretString string }
	err := c.call(ctx, operation{
		service: secretsManager, target: "secretsmanager.GetSecretValue", resource: id,
		permission: "secretsmanager:GetSecretValue",
	}, map[string]any{"SecretId": id}, &answer)
	if err == nil && answer.SecretString == "" {
		err = &answerError{errors.New("the secret has no SecretString: store the key as text, not as binary")}
	}
	return answer.SecretString, err
}

// parameter calls GetParameter:
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html.
func (c *client) parameter(ctx context.Context, name string) (string, error) {
	var answer struct{ Parameter struct{ Value string } }
	err := c.call(ctx, operation{
		service: ssm, target: "AmazonSSM.GetParameter", resource: name,
		permission: "ssm:GetParameter",
	}, map[string]any{"Name": name, "WithDecryption": true}, &answer)
	return answer.Parameter.Value, err
}

type operation struct {
	service    awsenv.Service
	target     string // of the header X-Amz-Target
	resource   string // an ARN says its region
	permission string
}

// call tries three times, as the SDKs do.
func (c *client) call(ctx context.Context, o operation, request, answer any) error {
	return awsenv.Retry(ctx, c.pause, func() (bool, error) { return c.try(ctx, o, request, answer) })
}

// try also says whether another attempt may help.
func (c *client) try(ctx context.Context, o operation, request, answer any) (again bool, err error) {
	config, err := c.config(o)
	if err != nil {
		return false, err
	}
	status, text, err := awsenv.Operation{Service: o.service, Target: o.target, Version: "1.1"}.Call(ctx, config, request)
	if unreachable := (*awsenv.UnreachableError)(nil); errors.As(err, &unreachable) {
		return ctx.Err() == nil, err
	}
	if err != nil {
		return false, err
	}
	if status != http.StatusOK {
		return refusal(o, status, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return false, fmt.Errorf("%s answered %s with something else than JSON", o.service.ID, o.target)
	}
	return false, nil
}

// config is that of the region that the resource is in.
func (c *client) config(o operation) (aws.Config, error) {
	region := ""
	if part := strings.Split(o.resource, ":"); len(part) >= 6 && part[0] == "arn" {
		region = part[3]
	}
	return awsenv.Of(c.getenv, region)
}

// refusal reads an error of the service, and adds what to do.
func refusal(o operation, status int, text []byte) (again bool, err error) {
	code, message := awsenv.Refusal(text)
	advice := ""
	switch code {
	case "AccessDeniedException":
		advice = fmt.Sprintf("; grant the function's role %s on it, and kms:Decrypt on its key if that is not AWS's", o.permission)
	case "ResourceNotFoundException", "ParameterNotFound":
		advice = "; the name or its region is wrong, or it was deleted"
	case "UnrecognizedClientException", "ExpiredTokenException", "InvalidSignatureException":
		advice = "; the credentials of this environment are not valid, or no longer valid"
	}
	again = awsenv.Transient(status) || passing[code]
	err = fmt.Errorf("%s answered %d %s: %s%s", o.target, status, code, message, advice)
	if status >= 400 && !again && code != "" && !ofTheCaller[code] {
		err = &answerError{err}
	}
	return again, err
}

// Errors with a status of 400 that say nothing about the secret:
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html and the
// page of the same name for SSM. All others are answers, those too that AWS may add: when in
// doubt, nobody gets in.
var (
	// Another attempt may help. InternalServiceError has a status of 500 as a rule.
	passing = map[string]bool{
		"ThrottlingException": true, "Throttling": true, "ThrottledException": true,
		"RequestLimitExceeded": true, "TooManyRequestsException": true, "InternalServiceError": true, "InternalServerError": true, "InternalFailure": true, "RequestTimeout": true, "RequestTimeoutException": true,
	}
	// The credentials or the clock of this environment are not valid at the moment.
	ofTheCaller = map[string]bool{
		"ExpiredTokenException": true, "ExpiredToken": true, "RequestExpired": true, "RequestExpiredException": true,
		"InvalidSignatureException": true, "IncompleteSignature": true, "IncompleteSignatureException": true,
		"UnrecognizedClientException": true, "InvalidClientTokenId": true, "MissingAuthenticationToken": true, "MissingAuthenticationTokenException": true,
	}
)

// Secret returns a function that reads the secret with an ARN or name in Secrets Manager, for
// other keys than those of viewers.
func Secret(getenv func(string) string, id string) func(context.Context) (string, error) {
	c := &client{getenv: getenv, pause: 100 * time.Millisecond}
	return func(ctx context.Context) (string, error) { return c.secret(ctx, id) }
}
