package cloudfront

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/aws/cloudfront/cache"
	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/aws/oac"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
)

var (
	errReadTimeout       = errors.New("the origin sent nothing within its read timeout")
	errCompletionTimeout = errors.New("the origin did not end its response within the response completion timeout")
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
	req, err := http.NewRequestWithContext(ctx, r.Method, "http://"+o.DomainName.V, body)
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

// origin signs the request, sends it and streams the answer. GET and HEAD are tried again
// when nothing comes within the read timeout; nothing else is.
//
// Source: Amazon CloudFront Developer Guide, "Origin response timeout".
func (x *exchange) origin(b *Behavior, r *edge.Request, body io.Reader, length int64, keep *keeper) {
	attempts := 1
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		attempts = b.Origin.Attempts.V
	}
	for attempt := 1; ; attempt++ {
		ctx, watch := newWatch(x.viewer.Context(), b.Origin)
		resp, err := x.ask(ctx, b, r, &watchedBody{body, watch}, length) //nolint:bodyclose // answer closes it
		if err == nil {
			x.answer(ctx, watch, b, r, resp, keep)
			return
		}
		watch.stop()
		if !errors.Is(context.Cause(ctx), errReadTimeout) || attempt >= attempts {
			x.unanswered(ctx, err)
			return
		}
		x.rec.Hop("origin").Pass("nothing within %s, attempt %d of %d", b.Origin.ReadTimeout.V, attempt, attempts)
	}
}

