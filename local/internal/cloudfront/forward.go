package cloudfront

import (
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/local/internal/edge"
	"github.com/streamfront/streamfront/local/internal/resources"
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

// originRequest applies the origin request policy: both policies that are modelled send
// every header, cookie and query string of the viewer, Host being the question.
func originRequest(viewer *http.Request, r *edge.Request, b *resources.Behavior) *edge.Request {
	h := r.Header.Clone()
	for _, name := range removed {
		h.Del(name)
	}
	for name := range h {
		if strings.HasPrefix(name, "X-Edge-") || strings.HasPrefix(name, "X-Amz-Cf-") {
			h.Del(name)
		}
	}
	if !b.Policy.ForwardHost {
		h.Set("Host", b.Origin.DomainName)
	}
	h.Set("X-Forwarded-For", strings.Join(append(h.Values("X-Forwarded-For"), r.ClientIP), ", "))
	h.Add("Via", via)
	h.Set("Cloudfront-Forwarded-Proto", "https")
	h.Set("Cloudfront-Viewer-Address", viewer.RemoteAddr)
	h.Set("Cloudfront-Viewer-Http-Version", strings.TrimPrefix(viewer.Proto, "HTTP/"))
	out := *r
	out.Header = h
	return &out
}
