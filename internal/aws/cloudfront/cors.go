package cloudfront

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// CORS is what a response headers policy says to browsers about pages of other origins.
// CloudFront answers no preflight by itself: the origin does, and the policy adds its headers
// to whatever that answers.
type CORS struct {
	origins     template.Texts // Origins, and where they stand
	Given       bool
	Origins     []string
	Methods     []string // of preflights
	Headers     []string // of preflights
	Exposed     []string
	MaxAge      string // of preflights, in seconds; "": none
	Credentials bool
	Override    bool // also where the origin sent such headers
}

// corsMethods are those that a policy takes, and what ALL stands for.
var corsMethods = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

// corsHeaders are those that origins send for themselves.
var corsHeaders = []string{
	"Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Allow-Origin",
	"Access-Control-Expose-Headers", "Access-Control-Max-Age",
}

func readCORS(r *template.Reader) CORS {
	if !r.Given {
		return CORS{}
	}
	list := func(name string, options ...template.Option) template.Texts {
		values := r.Object(name, options...).Texts("Items", template.Required)
		if name != "AccessControlExposeHeaders" && values.Given && values.Known() && len(values.Items) == 0 {
			r.Refuse(name, "is empty: CloudFront accepts a policy with at least one value there")
		}
		return values
	}
	origins, headers := list("AccessControlAllowOrigins", template.Required), list("AccessControlAllowHeaders", template.Required)
	for _, name := range headers.Strings() {
		if !headerName.MatchString(name) { // field report: aws/aws-cdk#32206
			r.Refuse("AccessControlAllowHeaders", "has %q: CloudFront accepts names of headers, or *", name)
		}
	}
	c := CORS{
		Given:       true,
		origins:     origins,
		Origins:     origins.Strings(),
		Methods:     list("AccessControlAllowMethods", template.Required).Strings(),
		Headers:     headers.Strings(),
		Exposed:     list("AccessControlExposeHeaders").Strings(),
		Credentials: r.Bool("AccessControlAllowCredentials", template.Required).V,
		Override:    r.Bool("OriginOverride", template.Required).V,
	}
	if age := r.Number("AccessControlMaxAgeSec", template.Takes(notNegative)); age.Given {
		c.MaxAge = strconv.Itoa(age.V)
	}
	for _, origin := range c.Origins {
		// Documented: a wildcard stands for the leftmost part of a name, or in a port.
		_, host, found := strings.Cut(origin, "://")
		if !found {
			host = origin
		}
		if name, _ := cutPort(host); name != "*" && strings.Contains(strings.TrimPrefix(name, "*."), "*") {
			r.Refuse("AccessControlAllowOrigins", "has %q: CloudFront accepts a * as the leftmost part of a name only, as in https://*.example.com", origin)
		}
	}
	for _, method := range c.Methods {
		if method != "ALL" && !slices.Contains(corsMethods, method) {
			r.Refuse("AccessControlAllowMethods", "has %q: CloudFront accepts %s, or ALL", method, strings.Join(corsMethods, ", "))
		}
	}
	if slices.Contains(c.Methods, "ALL") {
		c.Methods = corsMethods
	}
	if c.Credentials {
		// Field report (aws/aws-cdk#35308) for the headers; for the others it follows from the
		// Fetch standard, by which browsers refuse them.
		for name, values := range map[string][]string{"AccessControlAllowOrigins": c.Origins, "AccessControlAllowHeaders": c.Headers} {
			if slices.Contains(values, "*") {
				r.Refuse(name, "has *, and AccessControlAllowCredentials is true: CloudFront accepts only one of the two")
			}
		}
	}
	return c
}

