package cloudfront

import (
	"strings"

	"github.com/streamfront/streamfront/internal/wildcard"
)

// matches reports whether a path pattern of a behavior matches a normalized path: "*" stands
// for any run of characters, "/" among them, "?" for one; letter case counts; a leading "/"
// may be left out.
//
// Source: Amazon CloudFront Developer Guide, "Cache behavior settings", path pattern.
func matches(pattern, path string) bool {
	return wildcard.Match(strings.TrimPrefix(pattern, "/"), strings.TrimPrefix(path, "/"))
}

// normalize returns the path that CloudFront matches with path patterns. What goes to the
// edge functions and to the origin is the path as it came (documented).
//
// That CloudFront normalizes as RFC 3986 has it, and removes repeated slashes and dot
// segments, is documented; the order is assumed: escapes, slashes, dots.
//
// Source: Amazon CloudFront Developer Guide, "Cache behavior settings", path normalization.
func normalize(path string) string {
	var kept []string
	segments := strings.Split(normalizeEscapes(path), "/")
	for i, segment := range segments {
		last := i == len(segments)-1
		switch {
		case segment == "..":
			if len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
		case segment != "" && segment != ".":
			kept = append(kept, segment)
			if last {
				return "/" + strings.Join(kept, "/")
			}
		}
	}
	return strings.TrimSuffix("/"+strings.Join(kept, "/"), "/") + "/" // what ends in a slash or dots
}

// normalizeEscapes decodes the escapes of unreserved characters and writes the digits of
// the others in upper case (RFC 3986, sections 6.2.2.1 and 6.2.2.2). An escape that is none
// stays as it is.
func normalizeEscapes(path string) string {
	if !strings.Contains(path, "%") {
		return path
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] != '%' || i+2 >= len(path) || !isHex(path[i+1]) || !isHex(path[i+2]) {
			b.WriteByte(path[i])
			continue
		}
		if c := hexValue(path[i+1])<<4 | hexValue(path[i+2]); isUnreserved(c) {
			b.WriteByte(c)
		} else {
			b.WriteString(strings.ToUpper(path[i : i+3]))
		}
		i += 2
	}
	return b.String()
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}

func isUnreserved(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
