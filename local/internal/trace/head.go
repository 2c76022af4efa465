package trace

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A Head is what stands before the body of a message. Credentials in it are masked by
// their length and a fingerprint, so that they can be compared but not used.
type Head struct {
	Method string // of a request
	Target string // of a request: path and query
	Status int    // of a response; 0: this is a request
	Header http.Header
	Body   int64 // bytes; -1: not known
}

// NewRequestHead masks and copies the head of a request. Host is a header here.
func NewRequestHead(method, target, host string, h http.Header, body int64) *Head {
	head := &Head{Method: method, Target: target, Header: maskHeader(h), Body: body}
	if host != "" {
		head.Header.Set("Host", host)
	}
	return head
}

// NewResponseHead masks and copies the head of a response.
func NewResponseHead(status int, h http.Header, body int64) *Head {
	return &Head{Status: status, Header: maskHeader(h), Body: body}
}

// secret are the headers that carry credentials.
var secret = []string{
	"Authorization", "Proxy-Authorization", "X-Forwarded-Authorization", "Cookie", "Set-Cookie", "X-Amz-Security-Token", "X-Api-Key",
}

func maskHeader(h http.Header) http.Header {
	out := make(http.Header, len(h)+1)
	for name, values := range h {
		name = http.CanonicalHeaderKey(name)
		values = slices.Clone(values)
		if slices.Contains(secret, name) {
			for i, value := range values {
				values[i] = mask(name, value)
			}
		}
		out[name] = append(out[name], values...)
	}
	return out
}

// mask keeps what tells values apart: the scheme of an authorization, the names and
// attributes of cookies, and of the rest length and fingerprint.
func mask(name, value string) string {
	switch name {
	case "Authorization", "Proxy-Authorization", "X-Forwarded-Authorization":
		if scheme, rest, ok := strings.Cut(value, " "); ok {
			return scheme + " " + fingerprint(rest)
		}
	case "Cookie":
		cookies := strings.Split(value, ";")
		for i, cookie := range cookies {
			cookies[i] = maskCookie(cookie)
		}
		return strings.Join(cookies, ";")
	case "Set-Cookie":
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

// fingerprint is the length of the value and the first 8 digits of its SHA-256, as
// 'printf %s VALUE | sha256sum' prints them.
func fingerprint(value string) string {
	hash := sha256.Sum256([]byte(value))
	return fmt.Sprintf("(%d bytes, sha256 %s)", len(value), hex.EncodeToString(hash[:4]))
}
