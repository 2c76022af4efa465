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

// The names and values that are usual in the field, whether they are secret, and who uses
// them. A trace without what stays in clear would be of no use.
func TestSecretsByNameAndByShape(t *testing.T) {
	t.Parallel()
	const (
		jwt    = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
		random = "wJalrXUtnFEMIK7MDENGbPxRfiCYabcdEXAMPLEKEY01"
		hex    = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	)
	hidden := map[string][]string{ // header: values
		"Authorization": {"Bearer abc", "abc", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250101/eu-west-1/lambda/aws4_request, Signature=abc"},
		"X-Auth-Key":    {"abc"}, "X-Auth-Token": {"abc"}, "X-Auth": {"abc"}, "X-Access-Token": {"abc"}, "X-Refresh-Token": {"abc"},
		"X-Session-Id": {"abc"}, "X-Session": {"abc"}, "Session": {"abc"}, "X-Jsessionid": {"abc"},
		"X-Signature": {"abc"}, "X-Hub-Signature-256": {"sha256=abc"}, "Stripe-Signature": {"t=1,v1=abc"}, "X-Slack-Signature": {"v0=abc"},
		"X-Api-Key": {"abc"}, "Apikey": {"abc"}, "X-Apikey": {"abc"}, "X-Functions-Key": {"abc"}, "Ocp-Apim-Subscription-Key": {"abc"}, "X-Goog-Api-Key": {"abc"},
		"X-Csrf-Token": {"abc"}, "X-Xsrf-Token": {"abc"}, "X-Csrftoken": {"abc"}, "Csrf": {"abc"},
		"X-Client-Secret": {"abc"}, "X-Password": {"abc"}, "X-User-Passwd": {"abc"}, "X-Otp": {"123456"}, "X-Pin": {"1234"},
		"X-Amz-Security-Token": {"abc"}, "X-Vault-Token": {"abc"}, "Private-Token": {"abc"}, "X-Gitlab-Token": {"abc"}, "X-Shopify-Access-Token": {"abc"},
		"X-Amz-Server-Side-Encryption-Customer-Key": {"abc"}, "X-Forwarded-Authorization": {"abc"}, "Proxy-Authorization": {"Basic abc"},
		"X-Hmac": {"abc"}, "X-Credentials": {"abc"}, "X-Tokens": {"abc"}, "X-Jwt-Assertion": {"abc"}, "Cf-Access-Jwt-Assertion": {"abc"},
		"X-Ms-Token-Aad-Access-Token": {"abc"}, "X-Amzn-Oidc-Data": {jwt}, "X-Goog-Iap-Jwt-Assertion": {"abc"},
		"X-Custom": {
			"Bearer abc", "bearer  abc", "Basic dXNlcjphYmM=", jwt, "a " + jwt + " b", "AKIAIOSFODNN7EXAMPLE", random, "sk-abcdefghijklmnop1234",
			"ghp_0123456789abcdefghijABCDEFGHIJ012345", "token=abc; a=b?password=abc", `{"a":"b","password":"abc"}`,
			"https://user:abc@b.example/", "https://b.example/?a=1#access_token=abc", "/cb?redirect=%2Fa%3Ftoken%3Dabc",
			"-----BEGIN RSA PRIVATE KEY-----", "Digest username=\"u\", response=\"abc\"", "Token 0123456789abcdef",
		},
		"Location": {"https://b.example/;jsessionid=abc", "https://user:abc@b.example/a", "https://b.example/a?next=https%3A%2F%2Fc.example%2F%3Ftoken%3Dabc", "/a?X-Amz-Signature=abc"},
		"Cookie":   {"a=abc"}, "Set-Cookie": {"a=abc; Path=/"},
	}
	for name, values := range hidden {
		for _, value := range values {
			got := header(name, value)
			if got == value || !strings.Contains(got, "sha256 ") {
				t.Errorf("header %s: %s stays in clear", name, value)
			}
			for _, part := range []string{"abc", jwt, random} {
				if strings.Contains(value, part) && strings.Contains(strings.ReplaceAll(got, "sha256 abc", ""), part) {
					t.Errorf("header %s: %s is recorded as %s", name, value, got)
				}
			}
			if again := header(name, got); again != got {
				t.Errorf("header %s: %s masked twice is %s", name, got, again)
			}
		}
	}
	for name, values := range map[string][]string{
		"X-Amz-Content-Sha256": {"UNSIGNED-PAYLOAD", hex}, "X-Amz-Date": {"20250101T000000Z"}, "X-Amz-Cf-Id": {"wJalrXUtnFEMIK7MDENGbPxRfiCYabcdEXAMPLEKEY01_-abc=="},
		"X-Amzn-Trace-Id": {"Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1"}, "X-Amzn-Requestid": {"c6af9ac6-7b61-11e6-9a41-93e8deadbeef"},
		"X-Amz-Id-2": {random}, "X-Amz-Request-Id": {"4442587FB7D0A2F9"}, "Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, "X-Request-Id": {random},
		"Access-Control-Allow-Credentials": {"true"}, "Access-Control-Allow-Headers": {"authorization, x-api-key, x-amz-security-token"}, "Access-Control-Request-Headers": {"x-session-id"},
		"Www-Authenticate":                 {`Bearer realm="a token", error="invalid_token", resource_metadata="https://b.example/.well-known/oauth"`, "Basic realm=abc", "Negotiate"},
		"X-Amzn-Remapped-Www-Authenticate": {`Bearer realm="a"`}, "X-Ratelimit-Remaining-Tokens": {"1999"}, "X-Ratelimit-Reset-Tokens": {"6m0s"}, "X-Ratelimit-Limit-Requests": {"10"},
		"Idempotency-Key": {random}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, "Sec-Websocket-Accept": {"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}, "Etag": {`"` + hex + `"`, random},
		"If-None-Match": {random}, "Content-Md5": {"Q2hlY2sgSW50ZWdyaXR5IQ=="}, "Digest": {"SHA-256=" + random + "="}, "Content-Type": {"multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW"},
		"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0"}, "Host": {"abcdefghij.lambda-url.eu-west-1.on.aws"}, "Via": {"2.0 abc.cloudfront.net (CloudFront)"},
		"Accept": {"text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}, "Cache-Control": {"max-age=0, private"}, "Strict-Transport-Security": {"max-age=63072000"},
		"Sec-Fetch-Mode": {"cors"}, "Upgrade-Insecure-Requests": {"1"}, "Content-Security-Policy": {"default-src 'none'; script-src 'sha256-" + random + "='"},
		"X-Token-Type": {"bearer"}, "X-Session-Timeout": {"30"}, "X-Auth-Method": {"oidc"}, "Signature-Input": {`sig1=("@method");created=1618884473`}, "X-Cache-Key": {"/a"},
		"X-Author": {"abc"}, "X-Monkey": {"abc"}, "X-Compass": {"abc"}, "X-Error-Code": {"abc"}, "Authority": {"b.example"}, "X-Obsession": {"abc"}, "X-Tokenizer": {"abc"}, "X-Secretary": {"abc"},
		"X-Reason": {"Token expired", "basic auth is off", "digest mismatch"}, "Location": {"https://b.example/a?b=c#d", "/login?next=%2Fchat%3Fa%3D1"}, "Last-Event-Id": {random},
		"Link": {"<https://b.example/?page=2>; rel=\"next\""}, "Forwarded": {"for=192.0.2.1;proto=https;host=b.example"}, "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": {"1234abcd-12ab-34cd-56ef-1234567890ab"},
	} {
		for _, value := range values {
			if got := header(name, value); got != value {
				t.Errorf("header %s: %s is recorded as %s, want it in clear", name, value, got)
			}
		}
	}
	for _, query := range []string{
		"pwd=abc", "pass=abc", "user[pass]=abc", "passwd=abc", "passcode=abc", "newPassword=abc", "password_confirmation=abc", "otp=abc", "totp_code=abc", "pin=abc",
		"session_id=abc", "sessionid=abc", "sessionId=abc", "sid=abc", "PHPSESSID=abc", "jsessionid=abc", "SAMLResponse=abc", "SAMLRequest=abc",
		"user[token]=abc", "user%5Btoken%5D=abc", "user.token=abc", "a[0][api_key]=abc", "access-token=abc", "accessToken=abc", "id_token_hint=abc", "reset_password_token=abc",
		"client_secret=abc", "clientSecret=abc", "secretKey=abc", "secret_access_key=abc", "privateKey=abc", "private_key=abc", "key=abc", "appkey=abc&api-key=abc", "code=abc", "code_verifier=abc",
		"auth=abc", "oauth_signature=abc", "sig=abc", "Signature=abc&Key-Pair-Id=K1", "hmac=abc", "bearer=abc", "jwt=abc", "credentials=abc", "client_assertion=abc", "csrf=abc", "_csrf=abc", "xsrfToken=abc",
		"a=" + jwt, "a=AKIAIOSFODNN7EXAMPLE", "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE", "a=Bearer%20abc", "a=Bearer+abc", "a=" + random, "a=https://user:abc@b.example/",
		"redirect=https%3A%2F%2Fb.example%2Fcb%3Fa%3D1%26token%3Dabc", "redirect=https://b.example/cb?token=abc", "r=%252Fa%253Ftoken%253Dabc", "r=https%3A%2F%2Fu%3Aabc%40b.example", "r=a%3D1%26token%3Dabc",
		"filter=%7B%22token%22%3A%22abc%22%7D", "ticket=ST-1856339-aA5Yuvrxzpv8Tau1cYQ7", "b=" + random + "%3D",
	} {
		got := trace.NewRequestHead("GET", "/a?x=1&"+query+"&y=2", "", nil, -1).Target
		if !strings.HasPrefix(got, "/a?x=1&") || !strings.HasSuffix(got, "&y=2") || !strings.Contains(got, "sha256 ") || strings.Contains(strings.ReplaceAll(got, "sha256 abc", ""), "abc") {
			t.Errorf("query %s is recorded as %s", query, got)
		}
		if again := trace.MaskURL(got); again != got {
			t.Errorf("query %s masked twice is %s", got, again)
		}
	}
	for _, query := range []string{
		"", "a", "a=", "a=1&b=2", "q=token", "q=what+is+a+password%3F", "q=The+War+of+1812+in+America+and+Something+Else", "page=2&per_page=10", "max_tokens=100", "tokens=100",
		"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20250101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host", "token_type=bearer", "signature_method=HMAC-SHA1", "country_code=de&zipcode=1",
		"response_type=code", "grant_type=authorization_code", "code_challenge=" + random, "code_challenge_method=S256", "state=1&nonce=" + random, "monkey=x", "keyword=y", "keys=a,b", "author=abc",
		"partition_key=abc", "cache_key=abc", "cursor=" + random, "id=" + random, "hash=" + hex, "redirect=%2Fa%3Fb%3Dc", "url=https://b.example/?a=1", "email=a@b.example", "design=abc", "pinned=true",
		"passenger=abc", "authority=abc", "assets=abc", "session_timeout=30", "auth_type=none", "filter[status]=open", "slug=Release-Notes-For-Version-2025-Of-Streamfront-Now",
	} {
		if got := trace.MaskURL("/a?" + query); got != "/a?"+query {
			t.Errorf("query %s is recorded as %s, want it in clear", query, got)
		}
	}
	for _, path := range []string{"/a/key=abc", "/v1/token", "/a;b=c/d", "/secret/plans", "/users/@me", "https://b.example/a@b"} {
		if got := trace.MaskURL(path); got != path {
			t.Errorf("path %s is recorded as %s, want it in clear", path, got)
		}
	}
}

func header(name, value string) string {
	return trace.NewResponseHead(200, http.Header{http.CanonicalHeaderKey(name): {value}}, -1).Header.Get(name)
}

// A masked value that stands in an encoded one can be read there.
func TestNestedValuesStayReadable(t *testing.T) {
	t.Parallel()
	const abc = "(3 bytes, sha256 ba7816bf)"
	for url, want := range map[string]string{
		"/login?next=https%3A%2F%2Fb.example%2Fcb%3Fa%3D1%26token%3Dabc": "/login?next=https%3A%2F%2Fb.example%2Fcb%3Fa%3D1%26token%3D" + abc,
		"/a?r=https://u:abc@b.example/c":                                 "/a?r=https://(5 bytes, sha256 e63a44ab)@b.example/c",
		"/a;jsessionid=abc/b;c=d?token=abc":                              "/a;jsessionid=" + abc + "/b;c=d?token=" + abc,
		"/a?f={\"token\":\"abc\",\"b\":\"c\"}":                           "/a?f={\"token\":\"" + abc + "\",\"b\":\"c\"}",
	} {
		got := trace.MaskURL(url)
		if got != want {
			t.Errorf("%s is recorded as\n%s, want\n%s", url, got, want)
		}
	}
}

// What hops say is masked, too: an error of a client names the whole URL.
func TestMaskedDecisions(t *testing.T) {
	t.Parallel()
	recorder, done := collect()
	rec, _ := recorder.Join("id", "GET", "/")
	rec.Hop("a").Refuse("", "to https://u:abc@b.example", "cannot be sent: Get %q: refused", "https://b.example/?token=abc&a=1")
	rec.Hop("b").Pass("payload UNSIGNED-PAYLOAD, 3 bytes, token=unknown to us")
	rec.Leave()
	hops := done()[0].Hops
	if want := `cannot be sent: Get "https://b.example/?token=(3 bytes, sha256 ba7816bf)&a=1": refused`; hops[0].Decision != want {
		t.Errorf("decision = %s, want %s", hops[0].Decision, want)
	}
	if strings.Contains(hops[0].Detail, "abc@") {
		t.Errorf("detail = %s", hops[0].Detail)
	}
	if want := "payload UNSIGNED-PAYLOAD, 3 bytes, token=unknown to us"; hops[1].Decision != want {
		t.Errorf("decision = %s, want %s", hops[1].Decision, want)
	}
}
