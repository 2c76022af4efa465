// Package event makes the events with which front doors invoke functions: payload format 2.0 of
// function URLs and HTTP APIs, and 1.0 of REST APIs, which HTTP APIs send on request.
package event

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// TravelsAsText reports whether a body stands in the event as text: if its type is one of text,
// and if no byte is lost by it. A compressed body travels as base64 whatever its type says
// (field report, anomalyco/sst#6275), and so does one that is not UTF-8, which JSON cannot
// carry (assumed).
func TravelsAsText(h http.Header, body []byte) bool {
	for _, encoding := range h.Values("Content-Encoding") {
		if encoding = strings.TrimSpace(encoding); encoding != "" && !strings.EqualFold(encoding, "identity") {
			return false
		}
	}
	return IsText(h.Get("Content-Type")) && utf8.Valid(body)
}

// IsText reports whether a body of the content type travels as text; all else, a missing
// type and forms among it, travels as base64 (field reports; +json is unverified and
// counts as binary).
func IsText(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	switch mediaType {
	case "application/json", "application/xml", "application/javascript":
		return true
	}
	return strings.HasPrefix(mediaType, "text/")
}

// NotUTF8 names the part of a request, such as "URL" or "header X-Name", that has bytes
// which are not UTF-8; "" if there is none. JSON could not carry them to a function: two
// different URLs would become one.
func NotUTF8(r *http.Request) string {
	if !utf8.ValidString(r.RequestURI) {
		return "URL"
	}
	if !utf8.ValidString(r.Host) {
		return "header Host"
	}
	for name, values := range r.Header {
		for _, value := range values {
			if !utf8.ValidString(value) {
				return "header " + name
			}
		}
	}
	return ""
}

// RequestID makes the id of a request.
func RequestID() string {
	b := randomHex(16)
	return strings.Join([]string{b[:8], b[8:12], "4" + b[13:16], "8" + b[17:20], b[20:]}, "-")
}

// TraceID makes the id by which AWS X-Ray would know the request.
func TraceID() string {
	return fmt.Sprintf("Root=1-%08x-%s", time.Now().Unix(), randomHex(12))
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b)
}
