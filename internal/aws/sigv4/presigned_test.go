package sigv4_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/streamfront/streamfront/internal/aws/sigv4"
)

// signedURL is a GET whose URL AWS's SDK has signed.
func signedURL(t *testing.T, target string, credentials aws.Credentials, when time.Time) *http.Request {
	t.Helper()
	r := newRequest(t, "http://localhost", "GET", target, "")
	signed, _, err := v4.NewSigner().PresignHTTP(t.Context(), credentials, r, hashOf(nil), "lambda", region, when)
	if err != nil {
		t.Fatal(err)
	}
	got := httptest.NewRequest(http.MethodGet, signed, nil)
	got.RequestURI = got.URL.RequestURI() // as on the wire
	return got
}

func TestPresigned(t *testing.T) {
	t.Parallel()
	const minute = time.Minute
	for name, test := range map[string]struct {
		target      string
		credentials aws.Credentials
		at          time.Duration // from now
		change      func(*http.Request)
		reason      sigv4.Reason
		ok          bool
	}{
		"whole":                    {target: "/prod?b=2&a=%20x", credentials: temporary, ok: true},
		"without a token":          {target: "/prod", credentials: lasting, ok: true},
		"old, and long":            {target: "/prod?X-Amz-Expires=3600", credentials: lasting, at: -59 * minute, ok: true},
		"old":                      {target: "/prod", credentials: lasting, at: -6 * minute, reason: sigv4.Clock},
		"too old":                  {target: "/prod?X-Amz-Expires=60", credentials: lasting, at: -2 * minute, reason: sigv4.Clock},
		"from the future":          {target: "/prod?X-Amz-Expires=60", credentials: lasting, at: 6 * minute, reason: sigv4.Clock},
		"over a week":              {target: "/prod?X-Amz-Expires=604801", credentials: lasting, reason: sigv4.Malformed},
		"of nobody":                {target: "/prod", credentials: aws.Credentials{AccessKeyID: "AKIANOBODY", SecretAccessKey: "x"}, reason: sigv4.UnknownKey},
		"with another secret":      {target: "/prod", credentials: aws.Credentials{AccessKeyID: lasting.AccessKeyID, SecretAccessKey: "x"}, reason: sigv4.Mismatch},
		"with another token":       {target: "/prod", credentials: aws.Credentials{AccessKeyID: temporary.AccessKeyID, SecretAccessKey: temporary.SecretAccessKey, SessionToken: "x"}, reason: sigv4.UnknownKey},
		"for another path":         {target: "/prod", credentials: lasting, change: func(r *http.Request) { r.RequestURI = strings.Replace(r.RequestURI, "/prod", "/other", 1) }, reason: sigv4.Mismatch},
		"with another query":       {target: "/prod", credentials: lasting, change: func(r *http.Request) { r.RequestURI += "&a=1" }, reason: sigv4.Mismatch},
		"for another host":         {target: "/prod", credentials: lasting, change: func(r *http.Request) { r.Host = "other" }, reason: sigv4.Mismatch},
		"for another service":      {target: "/prod", credentials: lasting, change: func(r *http.Request) { r.RequestURI = strings.Replace(r.RequestURI, "lambda", "s3", 1) }, reason: sigv4.Scope},
		"for another region":       {target: "/prod", credentials: lasting, change: func(r *http.Request) { r.RequestURI = strings.Replace(r.RequestURI, region, "us-west-2", 1) }, reason: sigv4.Scope},
		"two signatures":           {target: "/prod", credentials: lasting, change: func(r *http.Request) { r.RequestURI += "&X-Amz-Signature=" + strings.Repeat("0", 64) }, reason: sigv4.Malformed},
		"no date":                  {target: "/prod", credentials: lasting, change: func(r *http.Request) { r.RequestURI = without(r.RequestURI, "X-Amz-Date") }, reason: sigv4.Malformed},
		"a header on the way":      {target: "/prod", credentials: lasting, change: func(r *http.Request) { r.Header.Set("X-Amz-Target", "x") }, reason: sigv4.Uncovered},
		"the header of CloudFront": {target: "/prod", credentials: lasting, change: func(r *http.Request) { r.Header.Set("X-Amz-Cf-Id", "x") }, ok: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := signedURL(t, test.target, test.credentials, clock.Add(test.at))
			if !sigv4.IsPresigned(r) {
				t.Fatalf("%s is not presigned", r.RequestURI)
			}
			if test.change != nil {
				test.change(r)
			}
			key, err := verifier().VerifyPresigned(r)
			if test.ok {
				if err != nil || key != test.credentials.AccessKeyID {
					t.Errorf("%q, %v", key, err)
				}
				return
			}
			var refused *sigv4.Error
			if !errors.As(err, &refused) || refused.Reason != test.reason || key != "" {
				t.Errorf("%q, %v, want the reason %d", key, err, test.reason)
			}
		})
	}
}

func without(target, name string) string {
	path, query, _ := strings.Cut(target, "?")
	parameters, _ := url.ParseQuery(query)
	parameters.Del(name)
	return path + "?" + parameters.Encode()
}
