package edge

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/exactjson"
)

// originShape is the field origin of a request at origin events: one of its two kinds.
//
// Source: Amazon CloudFront Developer Guide, "Lambda@Edge event structure". Documented, as are
// the bounds below.
type originShape struct {
	Custom *customShape `json:"custom,omitempty"`
	S3     *bucketShape `json:"s3,omitempty"`
}

type customShape struct {
	CustomHeaders             map[string][]originHeader `json:"customHeaders"`
	DomainName                string                    `json:"domainName"`
	KeepaliveTimeout          int                       `json:"keepaliveTimeout"`
	Path                      string                    `json:"path"`
	Port                      int                       `json:"port"`
	Protocol                  string                    `json:"protocol"`
	ReadTimeout               int                       `json:"readTimeout"`
	ResponseCompletionTimeout int                       `json:"responseCompletionTimeout,omitempty"`
	SSLProtocols              []string                  `json:"sslProtocols"`
}

type bucketShape struct {
	AuthMethod                string                    `json:"authMethod"`
	CustomHeaders             map[string][]originHeader `json:"customHeaders"`
	DomainName                string                    `json:"domainName"`
	Path                      string                    `json:"path"`
	Region                    string                    `json:"region"`
	ReadTimeout               int                       `json:"readTimeout,omitempty"`
	ResponseCompletionTimeout int                       `json:"responseCompletionTimeout,omitempty"`
}

// shape is what a function sees of the origin.
func (o *Origin) shape() *originShape {
	headers := map[string][]originHeader{}
	for name, value := range o.Headers {
		headers[strings.ToLower(name)] = []originHeader{{name, value}}
	}
	if o.S3 {
		return &originShape{S3: &bucketShape{
			AuthMethod: o.AuthMethod, CustomHeaders: headers, DomainName: o.DomainName, Path: o.Path, Region: o.Region,
		}}
	}
	return &originShape{Custom: &customShape{
		CustomHeaders: headers, DomainName: o.DomainName, KeepaliveTimeout: int(o.KeepAliveTimeout.Seconds()), Path: o.Path, Port: o.Port,
		Protocol: o.Protocol, ReadTimeout: int(o.ReadTimeout.Seconds()), ResponseCompletionTimeout: int(o.CompletionTimeout.Seconds()),
		SSLProtocols: append([]string{}, o.SSLProtocols...),
	}}
}

// changedOrigin returns the origin as a function left it, and the custom headers that go to
// it; a nil origin is unchanged beyond those. Names of custom headers must not be among the
// request's headers, too.
func changedOrigin(o *Origin, sent, returned json.RawMessage, headers http.Header) (*Origin, http.Header, error) {
	if bytes.Equal(sent, returned) {
		custom, err := httpHeader(o.shape().headers())
		return nil, custom, err
	}
	var is *originShape
	if err := exactjson.Strict(returned, &is); err != nil || is == nil || (is.Custom == nil) == (is.S3 == nil) {
		return nil, nil, invalid("the function returned an origin of another shape: want one of custom and s3")
	}
	if is.headers() == nil {
		return nil, nil, invalid("the function returned an origin without customHeaders")
	}
	custom, err := o.customHeaders(is.headers(), headers)
	if err != nil {
		return nil, nil, err
	}
	changed := *o
	if err := is.apply(&changed); err != nil {
		return nil, nil, err
	}
	if o.same(&changed) {
		return nil, custom, nil
	}
	return &changed, custom, nil
}

func (s *originShape) headers() map[string][]originHeader {
	if s.S3 != nil {
		return s.S3.CustomHeaders
	}
	return s.Custom.CustomHeaders
}

func (o *Origin) customHeaders(returned map[string][]originHeader, headers http.Header) (http.Header, error) {
	left, err := httpHeader(returned)
	if err != nil {
		return nil, err
	}
	had := map[string]bool{}
	for name := range o.Headers {
		had[http.CanonicalHeaderKey(name)] = true
	}
	for name := range left {
		switch {
		case had[name]:
		case headers.Get(name) != "":
			return nil, invalid("the function added %s to the headers of the origin, which is among those of the request", strings.ToLower(name))
		case isDisallowed(name):
			return nil, invalid("the function added the header %s, which is not allowed", strings.ToLower(name))
		}
	}
	return left, nil
}

func (o *Origin) same(other *Origin) bool {
	a, b := *o, *other
	same := slices.Equal(a.SSLProtocols, b.SSLProtocols)
	a.SSLProtocols, b.SSLProtocols, a.Headers, b.Headers = nil, nil, nil, nil
	return same && a.DomainName == b.DomainName && a.S3 == b.S3 && a.Path == b.Path && a.Region == b.Region && a.AuthMethod == b.AuthMethod &&
		a.Port == b.Port && a.Protocol == b.Protocol && a.ReadTimeout == b.ReadTimeout && a.KeepAliveTimeout == b.KeepAliveTimeout &&
		a.CompletionTimeout == b.CompletionTimeout
}

var (
	originName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	originPath = regexp.MustCompile(`^(/.*[^/])?$`)
	ipAddress  = regexp.MustCompile(`^[0-9.]+$`)
)

// apply holds the shape to its bounds and puts it into the origin.
func (s *originShape) apply(o *Origin) error {
	name, path := "", ""
	if s.S3 != nil {
		name, path = s.S3.DomainName, s.S3.Path
	} else {
		name, path = s.Custom.DomainName, s.Custom.Path
	}
	if name != o.DomainName && (len(name) > 253 || !originName.MatchString(name) || ipAddress.MatchString(name)) {
		return invalid("the function returned an origin with the domainName %q: want a domain name, without a port", name)
	}
	if path != o.Path && (len(path) > 255 || !originPath.MatchString(path)) {
		return invalid("the function returned an origin with the path %q: want one that begins with / and does not end with it, or nothing", path)
	}
	o.DomainName, o.Path = name, path
	seconds := func(into *time.Duration, n int) { *into = time.Duration(n) * time.Second }
	if b := s.S3; b != nil {
		switch b.AuthMethod {
		case "none", "origin-access-identity":
		default:
			return invalid("the function returned an origin with the authMethod %q: want origin-access-identity or none", b.AuthMethod)
		}
		if b.AuthMethod != "none" && b.Region == "" {
			return invalid("the function returned an origin with the authMethod %s and without a region", b.AuthMethod)
		}
		o.S3, o.AuthMethod, o.Region = true, b.AuthMethod, b.Region
		if b.ReadTimeout > 0 {
			seconds(&o.ReadTimeout, b.ReadTimeout)
		}
		return nil
	}
	c := s.Custom
	switch {
	case c.Protocol != "http" && c.Protocol != "https":
		return invalid("the function returned an origin with the protocol %q: want http or https", c.Protocol)
	case c.Port != 80 && c.Port != 443 && (c.Port < 1024 || c.Port > 65535):
		return invalid("the function returned an origin with the port %d: want 80, 443 or 1024 to 65535", c.Port)
	case c.ReadTimeout < 1 || c.KeepaliveTimeout < 1:
		return invalid("the function returned an origin with a readTimeout of %d and a keepaliveTimeout of %d: want 1 and more", c.ReadTimeout, c.KeepaliveTimeout)
	}
	o.S3, o.AuthMethod, o.Region, o.Protocol, o.Port, o.SSLProtocols = false, "", "", c.Protocol, c.Port, c.SSLProtocols
	seconds(&o.ReadTimeout, c.ReadTimeout)
	seconds(&o.KeepAliveTimeout, c.KeepaliveTimeout)
	seconds(&o.CompletionTimeout, c.ResponseCompletionTimeout)
	return nil
}
