package cloudfront

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/template"
)

// Bounds of distributions.
//
// Sources: Amazon CloudFront Developer Guide, "Quotas", "Custom origins" and "Cache behavior
// settings"; AWS CloudFormation Template Reference, "AWS::CloudFront::Distribution" (November
// 2026). Documented.
const (
	maxCustomHeaders = 30
	maxConnecting    = 10 // seconds
	maxAttempts      = 3
	// maxOriginTimeout is the highest figure that CloudFront documents, 300 s for
	// keep-alive. 120 s of read timeout can be raised by request, so that is no bound.
	maxOriginTimeout = 300
	maxPort          = 65535

	maxCustomName  = 256 // bytes
	maxCustomValue = 1783
	maxCustomTotal = 10240 // of all names and values

	maxComment = 128
	maxOACName = 64
)

// Default quotas, which AWS raises on request.
//
// Source: Amazon CloudFront Developer Guide, "Quotas" (November 2026). Documented.
const (
	quotaReadTimeout = 120 // seconds
	quotaBehaviors   = 75
	quotaOrigins     = 100
	quotaAliases     = 100
)

// What CloudFront does where a template says nothing, in seconds.
const (
	defaultReadTimeout      = 30
	defaultKeepAliveTimeout = 5
	defaultTTL              = 86400
	maxTTL                  = 31536000
)

var (
	httpVersions   = []string{"http1.1", "http2", "http3", "http2and3"}
	priceClasses   = []string{"PriceClass_100", "PriceClass_200", "PriceClass_All", "None"}
	viewerPolicies = []string{"redirect-to-https", "https-only", "allow-all"}
	originPolicies = []string{"https-only", "match-viewer", "http-only"}
	// viewerProtocols are the values of MinimumProtocolVersion, and originProtocols those of
	// OriginSSLProtocols.
	viewerProtocols = []string{
		"SSLv3", "TLSv1", "TLSv1_2016", "TLSv1.1_2016", "TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025",
	}
	originProtocols = []string{"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"}
	// oldProtocols are those of both that let in TLS before 1.2.
	oldProtocols = []string{"SSLv3", "TLSv1", "TLSv1_2016", "TLSv1.1", "TLSv1.1_2016"}
	originTypes  = []string{"lambda", "s3", "mediastore", "mediapackagev2"}
	viewerEvents = []string{"viewer-request", "viewer-response"}
	edgeEvents   = []string{"viewer-request", "origin-request", "origin-response", "viewer-response"}
)

// methodSets are the sets of methods that CloudFront lets one choose from; the first is its
// default, and the last one cannot be cached.
var methodSets = [][]string{
	{"GET", "HEAD"},
	{"GET", "HEAD", "OPTIONS"},
	{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"},
}

// oneOfSets refuses methods that are none of the sets.
func oneOfSets(r *template.Reader, name string, methods *template.Texts, sets [][]string) {
	if !methods.Given || !methods.Known() {
		return
	}
	sorted := slices.Sorted(slices.Values(methods.Strings()))
	if slices.ContainsFunc(sets, func(set []string) bool { return slices.Equal(set, sorted) }) {
		return
	}
	r.Refuse(name, "is %q: CloudFront accepts one of the sets %q", methods.Strings(), sets)
	methods.Why = fmt.Errorf("CloudFront does not take it")
}

var (
	certificateARN = regexp.MustCompile(`^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate/.+$`)
	// aliasName is the form of an alternate domain name.
	aliasName = regexp.MustCompile(`(?i)^(\*\.)?([a-z0-9_-]+\.)+[a-z0-9-]{2,}\.?$`)
	// pathPattern is the form of a pattern, and rootObject that of a default root object.
	//
	// Source: Amazon CloudFront Developer Guide, "Cache behavior settings", Path pattern, and
	// "Specify a default root object". Documented.
	pathPattern = template.Bounded{Regexp: regexp.MustCompile(`^[A-Za-z0-9_.*?$/~"'@:+&-]+$`), Most: 255}
	rootObject  = template.Bounded{Regexp: regexp.MustCompile(`^[A-Za-z0-9_.*$/~"'&-]*$`), Most: 255}
	// originPath is what CloudFront puts before the path of a request: it begins with a slash,
	// and does not end with one. Documented.
	originPath = template.Bounded{Regexp: regexp.MustCompile(`^(/.*[^/])?$`), Most: 255}
	// webACLID is the ARN of a web ACL, or the id of one of AWS WAF Classic. Documented.
	webACLID = regexp.MustCompile(`^(arn:aws[a-z-]*:wafv2:.+|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$`)
	country  = regexp.MustCompile(`^[A-Z]{2}$`) // ISO 3166-1
	// headerName is the form of a header's name, RFC 9110, section 5.1.
	headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
)

// port refuses what CloudFront connects to at no custom origin.
func port(v any) string {
	if n := v.(int); n != 80 && n != 443 && (n < 1024 || n > maxPort) {
		return fmt.Sprintf("is %d: CloudFront accepts 80, 443 and 1024 to %d", n, maxPort)
	}
	return ""
}

func notNegative(v any) string {
	if n := v.(int); n < 0 {
		return fmt.Sprintf("is %d: CloudFront accepts 0 and more", n)
	}
	return ""
}

// customHeader refuses a header that CloudFront does not add to requests.
//
// Source: Amazon CloudFront Developer Guide, "Custom headers that CloudFront can't add to
// origin requests".
func customHeader(v any) string {
	name := strings.ToLower(v.(string))
	switch name {
	case "cache-control", "connection", "content-length", "cookie", "host", "if-match", "if-modified-since", "if-none-match",
		"if-range", "if-unmodified-since", "max-forwards", "pragma", "proxy-authenticate", "proxy-authorization",
		"proxy-connection", "range", "request-range", "te", "trailer", "transfer-encoding", "upgrade", "via", "x-real-ip":
	default:
		if !strings.HasPrefix(name, "x-amz-") && !strings.HasPrefix(name, "x-edge-") {
			return ""
		}
	}
	return fmt.Sprintf("is %q: CloudFront does not take it as an origin custom header", v)
}

// refuseHeaders refuses more, or larger, origin custom headers than CloudFront takes.
func refuseHeaders(r *template.Reader, headers []CustomHeader) {
	size := 0
	for _, h := range headers {
		size += len(h.Name.V) + len(h.Value.V)
	}
	for i, h := range headers {
		for _, other := range headers[:i] {
			if h.Name.V != "" && strings.EqualFold(h.Name.V, other.Name.V) {
				// No page of AWS says whether it takes both, and which one it sends.
				r.Doubt(h.Name.Place, "is %s, which is there twice: which of the values CloudFront sends is not documented", h.Name.V)
			}
		}
	}
	switch n := len(headers); {
	case n > maxCustomHeaders:
		r.Refuse("OriginCustomHeaders", "has %d headers: CloudFront accepts %d", n, maxCustomHeaders)
	case size > maxCustomTotal:
		r.Refuse("OriginCustomHeaders", "has %d bytes of names and values: CloudFront accepts %d", size, maxCustomTotal)
	}
}
