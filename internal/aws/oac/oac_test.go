package oac

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/sigv4"
	"github.com/streamfront/streamfront/internal/npmtest"
)

var (
	clock  = time.Date(2026, 11, 21, 23, 58, 0, 0, time.UTC)
	signer = &Signer{Credentials: iam.Credentials{AccessKey: "ASIAKEY", SecretKey: "secret/+", Token: "token/+="}, Region: "eu-west-1"}
	empty  = hashOf("")
)

const host = "abc.lambda-url.eu-west-1.on.aws"

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// newRequest makes a request whose path and query go over the wire as they are given.
func newRequest(t testing.TB, method, target string) *http.Request {
	t.Helper()
	raw, query, _ := strings.Cut(target, "?")
	path, err := url.PathUnescape(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Request{
		Method: method, Host: host, Header: http.Header{},
		URL: &url.URL{Scheme: "http", Host: host, Path: path, RawPath: raw, RawQuery: query},
	}
}

// Requests of AWS's public Signature Version 4 test suite (aws-sig-v4-test-suite), with
// their canonical forms from there.
func TestCanonicalFormsOfThePublicTestSuite(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ wire, want string }{
		"get-vanilla":                               {"/", "/\n"},
		"get-vanilla-empty-query-key":               {"/?Param1=value1", "/\nParam1=value1"},
		"get-vanilla-query-order-encoded":           {"/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1", "/\n%E1%88%B4=Value1&Param=Value2&Param-3=Value3"},
		"get-vanilla-query-order-key-case":          {"/?Param2=value2&Param1=value1", "/\nParam1=value1&Param2=value2"},
		"get-vanilla-query-order-value":             {"/?Param1=value2&Param1=Value1", "/\nParam1=Value1&Param1=value2"},
		"get-vanilla-query-unreserved":              {"/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "/\n-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"},
		"get-utf8":                                  {"/%E1%88%B4", "/%25E1%2588%25B4\n"}, // encoded twice
		"the queries that were refused: names":      {"/?f1=x&f[0]=y", "/\nf%5B0%5D=y&f1=x"},
		"the queries that were refused: encoded":    {"/?q=%E2%9C%93&q=2", "/\nq=%E2%9C%93&q=2"},
		"the queries that were refused: values":     {"/?tag=z&tag=%C3%A9", "/\ntag=%C3%A9&tag=z"},
		"the queries that were refused: filters":    {"/?filter%5Ba%5D=1&filter1=2", "/\nfilter%5Ba%5D=1&filter1=2"},
		"the queries that were refused: semicolons": {"/?a=x;y", "/\na=x%3By"},
		"broken escapes":                            {"/?a=%zz&b=%4&c=%", "/\na=%25zz&b=%254&c=%25"},
		"a plus and a space":                        {"/?a=x+y%20z%2B", "/\na=x%20y%20z%2B"},
		"nothing between":                           {"/?&&a=&=b&c", "/\n=b&a=&c="},
		"raw bytes":                                 {"/?a=\xc3\xbc\"<", "/\na=%C3%BC%22%3C"},
		"path":                                      {"/a//b/../c%2F(d)+", "/a//b/../c%252F%28d%29%2B\n"},
	} {
		path, query, _ := strings.Cut(test.wire, "?")
		if got := canonicalPath(path) + "\n" + canonicalQuery(query); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// "post-sts-header-before" and its kin of the suite: values are trimmed, runs of spaces are
// one, the same name's values are joined in their order.
func TestCanonicalHeaders(t *testing.T) {
	t.Parallel()
	r := newRequest(t, "GET", "/")
	r.Header["X-Amz-Meta"] = []string{"  a   b  ", "\"c   d\"", ""}
	r.Header["X-Amz-A_b"] = []string{"under"}
	r.Header["Accept"] = []string{"unsigned"}
	lines, names := canonicalHeaders(r)
	if want := "host:" + host + "\nx-amz-a_b:under\nx-amz-meta:a b,\"c d\",\n"; lines != want {
		t.Errorf("lines = %q, want %q", lines, want)
	}
	if want := "host;x-amz-a_b;x-amz-meta"; names != want {
		t.Errorf("names = %q, want %q", names, want)
	}
}

func pick(random *rand.Rand, from ...string) string { return from[random.IntN(len(from))] }

// randomTarget makes paths and queries of all that stands in one on the wire. Where the
// signers of npm read otherwise, plain leaves it out.
func randomTarget(random *rand.Rand, plain bool) string {
	var b strings.Builder
	segments := []string{"a", "Z", "%20", "+", "(", ")", "%C3%BC", "%c3%bc", "%2F", "%25", "~", "-", "_", ":", "@", "!", "$", "*", "'", ",", "=", ";", "&"}
	names := []string{"a", "b", "A", "a1", "a-", "f[0]", "f%5B0%5D", "f1", "x*", "%C3%BC", "x%20y", "x+y", "(q')", "z_", "z~", "10", "9"}
	values := []string{"v", "V", "0", "+", "%20", "%2B", "%2F", "%2f", "/", "%C3%BC", "=", "[", "]", "*", "!", "'", "(", ")", "~", ":", "@", ",", ";", "?", "%26", "%25", "%3D", "$"}
	if !plain {
		segments = append(segments, ".", "..", "")
		names, values = append(names, "", "a;b", "%zz", "%"), append(values, "%zz", "%4", "%", "\xc3\xbc", "%FF", "\"", "{")
	}
	for range random.IntN(4) {
		b.WriteString("/a")
		for range random.IntN(4) {
			b.WriteString(pick(random, segments...))
		}
	}
	if b.Len() == 0 || !plain && random.IntN(2) == 0 {
		b.WriteByte('/')
	}
	for i := range random.IntN(6) {
		b.WriteByte("?&&&&&"[i])
		b.WriteString(pick(random, names...))
		if random.IntN(4) > 0 {
			b.WriteByte('=')
		}
		for range random.IntN(4) {
			b.WriteString(pick(random, values...))
		}
	}
	return b.String()
}

// Property: what is signed here is accepted by the verifier of function URLs as it comes
// off the wire, and the canonical requests are the same.
func TestTheVerifierAgrees(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(2026, 11))
	verifier := &sigv4.Verifier{
		Region: signer.Region, Now: func() time.Time { return clock },
		Lookup: func(key string) (iam.Credentials, bool) {
			return iam.Credentials{SecretKey: signer.SecretKey, Token: signer.Token}, key == signer.AccessKey
		},
	}
	for i := range 2000 {
		r := newRequest(t, pick(random, "GET", "POST", "DELETE"), randomTarget(random, false))
		r.Header["X-Amz-Meta"] = []string{pick(random, "a", " a  b ", "", "\ta\t b"), "c"}
		r.Header.Set("X-Amz-Content-Sha256", empty)
		r.Header.Set("X-Amz-Date", "of the viewer")
		r.Header["X-Amz-Security-Token"] = []string{"of", "the viewer"}
		canonical := signer.Sign(r, empty, clock)
		var wire bytes.Buffer
		if err := r.Write(&wire); err != nil {
			t.Fatal(err)
		}
		sent := wire.String()
		read, err := http.ReadRequest(bufio.NewReader(&wire))
		if err != nil {
			t.Fatalf("request %d cannot be read: %v\n%q", i, err, sent)
		}
		if key, err := verifier.Verify(read, empty); err != nil || key != signer.AccessKey {
			t.Fatalf("request %d is refused: %v\n%s\nsigned:\n%s", i, err, sent, canonical)
		}
	}
}

// Property: two signers of the npm registry, which share no code with this one nor with
// each other, make the same signature.
func TestSignersOfNpmAgree(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(2026, 12))
	var input bytes.Buffer
	var want, described []string
	for range 500 {
		r := newRequest(t, pick(random, "GET", "POST", "DELETE"), randomTarget(random, true))
		r.Header.Set("X-Amz-Content-Sha256", empty)
		r.Header.Set("X-Amz-Meta", pick(random, "a", "a b", " a  b", `"a  b"`))
		headers := map[string]string{"X-Amz-Content-Sha256": empty, "X-Amz-Meta": r.Header.Get("X-Amz-Meta")}
		described = append(described, signer.Sign(r, empty, clock))
		want = append(want, r.Header.Get("Authorization"))
		path, query, _ := strings.Cut(r.URL.RequestURI(), "?")
		line, err := json.Marshal(map[string]any{
			"method": r.Method, "path": path, "query": query, "host": host, "headers": headers,
			"date": clock.Format(time.RFC3339), "region": signer.Region,
			"credentials": map[string]string{"accessKeyId": signer.AccessKey, "secretAccessKey": signer.SecretKey, "sessionToken": signer.Token},
		})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&input, "%s\n", line)
	}
	out := npmtest.Run(t, &input, "testdata/sign.mjs")
	lines := json.NewDecoder(bytes.NewReader(out))
	for i := range want {
		var got struct{ Smithy, Aws4 string }
		if err := lines.Decode(&got); err != nil {
			t.Fatal(err)
		}
		for name, authorization := range map[string]string{"@smithy/signature-v4": got.Smithy, "aws4": got.Aws4} {
			if authorization != want[i] {
				t.Fatalf("request %d: %s signs %s\nwant %s\nof\n%s", i, name, authorization, want[i], described[i])
			}
		}
	}
}
