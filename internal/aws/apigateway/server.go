package apigateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/streamfront/streamfront/internal/aws/cors"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/aws/lambda/authorizer"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/aws/throttle"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/trace"
)

// maxDrained bounds how much of a body that is too large is still read, so that the client gets
// its 413 rather than a broken connection.
const maxDrained = 256 << 20

// A server answers for one API.
type server struct {
	*door.Host
	api     *API
	buckets throttle.Buckets
	quotas  quotas
	issuers map[*Authorizer][]*issuer
	answers authorizer.Cache // of the functions of authorizers
	waits   time.Duration    // for those functions
	silence time.Duration    // that a stream may have
}

func newServer(api *API, h *door.Host) *server {
	s := &server{Host: h, api: api, issuers: map[*Authorizer][]*issuer{}, silence: api.idle(), waits: authorizer.Timeout}
	if api.Kind == HTTP {
		s.waits = authorizer.HTTPTimeout
	}
	for _, o := range api.Operations {
		if a := o.Authorizer; a != nil && s.issuers[a] == nil {
			for _, url := range a.Issuers {
				s.issuers[a] = append(s.issuers[a], &issuer{url: url, client: h.Issuers})
			}
		}
	}
	return s
}

// An arrival is how a request came to the API.
type arrival struct {
	domain string
	stage  *Stage // nil: there is none
	path   string // below stage and mapping, as it came
	event  string // the path that the event has
}

// answer answers one request.
func (s *server) answer(w http.ResponseWriter, r *http.Request, a *arrival) {
	id := event.RequestID()
	rec, direct := s.Recorder.Join(door.RecordingID(r, id), r.Method, r.RequestURI)
	defer rec.Leave()
	if direct {
		meter := rec.Meter(w, r)
		defer meter.Done()
		w = meter
	}
	if s.api.Kind == HTTP {
		w.Header().Set("Apigw-Requestid", id)
	} else {
		w.Header().Set("X-Amzn-Requestid", id)
		w.Header().Set("X-Amz-Apigw-Id", id[:8]+"=")
	}
	x := &exchange{server: s, w: w, r: r, arrival: a, id: id, rec: rec}
	if whole := x.run(); !whole {
		panic(http.ErrAbortHandler) // the connection closes without a last chunk
	}
}

// An exchange is one request on its way.
type exchange struct {
	*server
	*arrival
	w   http.ResponseWriter
	r   *http.Request
	id  string
	rec *trace.Recording
}

// run takes the request through the API; whole is false if the answer broke off.
func (x *exchange) run() (whole bool) {
	hop := x.rec.Hop(string(x.api.Kind))
	refuse := func(f *refusal) bool {
		hop.Refuse(f.cause, f.detail, "%d: %s", f.status, f.why)
		x.api.write(x.w, x.r, f, x.id)
		return true
	}
	if x.stage == nil {
		return refuse(x.api.lost(true).because(causes.RouteUnknown, "no stage of the API begins the path: those here are %s", x.api.stageNames()))
	}
	if c := &x.api.CORS; c.Given {
		if cors.IsPreflight(x.r) {
			hop.Pass("204: %s", c.Preflight(x.w, x.r, http.StatusNoContent))
			return true
		}
		x.w = c.Replace(x.w, x.r)
	}
	m := x.api.find(x.r.Method, x.path)
	if m == nil {
		return refuse(x.api.lost(false).because(causes.RouteUnknown, "no %s of the API is for %s %s", x.api.word(), x.r.Method, x.path))
	}
	o := m.operation
	if unserved := o.Unserved(); len(unserved) > 0 {
		hop.Refuse(causes.None, "", "501: %s is not modelled by the local chain: %s", o.Key, unserved[0].String())
		http.Error(x.w, fmt.Sprintf("The local chain does not serve %s: %s", o.Key, unserved[0].String()), http.StatusNotImplemented)
		return true
	}
	if setting := x.stage.setting(o); setting != nil && !x.buckets.Take(setting, setting.Limits, x.Now()) {
		return refuse(tooMany("Too Many Requests", "THROTTLED").because(causes.Throttled, "the limits of the stage %s are exceeded", x.stage.Name.V))
	}
	body, f := x.body()
	if f != nil {
		return refuse(f)
	}
	if a := o.Authorizer; a != nil && a.Function != nil && x.Function(a.Function.ARN) == nil {
		return x.notHere(hop, a.Function.Definition.Name)
	}
	who, f, why := x.authorize(m, body)
	if f != nil {
		return refuse(f)
	}
	if o.KeyRequired.V {
		if f := x.byKey(x.r, x.arrival, who); f != nil {
			return refuse(f)
		}
		why += ", the API key holds"
	}
	if f := x.validate(m, body); f != nil {
		return refuse(f)
	}
	if o.Integration.Mock != nil {
		hop.Pass("%s, %s: a mock integration answers %d", o.Key, why, o.Integration.Mock.Status)
		o.Integration.Mock.answer(x.w, x.r)
		return true
	}
	if !o.allowed(x.stage.Name.V, x.r.Method, x.path) {
		return refuse(x.api.broken(http.StatusInternalServerError).because(causes.APIGrantMissing, "no AWS::Lambda::Permission of %s lets %s invoke it for %s of the stage %s",
			o.Integration.Function.Name, service, o.Key, x.stage.Name.V))
	}
	if x.Function(o.Integration.ARN) == nil {
		return x.notHere(hop, o.Integration.Function.Name)
	}
	payload, after := x.event(m, who, body)
	if x.rec.Detailed() {
		hop.Changed(trace.NewRequestHead(x.r.Method, x.r.RequestURI, x.r.Host, x.r.Header, x.r.ContentLength), after)
	}
	hop.Pass("%s, %s", o.Key, why)
	return x.invoke(o, payload)
}

