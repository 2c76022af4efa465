// Package cloudfront serves a distribution: it finds the behavior, runs the edge
// functions, signs for the origin access control and streams the origin's answer.
package cloudfront

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/aws/cloudfront/cache"
	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/trace"
)

// Limits in bytes (documented: CloudFront quotas, November 2026).
const (
	maxURL     = 8192
	maxHeaders = 32768 // of a request with its first line, and of an origin's response
)

// Origins reach what stands in for origins.
type Origins interface {
	// To returns what the requests for an origin go to; an error if nothing stands in for it.
	To(o *Origin) (http.RoundTripper, error)
}

// A Server answers for one distribution.
type Server struct {
	Distribution *Distribution
	Viewers      map[*edge.ViewerDefinition]*edge.ViewerFunction
	Requests     map[*edge.Definition]*edge.OriginRequest
	Responses    map[*edge.Definition]*edge.OriginResponse
	Cache        *cache.Cache
	Credentials  iam.Credentials            // that the distribution signs with
	Identities   map[string]iam.Credentials // of origin access identities, by their ids
	Origins      Origins
	Recorder     *trace.Recorder
	Now          func() time.Time
	// ExposeDeleteBody lets Lambda@Edge see the body of a DELETE. Contested: AWS's
	// documentation says it does, field reports say it does not.
	ExposeDeleteBody bool
	// EdgeBody is how many bytes of a body Lambda@Edge sees.
	// Default: 0, for edge.MaxBody.
	EdgeBody int
	// Refuted are assumptions of this stand-in that a run against AWS has refuted.
	// Default: none.
	Refuted Refuted

	// draw is a number from 0 to 1, by which it is decided which responses are sampled; nil:
	// any.
	draw func() float64

	tunnels sync.Map      // WebSockets that are open
	idle    time.Duration // of them; 0: webSocketIdle
}

// Refuted has a field for each assumption that can be given up.
type Refuted struct {
	ErrorsNotKept bool // errors are kept where caching is disabled, too
	PlusIsSpace   bool // a plus in a query is signed as a plus
	// GeneratedXCache is X-Cache of an answer that Lambda@Edge made; "": as assumed.
	GeneratedXCache string
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if t := s.handle(w, r); t != nil {
		s.carry(t)
	}
}

// handle answers a request; if it became a WebSocket, its bytes are to be carried.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) *tunnel {
	r.RequestURI = originForm(r.RequestURI)
	id := newID()
	rec, _ := s.Recorder.Join(id, r.Method, r.RequestURI)
	defer rec.Leave()
	meter := rec.Meter(w, r)
	defer meter.Done() // also when a broken stream ends in a panic
	body := &viewerBody{ReadCloser: r.Body}
	r.Body = body
	x := &exchange{Server: s, w: meter, viewer: r, body: body, id: id, rec: rec, payload: body, length: r.ContentLength, times: times{began: time.Now()}}
	x.run()
	return x.tunnel
}

// An exchange is one request on its way.
type exchange struct {
	*Server
	w      http.ResponseWriter
	viewer *http.Request
	body   *viewerBody // of the viewer
	id     string
	rec    *trace.Recording
	inner  bool // it gets an error page for another one

	seen    *edge.Request // after the functions at viewer-request
	times   times
	payload io.Reader // what goes to the origin: the viewer's body, or what a function put in its place
	length  int64
	tunnel  *tunnel // that the request became; nil: none
}

// run takes the request through the hops until one of them answers.
func (x *exchange) run() {
	b, refused := x.behavior()
	if refused != nil {
		refused.write(x.w, x.id)
		return
	}
	if refused := x.admitPage(); refused != nil {
		x.rec.Hop("viewer").Refuse(refused.cause, "", "%d: %s", refused.status, refused.reason)
		refused.write(x.w, x.id)
		return
	}
	if refused := x.admitSigned(b); refused != nil {
		x.answer(b, &reply{refused: refused, failure: refused.status}, nil) // by the error page, if there is one for 403
		return
	}
	r, refused := x.viewerRequest(b)
	if refused != nil {
		refused.write(x.w, x.id)
		return
	}
	if r.Response != nil {
		x.writeGenerated(b, r.Response, x.generatedBy(b))
		return
	}
	x.seen = r.Request
	chosen, refused := x.chosen(b, r)
	if refused != nil {
		x.rec.Hop("viewer function").Refuse(refused.cause, "", "%d: %s", refused.status, refused.reason)
		refused.write(x.w, x.id)
		return
	}
	x.serve(b, r.Request, chosen)
}

