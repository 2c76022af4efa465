package sigv4

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
)

// Requests of AWS's public Signature Version 4 test suite (aws-sig-v4-test-suite), with
// their signatures from there. They are for a service named "service", which Verify
// refuses: its pieces are under test here.
func TestPublicTestSuite(t *testing.T) {
	t.Parallel()
	const (
		secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
		date   = "20150830T123600Z"
	)
	for name, test := range map[string]struct {
		request string // without Host and X-Amz-Date, which are in all of them
		signed  string
		want    string
	}{
		"get-vanilla": {
			"GET / HTTP/1.1", "host;x-amz-date",
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
		},
		"post-vanilla": {
			"POST / HTTP/1.1", "host;x-amz-date",
			"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
		},
		"get-vanilla-query-order-key-case": {
			"GET /?Param2=value2&Param1=value1 HTTP/1.1", "host;x-amz-date",
			"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
		},
		"get-vanilla-utf8-query": {
			"GET /?%E1%88%B4=bar HTTP/1.1", "host;x-amz-date",
			"2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
		},
		"get-header-value-trim": {
			"GET / HTTP/1.1\r\nMy-Header1: value1\r\nMy-Header2: \"a   b   c\"", "host;my-header1;my-header2;x-amz-date",
			"acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
		},
		"get-header-value-order": {
			"GET / HTTP/1.1\r\nMy-Header1: value4\r\nMy-Header1: value1\r\nMy-Header1: value3\r\nMy-Header1: value2", "host;my-header1;x-amz-date",
			"08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire := test.request + "\r\nHost: example.amazonaws.com\r\nX-Amz-Date: " + date + "\r\n\r\n"
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire)))
			if err != nil {
				t.Fatal(err)
			}
			empty := sha256.Sum256(nil)
			canonical := canonicalRequest(r, strings.Split(test.signed, ";"), hex.EncodeToString(empty[:]))
			got := sign(secret, &authorization{date: date[:8], region: "us-east-1", service: "service"}, date, canonical)
			if got != test.want {
				t.Errorf("signature = %s, want %s; canonical request:\n%s", got, test.want, canonical)
			}
		})
	}
}

// "Create a signed AWS API request": URI-encode all but the unreserved characters, in upper
// case; encode the path twice (except for Amazon S3); sort the query by encoded name, then
// by encoded value; a parameter without a value has an empty one.
func TestCanonicalPath(t *testing.T) {
	t.Parallel()
	for wire, want := range map[string]string{
		"":                     "/",
		"/":                    "/",
		"/a/b":                 "/a/b",
		"/a%20b":               "/a%2520b",
		"/a+b":                 "/a%2Bb",
		"/a(b)!*'":             "/a%28b%29%21%2A%27",
		"/%C3%BC":              "/%25C3%25BC",
		"/%c3%bc":              "/%25c3%25bc", // as it came, not as it could be written
		"/a//b":                "/a//b",
		"/a/./b/../c":          "/a/./b/../c",
		"/a;v=1,2:3@x":         "/a%3Bv%3D1%2C2%3A3%40x",
		"/-._~":                "/-._~",
		"/a%2Fb":               "/a%252Fb",
		"/\xc3\xbc":            "/%C3%BC",
		"/prod/chat/v1/stream": "/prod/chat/v1/stream",
	} {
		if got := canonicalPath(wire); got != want {
			t.Errorf("canonicalPath(%q) = %q, want %q", wire, got, want)
		}
	}
}

func TestCanonicalQuery(t *testing.T) {
	t.Parallel()
	for wire, want := range map[string]string{
		"":            "",
		"a":           "a=",
		"a=":          "a=",
		"a=b=c":       "a=b%3Dc",
		"=b":          "=b",
		"b=2&a=1":     "a=1&b=2",
		"a=2&a=1&a":   "a=&a=1&a=2",
		"a=1&&b=2":    "a=1&b=2",
		"a=%2F":       "a=%2F",
		"a=/":         "a=%2F",
		"a=%2f":       "a=%2F",
		"a=x+y":       "a=x%20y",
		"a=x%20y":     "a=x%20y",
		"a=x%2By":     "a=x%2By",
		"a=%C3%BC":    "a=%C3%BC",
		"A=1&a=2&B=3": "A=1&B=3&a=2",
		"a;b=1":       "a%3Bb=1",
		"a=%zz":       "a=%25zz",
		"a=%4":        "a=%254",
		"a=[1]":       "a=%5B1%5D",
		// By name, then by value, not by the joined text: "=" comes before "1" there.
		"a1=x&a=y": "a=y&a1=x",
		"a-=1&a=2": "a=2&a-=1",
		// By the encoded name: "%" comes before digits and letters.
		"f1=x&f[0]=y":     "f%5B0%5D=y&f1=x",
		"z=1&%C3%BC=2":    "%C3%BC=2&z=1",
		"a=z&a=%C3%BC":    "a=%C3%BC&a=z",
		"q-x=1&q%5By%5D=": "q%5By%5D=&q-x=1",
	} {
		if got := canonicalQuery(wire); got != want {
			t.Errorf("canonicalQuery(%q) = %q, want %q", wire, got, want)
		}
	}
}
