package cloudfront

import (
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/edge"
)

// viewerRequest turns the request that came into the one that edge functions see. Host,
// Content-Length and Transfer-Encoding, which net/http keeps apart, are headers there.
func viewerRequest(r *http.Request) *edge.Request {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	ip, _, _ := net.SplitHostPort(r.RemoteAddr)
	h := r.Header.Clone()
	h.Set("Host", r.Host)
	switch {
	case r.ContentLength > 0 || r.Header.Get("Content-Length") != "":
		h.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	case len(r.TransferEncoding) > 0:
		h.Set("Transfer-Encoding", strings.Join(r.TransferEncoding, ","))
	}
	return &edge.Request{Method: r.Method, Path: path, Query: query, Header: h, ClientIP: ip}
}

// removed are headers that never go to a custom origin.
//
// Source: Amazon CloudFront Developer Guide, "Request and response behavior for custom
// origins".
var removed = []string{
	"Connection", "Keep-Alive", "Expect", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
	"Upgrade", "X-Forwarded-Proto", "X-Real-Ip",
}

// always are headers that describe body and way, whatever the policies say.
var always = []string{"Content-Length", "Transfer-Encoding", "X-Forwarded-For"}

// originRequest selects what goes to the origin: what the cache policy keys on, and what
// the origin request policy adds to it.
func originRequest(viewer *http.Request, r *edge.Request, b *Behavior, o *Origin) *edge.Request {
	h := http.Header{}
	for name, values := range withoutRemoved(r.Header) {
		if b.Cache.Headers.Has(name) || b.Policy.Headers.Has(name) {
			h[name] = values
		}
	}
	if b.Policy.isLegacy() {
		switch r.Method { // documented: of other methods it is taken away
		case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
			if values := r.Header.Values("Authorization"); len(values) > 0 {
				h["Authorization"] = values
			}
		}
	}
	for _, name := range always {
		if values := r.Header.Values(name); len(values) > 0 {
			h[name] = values
		}
	}
	for name, value := range viewerHeaders(viewer, b) {
		h.Set(name, value)
	}
	setOrDelete(h, "Cookie", selectCookies(r.Header.Values("Cookie"), b))
	setOrDelete(h, "Accept-Encoding", acceptEncoding(h.Get("Accept-Encoding"), r.Header, b.Cache))
	if o.hostHeader != "" {
		h.Set("Host", o.hostHeader) // before what a policy forwards (field report)
	} else if h.Get("Host") == "" {
		h.Set("Host", o.host())
	}
	if h.Get("User-Agent") == "" {
		h.Set("User-Agent", "Amazon CloudFront")
	}
	h.Set("X-Forwarded-For", strings.Join(append(h.Values("X-Forwarded-For"), r.ClientIP), ", "))
	h.Add("Via", via)
	out := *r
	out.Header, out.Query = h, selectQueries(r.Query, b)
	return &out
}

func withoutRemoved(h http.Header) http.Header {
	h = h.Clone()
	for _, name := range removed {
		h.Del(name)
	}
	for name := range h {
		if strings.HasPrefix(name, "X-Edge-") || strings.HasPrefix(name, "X-Amz-Cf-") || isAboutViewer(name) {
			h.Del(name)
		}
	}
	return h
}

func setOrDelete(h http.Header, name, value string) {
	if value == "" {
		h.Del(name)
		return
	}
	h.Set(name, value)
}

// selectCookies keeps the cookies of both policies, in the order in which they came.
func selectCookies(lines []string, b *Behavior) string {
	var kept []string
	for _, line := range lines {
		for _, cookie := range strings.Split(line, ";") {
			cookie = strings.TrimSpace(cookie)
			if name, _, _ := strings.Cut(cookie, "="); b.Cache.Cookies.Has(name) || b.Policy.Cookies.Has(name) {
				kept = append(kept, cookie)
			}
		}
	}
	return strings.Join(kept, "; ")
}

// selectQueries keeps the query strings of both policies, as they stand on the wire.
func selectQueries(query string, b *Behavior) string {
	if b.Cache.Queries.Everything() || b.Policy.Queries.Everything() {
		return query
	}
	var kept []string
	for _, part := range strings.Split(query, "&") {
		if name, _, _ := strings.Cut(part, "="); part != "" && (b.Cache.Queries.Has(name) || b.Policy.Queries.Has(name)) {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&")
}

// acceptEncoding is what CloudFront makes of Accept-Encoding: with compression in the
// cache policy the encodings that both sides know, else what the policies let through.
func acceptEncoding(forwarded string, viewer http.Header, p *CachePolicy) string {
	if !p.Gzip.V && !p.Brotli.V {
		return forwarded
	}
	var both []string
	accepted := strings.Join(viewer.Values("Accept-Encoding"), ",")
	if p.Brotli.V && accepts(accepted, "br") {
		both = append(both, "br")
	}
	if p.Gzip.V && accepts(accepted, "gzip") {
		both = append(both, "gzip")
	}
	return strings.Join(both, ",")
}

func accepts(header, encoding string) bool {
	for _, part := range strings.Split(header, ",") {
		name, parameters, _ := strings.Cut(strings.TrimSpace(part), ";")
		weight := strings.ReplaceAll(parameters, " ", "")
		if strings.EqualFold(strings.TrimSpace(name), encoding) && weight != "q=0" && weight != "q=0.0" {
			return true
		}
	}
	return false
}
