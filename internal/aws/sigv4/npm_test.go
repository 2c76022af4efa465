package sigv4_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/streamfront/streamfront/internal/npmtest"
)

// A signedRequest is what testdata/sign.mjs prints.
type signedRequest struct {
	Signer, Method, Target string
	Headers                [][2]string
	Body                   []byte
	AccessKey              string
}

// wire is the request as the signer's client would send it.
func (r *signedRequest) wire() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", r.Method, r.Target)
	for _, h := range r.Headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	b.Write(r.Body)
	return b.Bytes()
}

// Property: whatever two signers of the npm registry sign is accepted as it comes off the
// wire, and no byte of it can be another. Neither shares code with the Go library, nor
// with the other.
func TestRandomRequestsOfOtherSigners(t *testing.T) {
	t.Parallel()
	const seed, count = 2026, 500
	random := rand.New(rand.NewPCG(seed, 0))
	accepted := map[string]int{}
	for i, r := range signedElsewhere(t, seed, count) {
		wire := r.wire()
		if accessKey, err := verifyWire(wire); err != nil || accessKey != r.AccessKey {
			t.Fatalf("request %d of %s: access key %q, %v, want %s\n%q\n%s", i, r.Signer, accessKey, err, r.AccessKey, wire, detail(err))
		}
		accepted[r.Signer]++
		for range 4 {
			changed, at := tampered(random, wire)
			if _, err := verifyWire(changed); err == nil {
				t.Fatalf("request %d of %s is accepted with another byte at %d:\n%q\nwas\n%q", i, r.Signer, at, changed, wire)
			}
		}
	}
	if accepted["@smithy/signature-v4"] != count || accepted["aws4"] != count {
		t.Errorf("accepted %v, want %d of each signer", accepted, count)
	}
}

// signedElsewhere signs a batch of random requests, the same for the same seed.
func signedElsewhere(t *testing.T, seed, count int) []signedRequest {
	t.Helper()
	type credential struct {
		AccessKeyID     string `json:"accessKeyId"`
		SecretAccessKey string `json:"secretAccessKey"`
		SessionToken    string `json:"sessionToken,omitempty"`
	}
	var keys []credential
	for _, c := range []aws.Credentials{temporary, lasting} {
		keys = append(keys, credential{c.AccessKeyID, c.SecretAccessKey, c.SessionToken})
	}
	options, err := json.Marshal(map[string]any{
		"seed": seed, "count": count, "date": clock.Format(time.RFC3339), "region": region, "credentials": keys,
	})
	if err != nil {
		t.Fatal(err)
	}
	out := npmtest.Run(t, nil, "testdata/sign.mjs", string(options))
	var requests []signedRequest
	for lines := json.NewDecoder(bytes.NewReader(out)); lines.More(); {
		var r signedRequest
		if err := lines.Decode(&r); err != nil {
			t.Fatal(err)
		}
		requests = append(requests, r)
	}
	return requests
}
