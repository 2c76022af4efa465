package bedrock

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/streamfront/streamfront/functions/stream/awsenv"
)

var service = awsenv.Service{ID: "Bedrock Runtime", Host: "bedrock-runtime", Name: "bedrock"}

// caller sends signed requests for ConverseStream to one model.
type caller struct {
	config aws.Config
	url    string
	client *http.Client
}

func newCaller(config aws.Config, model string) caller {
	return caller{
		config: config,
		// An ARN has colons and slashes, which stand for themselves nowhere in this path.
		url:    service.Endpoint(config) + "/model/" + strings.ReplaceAll(url.PathEscape(model), ":", "%3A") + "/converse-stream",
		client: &http.Client{},
	}
}

// post returns the response when its header has come. Unless that says 200, the error is
// an *exception.
func (c *caller) post(ctx context.Context, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/vnd.amazon.eventstream")
	if err := service.Sign(ctx, c.config, request, body); err != nil {
		return nil, fmt.Errorf("bedrock: %w", err)
	}
	response, err := c.client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close()
		return nil, readException(response)
	}
	return response, nil
}

// readException reads an error of the protocol restJson1:
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization.
func readException(response *http.Response) *exception {
	var body struct {
		Message string
		Type    string `json:"__type"`
	}
	text, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	_ = json.Unmarshal(text, &body) // what is no JSON has no message
	name := response.Header.Get("X-Amzn-Errortype")
	if name == "" {
		name = body.Type
	}
	name, _, _ = strings.Cut(name, ":")
	return &exception{
		name: name[strings.LastIndexByte(name, '#')+1:], message: body.Message,
		status: response.StatusCode, requestID: response.Header.Get("X-Amzn-Requestid"),
	}
}

// isTransient says whether another attempt may help. A connection that fails may have
// been one that Bedrock had closed.
func isTransient(err error) bool {
	e := (*exception)(nil)
	if errors.As(err, &e) {
		return awsenv.Transient(e.status) && e.name != "ServiceQuotaExceededException"
	}
	urlErr := (*url.Error)(nil)
	return errors.As(err, &urlErr)
}
