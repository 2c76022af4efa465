// Package websocket makes the calls that a function behind a WebSocket API of Amazon API Gateway needs to
// answer messages: PostToConnection, and an asynchronous invocation of itself.
//
//	func main() {
//		connections := websocket.New()
//		if err := streamhttp.Serve(handler, streamhttp.WithConnections(connections, 0)); err != nil {
//			log.Fatal(err)
//		}
//	}
//
// The function's role needs execute-api:ManageConnections for the API, and lambda:InvokeFunction for the
// function itself. Set MaximumRetryAttempts to 0: if Lambda repeats an asynchronous invocation, a message
// is served twice.
//
// Requests are signed with the credentials in the environment, which Lambda sets. As in the AWS SDKs,
// AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI (with the stage, if there is one) and AWS_ENDPOINT_URL_LAMBDA
// replace the endpoints.
package websocket

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

// attempts is the number of attempts at a request, as in the AWS SDKs.
const attempts = 3

// Connections implements streamhttp.Connections by calls of AWS.
type Connections struct {
	synchronous bool
	pause       time.Duration // before the second attempt; twice that before the third
	getenv      func(string) string
}

var _ streamhttp.Connections = (*Connections)(nil)

// New returns Connections for messages that are served by an asynchronous invocation, which may last
// until the function's timeout. The client learns from the handler's first write that a message arrived.
func New() *Connections {
	return &Connections{pause: 100 * time.Millisecond, getenv: os.Getenv}
}

// NewSynchronous returns Connections for messages that are served while API Gateway waits, which it does
// for 29 seconds. A message then needs one invocation instead of two. Messages are served in order if the
// client waits for each answer.
func NewSynchronous() *Connections {
	c := New()
	c.synchronous = true
	return c
}

// Post sends a text message to a client:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html.
func (c *Connections) Post(ctx context.Context, to streamhttp.Connection, text []byte) error {
	region := c.getenv("AWS_REGION")
	base := cmp.Or(c.getenv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"), c.getenv("AWS_ENDPOINT_URL"))
	if base == "" {
		// This is the API's own name. Under a custom name the path has the key of a mapping instead of the
		// stage, and the event does not contain that key.
		base = "https://" + to.APIID + ".execute-api." + region + "." + domain(region) + "/" + to.Stage
	}
	status, message, err := c.call(ctx, "execute-api", region, base+"/@connections/"+escape(to.ID), nil, text)
	switch {
	case err != nil:
		return err
	case status == http.StatusOK:
		return nil
	case status == http.StatusGone:
		return fmt.Errorf("%w (connection %s)", streamhttp.ErrGone, to.ID)
	case status == http.StatusForbidden:
		return fmt.Errorf("websocket: PostToConnection answered 403: %s; grant the function's role execute-api:ManageConnections for the API", message)
	default:
		return fmt.Errorf("websocket: PostToConnection answered %d: %s", status, message)
	}
}

// Continue invokes the function of the context's invocation:
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
func (c *Connections) Continue(ctx context.Context, payload []byte) error {
	if c.synchronous {
		return errors.ErrUnsupported
	}
	function := c.getenv("AWS_LAMBDA_FUNCTION_NAME")
	if invocation, ok := lambdacontext.FromContext(ctx); ok {
		function = cmp.Or(invocation.InvokedFunctionArn, function) // with the alias, if it was one
	}
	if function == "" {
		return errors.New("websocket: AWS_LAMBDA_FUNCTION_NAME is not set: Lambda sets it; elsewhere use NewSynchronous")
	}
	region := c.getenv("AWS_REGION")
	base := cmp.Or(c.getenv("AWS_ENDPOINT_URL_LAMBDA"), c.getenv("AWS_ENDPOINT_URL"), "https://lambda."+region+"."+domain(region))
	status, message, err := c.call(ctx, "lambda", region, base+"/2015-03-31/functions/"+escape(function)+"/invocations",
		http.Header{"X-Amz-Invocation-Type": {"Event"}, "Content-Type": {"application/json"}}, payload)
	switch {
	case err != nil:
		return err
	case status == http.StatusAccepted:
		return nil
	case status == http.StatusForbidden:
		return fmt.Errorf("websocket: Invoke answered 403: %s; grant the function's role lambda:InvokeFunction for the function itself", message)
	default:
		return fmt.Errorf("websocket: Invoke answered %d: %s", status, message)
	}
}

func domain(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// escape escapes all but unreserved characters, which are the same in every canonical form. Connection
// IDs end with "=".
func escape(segment string) string {
	return strings.ReplaceAll(url.QueryEscape(segment), "+", "%20")
}

// call sends a signed POST, and repeats it if the service is throttling or fails. It does not repeat it
// after a network error: the message may have arrived, and a stream must not repeat itself.
func (c *Connections) call(ctx context.Context, service, region, target string, header http.Header, body []byte) (status int, message string, err error) {
	if region == "" {
		return 0, "", errors.New("websocket: AWS_REGION is not set: Lambda sets it; elsewhere set it to the region of the API")
	}
	for attempt := range attempts {
		if attempt > 0 && !sleep(ctx, c.pause<<(attempt-1)) {
			break // report the previous answer, which caused this attempt
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
		if err != nil {
			return 0, "", fmt.Errorf("websocket: %w", err)
		}
		for name, values := range header {
			r.Header[name] = values
		}
		if err := c.sign(ctx, r, service, region, body); err != nil {
			return 0, "", err
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, "", fmt.Errorf("websocket: %s cannot be reached: %w", r.URL.Host, err)
		}
		text, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		_ = response.Body.Close()
		if err != nil {
			return 0, "", fmt.Errorf("websocket: answer of %s: %w", r.URL.Host, err)
		}
		status, message = response.StatusCode, strings.TrimSpace(string(text))
		if status != http.StatusTooManyRequests && status < http.StatusInternalServerError {
			break
		}
	}
	return status, message, nil
}

func (c *Connections) sign(ctx context.Context, r *http.Request, service, region string, body []byte) error {
	keys := aws.Credentials{
		AccessKeyID: c.getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: c.getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: c.getenv("AWS_SESSION_TOKEN"),
	}
	if !keys.HasKeys() {
		return errors.New("websocket: there are no AWS credentials in the environment: Lambda sets them; elsewhere set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	hash := sha256.Sum256(body)
	return v4.NewSigner().SignHTTP(ctx, keys, r, hex.EncodeToString(hash[:]), service, region, time.Now())
}

// sleep waits, and reports whether the context is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