// notHere answers where a function cannot be run.
func (x *exchange) notHere(hop *trace.OpenHop, function string) (whole bool) {
	hop.Refuse(causes.None, "", "501: %s cannot be run here", function)
	http.Error(x.w, "The local chain cannot run "+function+".", http.StatusNotImplemented)
	return true
}

// body reads the body of the request.
func (x *exchange) body() ([]byte, *refusal) {
	bad := func(kind string, status int) *refusal {
		return &refusal{kind: kind, status: status, message: http.StatusText(status), errorType: "BadRequestException"}
	}
	if part := event.NotUTF8(x.r); part != "" {
		return nil, bad("BAD_REQUEST_PARAMETERS", http.StatusBadRequest).because(causes.None,
			"the %s has bytes that are not UTF-8; what the API makes of them is not known, so the local chain refuses them", part)
	}
	body, err := io.ReadAll(io.LimitReader(x.r.Body, maxBody+1))
	switch {
	case errors.Is(err, loopback.ErrSlow): // assumed
		return nil, bad("DEFAULT_4XX", http.StatusRequestTimeout).because(causes.None, "%v", err)
	case err != nil:
		return nil, bad("BAD_REQUEST_BODY", http.StatusBadRequest).because(causes.None, "the body broke off: %v", err)
	case len(body) > maxBody:
		_, _ = io.CopyN(io.Discard, x.r.Body, maxDrained)
		return nil, x.api.tooLarge().because(causes.BodyOverAPILimit, "the body has over %d bytes", maxBody)
	}
	return body, nil
}

// event is the event as JSON, and its head for a trace.
func (x *exchange) event(m *match, who *caller, body []byte) ([]byte, *trace.Head) {
	if m.operation.Integration.Format.V == "2.0" {
		return x.format2(m, who, body)
	}
	return x.format1(m, who, body)
}

func (x *exchange) format2(m *match, who *caller, body []byte) ([]byte, *trace.Head) {
	e := x.new2(m, body)
	e.RequestContext.Authorizer = who.authorizer
	return marshal(e), e.Head()
}

// new2 is the event in format 2.0 of a request that nobody is known to have sent.
func (x *exchange) new2(m *match, body []byte) *event.Format2 {
	e := event.New2(x.r, x.domain, false, body, x.Now())
	e.RouteKey, e.RequestContext.RouteKey = m.operation.Key, m.operation.Key
	e.RawPath = x.arrival.event
	e.RequestContext.HTTP.Path = decoded(e.RawPath)
	e.RequestContext.AccountID, e.RequestContext.APIID = x.api.Account, x.api.ID
	e.RequestContext.Stage, e.RequestContext.RequestID = x.stage.Name.V, x.id
	e.PathParameters, e.StageVariables = m.parameters, x.stage.Variables
	return e
}