// ask sends the request, signed.
func (x *exchange) ask(ctx context.Context, b *Behavior, r *edge.Request, body io.Reader, length int64) (*http.Response, error) {
	hop := x.rec.Hop("oac")
	req, err := newOriginRequest(ctx, r, b.Origin, body, length, x.id)
	signed := err == nil && signs(b.Origin, req)
	canonical := ""
	if signed {
		canonical = x.sign(req, b.Origin)
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
		hop.Pass("signed for %s, payload %s", b.Origin.DomainName.V, req.Header.Get("X-Amz-Content-Sha256"))
	default:
		x.rec.Suspect(unsigned(b.Origin))
		hop.Pass("not signed: signing behavior is %s", b.Origin.Signing())
	}
	return x.Origins.RoundTrip(req)
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

// answer streams the origin's answer to the viewer, and keeps it if it may be kept.
func (x *exchange) answer(ctx context.Context, watch *watch, b *Behavior, r *edge.Request, resp *http.Response, keep *keeper) {
	defer watch.stop()
	defer func() { _ = resp.Body.Close() }()
	if keep != nil && keep.stale != nil && resp.StatusCode == http.StatusNotModified {
		lifetime, _ := b.Cache.TTL().Lifetime(keep.stale.Status, resp.Header, x.Now())
		x.serve(b, x.Cache.Refresh(keep.key, keep.stale, resp.Header, lifetime), refreshed)
		return
	}
	if size := fieldSize(resp.Header); size > maxHeaders {
		// That it is refused is documented, that the status is 502 assumed.
		f := refuse(http.StatusBadGateway, "", "The headers of the origin's response have %d bytes, at most %d are allowed.", size, maxHeaders)
		x.rec.Hop("origin").Refuse(f.cause, "", "%d: %s", f.status, f.reason)
		f.write(x.w, x.id)
		return
	}
	if refused := x.originResponse(b, r, resp); refused != nil {
		refused.write(x.w, x.id)
		return
	}
	x.warn(b, resp)
	if r.Method != http.MethodHead {
		if err := compress(b, r.Header.Get("Accept-Encoding"), resp); err != nil {
			x.unanswered(ctx, err)
			return
		}
	}
	var copied *cache.Copy
	lifetime, keepable := b.Cache.TTL().Lifetime(resp.StatusCode, resp.Header, x.Now())
	keeps := keep != nil && keepable && r.Method == http.MethodGet
	if keeps {
		copied = x.Cache.Copy(resp.ContentLength)
		defer copied.Discard()
	}
	head := x.writeHead(b, resp)
	if err := copyChunks(x.w, resp.Body, watch, copied); err != nil {
		x.cutOff(ctx, err)
		panic(http.ErrAbortHandler) // the viewer's connection is cut, too
	}
	if keeps {
		x.Cache.Put(keep.key, resp.StatusCode, head, copied, lifetime)
	}
}

// unanswered is CloudFront's answer when the origin gave none.
func (x *exchange) unanswered(ctx context.Context, err error) {
	hop := x.rec.Hop("origin")
	// First, for net/http takes the end of what the viewer sends for the end of the connection.
	if f := x.body.broken(); f != nil {
		hop.Refuse(f.cause, "", "%d: %s", f.status, f.reason)
		f.write(x.w, x.id)
		return
	}
	if x.viewer.Context().Err() != nil {
		hop.Refuse("", "", "the viewer left before the origin answered")
		return
	}
	f := refuse(http.StatusBadGateway, "", "CloudFront could not connect to the origin: %v", err)
	if cause := context.Cause(ctx); timeoutCause(cause) != "" {
		f = refuse(http.StatusGatewayTimeout, timeoutCause(cause), "CloudFront gave up: %v.", cause)
		if x.rec.Suspected(f.cause) == causes.StreamWithoutBody {
			f.cause = causes.StreamWithoutBody // not the function's silence
		}
	}
	hop.Refuse(f.cause, "", "%d: %s", f.status, f.reason)
	f.write(x.w, x.id)
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

// unsigned is why the origin access control did not sign.
func unsigned(o *Origin) causes.ID {
	if o.HasAccessControl() {
		return causes.OACNotAlways
	}
	return causes.OriginWithoutOAC
}

// signs tells whether the origin access control signs the request.
func signs(o *Origin, req *http.Request) bool {
	switch o.Signing() {
	case SignAlways:
		return true
	case SignNoOverride:
		return req.Header.Get("Authorization") == ""
	default:
		return false
	}
}

var emptySHA256 = hex.EncodeToString(sha256.New().Sum(nil))

// sign signs for the origin access control, in place of whatever the viewer sent, and
// returns the canonical request. The payload hash is the one in x-amz-content-sha256.
// Without one an empty body gets the hash of nothing, and any other body UNSIGNED-PAYLOAD,
// which function URLs refuse (field reports; what CloudFront really signs then is
// unverified, that it ends in 403 is not).
func (s *Server) sign(req *http.Request, o *Origin) (canonical string) {
	h := req.Header
	payload := strings.Join(h.Values("X-Amz-Content-Sha256"), ",")
	if payload == "" {
		payload = emptySHA256
		if req.ContentLength != 0 {
			payload = oac.UnsignedPayload
		}
		h.Set("X-Amz-Content-Sha256", payload)
	}
	h.Set("X-Amz-Source-Arn", s.Distribution.ARN)
	h.Set("X-Amz-Source-Account", s.Distribution.Account)
	signer := oac.Signer{Credentials: s.Credentials, Region: regionOf(o.DomainName.V)}
	return signer.Sign(req, payload, s.Now())
}

// regionOf reads the region from "<id>.lambda-url.<region>.on.aws".
func regionOf(domain string) string {
	if parts := strings.Split(domain, "."); len(parts) > 2 {
		return parts[2]
	}
	return ""
}

// A watch cancels a request to the origin when the origin is silent for too long, or when
// all takes too long.
type watch struct {
	cancel  context.CancelCauseFunc
	silence time.Duration
	gap     *time.Timer
	whole   *time.Timer
}

func newWatch(ctx context.Context, o *Origin) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{cancel: cancel, silence: o.ReadTimeout.V}
	w.gap = time.AfterFunc(o.ReadTimeout.V, func() { cancel(errReadTimeout) })
	if o.CompletionTimeout.V > 0 {
		w.whole = time.AfterFunc(o.CompletionTimeout.V, func() { cancel(errCompletionTimeout) })
	}
	return ctx, w
}

// restart begins the next gap.
func (w *watch) restart() { w.gap.Reset(w.silence) }

// pause is for the time in which the origin is not waited for.
func (w *watch) pause() { w.gap.Stop() }

func (w *watch) stop() {
	w.gap.Stop()
	if w.whole != nil {
		w.whole.Stop()
	}
	w.cancel(nil)
}

// watchedBody restarts the watch while the viewer's body is still on its way: the origin
// need not answer before it has come.
type watchedBody struct {
	io.Reader
	watch *watch
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.watch.pause()
	n, err := b.Reader.Read(p)
	b.watch.restart()
	return n, err
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
