// Package bedrock answers conversations with a model of Amazon Bedrock, through the operation
// ConverseStream:
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html.
// The function needs bedrock:InvokeModelWithResponseStream on the model, and on the
// inference profile if that is what is called.
//
// # Why not the generated client
//
// The package uses the core of the AWS SDK: configuration, signature version 4 and the decoder of event
// streams. The SDK's package service/bedrockruntime builds the schemas of all operations of Bedrock when
// the program starts, even if none is called. That alone makes the start of a hello-world function 1.4
// times as long (measured). A test compares the requests of this package with those of that client.
//
// # What is passed on
//
// System prompts, temperature, top_p, the maximum of tokens, stop sequences, tools, tool
// choice, calls and their results. In Converse the roles must alternate, so neighboring messages of one
// role become one, and results of tools belong to the user. Its system prompt comes before all messages, so
// a later system message is refused. Blank texts, which it does not accept, are left out. tool_choice
// "none" has no counterpart: tools are then left out, unless the conversation already calls some; in that
// case the model may call them again. If a conversation calls tools and the request declares none, the
// called ones are declared.
package bedrock

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/streamfront/streamfront/functions/stream/awsenv"
	"github.com/streamfront/streamfront/functions/stream/model"
)

const (
	// startTimeout is for Bedrock to accept a request, with all attempts. CloudFront waits
	// 60 s for the first byte, as the endpoint sets it.
	startTimeout = 45 * time.Second

	// pause is before the second attempt. The SDK's backoff is longer.
	pause = 200 * time.Millisecond
)

// Model is a model of Amazon Bedrock. It is safe for concurrent use.
type Model struct {
	id           string
	caller       caller
	startTimeout time.Duration
	pause        time.Duration // before the second attempt; twice that before the third
}

// New returns the model with an id: the id or ARN of a foundation model or an inference profile. It makes
// no calls, so a wrong configuration shows at the first request. The endpoint is the configured one for
// "Bedrock Runtime", by default AWS's in its region.
func New(config aws.Config, id string) *Model {
	return &Model{id: id, caller: newCaller(config, id), startTimeout: startTimeout, pause: pause}
}

// ID returns the name of the model for clients: its id, or only the last part of its ARN, because the ARN
// would reveal the account number.
func (m *Model) ID() string { return m.id[strings.LastIndexByte(m.id, '/')+1:] }

// errSlow cancels a request that Bedrock does not accept in time.
var errSlow = errors.New("bedrock: the request was not accepted in time")

// Start sends the request, up to three times while Bedrock is throttling or unavailable.
func (m *Model) Start(ctx context.Context, request *model.Request) (iter.Seq2[model.Delta, error], error) {
	body, err := encode(request)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(m.startTimeout, func() { cancel(errSlow) })
	response, err := m.send(ctx, body) //nolint:bodyclose // closed when the sequence ends, or ctx does
	if !timer.Stop() && err == nil {
		response.Body.Close() // too late: what it says is cut already
		err = errSlow
	}
	if err != nil {
		err = startError(ctx, err)
		cancel(nil)
		return nil, err
	}
	return func(yield func(model.Delta, error) bool) {
		defer cancel(nil)
		defer response.Body.Close()
		for delta, err := range read(response.Body) {
			if err != nil && ctx.Err() != nil {
				err = ctx.Err() // the connection fails with it
			}
			if !yield(delta, err) || err != nil {
				return
			}
		}
	}, nil
}

func (m *Model) send(ctx context.Context, body []byte) (response *http.Response, err error) {
	err = awsenv.Retry(ctx, m.pause, func() (bool, error) {
		response, err = m.caller.post(ctx, body) //nolint:bodyclose // by Start
		return isTransient(err), err
	})
	return response, err
}

// startError says what the client may know.
func startError(ctx context.Context, err error) error {
	e := (*exception)(nil)
	switch {
	case errors.Is(context.Cause(ctx), errSlow):
		return &model.Error{
			Status: http.StatusGatewayTimeout, Type: model.TypeServer, Code: "model_timeout",
			Message: "The model did not accept the request in time. Try again.", Cause: err,
		}
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	case errors.As(err, &e):
		return e.public()
	}
	return &model.Error{
		Status: http.StatusBadGateway, Type: model.TypeServer, Code: "model_unreachable",
		Message: "The model cannot be reached; the log of the function says why. Try again.", Cause: err,
	}
}
