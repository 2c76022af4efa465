package elb

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
)

// A server answers for one listener.
type server struct {
	*door.Host
	listener *Listener
	client   *http.Transport // to tasks
}

// An exchange is one request on its way.
type exchange struct {
	*server
	w      http.ResponseWriter
	r      *http.Request
	header http.Header // that targets get
	rec    *trace.Recording
	hop    *trace.OpenHop
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec, direct := s.Recorder.Join(door.RecordingID(r, event.RequestID()), r.Method, r.RequestURI)
	defer rec.Leave()
	if direct {
		meter := rec.Meter(w, r)
		defer meter.Done()
		w = meter
	}
	x := &exchange{server: s, w: s.listener.adorn(w), r: r, rec: rec, hop: rec.Hop("load balancer")}
	if whole := x.run(); !whole {
		panic(http.ErrAbortHandler) // the connection closes without a last chunk
	}
}

// run takes the request through the listener; whole is false if the answer broke off.
func (x *exchange) run() (whole bool) {
	if status, why := tooLong(x.r); status != 0 {
		return x.refuse(causes.RequestTooLong, status, "%s", why)
	}
	if part := event.NotUTF8(x.r); part != "" {
		return x.refuse(causes.None, http.StatusBadRequest, "the %s has bytes that are not UTF-8; what a load balancer makes of them is not known, so the local chain refuses them", part)
	}
	rule := x.listener.rule(x.r)
	if rule == nil { // the reading has found that there is no default action
		return x.refuse(causes.None, http.StatusServiceUnavailable, "no rule is for the request")
	}
	if unserved := rule.Unserved(); len(unserved) > 0 {
		x.hop.Refuse(causes.None, "", "501: %s is not modelled by the local chain: %s", rule.Name(), unserved[0].String())
		http.Error(x.w, fmt.Sprintf("The local chain does not serve %s: %s", rule.Name(), unserved[0].String()), http.StatusNotImplemented)
		return true
	}
	x.header = x.listener.forwarded(x.r)
	for i := range rule.Actions {
		switch a := &rule.Actions[i]; {
		case a.Fixed != nil:
			return x.fixed(rule, a.Fixed)
		case a.Redirect != nil:
			return x.redirect(rule, a.Redirect)
		default:
			return x.forward(rule, a)
		}
	}
	return x.refuse(causes.None, http.StatusServiceUnavailable, "%s has no action", rule.Name())
}

// forward hands the request to a target group.
func (x *exchange) forward(rule *Rule, a *Action) (whole bool) {
	g := a.turn.choose(a.Forward)
	switch {
	case g == nil || g.Function == nil && g.Tasks == nil:
		return x.refuse(causes.None, http.StatusServiceUnavailable, "%s leads to a target group without a target", rule.Name())
	case g.Tasks != nil:
		return x.proxy(rule, g)
	case x.Function(g.Target.V) == nil:
		x.hop.Refuse(causes.None, "", "501: %s cannot be run here: see the notes of the chain", g.Function.Name)
		http.Error(x.w, "The local chain does not run "+g.Function.Name, http.StatusNotImplemented)
		return true
	default:
		return x.invoke(rule, g)
	}
}

// tooLong says which status a request gets that is too long in some part; 0 if it is not.
//
// Source: Elastic Load Balancing, User Guide for Application Load Balancers, "Troubleshoot your
// Application Load Balancers", HTTP 400, 414 and 463. Documented.
func tooLong(r *http.Request) (status int, why string) {
	if n := len(r.Method) + len(r.RequestURI) + len(" "+" "+r.Proto); n > maxLine {
		return http.StatusRequestURITooLong, fmt.Sprintf("the request line has %d bytes, and a load balancer accepts %d", n, maxLine)
	}
	all := 0
	for name, values := range r.Header {
		for _, value := range values {
			n := len(name) + len(value) + len(": \r\n")
			if all += n; n > maxLine {
				return http.StatusBadRequest, fmt.Sprintf("the header %s has %d bytes, and a load balancer accepts %d", name, n, maxLine)
			}
		}
	}
	if all > maxHeaders {
		return http.StatusBadRequest, fmt.Sprintf("the headers have %d bytes, and a load balancer accepts %d", all, maxHeaders)
	}
	const tooManyHops = 463
	if hops := strings.Join(r.Header.Values("X-Forwarded-For"), ","); strings.Count(hops, ",") >= maxHops {
		return tooManyHops, fmt.Sprintf("X-Forwarded-For has over %d addresses", maxHops)
	}
	return 0, ""
}

func (x *exchange) fixed(rule *Rule, f *Fixed) bool {
	x.hop.Pass("%s: a fixed response, %d", rule.Name(), f.Status)
	h := x.w.Header()
	h.Set("Content-Type", f.Type)
	x.write(f.Status, f.Body)
	return true
}

// redirect sends the client elsewhere: to the address that another listener of the load
// balancer has here, if it is meant.
func (x *exchange) redirect(rule *Rule, redirect *Redirect) bool {
	l := x.listener
	_, rawQuery, _ := strings.Cut(x.r.RequestURI, "?")
	fill := strings.NewReplacer(
		"#{protocol}", strings.ToLower(l.Protocol.V), "#{host}", hostname(x.r.Host), "#{port}", strconv.Itoa(l.Port.V),
		"#{path}", strings.TrimPrefix(rawPath(x.r), "/"), "#{query}", rawQuery,
	).Replace
	protocol, host, port := strings.ToLower(fill(redirect.Protocol)), fill(redirect.Host), fill(redirect.Port)
	location := protocol + "://" + net.JoinHostPort(host, port)
	if here := l.Balancer.at(protocol, port); here != "" && host == hostname(x.r.Host) {
		location = here
	}
	location += fill(redirect.Path)
	if q := fill(redirect.Query); q != "" {
		location += "?" + q
	}
	x.hop.Pass("%s: %d to %s", rule.Name(), redirect.Status, location)
	x.w.Header().Set("Location", location)
	x.page(redirect.Status)
	return true
}

// at is where the listener with a protocol and a port is served here; "" if there is none.
func (b *Balancer) at(protocol, port string) string {
	for _, l := range b.Listeners {
		if strings.EqualFold(l.Protocol.V, protocol) && strconv.Itoa(l.Port.V) == port {
			return l.address
		}
	}
	return ""
}

// refuse answers in the load balancer's own words.
func (x *exchange) refuse(cause causes.ID, status int, format string, args ...any) bool {
	x.hop.Refuse(cause, "", "%d: %s", status, fmt.Sprintf(format, args...))
	x.page(status)
	return true
}

// page writes the page that a load balancer has for a status (field reports).
func (x *exchange) page(status int) {
	if x.listener.ServerHeader {
		x.w.Header().Set("Server", "awselb/2.0")
	}
	x.w.Header().Set("Content-Type", "text/html")
	title := strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
	x.write(status, "<html>\r\n<head><title>"+title+"</title></head>\r\n<body>\r\n<center><h1>"+title+"</h1></center>\r\n</body>\r\n</html>\r\n")
}

func (x *exchange) write(status int, body string) {
	x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	_, _ = x.w.Write([]byte(body))
}
