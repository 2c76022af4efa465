package local_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/viewer"
	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// Queries as browsers, PHP, Rails and OData send them come to the application with the same
// meaning, in the same order, by a route with a signer and by one without.
func TestQueriesOfTheFieldReachTheApplication(t *testing.T) {
	t.Parallel()
	unsigned := newFixture()
	delete(unsigned.behavior(), "LambdaFunctionAssociations")
	unsigned.properties("Viewer")["FunctionCode"] = viewer.Route{Streamed: true}.Source()
	for name, f := range map[string]*fixture{"signed": newFixture(), "unsigned": unsigned} {
		url := f.start(t, local.Options{}).URL()
		for query, want := range map[string]string{
			"tags[]=b&tags[]=a":                "tags%5B%5D=b&tags%5B%5D=a",
			"filter[a]=1&filter%5Bb%5D=2":      "filter%5Ba%5D=1&filter%5Bb%5D=2",
			"$top=1&%24skip=2":                 "%24top=1&%24skip=2",
			"q={\"a\":<1>}|^`\\":               "q=%7B%22a%22:%3C1%3E%7D%7C%5E%60%5C",
			"q=caf\xc3\xa9":                    "q=caf%C3%A9",
			"a=x;y":                            "a=x;y",
			"q=%E2%9C%93&q=2":                  "q=%E2%9C%93&q=2",
			"filter%5Ba%5D=1&filter1=2":        "filter%5Ba%5D=1&filter1=2",
			"tag=z&tag=%C3%A9":                 "tag=z&tag=%C3%A9",
			"b=2&a=1&b=1&&=&c":                 "b=2&a=1&b=1&&=&c",
			"a=100%&b=%zz&c=%2":                "a=100%&b=%zz&c=%2",
			"p=/a:b@c?d!e'f(g)h*i,j;k+l-m.n_~": "p=/a:b@c?d!e'f(g)h*i,j;k+l-m.n_~",
		} {
			status, body := wire(t, url, "GET /x?"+query)
			if status != 200 {
				t.Errorf("%s, %s: %d %s", name, query, status, body)
				continue
			}
			if got := decode(t, body).Target; got != "/x?"+want {
				t.Errorf("%s, %s: the application saw %q, want the query %q", name, query, got, want)
			}
		}
	}
}

// A token of 8 KB, and as much again in other headers, as its claims are once they were verified,
// reach the application whole (assumed to be so on AWS: docs/fidelity.md, claims-size).
func TestLongHeadersReachTheApplication(t *testing.T) {
	t.Parallel()
	url := newFixture().start(t, local.Options{}).URL()
	token, claims := "Bearer "+strings.Repeat("t", 8<<10), strings.Repeat("c", 11<<10)
	resp, body := send(t, "POST", url+"/x", "body", "Authorization", token, "X-Claims", claims)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %.200s", resp.StatusCode, body)
	}
	header := decode(t, body).Values
	if header.Get("Authorization") != token || header.Get("X-Claims") != claims {
		t.Errorf("the application saw %d and %d bytes, want %d and %d", len(header.Get("Authorization")), len(header.Get("X-Claims")), len(token), len(claims))
	}
}

// wire sends a request line as it is given.
func wire(t *testing.T, url, line string) (status int, body string) {
	t.Helper()
	host := strings.TrimPrefix(url, "http://")
	resp, body := testclient.Wire(t, host, fmt.Sprintf("%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", line, host))
	return resp.StatusCode, body
}
