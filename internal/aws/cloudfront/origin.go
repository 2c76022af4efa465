package cloudfront

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/aws/cloudfront/cache"
	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
)

var rawInPath = regexp.MustCompile(`[^A-Za-z0-9\-._~!$&'()*+,;=:@/%\[\]]`)

// newOriginRequest writes the request for the origin. The body is sent as it comes.
func newOriginRequest(ctx context.Context, r *edge.Request, o *Origin, body io.Reader, length int64, id string) (*http.Request, error) {
	// Both forms of the path: what is escaped stays as the viewer escaped it. What a path may
	// not hold raw is escaped here: net/http would write the whole path anew, without what
	// was escaped in it.
	raw := rawInPath.ReplaceAllStringFunc(o.Path.V+r.Path, url.PathEscape)
	path, err := url.PathUnescape(raw)
	if err != nil {
		return nil, err
	}
	switch {
	case length == 0:
		body = nil
	case length > 0:
		// net/http looks for more behind the last byte, maybe when the answer has begun:
		// the viewer's body must not be read then, and a failure would cut the answer.
		body = io.LimitReader(body, length)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, "http://"+o.dialed(), body)
	if err != nil {
		return nil, err
	}
	req.URL.Path, req.URL.RawPath, req.URL.RawQuery = path, raw, r.Query
	req.ContentLength = length
	req.Header = r.Header.Clone()
	req.Host = req.Header.Get("Host")
	for _, name := range []string{"Host", "Content-Length", "Transfer-Encoding"} {
		req.Header.Del(name)
	}
	if r.OriginHeaders != nil {
		maps.Copy(req.Header, r.OriginHeaders)
	} else {
		for _, h := range o.Headers {
			req.Header.Set(h.Name.V, h.Value.V)
		}
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "Amazon CloudFront")
	}
	req.Header.Set("X-Amz-Cf-Id", id)
	return req, nil
}

// A reply is what came of asking an origin: a response of it, or of a function in its place,
// or why there is none.
type reply struct {
	origin    *Origin
	request   *edge.Request // as it went to the origin
	resp      *http.Response
	generated *edge.Response
	refused   *refusal
	failure   int // the status by which it counts for failover; 0: it is no failure of the origin
	ctx       context.Context
	watch     *watch // of resp
}

// status is that of the origin; 0 if it did not have its say.
func (r *reply) status() int {
	switch {
	case r.resp != nil:
		return r.resp.StatusCode
	case r.failure != 0 && r.refused != nil:
		return r.refused.status
	}
	return 0
}

// header has what the origin says of caching.
func (r *reply) header() http.Header {
	if r.resp != nil {
		return r.resp.Header
	}
	return http.Header{}
}

func (r *reply) close() {
	if r.resp != nil {
		_ = r.resp.Body.Close()
		r.watch.stop()
	}
}

// ask sends the request to an origin, past the functions at origin events.
func (x *exchange) ask(b *Behavior, o *Origin, r *edge.Request, keep *keeper) *reply {
	out := &reply{origin: o, request: x.forward(b, o, r)}
	if keep != nil {
		keep.conditional(out.request.Header)
	}
	body, length := x.payload, x.length
	if b.OriginRequest != nil {
		seen, whole := x.peek(b.IncludeBody, cmp.Or(x.EdgeBody, edge.MaxBody))
		if f := x.body.broken(); f != nil {
			x.rec.Hop("viewer").Refuse(f.cause, "", "%d: %s", f.status, f.reason)
			out.refused = f
			return out
		}
		result, refused := x.originRequest(b, o, out.request, seen)
		if refused != nil || result.Response != nil {
			drain(whole)
			if out.refused = refused; refused == nil {
				out.generated = result.Response
			}
			return out
		}
		out.request, body = result.Request, whole
		if result.Moved != nil {
			out.origin = o.moved(x.Distribution, result.Moved)
		}
		if result.Body != nil {
			body, length = bytes.NewReader(result.Body), int64(len(result.Body))
		}
	}
	if _, err := x.Origins.To(out.origin); err != nil {
		out.refused = refuse(http.StatusNotImplemented, causes.None, "CloudFront asks the origin that a function chose, the local chain cannot: %v.", err)
		x.rec.Hop("origin").Refuse(causes.None, "", "%d: %s", out.refused.status, out.refused.reason)
		return out
	}
	x.send(out, body, length)
	if out.resp == nil {
		return out
	}
	out.failure = out.resp.StatusCode
	if size := fieldSize(out.resp.Header); size > maxHeaders {
		// That it is refused is documented, that the status is 502 assumed.
		f := refuse(http.StatusBadGateway, "", "The headers of the origin's response have %d bytes, at most %d are allowed.", size, maxHeaders)
		x.rec.Hop("origin").Refuse(f.cause, "", "%d: %s", f.status, f.reason)
		out.fail(f)
	} else if keep.revalidated(out.resp) {
		return out // the head that functions have seen is the one that is kept
	} else if out.resp.StatusCode == http.StatusSwitchingProtocols {
		return out // functions at response events do not run (assumed)
	} else if f := x.originResponse(b, out.origin, out.request, out.resp); f != nil {
		out.fail(f)
		out.failure = 0
	}
	return out
}

