package sigv4_test

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/sigv4"
)

const (
	region   = "eu-west-1"
	mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	badToken = "The security token included in the request is invalid."
)

var (
	temporary = aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "temporary/secret+", SessionToken: "token/+="}
	lasting   = aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "lasting"}
	clock     = time.Date(2026, 11, 21, 23, 58, 0, 0, time.UTC)
)

func verifier() *sigv4.Verifier {
	return &sigv4.Verifier{
		Region: region,
		Now:    func() time.Time { return clock },
		Lookup: func(accessKey string) (iam.Credentials, bool) {
			for _, c := range []aws.Credentials{temporary, lasting} {
				if c.AccessKeyID == accessKey {
					return iam.Credentials{SecretKey: c.SecretAccessKey, Token: c.SessionToken}, true
				}
			}
			return iam.Credentials{}, false
		},
	}
}

// verify is what a function URL does with a request from the wire.
func verify(r *http.Request) (string, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "", err
	}
	return verifier().Verify(r, hashOf(body))
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// An outcome is what verify said, on its way back over the wire.
type outcome struct{ AccessKey, Type, Message, Detail string }

func newServer(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var o outcome
		var err error
		o.AccessKey, err = verify(r)
		if refused := new(sigv4.Error); errors.As(err, &refused) {
			o.Type, o.Message, o.Detail = refused.Type, refused.Message, refused.Detail
		} else if err != nil {
			o.Type = "not a sigv4.Error: " + err.Error()
		}
		_ = json.NewEncoder(w).Encode(o)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// newRequest makes a request with the target on the wire exactly as it is given.
func newRequest(t testing.TB, base, method, target, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, base, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	raw, query, _ := strings.Cut(target, "?")
	path, err := url.PathUnescape(raw)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery = path, raw, query
	if got := r.URL.RequestURI(); got != target && target != "" && !strings.HasSuffix(target, "?") {
		t.Fatalf("net/http would send the target %q, want %q", got, target)
	}
	return r
}

// A signing is what a request is signed with.
type signing struct {
	payload     string // the hash of the body, or what stands in its place
	credentials aws.Credentials
	time        time.Time
}

// An option changes how a request is signed.
type option func(*signing)

// sign signs by AWS's SDK, which writes the query anew.
func sign(t testing.TB, r *http.Request, body string, options ...option) {
	t.Helper()
	in := signing{hashOf([]byte(body)), temporary, clock}
	for _, o := range options {
		o(&in)
	}
	if err := v4.NewSigner().SignHTTP(t.Context(), in.credentials, r, in.payload, "lambda", region, in.time); err != nil {
		t.Fatal(err)
	}
}

func at(when time.Time) option { return func(in *signing) { in.time = when } }

func by(c aws.Credentials) option { return func(in *signing) { in.credentials = c } }

func send(t *testing.T, r *http.Request) outcome {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var o outcome
	if err := json.NewDecoder(resp.Body).Decode(&o); err != nil {
		t.Fatalf("status %d: %v", resp.StatusCode, err)
	}
	return o
}

func TestVerifyAcceptsWhatTheLibrarySigns(t *testing.T) {
	t.Parallel()
	base := newServer(t)
	targets := []string{
		"", "/", "/a/b", "/a%20b", "/a+b", "/a(b)", "/%C3%BC", "/%c3%bc", "/a//b", "//a", "/a/./b", "/a/../b", "/a%2Fb", "/a;b=c", "/~-._",
		"/?", "/?a", "/?a=", "/?a=&b", "/?b=2&a=1", "/?a=2&a=1", "/?a=x+y", "/?a=x%20y", "/?a=%2F", "/?a=/", "/?a=%C3%BC", "/?a=b=c",
		"/?A=1&a=2", "/?a1=x&a=y", "/?a-=1&a=2", "/?a=[1]", "/?a=*!'()", "/?q=%3Cscript%3E",
	}
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			for _, target := range targets {
				for _, body := range []string{"", "hello", "\x00\xff"} {
					r := newRequest(t, base, method, target, body)
					sign(t, r, body)
					if method == "HEAD" { // its answer has no body, so the wire is cut short
						if key, err := verify(overTheWire(t, r)); err != nil || key != temporary.AccessKeyID {
							t.Errorf("%s %s with body %q = %q, %v", method, target, body, key, err)
						}
						continue
					}
					if got := send(t, r); got.AccessKey != temporary.AccessKeyID || got.Type != "" {
						t.Errorf("%s %s with body %q = %+v", method, target, body, got)
					}
				}
			}
		})
	}
}

