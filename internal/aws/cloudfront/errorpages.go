package cloudfront

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/cloudfront/cache"
	"github.com/streamfront/streamfront/internal/template"
)

// An ErrorResponse puts something in place of an answer.
type ErrorResponse struct {
	template.Place
	Code   template.Number
	Status template.Text
	Page   template.Text
	// MinTTL is how long such an answer is kept at least.
	MinTTL template.Duration
}

// Statuses of error responses: those of origins, and those that viewers get instead.
//
// Source: Amazon CloudFront API Reference, "CustomErrorResponse". Documented.
var (
	errorCodes    = []int{400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}
	responseCodes = append([]int{200}, errorCodes...)
)

// defaultErrorTTL is how long errors are kept where a template says nothing, in seconds.
const defaultErrorTTL = 10

func readErrorResponse(r *template.Reader) ErrorResponse {
	e := ErrorResponse{Place: r.Place}
	e.Code = r.Number("ErrorCode", template.Required, template.Takes(oneOfCodes(errorCodes)))
	e.Status = r.Text("ResponseCode", template.Takes(func(v any) string {
		n, _ := status(v.(string))
		return oneOfCodes(responseCodes)(n)
	}))
	e.Page = r.Text("ResponsePagePath", template.Takes(func(v any) string {
		if page := v.(string); page != "" && !strings.HasPrefix(page, "/") {
			return fmt.Sprintf("is %s: CloudFront accepts a path that begins with /", page)
		}
		return ""
	}))
	e.MinTTL = r.Seconds("ErrorCachingMinTTL", template.Default(defaultErrorTTL), template.Takes(notNegative), template.Quiet)
	if e.Status.Given != e.Page.Given && e.Status.Known() && e.Page.Known() {
		r.RefuseAll("has one of ResponseCode and ResponsePagePath: CloudFront accepts both or none")
	}
	return e
}

func oneOfCodes(codes []int) func(any) string {
	return func(v any) string {
		if slices.Contains(codes, v.(int)) {
			return ""
		}
		return fmt.Sprintf("is %d: CloudFront accepts one of %v", v, codes)
	}
}

// errorResponse is what is configured for a status; nil if nothing is.
func (d *Distribution) errorResponse(status int) *ErrorResponse {
	for i := range d.ErrorResponses {
		if e := &d.ErrorResponses[i]; e.Code.Is(status) {
			return e
		}
	}
	return nil
}

// ttl is how long the behavior keeps responses, errors included.
func (s *Server) ttl(b *Behavior) cache.TTL {
	t := b.Cache.TTL()
	for _, e := range s.Distribution.ErrorResponses {
		if t.Errors == nil {
			t.Errors = map[int]time.Duration{}
		}
		t.Errors[e.Code.V] = e.MinTTL.V
	}
	return t
}

// errorPage answers with the page that is configured for the status of the reply, if there is
// one and it can be had. The page comes by the behavior of its own path.
//
// Source: Amazon CloudFront Developer Guide, "How CloudFront processes and caches HTTP 4xx and
// 5xx status codes from your origin". That the error itself is the answer where the page
// cannot be had is assumed.
func (x *exchange) errorPage(b *Behavior, r *reply, keep *keeper) bool {
	e := x.Distribution.errorResponse(r.status())
	if e == nil || e.Page.V == "" || x.inner {
		return false
	}
	hop := x.rec.Hop("error page")
	page, why := x.page(e.Page.V)
	if why != nil {
		hop.Warn("", "%s, the page for %d, cannot be fetched: %v", e.Page.V, r.status(), why)
		return false
	}
	code, _ := status(e.Status.V)
	hop.Pass("%d %s in place of %d", code, e.Page.V, r.status())
	head := page.header
	head.Set("Content-Length", strconv.Itoa(page.body.Len()))
	if lifetime, keepable := x.ttl(b).Lifetime(r.status(), r.header(), x.Now()); keep != nil && keepable && x.viewer.Method == http.MethodGet {
		copied := x.Cache.Copy(int64(page.body.Len()))
		copied.Write(page.body.Bytes())
		x.Cache.Put(keep.key, code, head, copied, lifetime)
		copied.Discard()
	}
	h := x.w.Header()
	for name, values := range head {
		h[name] = slices.Clone(values)
	}
	mark(h, failed, x.id)
	x.w.WriteHeader(code)
	if x.viewer.Method != http.MethodHead {
		_, _ = x.w.Write(page.body.Bytes())
	}
	return true
}

// page gets an object by the distribution's own path.
func (x *exchange) page(path string) (_ *memory, why error) {
	viewer := x.viewer.Clone(x.viewer.Context())
	viewer.Method, viewer.RequestURI, viewer.ContentLength, viewer.TransferEncoding = http.MethodGet, path, 0, nil
	for _, name := range append([]string{"Content-Length", "Content-Type", "X-Amz-Content-Sha256"}, conditions...) {
		viewer.Header.Del(name)
	}
	body := &viewerBody{ReadCloser: http.NoBody}
	viewer.Body = body
	b := x.match(path)
	if b == nil {
		return nil, errors.New("no behavior matches its path")
	}
	if missing := b.Unserved(); len(missing) > 0 {
		return nil, errors.New(missing[0].String())
	}
	page := &memory{header: http.Header{}}
	defer func() {
		if failure := recover(); failure == http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
			why = errors.New("it broke off")
		} else if failure != nil {
			panic(failure)
		}
	}()
	inner := &exchange{Server: x.Server, w: page, viewer: viewer, body: body, id: x.id, rec: x.rec, inner: true, payload: http.NoBody, times: x.times}
	inner.serve(b, viewerRequest(viewer), nil)
	if page.status >= 400 || page.status == 0 {
		return nil, fmt.Errorf("the answer is %d", page.status)
	}
	return page, nil
}

// memory is an answer that goes nowhere yet.
type memory struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (m *memory) Header() http.Header { return m.header }

func (m *memory) WriteHeader(status int) { m.status = status }

// maxPage bounds an error page, in bytes: more is no page.
const maxPage = 64 << 20

func (m *memory) Write(p []byte) (int, error) {
	if m.body.Len()+len(p) > maxPage {
		return 0, io.ErrShortBuffer
	}
	return m.body.Write(p)
}

// Flush does nothing: all of it is looked at in the end.
func (m *memory) Flush() {}