// serve answers from the cache, or asks an origin: those of the behavior, or the one that a
// function chose. Functions at viewer-request have run.
func (x *exchange) serve(b *Behavior, r *edge.Request, to *route) {
	if root := x.Distribution.Root.V; root != "" && r.Path == "/" {
		// Functions at viewer events see /, those at origin events the object (assumed).
		named := *r
		named.Path = "/" + strings.TrimPrefix(root, "/")
		r = &named
	}
	var keep *keeper
	if all := caches(b, r.Method); x.asksForWebSocket() {
		x.rec.Hop("cache").Pass("not looked at for a WebSocket") // assumed
	} else if all || x.Refuted.ErrorsNotKept && r.Method == http.MethodGet {
		var served bool
		if served, keep = x.fromCache(b, r); served {
			return
		}
		if !all {
			keep = &keeper{key: keep.key, errorsAlone: true}
		}
	}
	if to == nil {
		to = &route{origins: b.candidates(x.viewer)}
		if b.group != nil {
			to.codes = b.group.codes
		}
	}
	var got *reply
	for i, o := range to.origins {
		got = x.ask(b, o, r, keep)
		if i == len(to.origins)-1 || !to.failsOver(got) {
			break
		}
		x.rec.Hop("origin").Pass("%d of %s: fails over to %s", got.failure, o.ID.V, to.origins[i+1].ID.V)
		got.close()
	}
	x.answer(b, got, keep)
}

// behavior checks the request against CloudFront's limits and finds its behavior.
func (x *exchange) behavior() (*Behavior, *refusal) {
	hop := x.rec.Hop("behavior")
	r := x.viewer
	refused := func(f *refusal) (*Behavior, *refusal) {
		hop.Refuse(f.cause, "", "%d: %s", f.status, f.reason)
		return nil, f
	}
	if len(r.RequestURI) > maxURL {
		f := refuse(http.StatusRequestURITooLong, causes.RequestTooLong, "The URL has %d bytes, at most %d are allowed.", len(r.RequestURI), maxURL)
		f.closing = true
		return refused(f)
	}
	if size := headerSize(r); size > maxHeaders {
		f := refuse(494, causes.RequestTooLong, "Request line and headers have %d bytes, at most %d are allowed.", size, maxHeaders)
		f.closing = true
		return refused(f)
	}
	if (loopback.Rule{Names: x.Distribution.Names()}).Admit(r) != nil {
		return refused(refuse(http.StatusForbidden, causes.DomainUnknown, "Bad request. This distribution is not called %q: add the name to Aliases, or ask for localhost.", r.Host))
	}
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.ContentLength != 0 {
		return refused(refuse(http.StatusForbidden, causes.GetWithBody, "Bad request. A %s request must not have a body.", r.Method))
	}
	if part := event.NotUTF8(r); part != "" {
		// CloudFront passes them on; edge functions get them read as ISO-8859-1 (documented).
		return refused(refuse(http.StatusBadRequest, causes.None, "The %s has bytes that are not UTF-8. CloudFront passes them on, the local chain does not. Percent-encode them.", part))
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(path, "/") {
		return refused(refuse(http.StatusBadRequest, "", "Bad request. %s is not a path.", path))
	}
	normal := normalize(path)
	b := x.match(path)
	if b == nil {
		return refused(refuse(http.StatusForbidden, "", "No behavior matches the path."))
	}
	if !b.Allows(r.Method) {
		return refused(refuse(http.StatusForbidden, causes.MethodNotAllowed, "Bad request. This distribution is not configured to allow the HTTP method %s for this path.", r.Method))
	}
	matched := b.PathPattern.V
	if normal != path {
		matched += " (matched as " + normal + ")"
	}
	if missing := b.Unserved(); len(missing) > 0 {
		return refused(unserved(matched, missing))
	}
	hop.Pass("%s to origin %s, %s, %s", matched, b.destination(), b.Cache.Name, b.Policy.Name)
	return b, nil
}

// match finds the behavior of a path; nil if there is none.
func (x *exchange) match(path string) *Behavior {
	normal := normalize(path)
	for i := range x.Distribution.Behaviors {
		if b := &x.Distribution.Behaviors[i]; matches(b.PathPattern.V, normal) {
			return b
		}
	}
	return nil
}

// unserved is the answer on the paths of a behavior that the local chain does not model.
func unserved(pattern string, missing []template.Finding) *refusal {
	var lines []string
	for i := range missing {
		lines = append(lines, missing[i].String())
	}
	return refuse(http.StatusNotImplemented, causes.None, "CloudFront serves the behavior %s, the local chain does not: %s.", pattern, strings.Join(lines, "; "))
}

// originForm takes scheme and host off a request target that has them, as those to proxies
// do, and which every server has to take (RFC 9112, section 3.2.2).
func originForm(target string) string {
	_, rest, absolute := strings.Cut(target, "://")
	if strings.HasPrefix(target, "/") || !absolute {
		return target
	}
	if i := strings.IndexAny(rest, "/?"); i >= 0 && rest[i] == '/' {
		return rest[i:]
	} else if i >= 0 {
		return "/" + rest[i:]
	}
	return "/"
}

// headerSize counts request line and headers as HTTP/1.1 writes them.
func headerSize(r *http.Request) int {
	return len(r.Method) + len(r.RequestURI) + len(r.Proto) + len("  \r\n") + len("Host: \r\n") + len(r.Host) + fieldSize(r.Header)
}

func fieldSize(h http.Header) (size int) {
	for name, values := range h {
		for _, value := range values {
			size += len(name) + len(value) + len(": \r\n")
		}
	}
	return size
}
