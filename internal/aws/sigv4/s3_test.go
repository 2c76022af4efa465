package sigv4_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/sigv4"
	"github.com/streamfront/streamfront/internal/npmtest"
)

func s3Verifier(now time.Time) *sigv4.S3Verifier {
	return &sigv4.S3Verifier{Region: region, Now: func() time.Time { return now }, Lookup: verifier().Lookup}
}

// parse reads a request off the wire, as a server does.
func parse(t *testing.T, wire string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire)))
	if err != nil {
		t.Fatalf("%v:\n%s", err, wire)
	}
	return r
}

// The examples of the Amazon S3 API Reference, "Authenticating Requests: Using Query
// Parameters" and "Signature Calculations for the Authorization Header".
func TestS3Examples(t *testing.T) {
	t.Parallel()
	date := time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	v := &sigv4.S3Verifier{
		Region: "us-east-1", Now: func() time.Time { return date },
		Lookup: func(string) (iam.Credentials, bool) {
			return iam.Credentials{SecretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, true
		},
	}
	const authorization = "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for name, test := range map[string]struct{ wire, payload string }{
		"presigned": {
			"GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
				"&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host" +
				"&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404 HTTP/1.1\r\n" +
				"Host: examplebucket.s3.amazonaws.com\r\n\r\n",
			sigv4.UnsignedPayload,
		},
		"get": {
			"GET /test.txt HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\nRange: bytes=0-9\r\n" +
				"x-amz-content-sha256: " + empty + "\r\nx-amz-date: 20130524T000000Z\r\n" +
				authorization + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41\r\n\r\n",
			empty,
		},
		"put": {
			"PUT /test%24file.text HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\nDate: Fri, 24 May 2013 00:00:00 GMT\r\n" +
				"x-amz-storage-class: REDUCED_REDUNDANCY\r\nx-amz-date: 20130524T000000Z\r\n" +
				"x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\r\n" +
				authorization + "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd\r\n\r\n",
			"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := v.Verify(parse(t, test.wire))
			if err != nil || got.AccessKey != "AKIAIOSFODNN7EXAMPLE" || got.Payload != test.payload {
				t.Errorf("Verify = %+v, %v\n%s", got, err, detail(err))
			}
			changed := strings.Replace(test.wire, " /test", " /tesu", 1)
			if _, err := v.Verify(parse(t, changed)); err == nil {
				t.Error("another key is accepted")
			}
		})
	}
}

// presigned returns an upload that the SDK has presigned, as it goes over the wire.
func presigned(t *testing.T, key, contentType string, size int64) string {
	t.Helper()
	request, err := http.NewRequest(http.MethodPut, "http://s3.local:9/my-bucket/"+key, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.URL.RawQuery = "X-Amz-Expires=300"
	request.ContentLength = size
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("X-Amz-Meta-Name", "a%20b")
	signer := sdk.NewSigner(func(o *sdk.SignerOptions) { o.DisableURIPathEscaping = true })
	credentials := temporary
	signed, _, err := signer.PresignHTTP(t.Context(), credentials, request, "UNSIGNED-PAYLOAD", "s3", region, clock)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(signed)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: s3.local:9\r\nContent-Length: %d\r\nContent-Type: %s\r\nX-Amz-Meta-Name: a%%20b\r\n\r\n",
		u.RequestURI(), size, contentType)
}

func TestS3AcceptsWhatTheSDKPresigns(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"a", "uploads/file-ABC", "a%20b", "%C3%BC", "x//y", "x/../y", "a~b", "%25"} {
		for _, contentType := range []string{"text/plain", "text/plain; charset=UTF-8"} {
			wire := presigned(t, key, contentType, 5)
			got, err := s3Verifier(clock.Add(5 * time.Minute)).Verify(parse(t, wire)) // its last moment
			if err != nil || got.AccessKey != temporary.AccessKeyID || got.Payload != sigv4.UnsignedPayload {
				t.Errorf("%s: Verify = %+v, %v\n%s", key, got, err, detail(err))
			}
		}
	}
}