func (x *exchange) format1(m *match, who *caller, body []byte) ([]byte, *trace.Head) {
	e := x.new1(m)
	e.RequestContext.Authorizer = who.authorizer
	identity := &e.RequestContext.Identity
	identity.APIKey, identity.APIKeyID = who.key, who.keyID
	if i := who.identity; i != nil {
		identity.AccessKey, identity.AccountID, identity.Caller, identity.User, identity.UserARN = &i.AccessKey, &i.AccountID, &i.CallerID, &i.UserID, &i.UserARN
	}
	binary := x.api.binary(x.r.Header.Get("Content-Type"))
	if x.api.Kind == HTTP {
		binary = !event.TravelsAsText(x.r.Header, body)
	}
	if len(body) > 0 {
		text := string(body)
		if binary {
			text, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
		} else if !utf8.Valid(body) {
			text = strings.ToValidUTF8(text, "\uFFFD") // assumed: bytes that are no text are lost
		}
		e.Body = &text
	}
	return marshal(e), e.Head()
}

// new1 is the event in format 1.0 of a request that nobody is known to have sent, without its
// body.
func (x *exchange) new1(m *match) *event.Format1 {
	path := x.arrival.event
	if x.domain == x.api.Domain() {
		path = x.path // an HTTP API, too, takes the stage off in this format
	}
	e := event.New1(x.r, x.domain, path, x.Now())
	e.Resource, e.RequestContext.ResourcePath = m.operation.Path, m.operation.Path
	e.RequestContext.ResourceID = m.operation.Resource.LogicalID
	e.RequestContext.AccountID, e.RequestContext.APIID = x.api.Account, x.api.ID
	e.RequestContext.Stage, e.RequestContext.RequestID = x.stage.Name.V, x.id
	e.PathParameters, e.StageVariables = m.parameters, x.stage.Variables
	if x.api.Kind == HTTP {
		e.Version = "1.0"
		if m.operation.Path == "" {
			e.Resource, e.RequestContext.ResourcePath = m.operation.Key, m.operation.Key
		}
	}
	return e
}

func marshal(e any) []byte {
	payload, err := json.Marshal(e)
	if err != nil {
		panic("apigateway: an event has no JSON: " + err.Error()) // of texts and numbers alone
	}
	return payload
}

// invoke asks the function, and passes its answer on.
func (x *exchange) invoke(o *Operation, payload []byte) (whole bool) {
	hop := x.rec.Hop("function")
	if len(payload) > maxEvent {
		// Lambda refuses it, and API Gateway says so as it does of a body of its own (assumed).
		f := x.api.tooLarge()
		hop.Refuse(causes.BodyOverFunctionLimit, "", "%d: the event has %d bytes, and Lambda accepts %d", f.status, len(payload), maxEvent)
		x.api.write(x.w, x.r, f, x.id)
		return true
	}
	fault := answer.Fault{}
	if x.Fault != nil {
		fault = x.Fault(x.r)
	}
	ctx, cancel := context.WithCancel(x.r.Context())
	defer cancel()
	limit := newDeadline(o.Integration.wait(), cancel)
	defer limit.stop()
	response, err := x.ask(ctx, fault, o, payload)
	if err != nil {
		return x.failed(hop, limit, err)
	}
	if o.Integration.Streams() {
		return x.stream(hop, response, fault, limit)
	}
	return x.whole(hop, o, response, limit)
}

// maxEvent is the largest event of an invocation: 6 MiB.
//
// Source: AWS Lambda Developer Guide, "Lambda quotas". Documented.
const maxEvent = 6 << 20

func (x *exchange) ask(ctx context.Context, fault answer.Fault, o *Operation, payload []byte) (*lambda.Response, error) {
	if err := fault.Before(); err != nil {
		return nil, err
	}
	return x.Function(o.Integration.ARN).Invoke(ctx, x.id, event.TraceID(), payload)
}

