package cloudfront

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/sigv4"
	"github.com/streamfront/streamfront/internal/testclient"
)

// What the origin access control signs is verified by the verifier of function URLs, from
// the wire; the two share no code.
func TestOriginAccessControl(t *testing.T) {
	t.Parallel()
	hash := func(body string) string {
		sum := sha256.Sum256([]byte(body))
		return hex.EncodeToString(sum[:])
	}
	for name, test := range map[string]struct {
		method  string // default: POST
		target  string
		body    string
		header  http.Header
		signing Signing // default: always
		account string  // access key that signed; "" for a refusal
		bare    bool    // without an origin access control
		auth    string  // Authorization that reaches the origin, if not CloudFront's
		refused string
	}{
		"GET":                          {method: "GET", target: "/a%20b//c/../(d)+%C3%BC?b=2&a=1&a=0&c&d=x+y%20z", account: "ASIAKEY"},
		"POST of nothing":              {account: "ASIAKEY"},
		"DELETE of nothing":            {method: "DELETE", account: "ASIAKEY"},
		"POST with its hash":           {body: "hello", header: http.Header{"X-Amz-Content-Sha256": {hash("hello")}}, account: "ASIAKEY"},
		"DELETE with its hash":         {method: "DELETE", body: "hello", header: http.Header{"X-Amz-Content-Sha256": {hash("hello")}}, account: "ASIAKEY"},
		"POST without a hash":          {body: "hello", refused: "x-amz-content-sha256 is UNSIGNED-PAYLOAD, the body's SHA-256 is " + hash("hello")},
		"DELETE without a hash":        {method: "DELETE", body: "hello", refused: "x-amz-content-sha256 is UNSIGNED-PAYLOAD"},
		"POST with another hash":       {body: "hello", header: http.Header{"X-Amz-Content-Sha256": {hash("jello")}}, refused: "x-amz-content-sha256 is " + hash("jello")},
		"POST with nonsense":           {body: "hello", header: http.Header{"X-Amz-Content-Sha256": {"nonsense"}}, refused: "x-amz-content-sha256 is nonsense"},
		"GET with nonsense":            {method: "GET", header: http.Header{"X-Amz-Content-Sha256": {"nonsense"}}, refused: "x-amz-content-sha256 is nonsense"},
		"hash in upper case":           {body: "hello", header: http.Header{"X-Amz-Content-Sha256": {strings.ToUpper(hash("hello"))}}, refused: "x-amz-content-sha256 is " + strings.ToUpper(hash("hello"))},
		"two hashes":                   {body: "hello", header: http.Header{"X-Amz-Content-Sha256": {hash("hello"), hash("hello")}}, refused: "x-amz-content-sha256 is " + hash("hello") + "," + hash("hello")},
		"the viewer's Authorization":   {header: http.Header{"Authorization": {"Bearer x"}}, account: "ASIAKEY"},
		"spoofed x-amz-*":              {header: http.Header{"X-Amz-Date": {"x"}, "X-Amz-Security-Token": {"x", "y"}, "X-Amz-Source-Arn": {"x"}, "X-Amz-Source-Account": {"x"}, "X-Amz-Meta": {" a   b ", "c"}}, account: "ASIAKEY"},
		"no-override, none":            {signing: SignNoOverride, account: "ASIAKEY"},
		"no-override, one":             {signing: SignNoOverride, header: http.Header{"Authorization": {"Bearer x"}}, auth: "Bearer x"},
		"never":                        {signing: SignNever, auth: "-"},
		"never, the viewer's own":      {signing: SignNever, header: http.Header{"Authorization": {"Bearer x"}}, auth: "Bearer x"},
		"no origin access control":     {signing: "none of them", auth: "-"},
		"without one":                  {bare: true, auth: "-"},
		"query of an empty parameters": {method: "GET", target: "/?&&a=&=b", account: "ASIAKEY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBehavior()
			if test.signing != "" {
				b.Origin.Access.Behavior.V = string(test.signing)
			}
			if test.bare {
				b.Origin.Access = nil
			}
			wire := make(chan *http.Request, 1)
			s := serve(t, func(r *http.Request) (*http.Response, error) {
				var buffer bytes.Buffer
				if err := r.Write(&buffer); err != nil {
					return nil, err
				}
				read, err := http.ReadRequest(bufio.NewReader(&buffer))
				if err != nil {
					return nil, err
				}
				wire <- read
				return answer(r, 200, nil, strings.NewReader("")), nil
			}, b)
			method, target := test.method, test.target
			if method == "" {
				method = "POST"
			}
			if target == "" {
				target = "/"
			}
			r := s.request(t, method, target, strings.NewReader(test.body))
			maps.Copy(r.Header, test.header)
			_, _, record := s.send(t, r)
			got := testclient.Receive(t, "the request at the origin", wire)

			oac := record.Hops[1]
			if test.auth != "" {
				if auth := got.Header.Get("Authorization"); auth != strings.Trim(test.auth, "-") {
					t.Errorf("Authorization = %q, want %q", auth, test.auth)
				}
				want := "not signed: signing behavior is " + string(b.Origin.Signing())
				if test.bare {
					want = "not signed: the origin has no origin access control"
				}
				if oac.Decision != want {
					t.Errorf("hop = %+v, want %q", oac, want)
				}
				return
			}
			body, err := io.ReadAll(got.Body)
			if err != nil || string(body) != test.body {
				t.Fatalf("body = %q, %v, want %q", body, err, test.body)
			}
			verifier := &sigv4.Verifier{
				Region: "eu-west-1", Now: func() time.Time { return clock },
				Lookup: func(key string) (iam.Credentials, bool) {
					return iam.Credentials{SecretKey: "secret", Token: "token"}, key == "ASIAKEY"
				},
			}
			key, err := verifier.Verify(got, hash(string(body)))
			refused := new(sigv4.Error)
			errors.As(err, &refused)
			if key != test.account || !strings.Contains(refused.Detail, test.refused) {
				t.Errorf("verified %q, %v (%s), want %q and %q", key, err, refused.Detail, test.account, test.refused)
			}
			if test.account != "" && (got.Header.Get("X-Amz-Source-Arn") != ours || got.Header.Get("X-Amz-Source-Account") != "111122223333") {
				t.Errorf("source = %q, want this distribution", got.Header["X-Amz-Source-Arn"])
			}
			if want := "signed for " + domain + ", payload "; !strings.HasPrefix(oac.Decision, want) || oac.Name != "oac" {
				t.Errorf("hop = %+v, want %q", oac, want)
			}
		})
	}
}
