// Package cloudfront serves a distribution: it finds the behavior, runs the edge
// functions, signs for the origin access control and streams the origin's answer.
package cloudfront

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/streamfront/streamfront/local/internal/edge"
	"github.com/streamfront/streamfront/local/internal/functionurl"
	"github.com/streamfront/streamfront/local/internal/resources"
	"github.com/streamfront/streamfront/local/internal/trace"
)

// Limits of a request in bytes (documented: CloudFront quotas, November 2026).
const (
	maxURL     = 8192
	maxHeaders = 32768
)

// A Server answers for one distribution.
type Server struct {
	Distribution *resources.Distribution
	Viewers      map[*resources.ViewerFunction]*edge.ViewerFunction
	Edges        map[*resources.EdgeFunction]*edge.OriginRequest
	Credentials  functionurl.Credentials // that the distribution signs with
	Origins      http.RoundTripper       // reaches function URLs by their names
	Recorder     *trace.Recorder
	Now          func() time.Time
	// ExposeDeleteBody lets Lambda@Edge see the body of a DELETE. Contested: AWS's
	// documentation says it does, field reports say it does not.
	ExposeDeleteBody bool
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := newID()
	rec, _ := s.Recorder.Join(id, r.Method, r.RequestURI)
	defer rec.Leave()
	answer := &answerWriter{ResponseWriter: w}
	defer func() { rec.Answered(answer.status) }() // also when a broken stream ends in a panic
	x := &exchange{Server: s, w: answer, viewer: r, id: id, rec: rec}
	x.run()
}

// An answerWriter remembers the status.
type answerWriter struct {
	http.ResponseWriter
	status int
}

func (w *answerWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController flush.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// An exchange is one request on its way.
type exchange struct {
	*Server
	w      http.ResponseWriter
	viewer *http.Request
	id     string
	rec    *trace.Recording
}

// run takes the request through the hops until one of them answers.
func (x *exchange) run() {
	b, refused := x.behavior()
	if refused != nil {
		refused.write(x.w, x.id)
		return
	}
	r, refused := x.viewerRequest(b)
	if refused != nil {
		refused.write(x.w, x.id)
		return
	}
	if r.Response != nil {
		writeGenerated(x.w, r.Response, viewerGenerated, x.id)
		return
	}
	r.Request = originRequest(x.viewer, r.Request, b)
	body, length := io.Reader(x.viewer.Body), x.viewer.ContentLength
	if b.OriginRequest != nil {
		seen, whole := x.peek(b)
		r, refused = x.originRequest(b, r.Request, seen)
		if refused != nil {
			drain(whole)
			refused.write(x.w, x.id)
			return
		}
		if r.Response != nil {
			drain(whole)
			writeGenerated(x.w, r.Response, generated, x.id)
			return
		}
		body = whole
		if r.Body != nil {
			body, length = bytes.NewReader(r.Body), int64(len(r.Body))
		}
	}
	x.origin(b, r.Request, body, length)
}

// behavior checks the request against CloudFront's limits and finds its behavior.
func (x *exchange) behavior() (*resources.Behavior, *refusal) {
	hop := x.rec.Hop("behavior")
	r := x.viewer
	refused := func(f *refusal) (*resources.Behavior, *refusal) {
		hop.Refuse("", "%d: %s", f.status, f.reason)
		return nil, f
	}
	if len(r.RequestURI) > maxURL {
		f := refuse(http.StatusRequestURITooLong, "The URL has %d bytes, at most %d are allowed.", len(r.RequestURI), maxURL)
		f.closing = true
		return refused(f)
	}
	if size := headerSize(r); size > maxHeaders {
		f := refuse(494, "Request line and headers have %d bytes, at most %d are allowed.", size, maxHeaders)
		f.closing = true
		return refused(f)
	}
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.ContentLength != 0 {
		return refused(refuse(http.StatusForbidden, "Bad request. A %s request must not have a body.", r.Method))
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	for i := range x.Distribution.Behaviors {
		b := &x.Distribution.Behaviors[i]
		if !matches(b.PathPattern, path) {
			continue
		}
		if !b.Allows(r.Method) {
			return refused(refuse(http.StatusForbidden, "Bad request. This distribution is not configured to allow the HTTP method %s for this path.", r.Method))
		}
		hop.Pass("%s to origin %s, caching disabled, %s", b.PathPattern, b.Origin.ID, b.Policy.Name)
		return b, nil
	}
	return refused(refuse(http.StatusForbidden, "No behavior matches the path."))
}

// headerSize counts request line and headers as HTTP/1.1 writes them.
func headerSize(r *http.Request) int {
	size := len(r.Method) + len(r.RequestURI) + len(r.Proto) + len("  \r\n") + len("Host: \r\n") + len(r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value) + len(": \r\n")
		}
	}
	return size
}

func (x *exchange) context() edge.Context {
	return edge.Context{DistributionID: x.Distribution.ID, DistributionDomain: x.Distribution.DomainName, RequestID: x.id}
}

