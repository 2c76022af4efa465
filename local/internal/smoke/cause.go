package smoke

import (
	"net/http"
	"strings"
)

// cause is what an answer tells of why it is not the wanted one: the ID of a cause in
// package causes, or "".
func (x *exchange) cause() string {
	text, cache := string(x.body), x.header.Get("X-Cache")
	has := func(part string) bool { return strings.Contains(text, part) }
	switch x.status {
	case http.StatusUnauthorized:
		if !x.sent.anonymous && x.sent.target != challengeTarget {
			return "authorization-lost"
		}
	case http.StatusForbidden:
		switch kind := x.header.Get("X-Amzn-Errortype"); {
		case has("Signature expired") || has("Signature not yet current"):
			return "signature-clock"
		case kind == "InvalidSignatureException" || has("signature we calculated"):
			return x.mismatch()
		case has(`"Message":null`):
			return "url-unknown"
		case kind == "AccessDeniedException":
			return "grant-function-missing"
		case has("Request blocked"):
			return "web-acl-blocked"
		case has("not configured to allow the HTTP"):
			return "method-not-allowed"
		}
	case http.StatusRequestEntityTooLarge:
		if has("payload_hash_required") {
			return "body-over-edge-limit"
		}
		return "body-over-function-limit"
	case http.StatusRequestURITooLong, 494:
		return "request-too-long"
	case http.StatusTooManyRequests:
		return "throttled"
	case http.StatusBadGateway:
		if strings.Contains(cache, "Validation") || has("failed validation") {
			return "edge-result-invalid"
		}
		return "function-failed"
	case http.StatusServiceUnavailable:
		if strings.Contains(cache, "Execution") || has("execution error") {
			return "signer-failed"
		}
	case http.StatusGatewayTimeout:
		return "read-timeout-exceeded"
	}
	return ""
}

// mismatch tells the kinds of 403 apart that look the same: by what was sent.
func (x *exchange) mismatch() string {
	switch {
	case x.sent.hash != "" && x.sent.hash != rightHash:
		return "payload-hash-wrong"
	case len(x.payload) > 0:
		return "payload-hash-missing"
	case strings.ContainsAny(x.sent.target, "%+!'()*[]:;,~") || strings.Contains(x.sent.target, "//") || strings.Contains(x.sent.target, "/."):
		return "signature-path-encoding"
	}
	return "signature-mismatch"
}
