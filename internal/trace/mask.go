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

// MaskURL masks what is secret in a URL, or in the path and query of one: user and password,
// parameters, and credentials that are known by their shape.
func MaskURL(s string) string { return maskURL(s, 0) }

// MaskText masks what is secret in a text that people read: URLs in it, and credentials that
// are known by their shape.
func MaskText(s string) string {
	if !strings.Contains(s, "=") {
		return maskShapes(s)
	}
	s = parameterInText.ReplaceAllStringFunc(s, func(pair string) string { return pair[:1] + maskQuery(pair[1:], 0) })
	return maskShapes(s)
}

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

// mask keeps what distinguishes values of a header: the scheme of an authorization, the names
// and attributes of cookies, URLs without what is secret in them, and of the rest length and
// fingerprint.
func mask(name, value string) string {
	switch {
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
	case isMasked(value):
		return value
	case strings.HasSuffix(name, "-authenticate"): // a challenge
		return maskShapes(value)
	case strings.HasSuffix(name, "authorization"):
		if scheme, rest, ok := strings.Cut(value, " "); ok {
			return scheme + " " + fingerprint(rest)
		}
		return fingerprint(value)
	case secret(name, value):
		return fingerprint(value)
	}
	return maskParameters(fieldParameter, maskValue(name, value, 0))
}

func maskCookie(cookie string) string {
	name, value, ok := strings.Cut(cookie, "=")
	switch {
	case isMasked(value), !ok && isMasked(cookie):
		return cookie
	case !ok:
		return fingerprint(cookie)
	}
	return name + "=" + fingerprint(value)
}

// depth is how often a value may be encoded within another.
const depth = 4

// maskValue masks a value whose name is not secret.
func maskValue(name, value string, level int) string {
	if isMasked(value) {
		return value
	}
	if scheme, rest, ok := scheme(value); ok {
		return scheme + " " + fingerprint(rest)
	}
	plain, err := url.QueryUnescape(value)
	if err != nil {
		plain = value
	}
	if random(name, plain) {
		return fingerprint(value)
	}
	value = maskURL(maskMembers(value), level)
	if plain == value || err != nil || level == depth || !strings.ContainsAny(value, "%+") {
		return value
	}
	inner := maskValue(name, plain, level+1)
	if !strings.ContainsAny(plain, "?#") {
		inner = maskQuery(inner, level+1)
	}
	if inner == plain {
		return value
	}
	return escape(inner)
}

// maskMembers knows the members of a JSON object.
func maskMembers(s string) string {
	if !strings.Contains(s, `"`) {
		return s
	}
	return members.ReplaceAllStringFunc(s, func(pair string) string {
		m := members.FindStringSubmatch(pair)
		if isMasked(m[3]) || !secret(m[1], m[3]) {
			return pair
		}
		return `"` + m[1] + `"` + m[2] + `"` + fingerprint(m[3]) + `"`
	})
}

// escape is url.QueryEscape, but leaves fingerprints readable.
func escape(s string) string {
	var out strings.Builder
	for {
		at := aFingerprint.FindStringIndex(s)
		if at == nil {
			return out.String() + url.QueryEscape(s)
		}
		out.WriteString(url.QueryEscape(s[:at[0]]) + s[at[0]:at[1]])
		s = s[at[1]:]
	}
}

// maskURL masks the credentials in a URL's query, in its fragment, where OAuth puts some, in
// the parameters of its path, and before its host.
func maskURL(s string, level int) string {
	at := strings.IndexAny(s, "?#")
	if at < 0 {
		return maskPath(s)
	}
	return maskPath(s[:at]) + s[at:at+1] + maskQuery(s[at+1:], level)
}

// maskPath knows the parameters of a path, as in /a;jsessionid=1/b.
func maskPath(path string) string {
	first, rest, ok := strings.Cut(path, ";")
	if !ok {
		return maskShapes(path)
	}
	return maskShapes(first + ";" + maskParameters(pathParameter, rest))
}

// maskParameters masks values by their names, in the form that the expression gives.
func maskParameters(form *regexp.Regexp, s string) string {
	if !strings.Contains(s, "=") {
		return s
	}
	return form.ReplaceAllStringFunc(s, func(pair string) string {
		name, value, _ := strings.Cut(pair, "=")
		if isMasked(value) || !secret(name, value) {
			return pair
		}
		return name + "=" + fingerprint(value)
	})
}

func maskQuery(query string, level int) string {
	query = parameter.ReplaceAllStringFunc(query, func(pair string) string {
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case isMasked(value):
			return pair
		case secret(name, value):
			return name + "=" + fingerprint(value)
		}
		return name + "=" + maskValue(name, value, level)
	})
	return maskShapes(query)
}

// maskShapes masks what needs no name.
func maskShapes(s string) string {
	if strings.Contains(s, "://") {
		s = userInfo.ReplaceAllStringFunc(s, func(found string) string {
			scheme, who, _ := strings.Cut(strings.TrimSuffix(found, "@"), "://")
			return scheme + "://" + fingerprint(who) + "@"
		})
	}
	for _, shape := range shapes {
		if strings.Contains(s, shape.mark) {
			s = shape.form.ReplaceAllStringFunc(s, fingerprint)
		}
	}
	return s
}

const printed = `\([0-9]+ bytes, sha256 [0-9a-f]{8}\)`

var (
	aFingerprint = regexp.MustCompile(printed)
	masked       = regexp.MustCompile(`^([A-Za-z0-9-]+ )?` + printed + `$`)
	// parameter is a name and its value; a value that is masked already has spaces.
	parameter       = regexp.MustCompile(`([^=&?#\s]+)=((?:` + printed + `|[^&#\s])*)`)
	parameterInText = regexp.MustCompile(`[?&#]([^=&?#\s"]+)=((?:` + printed + `|[^&#\s"])*)`)
	fieldParameter  = regexp.MustCompile(`([^=;,&?#<>"\s]+)=(` + printed + `|"[^"]*"|[^;,&\s"]+)`)
	pathParameter   = regexp.MustCompile(`([^=;/,]+)=((?:` + printed + `|[^;/,])*)`)
	// members are those of a JSON object that are strings.
	members  = regexp.MustCompile(`"([^"\\]{1,64})"(\s*:\s*)"((?:[^"\\]|\\.)*)"`)
	userInfo = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s@]+@`)
)

// MaskCanonical masks the credentials in the path, the query and the header lines of a
// canonical request, which may have a heading.
func MaskCanonical(canonical string) string {
	lines := strings.Split(canonical, "\n")
	for i, line := range lines {
		switch {
		case i > 0 && strings.HasPrefix(lines[i-1], "/"):
			lines[i] = maskQuery(line, 0)
			continue
		case strings.HasPrefix(line, "/"):
			lines[i] = maskPath(line)
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok && i > 2 {
			lines[i] = name + ":" + mask(strings.ToLower(name), value)
		}
	}
	return strings.Join(lines, "\n")
}

// isMasked reports whether a value is what fingerprint made, also behind the scheme of credentials.
func isMasked(value string) bool { return strings.HasSuffix(value, ")") && masked.MatchString(value) }

// fingerprint is the length of the value and the first 8 digits of its SHA-256, as
// 'printf %s VALUE | sha256sum' prints them.
func fingerprint(value string) string {
	hash := sha256.Sum256([]byte(value))
	return fmt.Sprintf("(%d bytes, sha256 %s)", len(value), hex.EncodeToString(hash[:4]))
}
