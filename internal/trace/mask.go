package trace

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// secretHeader tells by its name, in lower case, whether a header carries credentials.
// Those that only speak of them, such as access-control-allow-credentials, do not.
func secretHeader(name string) bool {
	for _, end := range []string{"authorization", "cookie", "token", "secret", "password", "api-key", "apikey", "subscription-key"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return strings.Contains(name, "jwt")
}

// secretQuery are the names of query strings that carry credentials, in lower case: those
// of signed URLs, of OAuth, and keys by their usual names.
var secretQuery = regexp.MustCompile(`^(key|auth|code|sig|jwt|session)$|(api[-_.]?key|token|secret|password|passwd|assertion|signature|credential|authorization)$`)

func maskHeader(h http.Header) http.Header {
	out := make(http.Header, len(h)+1)
	for name, values := range h {
		name = http.CanonicalHeaderKey(name)
		values = slices.Clone(values)
		for i, value := range values {
			values[i] = mask(strings.ToLower(name), value)
		}
		out[name] = append(out[name], values...)
	}
	return out
}

// mask keeps what tells values apart: the scheme of an authorization, the names and
// attributes of cookies, URLs without what is secret in their queries, and of the rest
// length and fingerprint.
func mask(name, value string) string {
	if !secretHeader(name) {
		return maskURL(value)
	}
	switch {
	case strings.HasSuffix(name, "authorization"):
		if scheme, rest, ok := strings.Cut(value, " "); ok {
			return scheme + " " + fingerprint(rest)
		}
	case name == "cookie":
		cookies := strings.Split(value, ";")
		for i, cookie := range cookies {
			cookies[i] = maskCookie(cookie)
		}
		return strings.Join(cookies, ";")
	case name == "set-cookie":
		cookie, attributes, _ := strings.Cut(value, ";")
		if attributes != "" {
			attributes = ";" + attributes
		}
		return maskCookie(cookie) + attributes
	}
	return fingerprint(value)
}

func maskCookie(cookie string) string {
	name, value, ok := strings.Cut(cookie, "=")
	if !ok {
		return fingerprint(cookie)
	}
	return name + "=" + fingerprint(value)
}

// maskURL masks the credentials in a URL's query, and in its fragment, where OAuth puts
// some.
func maskURL(s string) string {
	before, query, ok := strings.Cut(s, "?")
	if !ok {
		if before, query, ok = strings.Cut(s, "#"); !ok {
			return s
		}
	}
	return before + s[len(before):len(before)+1] + maskQuery(query)
}

// parameter is a name and its value; a value that is masked already has spaces.
var parameter = regexp.MustCompile(`([^=&?#\s]+)=(\(\d+ bytes, sha256 [0-9a-f]{8}\)|[^&#\s]*)`)

func maskQuery(query string) string {
	return parameter.ReplaceAllStringFunc(query, func(pair string) string {
		name, value, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		if err != nil {
			plain = name
		}
		if masked.MatchString(value) || !secretQuery.MatchString(strings.ToLower(plain)) {
			return pair
		}
		return name + "=" + fingerprint(value)
	})
}

// MaskCanonical masks the credentials in the query and the header lines of a canonical
// request, which may have a heading.
func MaskCanonical(canonical string) string {
	lines := strings.Split(canonical, "\n")
	for i, line := range lines {
		if i > 0 && strings.HasPrefix(lines[i-1], "/") {
			lines[i] = maskQuery(line)
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok && i > 2 && !masked.MatchString(value) {
			lines[i] = name + ":" + mask(strings.ToLower(name), value)
		}
	}
	return strings.Join(lines, "\n")
}

// fingerprint is the length of the value and the first 8 digits of its SHA-256, as
// 'printf %s VALUE | sha256sum' prints them.
func fingerprint(value string) string {
	hash := sha256.Sum256([]byte(value))
	return fmt.Sprintf("(%d bytes, sha256 %s)", len(value), hex.EncodeToString(hash[:4]))
}

// masked is what fingerprint made, also behind the scheme of an authorization or the name
// of a cookie.
var masked = regexp.MustCompile(`^([^ ;]+[ =])?\(\d+ bytes, sha256 [0-9a-f]{8}\)`)
