package awsenv

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// This file has what every call of an AWS service needs: the endpoint, the signature and the retries.

// Service is a service to call.
type Service struct {
	ID   string // as the SDK names it, such as "Bedrock Runtime"
	Host string // the first label of its endpoints, such as "bedrock-runtime"
	Name string // in signatures, such as "bedrock"
}

// Endpoint returns the address of a service, without a slash at its end: the one that is configured for
// this service, as for clients of the SDK, or for all services, or AWS's own in the region.
func (s Service) Endpoint(config aws.Config) string {
	if endpoint := s.Override(config); endpoint != "" {
		return endpoint
	}
	return "https://" + s.Host + "." + config.Region + "." + Domain(config.Region)
}

// Override returns the address that is configured in place of AWS's, or "".
func (s Service) Override(config aws.Config) string {
	for _, source := range config.ConfigSources {
		if e, ok := source.(interface {
			GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
		}); ok {
			if endpoint, found, err := e.GetServiceBaseEndpoint(context.Background(), s.ID); err == nil && found {
				return strings.TrimSuffix(endpoint, "/")
			}
		}
	}
	return strings.TrimSuffix(aws.ToString(config.BaseEndpoint), "/")
}

// domains are the domains of AWS's partitions, by the prefix of their regions:
// https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json.
var domains = []struct{ region, domain string }{
	{"cn-", "amazonaws.com.cn"},
	{"eusc-", "amazonaws.eu"},
	{"us-iso-", "c2s.ic.gov"},
	{"us-isob-", "sc2s.sgov.gov"},
	{"us-isof-", "csp.hci.ic.gov"},
	{"eu-isoe-", "cloud.adc-e.uk"},
}

// Domain returns the domain of a region's endpoints.
func Domain(region string) string {
	for _, d := range domains {
		if strings.HasPrefix(region, d.region) {
			return d.domain
		}
	}
	return "amazonaws.com"
}

// Sign signs a request with signature version 4. The body is the body of the request.
func (s Service) Sign(ctx context.Context, config aws.Config, request *http.Request, body []byte) error {
	credentials, err := config.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	hash := sha256.Sum256(body)
	text := hex.EncodeToString(hash[:])
	signer := v4.NewSigner()
	if s.Name == "s3" {
		request.Header.Set("X-Amz-Content-Sha256", text)
		signer = v4.NewSigner(S3Path)
	}
	if err := signer.SignHTTP(ctx, credentials, request, text, s.Name, config.Region, time.Now()); err != nil {
		return fmt.Errorf("awsenv: %w", err)
	}
	return nil
}

// S3Path is how a signer has the path in the canonical request of Amazon S3 alone, as it is.
func S3Path(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }

// Attempts is the maximum number of attempts at a call, as in the SDK's standard mode.
const Attempts = 3

// Retry calls until a call succeeds, fails permanently, or was tried often enough. The pause before the
// second attempt doubles before the third.
func Retry(ctx context.Context, pause time.Duration, call func() (again bool, err error)) error {
	for attempt := 1; ; attempt++ {
		again, err := call()
		if err == nil || !again || attempt == Attempts || ctx.Err() != nil {
			return err
		}
		timer := time.NewTimer(pause << (attempt - 1))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err // which says more than that no time is left
		}
	}
}

// Transient reports whether another attempt may help after a status.
func Transient(status int) bool { return status == http.StatusTooManyRequests || status >= 500 }
