package functionurl

import (
	"regexp"

	"github.com/streamfront/streamfront/internal/template"
)

// origin is the form in which browsers send an origin (RFC 6454, section 7.1), or "null".
var origin = regexp.MustCompile(`^([a-z][a-z0-9+.-]*://[^/*?#\s]+|null)$`)

// token is the form of a header's name, or "*".
var token = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// openCORS finds a URL that lets the pages of every origin call with the user's cookies.
func openCORS(u *URL, r *template.Report) {
	if !u.CORS.Credentials.Is(true) {
		return
	}
	for _, allowed := range u.CORS.Origins.Items {
		if allowed.Is("*") {
			r.Error(allowed.Place, "is *, and AllowCredentials is true: a page of anybody may call with the user's cookies, and read the answer")
		}
	}
}

// closedCORS finds what lets no page in.
func closedCORS(u *URL, r *template.Report) {
	c := &u.CORS
	if c.Given && c.Origins.Known() && len(c.Origins.Items) == 0 {
		r.Warn(c.Origins.Place, "is missing: no page is allowed")
	}
	for _, allowed := range c.Origins.Items {
		if allowed.Known() && allowed.V != "*" && !origin.MatchString(allowed.V) {
			r.Warn(allowed.Place, "is %s, which no browser sends: want https://NAME, without a slash at the end, or a lone *", allowed.V)
		}
	}
	for _, names := range []template.Texts{c.Headers, c.Exposed} {
		for _, name := range names.Items {
			if name.Known() && !token.MatchString(name.V) {
				r.Warn(name.Place, "is %s, which is not the name of a header", name.V)
			}
		}
	}
}
