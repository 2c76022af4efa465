package functionurl

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/streamfront/streamfront/internal/aws/sigv4"
	"github.com/streamfront/streamfront/internal/resources"
	"github.com/streamfront/streamfront/internal/trace"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// causeOfError is what the types of refused signatures mean for who called directly.
var causeOfError = map[string]string{
	"IncompleteSignatureException":        "unsigned-direct-call",
	"MissingAuthenticationTokenException": "unsigned-direct-call",
	"UnrecognizedClientException":         "signature-mismatch",
	"InvalidSignatureException":           "signature-mismatch",
}

// causeOf says why a request was refused: what a hop before knew, or what the two
// canonical requests tell where both are recorded.
func causeOf(refused *refusal, r *http.Request, rec *trace.Recording) string {
	sent := r.Header.Get("X-Amz-Content-Sha256")
	switch {
	case refused.cause == "url-unknown" && r.Header.Get("X-Amz-Source-Arn") != "":
		return "host-forwarded"
	case refused.cause == "unsigned-direct-call":
		return rec.Suspected(refused.cause)
	case refused.kind == sigv4.Clock:
		return "signature-clock"
	case refused.cause != "signature-mismatch":
		return refused.cause
	case sent == "UNSIGNED-PAYLOAD":
		return rec.Suspected("payload-hash-missing")
	case refused.kind == sigv4.Payload:
		return rec.Suspected("payload-hash-wrong")
	}
	differing := trace.Differing(rec.Signed(), refused.canonical)
	if rec.Signed() != "" && (slices.Contains(differing, "path") || slices.Contains(differing, "query")) {
		return "signature-path-encoding"
	}
	return refused.cause
}

// causeOfMissing says why an action is not granted: by no statement at all, or by one for
// another distribution.
func causeOfMissing(f *resources.Function, action string, caller *Principal) string {
	for _, g := range f.Grants {
		if caller != nil && g.Action == action && g.Principal == caller.Service && g.SourceARN != "" && !wildcard.MatchARN(g.SourceARN, caller.SourceARN) {
			return "grant-other-distribution"
		}
	}
	if action == "lambda:InvokeFunction" {
		return "grant-function-missing"
	}
	return "grant-url-missing"
}

// wireHeader is the header with what net/http keeps apart.
func wireHeader(r *http.Request) http.Header {
	h := r.Header.Clone()
	if r.ContentLength > 0 {
		h.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	}
	return h
}

// head is the request as the event has it.
func (e *event) head() *trace.Head {
	h := http.Header{}
	for name, value := range e.Headers {
		h.Set(name, value)
	}
	target := e.RawPath
	if e.RawQueryString != "" {
		target += "?" + e.RawQueryString
	}
	return trace.NewRequestHead(e.RequestContext.HTTP.Method, target, "", h, int64(len(e.Body)))
}

// asHead is the head of a response as the function gave it.
func (p *prelude) asHead(size int64) *trace.Head {
	h := http.Header{}
	for name, value := range p.Headers {
		h.Set(name, value)
	}
	for _, cookie := range p.Cookies {
		h.Add("Set-Cookie", cookie)
	}
	return trace.NewResponseHead(p.StatusCode, h, size)
}