// viewerRequest runs the CloudFront Function at viewer-request.
func (x *exchange) viewerRequest(b *resources.Behavior) (*edge.Result, *refusal) {
	r := viewerRequest(x.viewer)
	if b.ViewerRequest == nil {
		return &edge.Result{Request: r}, nil
	}
	hop := x.rec.Hop("viewer function")
	result, err := x.Viewers[b.ViewerRequest].Run(x.viewer.Context(), x.context(), r)
	if err != nil {
		f := edgeFailure(b.ViewerRequest.Name, err, viewerInvalid, viewerFailed)
		hop.Refuse("", "%d: %s", f.status, f.reason)
		return nil, f
	}
	if own := result.Response; own != nil {
		hop.Refuse("", "%d: its own response", own.Status)
	} else {
		hop.Pass("%s", edge.Summary(r, result.Request))
	}
	return result, nil
}

// originRequest runs Lambda@Edge at origin-request.
func (x *exchange) originRequest(b *resources.Behavior, r *edge.Request, seen *edge.Body) (*edge.Result, *refusal) {
	hop := x.rec.Hop("edge function")
	result, err := x.Edges[b.OriginRequest].Run(x.viewer.Context(), x.context(), &b.Origin, r, seen)
	if err != nil {
		f := edgeFailure(b.OriginRequest.Name, err, invalidResult, executionError)
		hop.Refuse("", "%d: %s", f.status, f.reason)
		return nil, f
	}
	if own := result.Response; own != nil {
		hop.Refuse("", "%s%d %s: its own response", describe(seen), own.Status, own.Reason)
	} else {
		hop.Pass("%s%s", describe(seen), edge.Summary(r, result.Request))
	}
	return result, nil
}

// drain reads what is left of a body, so that the viewer gets the answer to it rather than
// a broken connection.
func drain(body io.Reader) {
	const most = 256 << 20
	_, _ = io.CopyN(io.Discard, body, most)
}

func describe(b *edge.Body) string {
	switch {
	case b == nil:
		return ""
	case b.Truncated:
		return fmt.Sprintf("body cut to %d bytes; ", len(b.Data))
	default:
		return fmt.Sprintf("body of %d bytes; ", len(b.Data))
	}
}

// peek returns what Lambda@Edge sees of the body, nil if it is not exposed, and the whole
// body again: that is what goes to the origin. A body that breaks off does so again there.
func (x *exchange) peek(b *resources.Behavior) (*edge.Body, io.Reader) {
	body := io.Reader(x.viewer.Body)
	if !b.IncludeBody || !x.exposesBody() {
		return nil, body
	}
	first, err := io.ReadAll(io.LimitReader(body, edge.MaxBody+1))
	if err != nil {
		body = &broken{err}
	}
	seen := &edge.Body{Data: first}
	if len(first) > edge.MaxBody {
		seen.Data, seen.Truncated = first[:edge.MaxBody], true
	}
	return seen, io.MultiReader(bytes.NewReader(first), body)
}

type broken struct{ err error }

func (b *broken) Read([]byte) (int, error) { return 0, b.err }

func (x *exchange) exposesBody() bool {
	switch x.viewer.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		return true
	case http.MethodDelete:
		return x.ExposeDeleteBody
	}
	return false
}

// origin signs the request, sends it and streams the answer.
func (x *exchange) origin(b *resources.Behavior, r *edge.Request, body io.Reader, length int64) {
	ctx, watch := newWatch(x.viewer.Context(), &b.Origin)
	defer watch.stop()
	hop := x.rec.Hop("oac")
	req, err := newOriginRequest(ctx, r, &b.Origin, &watchedBody{body, watch}, length, x.id)
	signs := err == nil && signs(&b.Origin, req)
	if signs {
		err = x.sign(req, &b.Origin)
	}
	switch {
	case err != nil:
		f := refuse(http.StatusBadGateway, "The request cannot be sent to the origin: %v", err)
		hop.Refuse("", "%d: %s", f.status, f.reason)
		f.write(x.w, x.id)
		return
	case signs:
		hop.Pass("signed for %s, payload %s", b.Origin.DomainName, req.Header.Get("X-Amz-Content-Sha256"))
	default:
		hop.Pass("not signed: signing behavior is %s", b.Origin.Signing)
	}

	resp, err := x.Origins.RoundTrip(req)
	if err != nil {
		x.unanswered(ctx, err)
		return
	}
	defer resp.Body.Close()
	writeHead(x.w, resp, x.id)
	if err := copyChunks(x.w, resp.Body, watch); err != nil {
		x.cutOff(ctx, err)
		panic(http.ErrAbortHandler) // the viewer's connection is cut, too
	}
}

// unanswered is CloudFront's answer when the origin gave none.
func (x *exchange) unanswered(ctx context.Context, err error) {
	hop := x.rec.Hop("origin")
	f := refuse(http.StatusBadGateway, "CloudFront could not connect to the origin: %v", err)
	if cause := context.Cause(ctx); errors.Is(cause, errReadTimeout) || errors.Is(cause, errCompletionTimeout) {
		f = refuse(http.StatusGatewayTimeout, "CloudFront gave up: %v.", cause)
	}
	hop.Refuse("", "%d: %s", f.status, f.reason)
	f.write(x.w, x.id)
}

// cutOff records why a stream ended before its end.
func (x *exchange) cutOff(ctx context.Context, err error) {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	} else if x.viewer.Context().Err() != nil {
		err = errors.New("the viewer left")
	}
	x.rec.Hop("origin").Refuse("", "cut off: %v", err)
}
