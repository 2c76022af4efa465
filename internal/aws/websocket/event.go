package websocket

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda/event"
)

// An Event is what a function gets. Headers and the query are of connecting alone.
//
// Source: Amazon API Gateway Developer Guide, "API Gateway WebSocket API mapping template
// reference"; events/testdata of aws/aws-lambda-go.
type Event struct {
	Type                            string              `json:"type,omitempty"`      // REQUEST, for an authorizer
	MethodARN                       string              `json:"methodArn,omitempty"` // for an authorizer
	Headers                         map[string]string   `json:"headers,omitempty"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders,omitempty"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters,omitempty"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters,omitempty"`
	StageVariables                  map[string]string   `json:"stageVariables,omitempty"`
	RequestContext                  Context             `json:"requestContext"`
	Body                            *string             `json:"body,omitempty"`
	IsBase64Encoded                 bool                `json:"isBase64Encoded"`
}

// A Context is the requestContext of an event.
type Context struct {
	RouteKey             string         `json:"routeKey"`
	Authorizer           map[string]any `json:"authorizer,omitempty"`
	MessageID            string         `json:"messageId,omitempty"`
	EventType            string         `json:"eventType"`
	ExtendedRequestID    string         `json:"extendedRequestId"`
	RequestTime          string         `json:"requestTime"`
	MessageDirection     string         `json:"messageDirection"`
	DisconnectStatusCode int            `json:"disconnectStatusCode,omitempty"`
	DisconnectReason     *string        `json:"disconnectReason,omitempty"`
	Stage                string         `json:"stage"`
	ConnectedAt          int64          `json:"connectedAt"`
	RequestTimeEpoch     int64          `json:"requestTimeEpoch"`
	Identity             Identity       `json:"identity"`
	RequestID            string         `json:"requestId"`
	DomainName           string         `json:"domainName"`
	ConnectionID         string         `json:"connectionId"`
	APIID                string         `json:"apiId"`
}

// An Identity is who connected. All but the first two are of who has signed.
type Identity struct {
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent,omitempty"`
	AccessKey string `json:"accessKey,omitempty"`
	AccountID string `json:"accountId,omitempty"`
	Caller    string `json:"caller,omitempty"`
	User      string `json:"user,omitempty"`
	UserARN   string `json:"userArn,omitempty"`
}

// newID makes an id of a connection, a request or a message, in AWS's form.
func newID() string {
	var b [11]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return base64.URLEncoding.EncodeToString(b[:])
}

// event makes an event of the connection.
func (c *connection) event(kind, key string, now time.Time) *Event {
	id := newID()
	e := &Event{RequestContext: Context{
		RouteKey: key, EventType: kind, ExtendedRequestID: id, RequestTime: event.Time(now), MessageDirection: "IN",
		Stage: c.stage.Name.V, ConnectedAt: c.connected.UnixMilli(), RequestTimeEpoch: now.UnixMilli(), Identity: c.identity,
		RequestID: id, DomainName: c.server.domain, ConnectionID: c.id, APIID: c.server.api.ID, Authorizer: c.authorizer,
	}}
	if len(c.stage.Variables) > 0 {
		e.StageVariables = c.stage.Variables
	}
	return e
}

// withRequest adds what a client has sent when it connected. If lowers, the names of headers are in
// lower case, as below a custom domain name whose mappings have several levels (documented).
func (e *Event) withRequest(r *http.Request, lowers bool) {
	peer, _, _ := net.SplitHostPort(r.RemoteAddr)
	e.Headers, e.MultiValueHeaders = map[string]string{}, map[string][]string{}
	for name, values := range r.Header {
		if name != "Connection" && name != "Upgrade" {
			e.MultiValueHeaders[name] = values
		}
	}
	set := func(name, value string) { e.MultiValueHeaders[name] = []string{value} }
	set("Host", e.RequestContext.DomainName)
	set("X-Forwarded-For", strings.TrimPrefix(strings.Join(r.Header.Values("X-Forwarded-For"), ", ")+", "+peer, ", "))
	set("X-Forwarded-Port", "443")
	set("X-Forwarded-Proto", "https")
	set("X-Amzn-Trace-Id", event.TraceID())
	if lowers {
		for name, values := range e.MultiValueHeaders {
			delete(e.MultiValueHeaders, name)
			e.MultiValueHeaders[strings.ToLower(name)] = values
		}
	}
	for name, values := range e.MultiValueHeaders {
		e.Headers[name] = values[len(values)-1]
	}
	_, query, _ := strings.Cut(r.RequestURI, "?")
	if parameters, _ := url.ParseQuery(query); len(parameters) > 0 { // the parts that cannot be decoded are left out
		e.MultiValueQueryStringParameters, e.QueryStringParameters = parameters, map[string]string{}
		for name, values := range parameters {
			e.QueryStringParameters[name] = values[len(values)-1]
		}
	}
}

func (e *Event) marshal() []byte {
	payload, err := json.Marshal(e)
	if err != nil {
		panic("websocket: an event has no JSON: " + err.Error()) // of texts and numbers, and what was JSON
	}
	return payload
}
