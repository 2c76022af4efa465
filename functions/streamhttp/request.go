package streamhttp

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

const (
	forwardedAuthorization = "X-Forwarded-Authorization"
	forwardedHost          = "X-Forwarded-Host"
	signaturePrefix        = "X-Amz-"
)

// newRequest returns the request as an http.Server would have received it from the viewer. It fails if
// the path of the URL cannot be parsed.
func newRequest(ctx context.Context, a *arrival) (*http.Request, error) {
	event := a.event
	target, err := requestURL(event)
	if err != nil {
		return nil, err
	}
	header, host := requestHeader(a)
	body, length := requestBody(event)
	if header.Get("Content-Length") != "" {
		header.Set("Content-Length", strconv.FormatInt(length, 10))
	}
	if !validHost(host) {
		host = event.RequestContext.DomainName
	}
	r := &http.Request{
		Method:        event.RequestContext.HTTP.Method,
		URL:           target,
		RequestURI:    requestURI(event),
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Host:          host,
		Body:          body,
		ContentLength: length,
		RemoteAddr:    remoteAddr(a, header.Get("X-Forwarded-For")),
	}
	if header.Get("X-Forwarded-Proto") == "https" {
		r.TLS = &tls.ConnectionState{
			Version:           tlsVersion(header.Get("X-Amzn-Tls-Version")),
			HandshakeComplete: true,
			ServerName:        event.RequestContext.DomainName,
		}
	}
	return r.WithContext(ctx), nil
}

// requestURL leaves the query unparsed, so only the path can be invalid.
func requestURL(event *events.LambdaFunctionURLRequest) (*url.URL, error) {
	u, err := url.ParseRequestURI(rawPath(event))
	if err != nil {
		return nil, err
	}
	u.RawQuery = event.RawQueryString
	return u, nil
}

func requestURI(event *events.LambdaFunctionURLRequest) string {
	if event.RawQueryString == "" {
		return rawPath(event)
	}
	return rawPath(event) + "?" + event.RawQueryString
}

// rawPath returns the raw path of the event. Only events that are written by hand may lack it.
func rawPath(event *events.LambdaFunctionURLRequest) string {
	return cmp.Or(event.RawPath, "/")
}

// requestHeader also returns the host that the viewer requested, which the header does not have.
func requestHeader(a *arrival) (header http.Header, viewerHost string) {
	event := a.event
	if a.multi != nil {
		header = make(http.Header, len(a.multi))
		return header, a.add(header)
	}
	header = make(http.Header, len(event.Headers)+1)
	values := make([]string, len(event.Headers)+1) // one allocation for all values
	set := func(key, value string) {
		values[0] = value
		header[key] = values[:1:1]
		values = values[1:]
	}
	for name, value := range event.Headers {
		switch key := http.CanonicalHeaderKey(name); {
		case key == forwardedHost && a.vouched:
			viewerHost = value
		case key == forwardedAuthorization && a.vouched:
			set("Authorization", value)
		case a.signed && (key == "Authorization" || strings.HasPrefix(key, signaturePrefix)):
			// These belong to a signature for AWS, such as CloudFront's.
		case key == claimsHeader:
			// Claims reads it from the event, and knows when to trust it.
		case key == "Host" && a.host:
			viewerHost = value
		case key == "Host" || key == "Transfer-Encoding" || key == "Connection":
			// Not in the Header of a server's request, or of the hop to Lambda.
		default:
			set(key, value)
		}
	}
	// AWS fills both; a hand-written event may hold the list alone.
	if len(event.Cookies) > 0 && header["Cookie"] == nil {
		set("Cookie", strings.Join(event.Cookies, "; "))
	}
	return header, viewerHost
}

// validHost rejects values that are not a host, such as a list of two values.
func validHost(host string) bool {
	u, err := url.Parse("https://" + host)
	return err == nil && host != "" && u.Host == host && !strings.Contains(host, ",")
}

func remoteAddr(a *arrival, forwardedFor string) string {
	if a.peer != "" {
		return net.JoinHostPort(a.peer, "0")
	}
	last := strings.TrimSpace(forwardedFor[strings.LastIndexByte(forwardedFor, ',')+1:])
	if _, err := netip.ParseAddr(last); err != nil {
		last = a.event.RequestContext.HTTP.SourceIP
	}
	return net.JoinHostPort(last, "0")
}

// tlsVersion reads X-Amzn-Tls-Version. Function URLs support no version below 1.2.
func tlsVersion(name string) uint16 {
	if name == "TLSv1.3" {
		return tls.VersionTLS13
	}
	return tls.VersionTLS12
}

func requestBody(event *events.LambdaFunctionURLRequest) (io.ReadCloser, int64) {
	if event.Body == "" {
		return http.NoBody, 0
	}
	if !event.IsBase64Encoded {
		return io.NopCloser(strings.NewReader(event.Body)), int64(len(event.Body))
	}
	padding := len(event.Body) - len(strings.TrimRight(event.Body, "="))
	length := base64.StdEncoding.DecodedLen(len(event.Body)) - padding
	return io.NopCloser(&base64Body{encoded: event.Body}), int64(length)
}

// base64Body decodes while the handler reads. A handler that refuses a request does not pay for
// decoding its body, and no second copy of up to 6 MiB is made. base64.NewDecoder does the same at half
// the speed, because it must handle line breaks and reads of any size.
type base64Body struct {
	encoded string
	block   [4096]byte
	decoded [3072]byte
	unread  []byte // of decoded
	err     error  // why there is no more; a reader that asks again gets it again
}

func (b *base64Body) Read(p []byte) (int, error) {
	if len(b.unread) == 0 {
		if b.encoded == "" && b.err == nil {
			b.err = io.EOF
		}
		if b.err != nil {
			return 0, b.err
		}
		n := copy(b.block[:], b.encoded)
		b.encoded = b.encoded[n:]
		n, err := base64.StdEncoding.Decode(b.decoded[:], b.block[:n])
		if err != nil {
			b.err = fmt.Errorf("streamhttp: body of the event: %w", err)
			return 0, b.err
		}
		b.unread = b.decoded[:n]
	}
	n := copy(p, b.unread)
	b.unread = b.unread[n:]
	return n, nil
}
