package cloudfront

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/cloudfront/cache"
	"github.com/streamfront/streamfront/internal/aws/edge"
)

// caches reports whether the behavior keeps the responses to such requests.
func caches(b *Behavior, method string) bool {
	return b.Cache.TTL().Caches() && (method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions && b.Cached.Has(method))
}

// cacheKey is what distinguishes the request from others: its path, and what the cache policy
// selects. A HEAD shares the key of the GET.
func (s *Server) cacheKey(b *Behavior, r *edge.Request) string {
	var key strings.Builder
	add := func(kind, name, value string) { fmt.Fprintf(&key, "%s %q %q\n", kind, name, value) }
	add("distribution", s.Distribution.ID, b.PathPattern.V)
	add("path", r.Path, "")
	if r.Method == http.MethodOptions {
		add("method", r.Method, "")
	}
	for _, name := range slices.Sorted(slices.Values(b.Cache.Headers.Names)) {
		for _, value := range r.Header.Values(name) {
			add("header", name, value)
		}
	}
	only := &Behavior{Cache: b.Cache, Policy: &OriginRequestPolicy{}}
	add("cookies", selectCookies(r.Header.Values("Cookie"), only), "")
	add("query", selectQueries(r.Query, only), "")
	if b.Cache.Gzip.V || b.Cache.Brotli.V {
		add("encoding", acceptEncoding("", r.Header, b.Cache), "")
	}
	return key.String()
}

// A keeper says where a response that comes from the origin is to be kept.
type keeper struct {
	key   string
	stale *cache.Entry // what was kept before, if the origin can say that it is unchanged

	errorsAlone bool // are kept, so that the viewer's own conditions are for the origin
}

// fromCache answers with a kept response that is fresh. Else it returns how to keep the
// one that the origin gives.
func (x *exchange) fromCache(b *Behavior, r *edge.Request) (served bool, k *keeper) {
	hop := x.rec.Hop("cache")
	key := x.cacheKey(b, r)
	entry, fresh := x.Cache.Get(key)
	switch {
	case fresh:
		hop.Pass("hit, kept for %s", entry.Age(x.Now()))
		x.serveKept(b, entry, hit)
		return true, nil
	case entry != nil && entry.Validators() != nil:
		hop.Pass("stale: the origin is asked whether it has changed")
		return false, &keeper{key: key, stale: entry}
	default:
		hop.Pass("miss")
		return false, &keeper{key: key}
	}
}

// serveKept answers with a kept response.
func (x *exchange) serveKept(b *Behavior, e *cache.Entry, result cacheResult) {
	h := x.w.Header()
	for name, values := range e.Header {
		h[name] = slices.Clone(values)
	}
	h.Set("Age", strconv.Itoa(int(e.Age(x.Now()).Seconds())))
	status, body, ok := x.finishHead(b, e.Status, h, result)
	switch {
	case !ok:
		return
	case body != nil:
		x.writeBody(status, body)
		return
	}
	if e.Unmodified(x.viewer.Header) {
		h.Del("Content-Length")
		x.w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(e.Body.Len()))
	x.w.WriteHeader(status)
	_, _ = e.Body.WriteTo(x.w)
}

// conditions are the headers by which a client asks for less than the whole response.
var conditions = []string{"If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range", "Range"}

// conditional makes the request to the origin one that asks about the stale response. The
// viewer's own conditions, and ranges, are for CloudFront, which keeps whole responses.
func (k *keeper) conditional(h http.Header) {
	if k.errorsAlone {
		return
	}
	for _, name := range conditions {
		h.Del(name)
	}
	if k.stale != nil {
		for name, values := range k.stale.Validators() {
			h[name] = values
		}
	}
}

// compressible are the types that CloudFront compresses, of those that functions mostly
// answer with. Event streams are not among them.
//
// Source: Amazon CloudFront Developer Guide, "Serve compressed files".
var compressible = []string{
	"application/javascript", "application/json", "application/manifest+json", "application/rss+xml", "application/vnd.api+json",
	"application/wasm", "application/x-javascript", "application/xhtml+xml", "application/xml", "image/svg+xml", "text/css",
	"text/csv", "text/html", "text/javascript", "text/js", "text/plain", "text/richtext", "text/tab-separated-values",
	"text/xml", "text/x-script", "text/x-component", "text/x-java-source", "text/vtt",
}

// compress compresses a response as CloudFront does at the edge: only if the origin gave
// its length, of 1,000 to 10,000,000 bytes. It knows gzip; Brotli is left out.
func compress(b *Behavior, accepted string, resp *http.Response) error {
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if !b.Compress.V || !b.Cache.Gzip.V || !accepts(accepted, "gzip") ||
		resp.ContentLength < 1000 || resp.ContentLength > 10_000_000 ||
		!slices.Contains([]int{http.StatusOK, http.StatusForbidden, http.StatusNotFound}, resp.StatusCode) ||
		resp.Header.Get("Content-Encoding") != "" || !slices.Contains(compressible, mediaType) ||
		strings.Contains(resp.Header.Get("Cache-Control"), "no-transform") {
		return nil
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.Copy(w, resp.Body); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(&out)
	resp.ContentLength = int64(out.Len())
	h := resp.Header
	h.Set("Content-Encoding", "gzip")
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	h.Add("Vary", "Accept-Encoding")
	if tag := h.Get("Etag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		h.Set("Etag", "W/"+tag)
	}
	return nil
}
