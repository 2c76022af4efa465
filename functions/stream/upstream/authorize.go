package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/streamfront/streamfront/functions/stream/awsenv"
)

// BedrockRegion returns the region of an endpoint of Amazon Bedrock, to which requests are
// signed: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html.
func BedrockRegion(base *url.URL) (region string, ok bool) {
	rest, ok := strings.CutPrefix(base.Hostname(), "bedrock-runtime.")
	region, domain, found := strings.Cut(rest, ".")
	return region, ok && found && domain == awsenv.Domain(region)
}

// BySignature signs requests with the function's role. That Bedrock takes the signature of
// its other operations for these is documented.
func BySignature(config aws.Config, region string) Authorize {
	config.Region = region
	service := awsenv.Service{ID: "Bedrock Runtime", Host: "bedrock-runtime", Name: "bedrock"}
	return func(ctx context.Context, request *http.Request, body []byte, _ bool) error {
		return service.Sign(ctx, config, request, body)
	}
}

// keyLifetime is how long a key is used before it is read again.
const keyLifetime = 5 * time.Minute

// ByKey sends a key as bearer token. It is read at the first request, when it is five
// minutes old, and after a 401. If it cannot be read again, the one before goes on.
func ByKey(read func(context.Context) (string, error)) Authorize {
	k := &key{read: read, now: time.Now}
	return func(ctx context.Context, request *http.Request, _ []byte, again bool) error {
		value, err := k.get(ctx, again)
		if err != nil {
			return fmt.Errorf("upstream: the key cannot be read: %w", err)
		}
		request.Header.Set("Authorization", "Bearer "+value)
		return nil
	}
}

type key struct {
	read func(context.Context) (string, error)
	now  func() time.Time

	mu    sync.Mutex
	value string
	at    time.Time // when it was read
}

func (k *key) get(ctx context.Context, again bool) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.value != "" && !again && k.now().Sub(k.at) < keyLifetime {
		return k.value, nil
	}
	value, err := k.read(ctx)
	value = strings.TrimSpace(value)
	if err == nil && (value == "" || strings.ContainsAny(value, "\r\n")) {
		err = errors.New("the secret holds no key in one line")
	}
	if err != nil && k.value == "" {
		return "", err
	}
	if err == nil {
		k.value = value
	}
	k.at = k.now()
	return k.value, nil
}

// Open sends no credentials.
func Open(context.Context, *http.Request, []byte, bool) error { return nil }
