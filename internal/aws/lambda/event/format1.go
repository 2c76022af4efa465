package event

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/trace"
)

// Format1 is the request in payload format 1.0. What is not there is null, as in captured
// events.
//
// Source: Amazon API Gateway Developer Guide, "Lambda proxy integrations in API Gateway";
// events/testdata of aws/aws-lambda-go.
type Format1 struct {
	Version                         string              `json:"version,omitempty"` // of HTTP APIs
	Resource                        string              `json:"resource"`
	Path                            string              `json:"path"`
	HTTPMethod                      string              `json:"httpMethod"`
	Headers                         map[string]string   `json:"headers"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters"`
	PathParameters                  map[string]string   `json:"pathParameters"`
	StageVariables                  map[string]string   `json:"stageVariables"`
	RequestContext                  Context1            `json:"requestContext"`
	Body                            *string             `json:"body"`
	IsBase64Encoded                 bool                `json:"isBase64Encoded"`
}

// Context1 is the requestContext of payload format 1.0.
type Context1 struct {
	ResourceID        string    `json:"resourceId"`
	ResourcePath      string    `json:"resourcePath"`
	HTTPMethod        string    `json:"httpMethod"`
	ExtendedRequestID string    `json:"extendedRequestId"`
	RequestTime       string    `json:"requestTime"`
	Path              string    `json:"path"`
	AccountID         string    `json:"accountId"`
	Protocol          string    `json:"protocol"`
	Stage             string    `json:"stage"`
	DomainPrefix      string    `json:"domainPrefix"`
	RequestTimeEpoch  int64     `json:"requestTimeEpoch"`
	RequestID         string    `json:"requestId"`
	Identity          Identity1 `json:"identity"`
	DomainName        string    `json:"domainName"`
	APIID             string    `json:"apiId"`
	Authorizer        any       `json:"authorizer,omitempty"`
}

// Identity1 is who called.
type Identity1 struct {
	CognitoIdentityPoolID         *string `json:"cognitoIdentityPoolId"`
	AccountID                     *string `json:"accountId"`
	CognitoIdentityID             *string `json:"cognitoIdentityId"`
	Caller                        *string `json:"caller"`
	APIKey                        string  `json:"apiKey,omitempty"`
	APIKeyID                      string  `json:"apiKeyId,omitempty"`
	SourceIP                      string  `json:"sourceIp"`
	PrincipalOrgID                *string `json:"principalOrgId"`
	AccessKey                     *string `json:"accessKey"`
	CognitoAuthenticationType     *string `json:"cognitoAuthenticationType"`
	CognitoAuthenticationProvider *string `json:"cognitoAuthenticationProvider"`
	UserARN                       *string `json:"userArn"`
	UserAgent                     string  `json:"userAgent"`
	User                          *string `json:"user"`
}

// New1 makes the event for a request to a domain. path is the one of the event, which has no
// stage in it; that of its requestContext is the caller's.
func New1(r *http.Request, domain, path string, now time.Time) *Format1 {
	called, query, _ := strings.Cut(r.RequestURI, "?")
	peer, _, _ := net.SplitHostPort(r.RemoteAddr)
	prefix, _, _ := strings.Cut(domain, ".")
	e := &Format1{
		Path: path, HTTPMethod: r.Method,
		Headers: map[string]string{}, MultiValueHeaders: map[string][]string{},
		RequestContext: Context1{
			HTTPMethod: r.Method, ExtendedRequestID: randomHex(7) + "=", RequestTime: Time(now), Path: called,
			Protocol: r.Proto, DomainPrefix: prefix, RequestTimeEpoch: now.UnixMilli(), RequestID: RequestID(),
			Identity: Identity1{SourceIP: peer, UserAgent: r.UserAgent()}, DomainName: domain,
		},
	}
	for name, values := range r.Header {
		if name != "Connection" {
			e.MultiValueHeaders[name] = values
		}
	}
	set := func(name, value string) { e.MultiValueHeaders[name] = []string{value} }
	set("Host", domain)
	set("X-Forwarded-For", strings.TrimPrefix(strings.Join(r.Header.Values("X-Forwarded-For"), ", ")+", "+peer, ", "))
	set("X-Forwarded-Port", "443")
	set("X-Forwarded-Proto", "https")
	if len(e.MultiValueHeaders["X-Amzn-Trace-Id"]) == 0 {
		set("X-Amzn-Trace-Id", TraceID())
	}
	for name, values := range e.MultiValueHeaders {
		e.Headers[name] = values[len(values)-1]
	}
	if parameters, _ := url.ParseQuery(query); len(parameters) > 0 { // the parts that cannot be decoded are left out
		e.MultiValueQueryStringParameters = parameters
		e.QueryStringParameters = map[string]string{}
		for name, values := range parameters {
			e.QueryStringParameters[name] = values[len(values)-1]
		}
	}
	return e
}

// Head is the request as the event has it, for a trace.
func (e *Format1) Head() *trace.Head {
	size := int64(0)
	if e.Body != nil {
		size = int64(len(*e.Body))
	}
	_, query, found := strings.Cut(e.RequestContext.Path, "?")
	target := e.Path
	if found {
		target += "?" + query
	}
	return trace.NewRequestHead(e.HTTPMethod, target, "", http.Header(e.MultiValueHeaders), size)
}
