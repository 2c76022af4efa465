package local_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// A signer as people write it hashes what it sees, whatever that is. The cause names what it
// did not see, since the hash alone looks like a mistake of the caller's.
func TestASignerThatDoesNotSeeTheBody(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.properties("Signer")["Code"] = object{"ZipFile": `
		const { createHash } = require('node:crypto');
		exports.handler = async (event) => {
			const { request } = event.Records[0].cf;
			const body = Buffer.from(request.body?.data ?? '', 'base64');
			request.headers['x-amz-content-sha256'] = [{ value: createHash('sha256').update(body).digest('hex') }];
			return request;
		};`}
	traces := make(chan local.Trace, 1)
	url := f.start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }}).URL()
	for name, test := range map[string]struct {
		method string
		size   int
		hash   bool // the caller sends the right one
		status int
		cause  string
	}{
		"small":                   {"POST", 5, false, 200, ""},
		"too large":               {"POST", 1<<20 + 1, false, 403, "body-over-edge-limit"},
		"too large, hash of ours": {"POST", 1<<20 + 1, true, 403, "body-over-edge-limit"},
		"DELETE":                  {"DELETE", 5, false, 403, "signer-without-body"},
		"DELETE, hash of ours":    {"DELETE", 5, true, 403, "signer-without-body"},
		"DELETE without a body":   {"DELETE", 0, false, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			body := strings.Repeat("a", test.size)
			req, err := http.NewRequestWithContext(t.Context(), test.method, url+"/echo", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if test.hash {
				sum := sha256.Sum256([]byte(body))
				req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got := <-traces; resp.StatusCode != test.status || got.Cause() != test.cause {
				t.Errorf("%d, cause %q, want %d, %q\n%+v", resp.StatusCode, got.Cause(), test.status, test.cause, got.Hops)
			}
		})
	}
}
