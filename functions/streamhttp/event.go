package streamhttp

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Event is the event of any door: a function URL, a REST, HTTP or WebSocket API of Amazon API Gateway,
// or an Application Load Balancer. It has the fields of all their events, so that each is read in one
// pass; most fields are empty in any one event. [RequestFromContext] returns what all have in common.
type Event struct {
	events.LambdaFunctionURLRequest
	RequestContext EventContext `json:"requestContext"`

	// These are in payload format 1.0, which REST APIs use, and in events of load balancers.
	HTTPMethod                      string              `json:"httpMethod,omitempty"`
	Path                            string              `json:"path,omitempty"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders,omitempty"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters,omitempty"`
	PathParameters                  map[string]string   `json:"pathParameters,omitempty"`

	// These come from services that invoke the function without HTTP; see [WithS3].
	Records json.RawMessage `json:"Records,omitempty"`

	// Continued is set by this package in the event of the invocation that continues with a message
	// of a WebSocket API.
	Continued bool `json:"streamfrontContinued,omitempty"`
}

// EventContext is the requestContext of an Event.
type EventContext struct {
	events.LambdaFunctionURLRequestContext
	Authorizer json.RawMessage `json:"authorizer,omitempty"` // unchanged
	Stage      string          `json:"stage,omitempty"`

	// These are in payload format 1.0, and in events of WebSocket APIs.
	Identity EventIdentity `json:"identity"`

	ELB *events.ELBContext `json:"elb,omitempty"` // of load balancers

	// These are in events of WebSocket APIs.
	RouteKey     string `json:"routeKey,omitempty"`
	EventType    string `json:"eventType,omitempty"`
	ConnectionID string `json:"connectionId,omitempty"`
}

// EventIdentity says who called an API with payload format 1.0.
type EventIdentity struct {
	AccessKey string `json:"accessKey,omitempty"` // of a request signed for AWS_IAM
	SourceIP  string `json:"sourceIp,omitempty"`
	UserAgent string `json:"userAgent,omitempty"`
}

// kind distinguishes events by fields that only they have.
func (e *Event) kind() kind {
	c := &e.RequestContext
	switch {
	case c.ELB != nil:
		return albKind
	case c.ConnectionID != "" && c.EventType != "":
		return webSocketKind
	case c.HTTP.Method != "" && (c.DomainName == "" || strings.Contains(c.DomainName, ".lambda-url.")):
		return functionURLKind
	case c.HTTP.Method != "" || e.HTTPMethod != "" && e.Version == "1.0":
		return httpKind // whose own format is either 2.0 or 1.0
	case e.HTTPMethod != "":
		return restKind
	default:
		return unknownKind
	}
}

// arrival is a request at a door. Its event has the shape of a function URL's event, which fits all
// doors.
type arrival struct {
	event *events.LambdaFunctionURLRequest
	door  door

	vouched bool // the forwarded headers come from the distribution's edge code
	signed  bool // Authorization is a signature for AWS, and X-Amz-... belong to it

	format1 bool                // the answer is in payload format 1.0
	multi   map[string][]string // all headers, if the event has lists of values
	peer    string              // address of the caller, if the door names it
	host    bool                // the Host header is the caller's and not the door's
}

// arrive also returns the results of the door's authorizer.
func (e *Event) arrive(of doors) (*arrival, json.RawMessage) {
	event := &e.LambdaFunctionURLRequest
	event.RequestContext = e.RequestContext.LambdaFunctionURLRequestContext
	a := &arrival{event: event, door: of.of(e.kind())}
	// A function URL and an HTTP API name the caller here, a REST API in its identity.
	_ = json.Unmarshal(e.RequestContext.Authorizer, &event.RequestContext.Authorizer)
	identity := iamOf(event)
	a.signed = identity != nil || e.RequestContext.Identity.AccessKey != ""
	switch a.door.kind {
	case functionURLKind:
		a.vouched = a.door.vouches || identity != nil && ofAccessControl(identity.UserARN)
		a.signed = a.signed || a.vouched
	case httpKind, restKind:
		a.host = true
		a.door.key.restrict(e)
		if a.format1 = e.HTTPMethod != ""; a.format1 {
			a.fromFormat1(e, url.QueryEscape)
		}
		a.peer = event.RequestContext.HTTP.SourceIP
		event.RawPath = withoutStage(event.RawPath, e)
	case albKind:
		a.host = true
		a.fromFormat1(e, func(encoded string) string { return encoded })
	}
	if !a.vouched {
		drop(event.Headers, a.multi, claimsHeader)
	}
	if (a.door.kind == httpKind || a.door.kind == restKind) && event.RequestContext.HTTP.Method == http.MethodOptions && !present(e.RequestContext.Authorizer) {
		drop(event.Headers, a.multi, "Authorization")
	}
	return a, e.RequestContext.Authorizer
}

func iamOf(event *events.LambdaFunctionURLRequest) *events.LambdaFunctionURLRequestContextAuthorizerIAMDescription {
	if event.RequestContext.Authorizer == nil {
		return nil
	}
	return event.RequestContext.Authorizer.IAM
}