// fail puts CloudFront's own answer in place of the origin's.
func (r *reply) fail(f *refusal) {
	r.close()
	r.resp, r.refused = nil, f
}

// revalidated reports whether a response says that the one which is kept is still good.
func (k *keeper) revalidated(resp *http.Response) bool {
	return k != nil && k.stale != nil && resp.StatusCode == http.StatusNotModified
}

// send signs the request and sends it. GET and HEAD are tried again when nothing comes within
// the read timeout; nothing else is.
//
// Source: Amazon CloudFront Developer Guide, "Origin response timeout".
func (x *exchange) send(out *reply, body io.Reader, length int64) {
	o, r := out.origin, out.request
	attempts := 1
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		attempts = o.Attempts.V
	}
	for attempt := 1; ; attempt++ {
		ctx, watch := newWatch(x.viewer.Context(), o)
		resp, err := x.sendOnce(ctx, o, r, &watchedBody{body, watch}, length) //nolint:bodyclose // answer closes it
		if err == nil {
			out.resp, out.ctx, out.watch = resp, ctx, watch
			return
		}
		watch.stop()
		if !errors.Is(context.Cause(ctx), errReadTimeout) || attempt >= attempts {
			out.failure, out.refused = x.unanswered(ctx, err)
			return
		}
		x.rec.Hop("origin").Pass("nothing within %s, attempt %d of %d", o.ReadTimeout.V, attempt, attempts)
	}
}

// sendOnce sends the request, signed.
func (x *exchange) sendOnce(ctx context.Context, o *Origin, r *edge.Request, body io.Reader, length int64) (*http.Response, error) {
	hop := x.rec.Hop("oac")
	to, err := x.Origins.To(o)
	if why := o.unreachable(r.Header.Get("Host") != o.host()); err == nil && why != "" && o.Address == "" {
		err = unreachableError(why)
	}
	var req *http.Request
	if err == nil {
		req, err = newOriginRequest(ctx, r, o, body, length, x.id)
	}
	if err == nil && x.asksForWebSocket() && o.takesWebSockets() {
		req.Header.Set("Connection", "Upgrade") // documented: else both are taken away
		req.Header.Set("Upgrade", "websocket")
	}
	signed := err == nil && signs(o, req)
	canonical := ""
	if signed {
		canonical = x.sign(req, o)
	}
	if err == nil && x.rec.Detailed() {
		hop.Changed(head(r, nil), wireHead(req))
	}
	switch {
	case err != nil:
		hop.Refuse("", "", "the request cannot be sent: %v", err)
		return nil, err
	case signed:
		if x.rec.Detailed() {
			hop.Canonical(canonical)
		}
		hop.Pass("signed for %s, payload %s", o.host(), req.Header.Get("X-Amz-Content-Sha256"))
	default:
		if o.ServesFunction() || o.Access != nil {
			x.rec.Suspect(unsigned(o))
		}
		if o.Access == nil {
			hop.Pass("not signed: the origin has no origin access control")
		} else {
			hop.Pass("not signed: signing behavior is %s", o.Signing())
		}
	}
	began := time.Now()
	resp, err := to.RoundTrip(req)
	x.times.firstByte = time.Since(began)
	return resp, err
}

// wireHead is the head of a request as net/http writes it.
func wireHead(req *http.Request) *trace.Head {
	h := req.Header.Clone()
	switch {
	case req.ContentLength > 0:
		h.Set("Content-Length", strconv.FormatInt(req.ContentLength, 10))
	case req.ContentLength < 0:
		h.Set("Transfer-Encoding", "chunked")
	}
	return trace.NewRequestHead(req.Method, req.URL.RequestURI(), req.Host, h, req.ContentLength)
}

