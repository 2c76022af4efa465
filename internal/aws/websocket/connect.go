package websocket

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	ws "github.com/coder/websocket"

	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda/authorizer"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/trace"
)

// connect asks the authorizer and the function of $connect, makes a connection of the request,
// and serves it until its end.
func (s *server) connect(w http.ResponseWriter, r *http.Request, stage *Stage) {
	peer, _, _ := net.SplitHostPort(r.RemoteAddr)
	c := &connection{
		server: s, stage: stage, id: newID(), connected: s.Now(),
		identity: Identity{SourceIP: peer, UserAgent: r.UserAgent()}, frames: &frames{},
	}
	rec, _ := s.Recorder.Join(door.RecordingID(r, event.RequestID()), r.Method, r.RequestURI)
	meter := rec.Meter(w, r)
	accepted := c.accept(meter, r, rec)
	meter.Done()
	rec.Leave() // messages have traces of their own
	if accepted {
		c.serve(context.WithoutCancel(r.Context()))
	}
}

// accept reports whether there is a connection; if not the request has its answer.
func (c *connection) accept(w http.ResponseWriter, r *http.Request, rec *trace.Recording) bool {
	s, id := c.server, event.RequestID()
	hop := rec.Hop("websocket api")
	refuse := func(cause causes.ID, status int, message, format string, args ...any) bool {
		hop.Refuse(cause, "", format, args...)
		write(w, id, status, "", message)
		return false
	}
	if origin := r.Header.Get("Origin"); origin != "" && !loopback.ByPipe(r) && !s.knows(origin) { // a distribution has looked at it
		return refuse(causes.None, http.StatusForbidden, "Forbidden",
			"403: the request comes from a page of %s: AWS would allow it, but the local chain allows only pages of this machine, since any page that you open could send it", origin)
	}
	if !s.connections.buckets.Take(c.stage.Name.V+" "+connectKey, c.stage.limits(connectKey), s.Now()) {
		return refuse(causes.Throttled, http.StatusTooManyRequests, "Too Many Requests", "429: the limits of the stage %s are exceeded", c.stage.Name.V)
	}
	route := s.api.route(connectKey)
	options := &ws.AcceptOptions{InsecureSkipVerify: true} // the origin has been looked at
	if route != nil {
		if unserved := route.Unserved(); len(unserved) > 0 {
			hop.Refuse(causes.None, "", "501: $connect is not modelled by the local chain: %s", unserved[0].String())
			http.Error(w, "The local chain does not serve $connect: "+unserved[0].String(), http.StatusNotImplemented)
			return false
		}
		if route.Authorization.Is("AWS_IAM") {
			if failed := c.signed(r, rec); failed != nil {
				hop.Refuse(failed.cause, "", "%d %s: %s", failed.status, failed.errorType, failed.why)
				write(w, id, failed.status, failed.errorType, failed.message)
				return false
			}
		}
		if route.Authorizer != nil {
			if status, cause, why := c.authorize(r, route.Authorizer, rec); status != 0 {
				return refuse(cause, status, http.StatusText(status), "%d: %s", status, why)
			}
		}
		hop.Pass("%s asks to connect", c.id)
		hop = rec.Hop("function")
		e := c.event("CONNECT", connectKey, s.Now())
		e.withRequest(r, s.lowers)
		got, err := s.invoke(r.Context(), c.stage, route, e)
		switch {
		case errors.Is(err, errNotHere):
			return refuse(causes.None, http.StatusNotImplemented, err.Error(), "501: %v", err)
		case errors.Is(err, errNoStatus):
			return refuse(causes.None, http.StatusInternalServerError, "Internal server error", "500: %v", err) // a field report
		case err != nil:
			return refuse(causeOf(err), http.StatusBadGateway, "Internal server error", "502: %v", err) // field reports
		case got.StatusCode < 200 || got.StatusCode > 299:
			hop.Refuse(causes.None, "", "%d: $connect does not let the client in", got.StatusCode)
			write(w, id, min(max(got.StatusCode, 400), 599), "", http.StatusText(got.StatusCode))
			return false
		}
		for name, value := range got.Headers {
			if strings.EqualFold(name, "Sec-WebSocket-Protocol") { // of all headers the one that arrives (documented)
				options.Subprotocols = []string{value}
			}
		}
	}
	socket, err := ws.Accept(&observed{w, c.frames}, r, options)
	if err != nil {
		hop.Refuse(causes.None, "", "the handshake failed: %v", err)
		return false
	}
	socket.SetReadLimit(maxMessage + 1)
	c.socket = socket
	hop.Pass("101: %s is connected", c.id)
	return true
}

// knows reports whether a page is of this machine, or of the name that the API answers for.
func (s *server) knows(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (loopback.IsName(u.Host) || u.Hostname() == s.domain)
}

// authorize asks the authorizer; status is 0 if the client may connect.
func (c *connection) authorize(r *http.Request, a *Authorizer, rec *trace.Recording) (status int, cause causes.ID, why string) {
	s := c.server
	values, missing := authorizer.Identify(a.Sources, r, c.stage.Variables, nil)
	if missing != "" {
		return http.StatusUnauthorized, causes.IdentitySourceMissing, "the authorizer requires the " + missing + ", which is missing" // documented
	}
	e := c.event("CONNECT", connectKey, s.Now())
	e.withRequest(r, s.lowers)
	e.Type, e.MethodARN = "REQUEST", s.api.arn()+"/"+c.stage.Name.V+"/"+connectKey
	q := &authorizer.Question{
		Function: a.Function, API: s.api.arn(), Permissions: s.api.permissions, Form: authorizer.Policy, Identity: values,
		Wait: authorizer.Timeout, ARN: e.MethodARN, Event: e.marshal, Find: s.Function,
	}
	hop := rec.Hop(authorizer.Hop)
	v, err := q.Ask(r.Context(), nil, s.Now())
	switch {
	case errors.Is(err, authorizer.ErrUnauthorized): // documented for REST APIs
		status, cause, why = http.StatusUnauthorized, authorizer.CauseOf(err), err.Error()
	case errors.Is(err, authorizer.ErrNotHere):
		status, cause, why = http.StatusNotImplemented, causes.None, err.Error()
	case err != nil:
		status, cause, why = http.StatusInternalServerError, authorizer.CauseOf(err), err.Error()
	case v.Decision != iam.Allow:
		status, cause, why = http.StatusForbidden, v.Cause(e.MethodARN), v.Why(e.MethodARN)
	default:
		hop.Pass("%s", v.Why(e.MethodARN))
		c.authorizer = v.Texts()
		return 0, causes.None, ""
	}
	hop.Warn(cause, "%s", why)
	return status, cause, why
}
