package websocket

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/aws/throttle"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/exactjson"
	"github.com/streamfront/streamfront/internal/loopback"
)

// A server answers for one API.
type server struct {
	*door.Host
	api         *API
	domain      string    // that it answers for
	lowers      bool      // it writes the names of headers in lower case
	connections *registry // of this load of the assembly, and of those before
	idle        time.Duration
	longest     time.Duration

	mu  sync.Mutex
	own map[*connection]bool // that this load has accepted
}

// A registry has the connections of an API by their ids.
type registry struct {
	mu          sync.Mutex
	connections map[string]*connection
	buckets     throttle.Buckets
}

func (r *registry) find(id string) *connection {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.connections[id]
}

func (r *registry) add(c *connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.connections[c.id] = c
}

func (r *registry) remove(c *connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.connections, c.id)
}

// close ends the connections that this load of the assembly has accepted.
func (s *server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.own {
		_ = c.socket.CloseNow()
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	name, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	s.serve(w, r, s.api.stage(name), rest)
}

// serve answers a request to a stage, with the rest of its path. The stage is nil if there is none.
func (s *server) serve(w http.ResponseWriter, r *http.Request, stage *Stage, rest string) {
	id, managed := strings.CutPrefix(rest, "@connections/")
	if unescaped, err := url.PathUnescape(id); err == nil {
		id = unescaped
	}
	switch {
	case stage == nil || rest != "" && !managed:
		s.refuse(w, r, causes.RouteUnknown, http.StatusForbidden, "Forbidden", "no stage of the API has the path %s: those here are %s", r.URL.Path, s.api.stageNames())
	case managed:
		s.manage(w, r, stage, id)
	case !door.AsksForWebSocket(r):
		s.refuse(w, r, causes.RouteUnknown, http.StatusForbidden, "Forbidden", "the request does not ask for a WebSocket: besides these a WebSocket API serves only the connections of its management API")
	case r.Header.Get(door.WebSocketKey) == "" || r.Header.Get(door.WebSocketVersion) == "":
		cause := causes.None
		if loopback.ByPipe(r) {
			cause = causes.HandshakeLost
		}
		// The status is assumed: RFC 6455, section 4.2.1.
		s.refuse(w, r, cause, http.StatusBadRequest, "Bad Request", "the handshake needs the headers Sec-WebSocket-Key and Sec-WebSocket-Version")
	default:
		s.connect(w, r, stage)
	}
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

// refuse answers a request in the API's own words.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, cause causes.ID, status int, message, format string, args ...any) {
	id := event.RequestID()
	rec, _ := s.Recorder.Join(door.RecordingID(r, id), r.Method, r.RequestURI)
	defer rec.Leave()
	meter := rec.Meter(w, r)
	defer meter.Done()
	rec.Hop("websocket api").Refuse(cause, "", "%d: %s", status, fmt.Sprintf(format, args...))
	write(meter, id, status, "", message)
}

// write writes an answer in JSON.
func write(w http.ResponseWriter, id string, status int, errorType, message string) {
	body, err := json.Marshal(map[string]string{"message": message})
	if err != nil {
		body = []byte("{}")
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Amzn-Requestid", id)
	if errorType != "" {
		h.Set("X-Amzn-Errortype", errorType)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// A response is what a function returns for a route.
type response struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
}

var errNotPermitted = errors.New("no AWS::Lambda::Permission lets " + service + " invoke it")

// invoke asks the function of a route, or its mock, for as long as its integration waits.
func (s *server) invoke(ctx context.Context, stage *Stage, route *Route, e *Event) (*response, error) {
	i := route.Integration
	if i.Mock != nil {
		return i.Mock.answer()
	}
	if i.Credentials.V == "" && !s.api.permits(i.ARN, i.Function, stage.Name.V, route.Key.V) {
		return nil, fmt.Errorf("%s: %w for the route %s", i.Function.Name, errNotPermitted, route.Key.V)
	}
	data, err := s.ask(ctx, i.ARN, i.wait(), e)
	if err != nil {
		return nil, err
	}
	got := &response{}
	if err := exactjson.Unmarshal(data, got); err != nil || got.StatusCode == 0 {
		return nil, fmt.Errorf("%w: want an object with a statusCode", errMalformed)
	}
	return got, nil
}

// permits reports whether a function's policy lets the API invoke it for a route.
func (a *API) permits(arn string, f *lambda.Definition, stage, key string) bool {
	source := fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/%s/%s", a.Region, a.Account, a.ID, stage, key)
	return lambda.Permits(a.permissions, arn, f.Account, source)
}

var (
	errMalformed = errors.New("the function's response has the wrong form")
	errNotHere   = errors.New("the function cannot be run here: see the notes of the chain")
)

// ask invokes a function and waits for the whole response.
func (s *server) ask(ctx context.Context, arn string, wait time.Duration, e *Event) ([]byte, error) {
	function := s.Function(arn)
	if function == nil {
		return nil, errNotHere
	}
	return answer.Ask(ctx, function, event.RequestID(), wait, e.marshal())
}

// causeOf says why an invocation failed.
func causeOf(err error) causes.ID {
	switch {
	case errors.Is(err, errNotPermitted):
		return causes.APIGrantMissing
	case errors.Is(err, errNoStatus):
		return causes.None
	case errors.Is(err, answer.ErrLate):
		return causes.IntegrationTimeout
	case errors.Is(err, lambda.ErrThrottled):
		return causes.Throttled
	default:
		return causes.FunctionFailed
	}
}
