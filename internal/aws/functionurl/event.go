package functionurl

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// event is the request in payload format 2.0.
//
// Source: AWS Lambda Developer Guide, "Invoking Lambda function URLs"; what it leaves out
// (absent keys, base64, identities) from captured events.
type event struct {
	Version               string            `json:"version"`
	RouteKey              string            `json:"routeKey"`
	RawPath               string            `json:"rawPath"`
	RawQueryString        string            `json:"rawQueryString"`
	Cookies               []string          `json:"cookies,omitempty"`
	Headers               map[string]string `json:"headers"`
	QueryStringParameters map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext        requestContext    `json:"requestContext"`
	Body                  string            `json:"body,omitempty"`
	IsBase64Encoded       bool              `json:"isBase64Encoded"`
}

type requestContext struct {
	AccountID      string      `json:"accountId"`
	APIID          string      `json:"apiId"`
	Authentication *struct{}   `json:"authentication"`
	Authorizer     *authorizer `json:"authorizer,omitempty"`
	DomainName     string      `json:"domainName"`
	DomainPrefix   string      `json:"domainPrefix"`
	HTTP           httpContext `json:"http"`
	RequestID      string      `json:"requestId"`
	RouteKey       string      `json:"routeKey"`
	Stage          string      `json:"stage"`
	Time           string      `json:"time"`
	TimeEpoch      int64       `json:"timeEpoch"`
}

type authorizer struct {
	IAM iamIdentity `json:"iam"`
}

type iamIdentity struct {
	AccessKey       string  `json:"accessKey"`
	AccountID       string  `json:"accountId"`
	CallerID        string  `json:"callerId"`
	CognitoIdentity *string `json:"cognitoIdentity"`
	PrincipalOrgID  *string `json:"principalOrgId"`
	UserARN         string  `json:"userArn"`
	UserID          string  `json:"userId"`
}

type httpContext struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// cloudFrontAccount is the account that requests signed by an origin access control come
// from, and the identity in it (captured; the documentation says the owner's account).
const (
	cloudFrontAccount  = "856369053181"
	cloudFrontUserARN  = "arn:aws:sts::856369053181:assumed-role/OriginAccessControlRole/OriginAccessSession"
	cloudFrontCallerID = "AROA4OFRDWVBRXXXXXXXX:OriginAccessSession"
)

// identity is how a caller appears in the event; nil for anonymous ones.
func (p *Principal) identity(accessKey string) *iamIdentity {
	switch {
	case p == nil:
		return nil
	case p.Service == "":
		return &iamIdentity{
			AccessKey: accessKey, AccountID: p.SourceAccount, CallerID: "AIDALOCALINVOKER", UserID: "AIDALOCALINVOKER",
			UserARN: "arn:aws:iam::" + p.SourceAccount + ":user/invoker",
		}
	default:
		return &iamIdentity{
			AccessKey: accessKey, AccountID: cloudFrontAccount, CallerID: cloudFrontCallerID, UserID: cloudFrontCallerID,
			UserARN: cloudFrontUserARN,
		}
	}
}

// newEvent makes the event. A forwarded request is one that CloudFront sent. What else the
// caller says of the way that a request came is the caller's word, Via for one.
func newEvent(r *http.Request, domain string, forwarded bool, caller *iamIdentity, body []byte, now time.Time) *event {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	peer, _, _ := net.SplitHostPort(r.RemoteAddr)
	prefix, _, _ := strings.Cut(domain, ".")
	e := &event{
		Version: "2.0", RouteKey: "$default", RawPath: path, RawQueryString: query,
		Headers:               headers(r, domain, peer, forwarded),
		QueryStringParameters: parameters(query),
		RequestContext: requestContext{
			AccountID: "anonymous", APIID: prefix, DomainName: domain, DomainPrefix: prefix,
			HTTP:      httpContext{Method: r.Method, Path: path, Protocol: r.Proto, SourceIP: peer, UserAgent: r.UserAgent()},
			RequestID: newRequestID(), RouteKey: "$default", Stage: "$default",
			Time: now.UTC().Format("02/Jan/2006:15:04:05 +0000"), TimeEpoch: now.UnixMilli(),
		},
	}
	if decoded, err := url.PathUnescape(path); err == nil {
		e.RequestContext.HTTP.Path = decoded
	}
	for _, line := range r.Header.Values("Cookie") {
		for _, cookie := range strings.Split(line, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				e.Cookies = append(e.Cookies, cookie)
			}
		}
	}
	if caller != nil {
		delete(e.Headers, "authorization") // it was the caller's signature
		e.RequestContext.AccountID = caller.AccountID
		e.RequestContext.Authorizer = &authorizer{IAM: *caller}
	}
	switch {
	case len(body) == 0:
	case travelsAsText(r.Header, body):
		e.Body = string(body)
	default:
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return e
}

// headers lower-cases the names and joins what came several times by commas.
func headers(r *http.Request, domain, peer string, forwarded bool) map[string]string {
	out := map[string]string{}
	for name, values := range r.Header {
		separator := ","
		if name == "Cookie" {
			separator = "; "
		}
		out[strings.ToLower(name)] = strings.Join(values, separator)
	}
	delete(out, "connection")
	out["host"] = domain
	if r.ContentLength > 0 {
		out["content-length"] = fmt.Sprint(r.ContentLength)
	}
	if !forwarded { // CloudFront's own address is not appended (captured)
		out["x-forwarded-for"] = strings.TrimPrefix(out["x-forwarded-for"]+","+peer, ",")
	}
	out["x-forwarded-proto"], out["x-forwarded-port"] = "https", "443"
	out["x-amzn-tls-version"], out["x-amzn-tls-cipher-suite"] = "TLSv1.3", "TLS_AES_128_GCM_SHA256"
	if out["x-amzn-trace-id"] == "" {
		out["x-amzn-trace-id"] = newTraceID()
	}
	return out
}

// parameters decodes the query and joins what came several times by commas.
func parameters(query string) map[string]string {
	values, _ := url.ParseQuery(query) // the parts that cannot be decoded are left out
	out := make(map[string]string, len(values))
	for name, v := range values {
		out[name] = strings.Join(v, ",")
	}
	return out
}

// travelsAsText tells whether a body stands in the event as text: if its type is one of text,
// and if no byte is lost by it. A compressed body travels as base64 whatever its type says
// (field report, anomalyco/sst#6275), and so does one that is not UTF-8, which JSON cannot
// carry (assumed).
func travelsAsText(h http.Header, body []byte) bool {
	for _, encoding := range h.Values("Content-Encoding") {
		if encoding = strings.TrimSpace(encoding); encoding != "" && !strings.EqualFold(encoding, "identity") {
			return false
		}
	}
	return isText(h.Get("Content-Type")) && utf8.Valid(body)
}

// isText tells whether a body of the content type travels as text; all else, a missing
// type and forms among it, travels as base64 (field reports; +json is unverified and
// counts as binary).
func isText(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	switch mediaType {
	case "application/json", "application/xml", "application/javascript":
		return true
	}
	return strings.HasPrefix(mediaType, "text/")
}

func (e *event) marshal() ([]byte, error) { return json.Marshal(e) }

func newRequestID() string {
	b := randomHex(16)
	return strings.Join([]string{b[:8], b[8:12], "4" + b[13:16], "8" + b[17:20], b[20:]}, "-")
}

func newTraceID() string {
	return fmt.Sprintf("Root=1-%08x-%s", time.Now().Unix(), randomHex(12))
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b)
}
