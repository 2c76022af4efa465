package event

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/trace"
)

// Format2 is the request in payload format 2.0.
//
// Source: AWS Lambda Developer Guide, "Invoking Lambda function URLs"; Amazon API Gateway
// Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs"; what they leave out
// (absent keys, base64, identities) from captured events.
type Format2 struct {
	Version               string            `json:"version"`
	RouteKey              string            `json:"routeKey"`
	RawPath               string            `json:"rawPath"`
	RawQueryString        string            `json:"rawQueryString"`
	Cookies               []string          `json:"cookies,omitempty"`
	Headers               map[string]string `json:"headers"`
	QueryStringParameters map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext        Context2          `json:"requestContext"`
	PathParameters        map[string]string `json:"pathParameters,omitempty"`
	StageVariables        map[string]string `json:"stageVariables,omitempty"`
	Body                  string            `json:"body,omitempty"`
	IsBase64Encoded       bool              `json:"isBase64Encoded"`
}

// Context2 is the requestContext of payload format 2.0.
type Context2 struct {
	AccountID      string          `json:"accountId"`
	APIID          string          `json:"apiId"`
	Authentication json.RawMessage `json:"authentication,omitempty"`
	Authorizer     any             `json:"authorizer,omitempty"`
	DomainName     string          `json:"domainName"`
	DomainPrefix   string          `json:"domainPrefix"`
	HTTP           HTTPContext     `json:"http"`
	RequestID      string          `json:"requestId"`
	RouteKey       string          `json:"routeKey"`
	Stage          string          `json:"stage"`
	Time           string          `json:"time"`
	TimeEpoch      int64           `json:"timeEpoch"`
}

// HTTPContext is the request in the words of payload format 2.0.
type HTTPContext struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// IAM is an authorizer by IAM.
type IAM struct {
	IAM IAMIdentity `json:"iam"`
}

// IAMIdentity is who signed the request.
type IAMIdentity struct {
	AccessKey       string  `json:"accessKey"`
	AccountID       string  `json:"accountId"`
	CallerID        string  `json:"callerId"`
	CognitoIdentity *string `json:"cognitoIdentity"`
	PrincipalOrgID  *string `json:"principalOrgId"`
	UserARN         string  `json:"userArn"`
	UserID          string  `json:"userId"`
}

// New2 makes the event for a request to a domain. A forwarded request is one that CloudFront
// sent. What else the caller says of the way that a request came is the caller's word, Via for
// one. Route and stage are $default, and nobody is known to call.
func New2(r *http.Request, domain string, forwarded bool, body []byte, now time.Time) *Format2 {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	peer, _, _ := net.SplitHostPort(r.RemoteAddr)
	prefix, _, _ := strings.Cut(domain, ".")
	e := &Format2{
		Version: "2.0", RouteKey: "$default", RawPath: path, RawQueryString: query,
		Headers:               headers(r, domain, peer, forwarded),
		QueryStringParameters: parameters(query),
		RequestContext: Context2{
			AccountID: "anonymous", APIID: prefix, DomainName: domain, DomainPrefix: prefix,
			HTTP:      HTTPContext{Method: r.Method, Path: path, Protocol: r.Proto, SourceIP: peer, UserAgent: r.UserAgent()},
			RequestID: RequestID(), RouteKey: "$default", Stage: "$default",
			Time: Time(now), TimeEpoch: now.UnixMilli(),
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
	switch {
	case len(body) == 0:
	case TravelsAsText(r.Header, body):
		e.Body = string(body)
	default:
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return e
}

// Time is the time of a request as events have it.
func Time(t time.Time) string { return t.UTC().Format("02/Jan/2006:15:04:05 +0000") }

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
		out["x-amzn-trace-id"] = TraceID()
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

// Head is the request as the event has it, for a trace.
func (e *Format2) Head() *trace.Head {
	h := http.Header{}
	for name, value := range e.Headers {
		h.Set(name, value)
	}
	target := e.RawPath
	if e.RawQueryString != "" {
		target += "?" + e.RawQueryString
	}
	return trace.NewRequestHead(e.RequestContext.HTTP.Method, target, "", h, int64(len(e.Body)))
}
