package local_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	hashing "github.com/streamfront/streamfront/functions/streamhttp/client"
	"github.com/streamfront/streamfront/functions/viewer"
	"github.com/streamfront/streamfront/local"
)

// On a route with the payload hash CLIENT there is no signer: what the Go client of
// functions/streamhttp sends is accepted, and what others send is not.
func TestClientThatHashesIsAccepted(t *testing.T) {
	t.Parallel()
	f := newFixture()
	delete(f.behavior(), "LambdaFunctionAssociations")
	f.properties("Viewer")["FunctionCode"] = viewer.Route{Streamed: true}.Source()
	chain := f.start(t, local.Options{})
	url := chain.URL()

	binary := bytes.Repeat([]byte{0, 0xff, 0x80}, 1<<20) // 3 MiB
	for name, test := range map[string]struct {
		contentType string
		body        io.Reader
		length      int
	}{
		"text":   {"text/plain", strings.NewReader("Grüße"), 7},
		"json":   {"application/json", strings.NewReader(strings.Repeat(" ", 5<<20) + "1"), 5<<20 + 1},
		"binary": {"application/octet-stream", bytes.NewReader(binary), len(binary)},
		"stream": {"application/octet-stream", iotest.HalfReader(bytes.NewReader(binary)), len(binary)},
		"empty":  {"text/plain", strings.NewReader(""), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request, err := http.NewRequestWithContext(t.Context(), "POST", url+"/", test.body)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", test.contentType)
			client := &http.Client{Timeout: patience, Transport: new(hashing.Transport)}
			resp, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			answer, err := io.ReadAll(resp.Body)
			var got struct{ Length int }
			if err := json.Unmarshal(answer, &got); err != nil || resp.StatusCode != 200 || got.Length != test.length {
				t.Errorf("%d %s, %v, want that %d bytes arrived", resp.StatusCode, answer, err, test.length)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}

	const other = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // sha256sum of "hello"
	for name, headers := range map[string][]string{
		"no hash":      nil,
		"another hash": {"X-Amz-Content-Sha256", other},
	} {
		if resp, body := send(t, "POST", url+"/", "hallo", headers...); resp.StatusCode != 403 {
			t.Errorf("%s: %d %s, want 403", name, resp.StatusCode, body)
		}
	}
}