// A signer that shares no code with that of the SDK, nor with the verifier.
func TestS3AcceptsWhatAnotherSignerPresigns(t *testing.T) {
	t.Parallel()
	const count = 40
	options, err := json.Marshal(map[string]any{
		"count": count, "date": clock.Format(time.RFC3339), "region": region, "credentials": map[string]string{
			"accessKeyId": temporary.AccessKeyID, "secretAccessKey": temporary.SecretAccessKey, "sessionToken": temporary.SessionToken,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	out := npmtest.Run(t, nil, "testdata/presign.mjs", string(options))
	accepted := 0
	for lines := json.NewDecoder(bytes.NewReader(out)); lines.More(); accepted++ {
		var r struct {
			Target  string
			Headers map[string]string
		}
		if err := lines.Decode(&r); err != nil {
			t.Fatal(err)
		}
		wire := "PUT " + r.Target + " HTTP/1.1\r\n"
		for name, value := range r.Headers {
			wire += name + ": " + value + "\r\n"
		}
		if got, err := s3Verifier(clock).Verify(parse(t, wire+"\r\n")); err != nil || got.Payload != sigv4.UnsignedPayload {
			t.Errorf("Verify = %+v, %v\n%s\n%s", got, err, wire, detail(err))
		}
	}
	if accepted != count {
		t.Errorf("%d requests, want %d", accepted, count)
	}
}

// No character of what is signed can be another, and none be left out.
func TestS3RefusesTampering(t *testing.T) {
	t.Parallel()
	wire := presigned(t, "uploads/file-ABC", "text/plain", 5)
	v := s3Verifier(clock)
	if _, err := v.Verify(parse(t, wire)); err != nil {
		t.Fatal(err)
	}
	end := strings.Index(wire, " HTTP/1.1")
	for i := len("PUT /"); i < end; i++ {
		for _, with := range []string{"7", "x", ""} {
			if wire[i:i+1] == with {
				continue
			}
			changed := wire[:i] + with + wire[i+1:]
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(changed)))
			if err != nil {
				continue // no server gets that far
			}
			if strings.EqualFold(r.RequestURI, strings.Fields(wire)[1]) {
				continue // %2f for %2F means the same
			}
			if _, err := v.Verify(r); err == nil {
				t.Errorf("accepted with %q at %d:\n%s", with, i, r.RequestURI)
			}
		}
	}
	for name, change := range map[string][2]string{
		"method":              {"PUT", "GET"},
		"host":                {"Host: s3.local:9", "Host: s3.local:8"},
		"size":                {"Content-Length: 5", "Content-Length: 6"},
		"type":                {"Content-Type: text/plain", "Content-Type: text/html"},
		"without the type":    {"Content-Type: text/plain\r\n", ""},
		"metadata":            {"Name: a", "Name: b"},
		"without metadata":    {"X-Amz-Meta-Name: a%20b\r\n", ""},
		"more metadata":       {"Host:", "X-Amz-Meta-Other: 1\r\nHost:"},
		"an ACL":              {"Host:", "X-Amz-Acl: public-read\r\nHost:"},
		"a parameter":         {"?X-Amz", "?acl&X-Amz"},
		"a second signature":  {"&X-Amz-Signature=", "&X-Amz-Signature=0&X-Amz-Signature="},
		"a second credential": {"?X-Amz", "?X-Amz-Credential=a&X-Amz"},
	} {
		changed := strings.Replace(wire, change[0], change[1], 1)
		if changed == wire {
			t.Fatalf("%s: nothing has changed", name)
		}
		if _, err := v.Verify(parse(t, changed)); err == nil {
			t.Errorf("%s: accepted\n%s", name, changed)
		}
	}
}

func TestS3Refuses(t *testing.T) {
	t.Parallel()
	wire := presigned(t, "uploads/file-ABC", "text/plain", 5)
	header := "GET /b/k HTTP/1.1\r\nHost: s3.local:9\r\nX-Amz-Date: 20261121T235800Z\r\nX-Amz-Content-Sha256: UNSIGNED-PAYLOAD\r\n" +
		"X-Amz-Security-Token: token/+=\r\nAuthorization: AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20261121/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=" +
		strings.Repeat("0", 64) + "\r\n\r\n"
	covering := strings.Replace(header, "SignedHeaders=host", "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token", 1)
	for name, test := range map[string]struct {
		wire      string
		replace   string
		with      string
		now       time.Time
		typ, text string
	}{
		"unsigned":             {"GET /b/k HTTP/1.1\r\nHost: h\r\n\r\n", "", "", clock, "AccessDenied", "Access Denied"},
		"expired":              {wire, "", "", clock.Add(5*time.Minute + time.Second), "AccessDenied", "Request has expired"},
		"of the future":        {wire, "", "", clock.Add(-16 * time.Minute), "AccessDenied", "not yet valid"},
		"unknown key":          {wire, "ASIAEXAMPLE", "ASIAOTHER", clock, "InvalidAccessKeyId", "does not exist"},
		"another token":        {wire, "Token=token", "Token=taken", clock, "InvalidToken", "provided token"},
		"another region":       {wire, "eu-west-1", "eu-west-2", clock, "AuthorizationQueryParametersError", "the region 'eu-west-2' is wrong; expecting 'eu-west-1'"},
		"another service":      {wire, "%2Fs3%2F", "%2Flambda%2F", clock, "AuthorizationQueryParametersError", "incorrect service"},
		"another date":         {wire, "X-Amz-Date=20261121", "X-Amz-Date=20261122", clock, "AuthorizationQueryParametersError", "Invalid credential date"},
		"no signature":         {wire, "X-Amz-Signature", "X-Amz-Signatur", clock, "AuthorizationQueryParametersError", "requires"},
		"a second date":        {wire, "&X-Amz-Date", "&X-Amz-Date=20261121T000000Z&X-Amz-Date", clock, "AuthorizationQueryParametersError", "requires"},
		"another algorithm":    {wire, "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", clock, "AuthorizationQueryParametersError", "only supports"},
		"for more than ever":   {wire, "Expires=300", "Expires=604801", clock, "AuthorizationQueryParametersError", "less than a week"},
		"for ever":             {wire, "Expires=300", "Expires=-1", clock, "AuthorizationQueryParametersError", "non-negative"},
		"for a while":          {wire, "Expires=300", "Expires=long", clock, "AuthorizationQueryParametersError", "should be a number"},
		"for longer":           {wire, "Expires=300", "Expires=301", clock, "SignatureDoesNotMatch", "does not match"},
		"both ways":            {wire, "Host:", "Authorization: x\r\nHost:", clock, "InvalidArgument", "Only one auth mechanism"},
		"unsigned header":      {wire, "Host:", "X-Amz-Meta-Other: 1\r\nHost:", clock, "AccessDenied", "not signed"},
		"host is not signed":   {wire, "%3Bhost", "", clock, "AccessDenied", "not signed"},
		"header: wrong":        {covering, "", "", clock, "SignatureDoesNotMatch", "does not match"},
		"header: unsigned":     {header, "", "", clock, "AccessDenied", "not signed"},
		"header: malformed":    {header, "AWS4-HMAC-SHA256", "AWS4", clock, "AuthorizationHeaderMalformed", "malformed"},
		"header: region":       {header, "eu-west-1", "eu-west-2", clock, "AuthorizationHeaderMalformed", "expecting 'eu-west-1'"},
		"header: service":      {header, "/s3/", "/lambda/", clock, "AuthorizationHeaderMalformed", "incorrect service"},
		"header: no hash":      {header, "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD\r\n", "", clock, "InvalidRequest", "x-amz-content-sha256"},
		"header: no such hash": {covering, "UNSIGNED-PAYLOAD", "abc", clock, "InvalidArgument", "valid sha256 value"},
		"header: late":         {header, "", "", clock.Add(16 * time.Minute), "RequestTimeTooSkewed", "too large"},
		"header: early":        {header, "", "", clock.Add(-16 * time.Minute), "RequestTimeTooSkewed", "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(test.wire, test.replace, test.with, 1)
			if test.replace != "" && changed == test.wire {
				t.Fatal("nothing has changed")
			}
			_, err := s3Verifier(test.now).Verify(parse(t, changed))
			var refused *sigv4.Error
			if !errors.As(err, &refused) || refused.Type != test.typ || !strings.Contains(refused.Message, test.text) {
				t.Errorf("Verify = %v, want %s: %s", err, test.typ, test.text)
			}
		})
	}
}