// accessControlRole is the role, in an account of AWS, with whose sessions CloudFront's origin access
// control signs. The account has been the same in all Regions: it was recorded with function URLs
// (mhart/aws4#163), and key policies that let CloudFront read encrypted buckets name it. The session
// is OriginAccessSession, or in one case was named after an edge location. Nobody outside AWS can open
// one.
const accessControlRole = "arn:aws:sts::856369053181:assumed-role/OriginAccessControlRole/"

// ofAccessControl recognizes the identity with which CloudFront's origin access control signs. AWS
// writes it into the event. Others who may call the URL have another identity, at most a role of the
// same name in their own account. The function's policy decides which distribution it is.
func ofAccessControl(userARN string) bool { return strings.HasPrefix(userARN, accessControlRole) }

// drop removes what nobody verified: headers that only the authorizer at the edge may set, and the
// Authorization of a preflight, which authorizers let pass. Browsers send none with a preflight, and a
// handler that relies on the authorizer would trust it.
func drop(headers map[string]string, multi map[string][]string, dropped string) {
	for name := range headers {
		if strings.EqualFold(name, dropped) {
			delete(headers, name)
		}
	}
	for name := range multi {
		if strings.EqualFold(name, dropped) {
			delete(multi, name)
		}
	}
}

// fromFormat1 converts payload format 1.0, or a load balancer's variant of it, to format 2.0. API
// Gateway decodes the query, a load balancer does not.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
func (a *arrival) fromFormat1(e *Event, escape func(string) string) {
	event := a.event
	event.RawPath = e.Path
	if _, err := url.ParseRequestURI(e.Path); err != nil && a.door.kind != albKind {
		event.RawPath = (&url.URL{Path: e.Path}).EscapedPath()
	}
	event.RawQueryString = query(e, escape)
	event.RequestContext.HTTP = events.LambdaFunctionURLRequestContextHTTPDescription{
		Method: e.HTTPMethod, Path: e.Path, Protocol: "HTTP/1.1",
		SourceIP: e.RequestContext.Identity.SourceIP, UserAgent: e.RequestContext.Identity.UserAgent,
	}
	if e.MultiValueHeaders == nil {
		return
	}
	a.multi = e.MultiValueHeaders
	event.Headers = make(map[string]string, len(a.multi))
	for name, values := range a.multi {
		event.Headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
}

// query makes a query from parameters, whose order among different names is lost.
func query(e *Event, escape func(string) string) string {
	parameters := e.MultiValueQueryStringParameters
	if parameters == nil {
		parameters = make(map[string][]string, len(e.QueryStringParameters))
		for name, value := range e.QueryStringParameters {
			parameters[name] = []string{value}
		}
	}
	var pairs []string
	for name, values := range parameters {
		for _, value := range values {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	// The sort is stable, so values of one name keep their order.
	slices.SortStableFunc(pairs, func(a, b string) int {
		nameA, _, _ := strings.Cut(a, "=")
		nameB, _, _ := strings.Cut(b, "=")
		return strings.Compare(nameA, nameB)
	})
	return strings.Join(pairs, "&")
}

// withoutStage removes the stage, which an HTTP API leaves in the path unless it is $default. Under a
// custom domain name the path has the mapping's key instead of the stage.
func withoutStage(path string, e *Event) string {
	stage := e.RequestContext.Stage
	if e.Version != "2.0" || stage == "" || stage == "$default" || !strings.Contains(e.RequestContext.DomainName, ".execute-api.") {
		return path
	}
	rest, ok := strings.CutPrefix(path, "/"+stage)
	switch {
	case ok && rest == "":
		return "/"
	case ok && rest[0] == '/':
		return rest
	default:
		return path
	}
}

type authorizerKey struct{}

// AuthorizerFromContext returns the results of the authorizer of an API of Amazon API Gateway, as AWS
// wrote them into requestContext.authorizer of the event. They are JSON whose shape depends on the
// authorizer: {"claims":{...}} for a Cognito authorizer of a REST API, and
// {"jwt":{"claims":{...},"scopes":[...]}} for a JWT authorizer of an HTTP API. It reports false if
// there are none.
func AuthorizerFromContext(ctx context.Context) (json.RawMessage, bool) {
	authorizer, ok := ctx.Value(authorizerKey{}).(json.RawMessage)
	return authorizer, ok
}

func withAuthorizer(ctx context.Context, authorizer json.RawMessage) context.Context {
	if !present(authorizer) {
		return ctx
	}
	return context.WithValue(ctx, authorizerKey{}, authorizer)
}

func present(authorizer json.RawMessage) bool {
	return len(authorizer) > 0 && string(authorizer) != "null"
}

// add copies headers that have lists of values.
func (a *arrival) add(header http.Header) (viewerHost string) {
	for name, values := range a.multi {
		switch key := http.CanonicalHeaderKey(name); {
		case key == "Host":
			viewerHost = strings.Join(values, ",")
		case key == "Transfer-Encoding" || key == "Connection":
			// Of the hop to Lambda.
		case a.signed && (key == "Authorization" || strings.HasPrefix(key, signaturePrefix)):
			// For AWS.
		default:
			header[key] = append(header[key], values...)
		}
	}
	return viewerHost
}
