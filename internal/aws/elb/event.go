package elb

import (
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/trace"
)

// An Event is what a function gets. A group has lists of values for headers and the query, or
// one value for each name, the last one.
//
// Source: Elastic Load Balancing, User Guide for Application Load Balancers, "Use Lambda
// functions as targets"; that values of the query stay encoded is a field report.
type Event struct {
	RequestContext                  Context
	HTTPMethod                      string
	Path                            string
	QueryStringParameters           map[string]string
	MultiValueQueryStringParameters map[string][]string
	Headers                         map[string]string
	MultiValueHeaders               map[string][]string
	Body                            string
	IsBase64Encoded                 bool
}

// A Context is the requestContext of an event.
type Context struct {
	ELB struct {
		TargetGroupARN string `json:"targetGroupArn"`
	} `json:"elb"`
}

// MarshalJSON writes the fields that the group has, in AWS's order.
func (e *Event) MarshalJSON() ([]byte, error) {
	type single struct {
		RequestContext        Context           `json:"requestContext"`
		HTTPMethod            string            `json:"httpMethod"`
		Path                  string            `json:"path"`
		QueryStringParameters map[string]string `json:"queryStringParameters"`
		Headers               map[string]string `json:"headers"`
		Body                  string            `json:"body"`
		IsBase64Encoded       bool              `json:"isBase64Encoded"`
	}
	type multi struct {
		RequestContext                  Context             `json:"requestContext"`
		HTTPMethod                      string              `json:"httpMethod"`
		Path                            string              `json:"path"`
		MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters"`
		MultiValueHeaders               map[string][]string `json:"multiValueHeaders"`
		Body                            string              `json:"body"`
		IsBase64Encoded                 bool                `json:"isBase64Encoded"`
	}
	if e.MultiValueHeaders != nil {
		return json.Marshal(multi{e.RequestContext, e.HTTPMethod, e.Path, e.MultiValueQueryStringParameters, e.MultiValueHeaders, e.Body, e.IsBase64Encoded})
	}
	return json.Marshal(single{e.RequestContext, e.HTTPMethod, e.Path, e.QueryStringParameters, e.Headers, e.Body, e.IsBase64Encoded})
}

// newEvent makes the event for a request with the headers that the load balancer passes on.
func (g *Group) newEvent(r *http.Request, header http.Header, body []byte) *Event {
	e := &Event{HTTPMethod: r.Method, Path: rawPath(r)}
	e.RequestContext.ELB.TargetGroupARN = g.ARN
	if g.MultiValues.V {
		e.MultiValueHeaders, e.MultiValueQueryStringParameters = map[string][]string{}, map[string][]string{}
	} else {
		e.Headers, e.QueryStringParameters = map[string]string{}, map[string]string{}
	}
	for name, values := range header {
		name = strings.ToLower(name)
		if g.MultiValues.V {
			e.MultiValueHeaders[name] = append(e.MultiValueHeaders[name], values...)
		} else if len(values) > 0 {
			e.Headers[name] = values[len(values)-1]
		}
	}
	for _, part := range query(r) {
		if g.MultiValues.V {
			e.MultiValueQueryStringParameters[part[0]] = append(e.MultiValueQueryStringParameters[part[0]], part[1])
		} else {
			e.QueryStringParameters[part[0]] = part[1]
		}
	}
	switch {
	case len(body) == 0:
	case event.TravelsAsText(r.Header, body):
		e.Body = string(body)
	default:
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return e
}

// query returns the names and values of the query, as they came.
func query(r *http.Request) (parts [][2]string) {
	_, raw, _ := strings.Cut(r.RequestURI, "?")
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		parts = append(parts, [2]string{name, value})
	}
	return parts
}

// rawPath is the path of a request as it came.
func rawPath(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(path, "/") { // an absolute form, or "*"
		path = r.URL.EscapedPath()
	}
	return path
}

// hostname takes the port off a Host header.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// forwarded are the headers that the load balancer passes on: those of the request, with what
// it says of the way that the request came.
//
// Source: Elastic Load Balancing, User Guide for Application Load Balancers, "HTTP headers and
// Application Load Balancers". Documented.
func (l *Listener) forwarded(r *http.Request) http.Header {
	h := http.Header{}
	for name, values := range r.Header {
		if l.Balancer.DropInvalid && !validName(name) {
			continue
		}
		h[name] = values
	}
	h.Set("Host", r.Host)
	h.Del("Connection")
	if r.ContentLength > 0 {
		h.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	}
	peer, port, _ := net.SplitHostPort(r.RemoteAddr)
	if l.Balancer.ClientPort {
		peer = net.JoinHostPort(peer, port)
	}
	switch l.Balancer.ForwardedFor {
	case "preserve":
	case "remove":
		h.Del("X-Forwarded-For")
	default:
		h.Set("X-Forwarded-For", strings.TrimPrefix(strings.Join(r.Header.Values("X-Forwarded-For"), ", ")+", "+peer, ", "))
	}
	h.Set("X-Forwarded-Proto", strings.ToLower(l.Protocol.V))
	h.Set("X-Forwarded-Port", strconv.Itoa(l.Port.V))
	if h.Get("X-Amzn-Trace-Id") == "" {
		h.Set("X-Amzn-Trace-Id", event.TraceID())
	}
	if l.Secure() && l.Balancer.TLSHeaders {
		h.Set("X-Amzn-Tls-Version", "TLSv1.3")
		h.Set("X-Amzn-Tls-Cipher-Suite", "TLS_AES_128_GCM_SHA256")
	}
	return h
}

// validName reports whether a header's name has letters, digits and hyphens alone.
func validName(name string) bool {
	return strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// head is the request as the event has it, for a trace.
func (e *Event) head(target string) *trace.Head {
	h := http.Header(e.MultiValueHeaders)
	if h == nil {
		h = http.Header{}
		for name, value := range e.Headers {
			h[name] = []string{value}
		}
	}
	return trace.NewRequestHead(e.HTTPMethod, target, "", h, int64(len(e.Body)))
}