// apply adds the headers to the response to a CORS request, which is one that names an origin.
// Access-Control-Expose-Headers goes to all of them (documented, with the setting; the page
// about the managed policies says to preflights only).
func (c *CORS) apply(h http.Header, viewer *http.Request) {
	origin := viewer.Header.Get("Origin")
	if !c.Given || origin == "" {
		return
	}
	if !c.Override {
		// Documented. Older versions of the guide say so of each header alone; this is the
		// stricter.
		if slices.ContainsFunc(corsHeaders, func(name string) bool { return len(h.Values(name)) > 0 }) {
			return
		}
	}
	preflight := isPreflight(viewer)
	allowed := c.allows(origin)
	put := func(name string, here bool, value string) {
		if !here || value == "" {
			return
		}
		h.Del(name) // of a page that is not allowed, too (assumed)
		if allowed {
			h.Set(name, value)
		}
	}
	if slices.Contains(c.Origins, "*") {
		origin = "*"
	}
	put("Access-Control-Allow-Origin", true, origin)
	put("Access-Control-Allow-Credentials", c.Credentials, "true")
	put("Access-Control-Expose-Headers", true, strings.Join(c.Exposed, ", "))
	put("Access-Control-Allow-Methods", preflight, strings.Join(c.Methods, ", "))
	put("Access-Control-Allow-Headers", preflight, strings.Join(c.Headers, ", "))
	put("Access-Control-Max-Age", preflight, c.MaxAge)
}

// isPreflight reports whether a browser asks if a page may send a request.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

func (c *CORS) allows(origin string) bool {
	return slices.ContainsFunc(c.Origins, func(allowed string) bool {
		return allowed == "*" || matchOrigin(strings.ToLower(allowed), strings.ToLower(origin))
	})
}

// matchOrigin compares an allowed origin with that of a page. Without a scheme it allows every
// scheme, and without a port only pages without one; :* allows those, too (documented).
func matchOrigin(allowed, origin string) bool {
	scheme, host, found := strings.Cut(origin, "://")
	if !found {
		return false // null
	}
	if want, rest, given := strings.Cut(allowed, "://"); given {
		if want != scheme {
			return false
		}
		allowed = rest
	}
	wantName, wantPort := cutPort(allowed)
	name, port := cutPort(host)
	if suffix, any := strings.CutPrefix(wantName, "*"); any {
		if !strings.HasSuffix(name, suffix) || name == suffix {
			return false
		}
	} else if name != wantName {
		return false
	}
	return wantPort == "*" || wildcard.Match(wantPort, port)
}

// cutPort cuts host and port; the port may be "".
func cutPort(host string) (name, port string) {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		return host[:i], host[i+1:]
	}
	return host, ""
}

// decision says in words what came of a CORS request, for the trace; "" for others.
func (c *CORS) decision(status int, h http.Header, viewer *http.Request) string {
	origin := viewer.Header.Get("Origin")
	if !c.Given || origin == "" {
		return ""
	}
	switch {
	case !c.allows(origin):
		return fmt.Sprintf("CORS: %s is not among the policy's origins", origin)
	case isPreflight(viewer) && (status < 200 || status > 299):
		return fmt.Sprintf("CORS: the origin answered the preflight with %d, which browsers refuse whatever its headers: CloudFront answers no preflight itself", status)
	case h.Get("Access-Control-Allow-Origin") == "":
		return "CORS: the origin's own headers stand, without Access-Control-Allow-Origin"
	}
	return "CORS: allowed for " + h.Get("Access-Control-Allow-Origin")
}

// policyOrigin is the form of an origin in a policy: CloudFront compares it with what browsers
// send, which has no path, and takes one without a scheme for both of them.
var policyOrigin = regexp.MustCompile(`^(\*|([a-z][a-z0-9+.-]*://)?[^/\s]+)$`)

// unfitOrigins finds origins in the response headers policy of a behavior that no browser sends.
func unfitOrigins(b *Behavior, r *template.Report) {
	if b.ResponseHeaders == nil {
		return
	}
	for _, origin := range b.ResponseHeaders.CORS.origins.Items {
		if origin.Known() && !policyOrigin.MatchString(origin.V) {
			r.Warn(origin.Place, "is %s, which no browser sends: want https://NAME, without a slash at the end", origin.V)
		}
	}
}