// answer streams the reply to the viewer, and keeps it if it may be kept. An error may have a
// page in its place.
func (x *exchange) answer(b *Behavior, out *reply, keep *keeper) {
	defer func() {
		if x.tunnel == nil {
			out.close()
		}
	}()
	if x.errorPage(b, out, keep) {
		return
	}
	switch {
	case out.refused != nil:
		out.refused.write(x.w, x.id)
		return
	case out.generated != nil:
		x.writeGenerated(b, out.generated, cmp.Or(cacheResult(x.Refuted.GeneratedXCache), generated))
		return
	}
	resp, r := out.resp, out.request
	if resp.StatusCode == http.StatusSwitchingProtocols {
		x.upgrade(out)
		return
	}
	if keep.revalidated(resp) {
		lifetime, _ := x.ttl(b).Lifetime(keep.stale.Status, resp.Header, x.Now())
		x.serveKept(b, x.Cache.Refresh(keep.key, keep.stale, resp.Header, lifetime), refreshed)
		return
	}
	x.warn(out.origin, resp)
	if r.Method != http.MethodHead {
		if err := compress(b, r.Header.Get("Accept-Encoding"), resp); err != nil {
			if _, refused := x.unanswered(out.ctx, err); refused != nil {
				refused.write(x.w, x.id)
			}
			return
		}
	}
	var copied *cache.Copy
	lifetime, keepable := x.ttl(b).Lifetime(resp.StatusCode, resp.Header, x.Now())
	keeps := keep != nil && keepable && r.Method != http.MethodHead && (!keep.errorsAlone || resp.StatusCode >= http.StatusBadRequest)
	if keeps {
		copied = x.Cache.Copy(resp.ContentLength)
		defer copied.Discard()
	}
	head, done := x.writeHead(b, resp)
	if done {
		return
	}
	if err := copyChunks(x.w, resp.Body, out.watch, copied); err != nil {
		x.cutOff(out.ctx, err)
		panic(http.ErrAbortHandler) // the viewer's connection is cut, too
	}
	if keeps {
		x.Cache.Put(keep.key, resp.StatusCode, head, copied, lifetime)
	}
}

// unanswered is CloudFront's answer when the origin gave none, with the status by which it
// counts for failover.
func (x *exchange) unanswered(ctx context.Context, err error) (failure int, _ *refusal) {
	hop := x.rec.Hop("origin")
	// First, for net/http takes the end of what the viewer sends for the end of the connection.
	if f := x.body.broken(); f != nil {
		hop.Refuse(f.cause, "", "%d: %s", f.status, f.reason)
		return 0, f
	}
	if x.viewer.Context().Err() != nil {
		hop.Refuse("", "", "the viewer left before the origin answered")
		return 0, &refusal{}
	}
	failure = http.StatusServiceUnavailable
	f := refuse(http.StatusBadGateway, causes.None, "CloudFront could not connect to the origin: %v", err)
	if unreachable := unreachableError(""); errors.As(err, &unreachable) {
		f.cause = causes.OriginUnreachable
	}
	if cause := context.Cause(ctx); timeoutCause(cause) != "" {
		failure = http.StatusGatewayTimeout
		f = refuse(http.StatusGatewayTimeout, timeoutCause(cause), "CloudFront gave up: %v.", cause)
		if x.rec.Suspected(f.cause) == causes.StreamWithoutBody {
			f.cause = causes.StreamWithoutBody // not the function's silence
		}
	}
	hop.Refuse(f.cause, "", "%d: %s", f.status, f.reason)
	return failure, f
}

// cutOff records why a stream ended before its end.
func (x *exchange) cutOff(ctx context.Context, err error) {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	} else if x.viewer.Context().Err() != nil {
		err = errors.New("the viewer left")
	}
	x.rec.Hop("origin").Refuse(timeoutCause(err), "", "cut off: %v", err)
}

// timeoutCause is which of CloudFront's two timeouts it was; "" for none.
func timeoutCause(err error) causes.ID {
	switch {
	case errors.Is(err, errReadTimeout):
		return causes.ReadTimeoutExceeded
	case errors.Is(err, errCompletionTimeout):
		return causes.CompletionTimeoutShort
	}
	return ""
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 16<<10); return &b }}

// copyChunks passes the origin's body on, every chunk as it comes, and copies it unless
// the copy is nil.
func copyChunks(w http.ResponseWriter, body io.Reader, watch *watch, copied *cache.Copy) error {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	flusher := http.NewResponseController(w)
	_ = flusher.Flush() // the head goes out at once, the first chunk may take its time
	for {
		watch.restart()
		n, err := body.Read(*buffer)
		watch.pause()
		if n > 0 {
			copied.Write((*buffer)[:n])
			if _, err := w.Write((*buffer)[:n]); err != nil {
				return err
			}
			if err := flusher.Flush(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
