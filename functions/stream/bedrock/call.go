package bedrock

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// caller sends signed requests for ConverseStream to one model.
type caller struct {
	config aws.Config
	url    string
	signer *v4.Signer
	client *http.Client
}

func newCaller(config aws.Config, model string) caller {
	return caller{
		config: config,
		// An ARN has colons and slashes, which stand for themselves nowhere in this path.
		url:    endpoint(config) + "/model/" + strings.ReplaceAll(url.PathEscape(model), ":", "%3A") + "/converse-stream",
		signer: v4.NewSigner(),
		client: &http.Client{},
	}
}

// endpoint asks the sources of a configuration as the clients of the SDK do.
func endpoint(config aws.Config) string {
	for _, source := range config.ConfigSources {
		if s, ok := source.(interface {
			GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
		}); ok {
			if endpoint, found, err := s.GetServiceBaseEndpoint(context.Background(), "Bedrock Runtime"); err == nil && found {
				return strings.TrimSuffix(endpoint, "/")
			}
		}
	}
	if config.BaseEndpoint != nil {
		return strings.TrimSuffix(*config.BaseEndpoint, "/")
	}
	return "https://bedrock-runtime." + config.Region + ".amazonaws.com"
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
	credentials, err := c.config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("bedrock: %w", err)
	}
	hash := sha256.Sum256(body)
	if err := c.signer.SignHTTP(ctx, credentials, request, hex.EncodeToString(hash[:]), "bedrock", c.config.Region, time.Now()); err != nil {
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
		return e.status == http.StatusTooManyRequests && e.name != "ServiceQuotaExceededException" || e.status >= 500
	}
	urlErr := (*url.Error)(nil)
	return errors.As(err, &urlErr)
}