// failed answers where the function gave no answer.
func (x *exchange) failed(hop *trace.OpenHop, limit *deadline, err error) (whole bool) {
	if limit.over() {
		return x.late(hop, limit)
	}
	if x.r.Context().Err() != nil {
		hop.Refuse(causes.None, "", "the caller left before the function answered")
		return false
	}
	status, cause := http.StatusBadGateway, causes.FunctionFailed
	if errors.Is(err, lambda.ErrThrottled) {
		status, cause = http.StatusInternalServerError, causes.Throttled // documented: what Lambda rejects is a 500
	}
	f := x.api.broken(status)
	hop.Refuse(cause, "", "%d: %v", f.status, err)
	x.api.write(x.w, x.r, f, x.id)
	return true
}

// late answers where the function took too long to begin.
func (x *exchange) late(hop *trace.OpenHop, limit *deadline) (whole bool) {
	f := x.api.timedOut()
	hop.Refuse(causes.IntegrationTimeout, "", "%d: no answer within %s; the function runs on", f.status, limit.wait)
	x.api.write(x.w, x.r, f, x.id)
	return true
}

// word is what the kind of API calls its operations.
func (a *API) word() string {
	if a.Kind == HTTP {
		return "route"
	}
	return "method"
}

func (a *API) stageNames() string {
	var names []string
	for _, s := range a.Stages {
		if s.Deployed {
			names = append(names, s.Name.V)
		}
	}
	return strings.Join(names, ", ")
}

// lost is the answer for what the API does not have. Documented for methods, by the type of the
// gateway response; for stages a field report.
func (a *API) lost(stage bool) *refusal {
	switch {
	case a.Kind == HTTP:
		return &refusal{status: http.StatusNotFound, message: "Not Found"}
	case stage:
		return &refusal{kind: "ACCESS_DENIED", status: http.StatusForbidden, message: "Forbidden", errorType: "ForbiddenException"}
	default:
		return &refusal{kind: "MISSING_AUTHENTICATION_TOKEN", status: http.StatusForbidden, message: "Missing Authentication Token", errorType: "MissingAuthenticationTokenException"}
	}
}

// broken is the answer where an invocation fails: 500 if Lambda refuses it, 502 if the function
// fails or its answer has the wrong form. HTTP APIs say 500 to both (field reports).
//
// Source: AWS Lambda Developer Guide, "Handling Lambda errors with an API Gateway API".
func (a *API) broken(status int) *refusal {
	if a.Kind == HTTP {
		return &refusal{status: http.StatusInternalServerError, message: "Internal Server Error"}
	}
	return &refusal{kind: "DEFAULT_5XX", status: status, message: "Internal server error", errorType: "InternalServerErrorException"}
}

// timedOut is the answer where the integration's time is over. That an HTTP API says 503 is a
// field report.
func (a *API) timedOut() *refusal {
	if a.Kind == HTTP {
		return &refusal{status: http.StatusServiceUnavailable, message: "Service Unavailable"}
	}
	return &refusal{kind: "INTEGRATION_TIMEOUT", status: http.StatusGatewayTimeout, message: "Endpoint request timed out", errorType: "InternalServerErrorException"}
}

// tooLarge is the answer to a body over 10 MB. The words of REST APIs are the documented name of
// the gateway response, those of HTTP APIs a field report.
func (a *API) tooLarge() *refusal {
	if a.Kind == HTTP {
		return &refusal{status: http.StatusRequestEntityTooLarge, message: "Request Entity Too Large"}
	}
	return &refusal{kind: "REQUEST_TOO_LARGE", status: http.StatusRequestEntityTooLarge, message: "Request Too Long", errorType: "RequestEntityTooLargeException"}
}

// A deadline is how long an integration may take, and how long a stream may be silent.
type deadline struct {
	wait  time.Duration
	timer *time.Timer
	ended chan struct{} // closed when the time is over
}

// newDeadline also cancels what waits for the function to begin.
func newDeadline(wait time.Duration, cancel func()) *deadline {
	d := &deadline{wait: wait, ended: make(chan struct{})}
	d.timer = time.AfterFunc(wait, func() {
		close(d.ended)
		cancel()
	})
	return d
}

func (d *deadline) stop() { d.timer.Stop() }

// over reports whether the time is over.
func (d *deadline) over() bool {
	select {
	case <-d.ended:
		return true
	default:
		return false
	}
}
