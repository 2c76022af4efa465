package functionurl

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/streamfront/streamfront/internal/aws/sigv4"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// causeOfError is what the types of refused signatures mean for who called directly.
var causeOfError = map[string]causes.ID{
	"IncompleteSignatureException":        causes.UnsignedDirectCall,
	"MissingAuthenticationTokenException": causes.UnsignedDirectCall,
	"UnrecognizedClientException":         causes.SignatureMismatch,
	"InvalidSignatureException":           causes.SignatureMismatch,
}

// causeOf says why a request was refused: what a hop before knew, or what the two
// canonical requests tell where both are recorded.
func causeOf(refused *refusal, r *http.Request, rec *trace.Recording) causes.ID {
	sent := r.Header.Get("X-Amz-Content-Sha256")
	switch {
	case refused.cause == causes.URLUnknown && r.Header.Get("X-Amz-Source-Arn") != "":
		return causes.HostForwarded
	case refused.cause == causes.UnsignedDirectCall:
		return rec.Suspected(refused.cause)
	case refused.kind == sigv4.Clock:
		return causes.SignatureClock
	case refused.cause != causes.SignatureMismatch:
		return refused.cause
	case sent == "UNSIGNED-PAYLOAD":
		return rec.Suspected(causes.PayloadHashMissing)
	case refused.kind == sigv4.Payload:
		return rec.Suspected(causes.PayloadHashWrong)
	}
	differing := trace.Differing(rec.Signed(), refused.canonical)
	if rec.Signed() != "" && (slices.Contains(differing, "path") || slices.Contains(differing, "query")) {
		return causes.SignaturePathEncoding
	}
	return refused.cause
}

// causeOfMissing says why an action is not granted: by no statement at all, or by one for
// another distribution.
func causeOfMissing(u *URL, action string, caller *Principal) causes.ID {
	for _, g := range u.Grants {
		if caller != nil && g.Action.Is(action) && g.Principal.Is(caller.Service) && g.Source() != "" && !wildcard.MatchARN(g.Source(), caller.SourceARN) {
			return causes.GrantOtherDistribution
		}
	}
	if action == "lambda:InvokeFunction" {
		return causes.GrantFunctionMissing
	}
	return causes.GrantURLMissing
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
