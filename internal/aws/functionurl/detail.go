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

// causeOfReason is what the reasons of the verifier mean.
var causeOfReason = map[sigv4.Reason]causes.ID{
	sigv4.Mismatch:   causes.SignatureMismatch,
	sigv4.Malformed:  causes.UnsignedDirectCall,
	sigv4.UnknownKey: causes.SignatureMismatch,
	sigv4.Scope:      causes.SignatureMismatch,
	sigv4.Clock:      causes.SignatureClock,
	sigv4.Uncovered:  causes.SignatureMismatch,
	sigv4.Unhashed:   causes.PayloadHashMissing,
	sigv4.Payload:    causes.PayloadHashWrong,
}

// causeOf says why a request was refused: as the verifier has it, or what the signer knows
// beyond that, or what the two canonical requests show where both are recorded.
func causeOf(refused *refusal, r *http.Request, rec *trace.Recording) causes.ID {
	switch refused.cause {
	case causes.URLUnknown:
		if r.Header.Get("X-Amz-Source-Arn") != "" {
			return causes.HostForwarded
		}
	case causes.UnsignedDirectCall, causes.PayloadHashMissing, causes.PayloadHashWrong:
		return rec.Suspected(refused.cause)
	case causes.SignatureMismatch:
		differing := trace.Differing(rec.Signed(), refused.canonical)
		if rec.Signed() != "" && (slices.Contains(differing, "path") || slices.Contains(differing, "query")) {
			return causes.SignaturePathEncoding
		}
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
	if action == InvokeFunction {
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
