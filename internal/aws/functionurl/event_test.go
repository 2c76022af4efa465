package functionurl

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda/event"
)

const domain = "abc123.lambda-url.eu-west-1.on.aws"

// received reads a request off the wire.
func received(t *testing.T, wire string) (*http.Request, []byte) {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire)))
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = "192.0.2.10:4711"
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, body
}

// The whole event, field by field: AWS Lambda Developer Guide, "Invoking Lambda function
// URLs"; what is absent when empty, both places of cookies, and the identity behind an
// origin access control from captured events.
func TestEvent(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 3, 4, 5, 678e6, time.FixedZone("", 3600))
	iam := map[string]any{
		"iam": map[string]any{
			"accessKey": "AKEY", "accountId": "856369053181", "callerId": "AROA4OFRDWVBRXXXXXXXX:OriginAccessSession",
			"cognitoIdentity": nil, "principalOrgId": nil, "userId": "AROA4OFRDWVBRXXXXXXXX:OriginAccessSession",
			"userArn": "arn:aws:sts::856369053181:assumed-role/OriginAccessControlRole/OriginAccessSession",
		},
	}
	for name, test := range map[string]struct {
		wire      string
		forwarded bool // by a distribution
		caller    *Principal
		want      map[string]any // but what every event has
		headers   map[string]any // but what every event has
		context   map[string]any
		http      map[string]any
	}{
		"GET": {
			wire:    "GET / HTTP/1.1\r\nHost: " + domain + "\r\n\r\n",
			headers: map[string]any{"x-forwarded-for": "192.0.2.10"},
			want:    map[string]any{"rawPath": "/", "rawQueryString": ""},
			context: map[string]any{"accountId": "anonymous"},
			http:    map[string]any{"method": "GET", "path": "/", "userAgent": ""},
		},
		"signed by CloudFront": {
			wire: "GET /a HTTP/1.1\r\nHost: " + domain + "\r\nAuthorization: AWS4-HMAC-SHA256 x\r\nConnection: keep-alive\r\n" +
				"Via: 1.1 x.cloudfront.net (CloudFront)\r\nX-Forwarded-For: 203.0.113.7\r\nUser-Agent: agent/1\r\nX-Amz-Date: 20261102T030405Z\r\n\r\n",
			forwarded: true,
			caller:    &Principal{Service: "cloudfront.amazonaws.com"},
			headers: map[string]any{
				"via": "1.1 x.cloudfront.net (CloudFront)", "x-forwarded-for": "203.0.113.7", "user-agent": "agent/1", "x-amz-date": "20261102T030405Z",
			},
			want:    map[string]any{"rawPath": "/a", "rawQueryString": ""},
			context: map[string]any{"accountId": "856369053181", "authorizer": iam},
			http:    map[string]any{"method": "GET", "path": "/a", "userAgent": "agent/1"},
		},
		// Assumed: the address is that of the connection, whatever a caller says of the way.
		"a direct caller who says Via": {
			wire:    "GET / HTTP/1.1\r\nHost: x\r\nVia: 1.1 x.cloudfront.net (CloudFront)\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n",
			headers: map[string]any{"via": "1.1 x.cloudfront.net (CloudFront)", "x-forwarded-for": "203.0.113.7,192.0.2.10"},
			want:    map[string]any{"rawPath": "/", "rawQueryString": ""},
			context: map[string]any{"accountId": "anonymous"},
			http:    map[string]any{"method": "GET", "path": "/", "userAgent": ""},
		},
		"signed by a user": {
			wire:    "GET /a HTTP/1.1\r\nHost: " + domain + "\r\nAuthorization: AWS4-HMAC-SHA256 x\r\n\r\n",
			caller:  &Principal{SourceAccount: "111122223333"},
			headers: map[string]any{"x-forwarded-for": "192.0.2.10"},
			want:    map[string]any{"rawPath": "/a", "rawQueryString": ""},
			context: map[string]any{"accountId": "111122223333", "authorizer": map[string]any{"iam": map[string]any{
				"accessKey": "AKEY", "accountId": "111122223333", "callerId": "AIDALOCALINVOKER", "userId": "AIDALOCALINVOKER",
				"cognitoIdentity": nil, "principalOrgId": nil, "userArn": "arn:aws:iam::111122223333:user/invoker",
			}}},
			http: map[string]any{"method": "GET", "path": "/a", "userAgent": ""},
		},
		"a bearer token at a public URL": {
			wire:    "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\r\n",
			headers: map[string]any{"x-forwarded-for": "192.0.2.10", "authorization": "Bearer t"},
			want:    map[string]any{"rawPath": "/", "rawQueryString": ""},
			context: map[string]any{"accountId": "anonymous"},
			http:    map[string]any{"method": "GET", "path": "/", "userAgent": ""},
		},
		"escapes, and keys that come again": {
			wire:    "GET /pa%2Fth/%C3%BC+1?multi=foo&multi=%2Fbar&empty=&bare&plus=a+b&bad=%zz HTTP/1.1\r\nHost: x\r\n\r\n",
			headers: map[string]any{"x-forwarded-for": "192.0.2.10"},
			want: map[string]any{
				"rawPath": "/pa%2Fth/%C3%BC+1", "rawQueryString": "multi=foo&multi=%2Fbar&empty=&bare&plus=a+b&bad=%zz",
				"queryStringParameters": map[string]any{"multi": "foo,/bar", "empty": "", "bare": "", "plus": "a b"},
			},
			context: map[string]any{"accountId": "anonymous"},
			http:    map[string]any{"method": "GET", "path": "/pa/th/ü+1", "userAgent": ""},
		},
		"cookies and headers that come again": {
			wire: "GET / HTTP/1.1\r\nHost: x\r\nCookie: a=1; b=2;\r\nCookie: c=3\r\nAccept: text/html\r\nACCEPT: text/plain\r\n" +
				"X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: 80\r\n\r\n",
			headers: map[string]any{"cookie": "a=1; b=2;; c=3", "accept": "text/html,text/plain", "x-forwarded-for": "203.0.113.7,192.0.2.10"},
			want:    map[string]any{"rawPath": "/", "rawQueryString": "", "cookies": []any{"a=1", "b=2", "c=3"}},
			context: map[string]any{"accountId": "anonymous"},
			http:    map[string]any{"method": "GET", "path": "/", "userAgent": ""},
		},
		"POST of JSON": {
			wire:    "POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{\"a\":\"ü\"}",
			headers: map[string]any{"x-forwarded-for": "192.0.2.10", "content-type": "application/json", "content-length": "10"},
			want:    map[string]any{"rawPath": "/x", "rawQueryString": "", "body": "{\"a\":\"ü\"}"},
			context: map[string]any{"accountId": "anonymous"},
			http:    map[string]any{"method": "POST", "path": "/x", "userAgent": ""},
		},
		"POST of a form": {
			wire:    "POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=1",
			headers: map[string]any{"x-forwarded-for": "192.0.2.10", "content-type": "application/x-www-form-urlencoded", "content-length": "3"},
			want:    map[string]any{"rawPath": "/x", "rawQueryString": "", "body": "YT0x", "isBase64Encoded": true},
			context: map[string]any{"accountId": "anonymous"},
			http:    map[string]any{"method": "POST", "path": "/x", "userAgent": ""},
		},
		"POST of bytes without a type, chunked": {
			wire:    "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\xff\x00\r\n0\r\n\r\n",
			headers: map[string]any{"x-forwarded-for": "192.0.2.10"},
			want:    map[string]any{"rawPath": "/x", "rawQueryString": "", "body": "/wA=", "isBase64Encoded": true},
			context: map[string]any{"accountId": "anonymous"},
			http:    map[string]any{"method": "POST", "path": "/x", "userAgent": ""},
		},
		"POST of compressed JSON": {
			wire:    "POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b",
			headers: map[string]any{"x-forwarded-for": "192.0.2.10", "content-type": "application/json", "content-encoding": "gzip", "content-length": "2"},
			want:    map[string]any{"rawPath": "/x", "rawQueryString": "", "body": "H4s=", "isBase64Encoded": true},
			context: map[string]any{"accountId": "anonymous"},
			http:    map[string]any{"method": "POST", "path": "/x", "userAgent": ""},
		},
		"POST of nothing": {
			wire:    "POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 0\r\n\r\n",
			headers: map[string]any{"x-forwarded-for": "192.0.2.10", "content-type": "image/png", "content-length": "0"},
			want:    map[string]any{"rawPath": "/x", "rawQueryString": ""},
			context: map[string]any{"accountId": "anonymous"},
			http:    map[string]any{"method": "POST", "path": "/x", "userAgent": ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, body := received(t, test.wire)
			e := newEvent(r, domain, test.forwarded, test.caller.identity("AKEY"), body, now)
			text, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}

			// What differs from one request to the next.
			context, headers := got["requestContext"].(map[string]any), got["headers"].(map[string]any)
			if id, _ := context["requestId"].(string); !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
				t.Errorf("requestId = %q, want a UUID", id)
			}
			if id, _ := headers["x-amzn-trace-id"].(string); !regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$`).MatchString(id) {
				t.Errorf("x-amzn-trace-id = %q", id)
			}
			delete(context, "requestId")
			delete(headers, "x-amzn-trace-id")

			// What is the same in all.
			for name, v := range map[string]any{
				"host": domain, "x-forwarded-proto": "https", "x-forwarded-port": "443",
				"x-amzn-tls-version": "TLSv1.3", "x-amzn-tls-cipher-suite": "TLS_AES_128_GCM_SHA256",
			} {
				test.headers[name] = v
			}
			test.http["protocol"], test.http["sourceIp"] = "HTTP/1.1", "192.0.2.10"
			for name, v := range map[string]any{
				"apiId": "abc123", "domainName": domain, "domainPrefix": "abc123", "authentication": nil, "routeKey": "$default", "stage": "$default",
				"time": "02/Nov/2026:02:04:05 +0000", "timeEpoch": 1793585045678.0, "http": test.http,
			} {
				test.context[name] = v
			}
			for name, v := range map[string]any{"version": "2.0", "routeKey": "$default", "headers": test.headers, "requestContext": test.context} {
				test.want[name] = v
			}
			if _, ok := test.want["isBase64Encoded"]; !ok {
				test.want["isBase64Encoded"] = false
			}
			for name, v := range got {
				if !reflect.DeepEqual(v, test.want[name]) {
					t.Errorf("%s = %#v\nwant %#v", name, v, test.want[name])
				}
				delete(test.want, name)
			}
			if len(test.want) > 0 {
				t.Errorf("missing: %v", test.want)
			}
		})
	}
}

func TestEventKeepsTheCallersTraceID(t *testing.T) {
	t.Parallel()
	r, _ := received(t, "GET / HTTP/1.1\r\nHost: x\r\nX-Amzn-Trace-Id: Self=1-2-3;Root=1-4-5\r\n\r\n")
	if got := newEvent(r, domain, false, nil, nil, time.Now()).Headers["x-amzn-trace-id"]; got != "Self=1-2-3;Root=1-4-5" {
		t.Errorf("x-amzn-trace-id = %q, want the caller's", got)
	}
}

// Property: whatever the body and its headers are, the event has all of its bytes.
func TestBodiesAreWhole(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"text": "ü\u2028<&>\x00\x1f", "Latin-1": "\xfc", "gzip": "\x1f\x8b\x08\x00", "cut in a rune": "a\xe2\x82", "U+FFFD itself": "\ufffd",
	} {
		for _, contentType := range []string{"application/json", "text/plain; charset=iso-8859-1", "application/octet-stream", ""} {
			for _, encoding := range []string{"", "gzip", "identity", "gzip, br"} {
				r, _ := received(t, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: "+contentType+"\r\nContent-Encoding: "+encoding+"\r\n\r\n")
				text, err := json.Marshal(newEvent(r, domain, false, nil, []byte(body), time.Now()))
				if err != nil {
					t.Fatal(err)
				}
				var e event.Format2
				if err := json.Unmarshal(text, &e); err != nil {
					t.Fatal(err)
				}
				got := e.Body
				if e.IsBase64Encoded {
					decoded, err := base64.StdEncoding.DecodeString(e.Body)
					if err != nil {
						t.Fatal(err)
					}
					got = string(decoded)
				}
				if got != body {
					t.Errorf("%s as %q in %q: %q, want %q", name, contentType, encoding, got, body)
				}
				if strings.Contains(encoding, "gzip") && !e.IsBase64Encoded {
					t.Errorf("%s as %q in %q is text, want base64", name, contentType, encoding)
				}
			}
		}
	}
}

// Field reports: text/* and four types are text, all else is base64.
func TestIsText(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]bool{
		"text/plain":                          true,
		"text/html; charset=utf-8":            true,
		"TEXT/CSV":                            true,
		"application/json":                    true,
		"application/json;charset=UTF-8":      true,
		"application/xml":                     true,
		"application/javascript":              true,
		"":                                    false,
		"text":                                false,
		"texts/plain":                         false,
		"application/x-www-form-urlencoded":   false,
		"multipart/form-data; boundary=x":     false,
		"application/octet-stream":            false,
		"application/problem+json":            false, // unverified
		"application/vnd.api+json":            false, // unverified
		"image/svg+xml":                       false,
		"application/jsonlines":               false,
		"application/x-ndjson":                false,
		"application/json; charset":           false, // not a media type
		"application/grpc":                    false,
		"application/protobuf":                false,
		"application/vnd.amazon.eventstream":  false,
		"application/json, application/json":  false,
		"text/event-stream":                   true,
		"application/javascript; version=1.8": true,
	} {
		if got := event.TravelsAsText(http.Header{"Content-Type": {contentType}}, nil); got != want {
			t.Errorf("TravelsAsText(%q) = %v, want %v", contentType, got, want)
		}
	}
}