// overTheWire writes a request out and reads it back.
func overTheWire(t testing.TB, r *http.Request) *http.Request {
	t.Helper()
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	read, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestVerifyAcceptsOtherLegalForms(t *testing.T) {
	t.Parallel()
	base := newServer(t)
	for name, change := range map[string]struct {
		before, after func(*http.Request)
		options       []option
		want          string
	}{
		"lasting credentials without a token": {options: []option{by(lasting)}, want: lasting.AccessKeyID},
		"payload hash in the header": {before: func(r *http.Request) {
			r.Header.Set("X-Amz-Content-Sha256", hashOf([]byte("hello")))
		}},
		"other x-amz-* headers": {before: func(r *http.Request) {
			r.Header.Set("X-Amz-Source-Arn", "arn:aws:cloudfront::111122223333:distribution/E1")
			r.Header["X-Amz-Several"] = []string{"b", "a"}
		}},
		"spaces around a value": {before: func(r *http.Request) {
			r.Header.Set("X-Amz-Meta", " value ")
		}},
		"unsigned headers on the way": {after: func(r *http.Request) {
			r.Header.Set("Via", "1.1 somebody")
			r.Header.Set("X-Forwarded-For", "192.0.2.1")
			r.Header.Set("Content-Type", "text/plain")
		}},
		"no spaces in the header": {after: func(r *http.Request) {
			r.Header.Set("Authorization", strings.ReplaceAll(r.Header.Get("Authorization"), ", ", ","))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRequest(t, base, "POST", "/x?a=1", "hello")
			if change.before != nil {
				change.before(r)
			}
			sign(t, r, "hello", change.options...)
			if change.after != nil {
				change.after(r)
			}
			want := change.want
			if want == "" {
				want = temporary.AccessKeyID
			}
			if got := send(t, r); got.AccessKey != want {
				t.Errorf("outcome = %+v, want the access key %s", got, want)
			}
		})
	}
}

// Runs of spaces in a signed value count as one space, whatever the wire has.
func TestInnerSpaces(t *testing.T) {
	t.Parallel()
	base := newServer(t)
	for _, signed := range []string{"a b", "a  b"} {
		r := newRequest(t, base, "GET", "/", "")
		r.Header.Set("X-Amz-Meta", signed)
		sign(t, r, "")
		r.Header.Set("X-Amz-Meta", "a   b")
		if got := send(t, r); got.Type != "" {
			t.Errorf("signed as %q: %+v, want it accepted", signed, got)
		}
	}
}

func TestVerifyRefusesTampering(t *testing.T) {
	t.Parallel()
	base := newServer(t)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	auth := func(old, replacement string) func(*http.Request) {
		return func(r *http.Request) {
			was := r.Header.Get("Authorization")
			is := strings.Replace(was, old, replacement, 1)
			if was == is {
				panic("the Authorization header has no " + old)
			}
			r.Header.Set("Authorization", is)
		}
	}
	body := func(text string) func(*http.Request) {
		return func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		}
	}
	wrong := outcome{Type: "InvalidSignatureException", Message: mismatch}
	unknown := outcome{Type: "UnrecognizedClientException", Message: badToken}
	incomplete := outcome{Type: "IncompleteSignatureException", Message: "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter."}
	for name, test := range map[string]struct {
		tamper func(*http.Request)
		want   outcome
	}{
		"method":                  {func(r *http.Request) { r.Method = "PUT" }, wrong},
		"path":                    {func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/y", "" }, wrong},
		"escape of the path":      {func(r *http.Request) { r.URL.RawPath = "/%78" }, wrong},
		"slash of the path":       {func(r *http.Request) { r.URL.Path, r.URL.RawPath = "//x", "" }, wrong},
		"query":                   {func(r *http.Request) { r.URL.RawQuery = "a=2" }, wrong},
		"another parameter":       {func(r *http.Request) { r.URL.RawQuery += "&b" }, wrong},
		"no query":                {func(r *http.Request) { r.URL.RawQuery = "" }, wrong},
		"host":                    {func(r *http.Request) { r.Host = "elsewhere.lambda-url.eu-west-1.on.aws" }, wrong},
		"x-amz header":            {header("X-Amz-Source-Arn", "arn:aws:cloudfront::111122223333:distribution/E2"), wrong},
		"x-amz header, added":     {func(r *http.Request) { r.Header.Add("X-Amz-Source-Arn", "x") }, wrong},
		"x-amz header, removed":   {func(r *http.Request) { r.Header.Del("X-Amz-Source-Arn") }, wrong},
		"x-amz header, unsigned":  {header("X-Amz-Meta", "x"), wrong},
		"hash header, unsigned":   {header("X-Amz-Content-Sha256", hashOf([]byte("hello"))), wrong},
		"date":                    {header("X-Amz-Date", "20261121T235801Z"), wrong},
		"body":                    {body("jello"), wrong},
		"no body":                 {body(""), wrong},
		"signature":               {func(r *http.Request) { r.Header.Set("Authorization", flipLast(r.Header.Get("Authorization"))) }, wrong},
		"signed headers":          {auth("host;", ""), wrong},
		"signed headers, more":    {auth("host;", "accept;host;"), wrong},
		"access key":              {auth("ASIAEXAMPLE", "ASIAEXAMPLF"), unknown},
		"another's access key":    {auth("ASIAEXAMPLE", "AKIAEXAMPLE"), unknown},
		"token":                   {header("X-Amz-Security-Token", "another"), unknown},
		"no token":                {func(r *http.Request) { r.Header.Del("X-Amz-Security-Token") }, unknown},
		"date of the scope":       {auth("/20261121/", "/20261120/"), outcome{Type: "InvalidSignatureException", Message: "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261120' != '20261121T235800Z'."}},
		"region of the scope":     {auth("/eu-west-1/", "/us-east-1/"), outcome{Type: "InvalidSignatureException", Message: "Credential should be scoped to a valid Region, not 'us-east-1'. "}},
		"service of the scope":    {auth("/lambda/", "/s3/"), outcome{Type: "InvalidSignatureException", Message: "Credential should be scoped to correct service: 'lambda'. "}},
		"end of the scope":        {auth("/aws4_request", "/aws5_request"), incomplete},
		"no Authorization":        {func(r *http.Request) { r.Header.Del("Authorization") }, outcome{Type: "MissingAuthenticationTokenException", Message: "Missing Authentication Token"}},
		"a bearer token":          {header("Authorization", "Bearer x"), incomplete},
		"an empty Authorization":  {header("Authorization", ""), incomplete},
		"another algorithm":       {auth("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), incomplete},
		"no signature":            {auth(", Signature=", ", Sign="), incomplete},
		"no signed headers":       {auth("SignedHeaders=", "SignedHeader="), incomplete},
		"no credential":           {auth("Credential=", "Credentials="), incomplete},
		"signature in upper case": {func(r *http.Request) { r.Header.Set("Authorization", upperSignature(r.Header.Get("Authorization"))) }, incomplete},
		"two Authorizations":      {func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }, incomplete},
		"no date":                 {func(r *http.Request) { r.Header.Del("X-Amz-Date") }, outcome{Type: "IncompleteSignatureException", Message: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."}},
		"a date of another form":  {header("X-Amz-Date", "20261121"), outcome{Type: "InvalidSignatureException", Message: "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261121' != '20261121'."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRequest(t, base, "POST", "/x?a=1", "hello")
			r.Header.Set("X-Amz-Source-Arn", "arn:aws:cloudfront::111122223333:distribution/E1")
			sign(t, r, "hello")
			r.GetBody = nil
			test.tamper(r)
			got := send(t, r)
			got.Detail = ""
			if got != test.want {
				t.Errorf("outcome = %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func flipLast(s string) string {
	last := byte('0')
	if s[len(s)-1] == last {
		last = '1'
	}
	return s[:len(s)-1] + string(last)
}

func upperSignature(authorization string) string {
	head, signature, _ := strings.Cut(authorization, "Signature=")
	return head + "Signature=" + strings.ToUpper(signature)
}

func TestPayloadHashHeader(t *testing.T) {
	t.Parallel()
	base := newServer(t)
	const body = "hello"
	for name, test := range map[string]struct {
		hash    []string
		payload string // that is signed
		ok      bool
	}{
		"of the body":                {hash: []string{hashOf([]byte(body))}, ok: true},
		"of another body":            {hash: []string{hashOf([]byte("jello"))}},
		"of another body and signed": {hash: []string{hashOf([]byte("jello"))}, payload: hashOf([]byte("jello"))},
		"in upper case":              {hash: []string{strings.ToUpper(hashOf([]byte(body)))}},
		"UNSIGNED-PAYLOAD":           {hash: []string{"UNSIGNED-PAYLOAD"}, payload: "UNSIGNED-PAYLOAD"},
		"twice":                      {hash: []string{hashOf([]byte(body)), hashOf([]byte(body))}},
		"empty":                      {hash: []string{""}},
		"streamed":                   {hash: []string{"STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRequest(t, base, "POST", "/", body)
			r.Header["X-Amz-Content-Sha256"] = test.hash
			sign(t, r, body, func(in *signing) { in.payload = cmp.Or(test.payload, in.payload) })
			got := send(t, r)
			if test.ok {
				if got.AccessKey == "" {
					t.Errorf("outcome = %+v, want it accepted", got)
				}
				return
			}
			if got.Type != "InvalidSignatureException" || got.Message != mismatch {
				t.Errorf("outcome = %+v, want InvalidSignatureException", got)
			}
			if !strings.Contains(got.Detail, hashOf([]byte(body))) {
				t.Errorf("detail = %q, want it to name the body's hash", got.Detail)
			}
		})
	}
}

// The window is five minutes either way; the clock is near midnight, so that the scope's
// date changes within it.
func TestSkew(t *testing.T) {
	t.Parallel()
	base := newServer(t)
	for name, test := range map[string]struct {
		skew time.Duration
		want string
	}{
		"now":         {0, ""},
		"5 min slow":  {-5 * time.Minute, ""},
		"5 min fast":  {5 * time.Minute, ""},
		"beyond slow": {-5*time.Minute - time.Second, "Signature expired: 20261121T235259Z is now earlier than 20261121T235300Z (20261121T235800Z - 5 min.)"},
		"beyond fast": {5*time.Minute + time.Second, "Signature not yet current: 20261122T000301Z is still later than 20261122T000300Z (20261121T235800Z + 5 min.)"},
		"a day slow":  {-24 * time.Hour, "Signature expired: 20261120T235800Z is now earlier than 20261121T235300Z (20261121T235800Z - 5 min.)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRequest(t, base, "GET", "/", "")
			sign(t, r, "", at(clock.Add(test.skew)))
			got := send(t, r)
			if got.Message != test.want || (test.want == "") != (got.AccessKey != "") {
				t.Errorf("outcome = %+v, want the message %q", got, test.want)
			}
			if test.want != "" && got.Type != "InvalidSignatureException" {
				t.Errorf("type = %q, want InvalidSignatureException", got.Type)
			}
		})
	}
}

// The window is the verifier's to choose.
func TestWindow(t *testing.T) {
	t.Parallel()
	for skew, want := range map[time.Duration]string{
		-90 * time.Second: "",
		-91 * time.Second: "Signature expired: 20261121T235629Z is now earlier than 20261121T235630Z (20261121T235800Z - 1.5 min.)",
		91 * time.Second:  "Signature not yet current: 20261121T235931Z is still later than 20261121T235930Z (20261121T235800Z + 1.5 min.)",
	} {
		r := newRequest(t, "http://x", "GET", "/", "")
		sign(t, r, "", at(clock.Add(skew)))
		v := verifier()
		v.Window = 90 * time.Second
		_, err := v.Verify(overTheWire(t, r), hashOf(nil))
		message := ""
		if refused := new(sigv4.Error); errors.As(err, &refused) {
			message = refused.Message
		}
		if message != want {
			t.Errorf("%s: %v, want the message %q", skew, err, want)
		}
	}
}

// A wrong signature says what was computed, to the operator alone.
func TestDetail(t *testing.T) {
	t.Parallel()
	r := newRequest(t, newServer(t), "POST", "/a%20b?x=1", "hello")
	sign(t, r, "hello", by(aws.Credentials{AccessKeyID: lasting.AccessKeyID, SecretAccessKey: "not it"}))
	got := send(t, r)
	if want := "canonical request:\nPOST\n/a%2520b\nx=1\ncontent-length:5\nhost:" + r.Host + "\nx-amz-date:20261121T235800Z\n\ncontent-length;host;x-amz-date\n" + hashOf([]byte("hello")); got.Detail != want {
		t.Errorf("detail = %q, want %q", got.Detail, want)
	}
	if strings.Contains(got.Message, "canonical") {
		t.Errorf("message = %q, want AWS's alone", got.Message)
	}
}

// Property: whatever the library signs is accepted as it comes off the wire, and no byte
// of it can be another.
func TestRandomRequests(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(2026, 11))
	for i := range 800 {
		body := randomText(random, "abcxyz\x00\xff \n", 20)
		r := newRequest(t, "http://abc.lambda-url.eu-west-1.on.aws", pick(random, "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"), randomTarget(random), body)
		for range random.IntN(3) {
			r.Header.Add("X-Amz-"+pick(random, "Meta", "Source-Arn", "Z"), randomText(random, "abc/:+=%", 10)+"v")
		}
		if random.IntN(2) == 0 {
			r.Header.Set("X-Amz-Content-Sha256", hashOf([]byte(body)))
		}
		sign(t, r, body)

		var buffer bytes.Buffer
		if err := r.Write(&buffer); err != nil {
			t.Fatal(err)
		}
		wire := buffer.Bytes()
		if _, err := verifyWire(wire); err != nil {
			t.Fatalf("request %d is refused: %v\n%s\n%s", i, err, wire, detail(err))
		}
		for range 4 {
			changed, at := tampered(random, wire)
			if _, err := verifyWire(changed); err == nil {
				t.Fatalf("request %d is accepted with another byte at %d:\n%q\nwas\n%q", i, at, changed, wire)
			}
		}
	}
}

// verifyWire verifies a request as a server reads it; what it cannot read is refused, too.
func verifyWire(wire []byte) (accessKey string, err error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
	if err != nil {
		return "", err
	}
	return verify(r)
}

// detail is what the verifier computed, if it refused.
func detail(err error) string {
	refused := new(sigv4.Error)
	errors.As(err, &refused)
	return refused.Detail
}

// tampered changes one byte of the signed parts: the request line without the protocol's
// version, the lines of signed headers, the body. It leaves the case of letters alone,
// which does not count in names of headers and in escapes of the query.
func tampered(random *rand.Rand, wire []byte) (changed []byte, at int) {
	const letters = "0123456789abcdefghijklmnopqrstuvwxyz"
	head := bytes.Index(wire, []byte("\r\n\r\n"))
	_, signed, _ := strings.Cut(string(wire[:head]), "SignedHeaders=")
	signed, _, _ = strings.Cut(signed, ",")
	var places []int
	offset := 0
	for n, line := range strings.SplitAfter(string(wire[:head+2]), "\r\n") {
		from, to := 0, len(line)-2
		name, value, _ := strings.Cut(line, ": ")
		name = strings.ToLower(name)
		switch {
		case n == 0:
			to = strings.LastIndexByte(line, ' ')
		case name == "authorization":
			from = len(line) - len(value) + len("AWS4-HMAC-SHA256 ")
		case slices.Contains(strings.Split(signed, ";"), name):
			from = len(line) - len(value)
		default:
			to = 0
		}
		for i := from; i < to; i++ {
			places = append(places, offset+i)
		}
		offset += len(line)
	}
	for i := head + 4; i < len(wire); i++ {
		places = append(places, i)
	}
	for {
		at = places[random.IntN(len(places))]
		b := letters[random.IntN(len(letters))]
		if !strings.EqualFold(string(b), string(wire[at])) {
			changed = bytes.Clone(wire)
			changed[at] = b
			return changed, at
		}
	}
}

func pick(random *rand.Rand, from ...string) string { return from[random.IntN(len(from))] }

func randomText(random *rand.Rand, alphabet string, most int) string {
	b := make([]byte, random.IntN(most+1))
	for i := range b {
		b[i] = alphabet[random.IntN(len(alphabet))]
	}
	return string(b)
}

// randomTarget makes a path of anything and a query. That the SDK writes it anew does not
// matter: package oac and the signers of npm sign queries as they stand.
func randomTarget(random *rand.Rand) string {
	var b strings.Builder
	for range 1 + random.IntN(3) {
		b.WriteByte('/')
		for range random.IntN(4) {
			b.WriteString(pick(random, "a", "Z", "0", "%20", "+", "(", ")", "%C3%BC", "%2F", ".", "..", "~", ":", "@", "!", "$", "*", "'", ",", "=", ";", "%25"))
		}
	}
	for i := range random.IntN(4) {
		b.WriteByte("?&&&"[i])
		name := pick(random, "a", "b", "A", "a1", "key", "x-y", "z_")
		fmt.Fprintf(&b, "%s%d", name, i) // names are not repeated; values may be anything
		if random.IntN(4) > 0 {
			b.WriteByte('=')
		}
		for range random.IntN(3) {
			b.WriteString(pick(random, "v", "%20", "%2B", "%2F", "/", "%C3%BC", "=", "[", "*", "~", ":", "%26"))
		}
	}
	return b.String()
}

// Documented: the names of signed headers are sorted. Who signs them in another order, and
// says so, is not accepted.
func TestOrderOfSignedHeaders(t *testing.T) {
	t.Parallel()
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	for _, test := range []struct {
		names  []string
		accept bool
	}{{[]string{"host", "x-amz-date"}, true}, {[]string{"x-amz-date", "host"}, false}} {
		const date = "20261121T235800Z"
		values := map[string]string{"host": "example.on.aws", "x-amz-date": date}
		canonical := "GET\n/\n\n"
		for _, name := range test.names {
			canonical += name + ":" + values[name] + "\n"
		}
		canonical += "\n" + strings.Join(test.names, ";") + "\n" + hashOf(nil)
		scope := "20261121/" + region + "/lambda/aws4_request"
		key := []byte("AWS4" + lasting.SecretAccessKey)
		for _, part := range strings.Split(scope, "/") {
			key = mac(key, part)
		}
		signature := hex.EncodeToString(mac(key, strings.Join([]string{"AWS4-HMAC-SHA256", date, scope, hashOf([]byte(canonical))}, "\n")))
		r := parse(t, "GET / HTTP/1.1\r\nHost: example.on.aws\r\nX-Amz-Date: "+date+"\r\nAuthorization: AWS4-HMAC-SHA256 Credential="+lasting.AccessKeyID+"/"+scope+
			", SignedHeaders="+strings.Join(test.names, ";")+", Signature="+signature+"\r\n\r\n")
		if _, err := verifier().Verify(r, hashOf(nil)); (err == nil) != test.accept {
			t.Errorf("signed %q: %v, want it accepted: %v", test.names, err, test.accept)
		}
	}
}

// Why a signature is refused is told by a reason, where AWS has the same words for several.
func TestReasons(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, after func(*http.Request) // it is signed
		want          sigv4.Reason
	}{
		"another path":            {nil, func(r *http.Request) { r.RequestURI = "/other" }, sigv4.Mismatch},
		"bearer token":            {nil, func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, sigv4.Malformed},
		"no date":                 {nil, func(r *http.Request) { r.Header.Del("X-Amz-Date") }, sigv4.Malformed},
		"another token":           {nil, func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") }, sigv4.UnknownKey},
		"UNSIGNED-PAYLOAD":        {func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", sigv4.UnsignedPayload) }, nil, sigv4.Unhashed},
		"hash that is not signed": {nil, func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", strings.Repeat("0", 64)) }, sigv4.Uncovered},
		"another hash":            {func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", strings.Repeat("0", 64)) }, nil, sigv4.Payload},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRequest(t, "http://id.lambda-url.eu-west-1.on.aws", "POST", "/a?b=c", "hello")
			if test.before != nil {
				test.before(r)
			}
			sign(t, r, "hello")
			r = overTheWire(t, r)
			if test.after != nil {
				test.after(r)
			}
			_, err := verify(r)
			if refused := (*sigv4.Error)(nil); !errors.As(err, &refused) || refused.Reason != test.want {
				t.Errorf("error = %+v, want the reason %d", err, test.want)
			}
		})
	}
}
