package sigv4_test

import (
	"bufio"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/aws/sigv4"
)

// Whatever comes over the wire, the verifiers refuse it with a reason: without the secret
// key nobody makes a signature that holds, and nothing makes them panic.
func FuzzVerify(f *testing.F) {
	const scope = "Credential=ASIAEXAMPLE/20261121/eu-west-1/lambda/aws4_request"
	f.Add("POST", "/a//../b%2F?x=1&y=%zz;&=&a", "host;x-amz-date", "20261121T235800Z", "token/+=", "x-amz-a", " b  c ", "")
	f.Add("GET", "*", ";", "", "", "", "", "UNSIGNED-PAYLOAD")
	f.Add("PUT", "/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAEXAMPLE%2F20261121%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20261121T235800Z"+
		"&X-Amz-Expires=300&X-Amz-Security-Token=token%2F%2B%3D&X-Amz-SignedHeaders=host&X-Amz-Signature="+strings.Repeat("0", 64), "", "", "", "", "", "")
	f.Fuzz(func(t *testing.T, method, target, signed, date, token, name, value, payload string) {
		wire := method + " " + target + " HTTP/1.1\r\nHost: s3.local:9\r\nX-Amz-Date: " + date + "\r\nX-Amz-Security-Token: " + token + "\r\n"
		if payload != "" {
			wire += "X-Amz-Content-Sha256: " + payload + "\r\n"
		}
		if signed != "" {
			wire += "Authorization: AWS4-HMAC-SHA256 " + scope + ", SignedHeaders=" + signed + ", Signature=" + strings.Repeat("0", 64) + "\r\n"
		}
		if name != "" {
			wire += name + ": " + value + "\r\n"
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire + "\r\n")))
		if err != nil {
			return // no server gets that far
		}
		var refused *sigv4.Error
		if _, err := verifier().Verify(r, strings.Repeat("0", 64)); !errors.As(err, &refused) || refused.Type == "" || refused.Message == "" {
			t.Errorf("Verify = %v, want a refusal, of\n%s", err, wire)
		}
		if _, err := s3Verifier(clock).Verify(r); !errors.As(err, &refused) || refused.Type == "" || refused.Message == "" {
			t.Errorf("Verify for S3 = %v, want a refusal, of\n%s", err, wire)
		}
	})
}
