// Package functionurl serves Lambda function URLs: it checks signature, body hash and
// grants, turns the request into an event, and streams the function's answer.
package functionurl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/cors"
	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/aws/sigv4"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/trace"
)

// maxBody is the largest request body, as it stands in the event: 6 MiB. Binary bodies are
// in base64 there, so they end at three quarters of it (field report; which of the two AWS
// counts is unverified, this is the stricter).
const maxBody = 6 << 20

// maxDrained bounds how much of a body that is too large is still read, so that the
// client gets its 413 rather than a broken connection.
const maxDrained = 256 << 20

// A Server answers for one function URL.
type Server struct {
	URL    *URL
	Lambda *lambda.Function
	// Versions are those behind the alias of the URL while a deployment moves it, of which
	// Lambda is the new one. Nil: Lambda gets every request.
	Versions   *Versions
	Principals *Principals
	Recorder   *trace.Recorder
	Now        func() time.Time
	// Forwarded reports whether a distribution of this chain sent the request, by something
	// that no other caller can make up: headers are not. Nil: none did.
	Forwarded func(*http.Request) bool
	// SignatureWindow is how far the date of a signature may be off.
	SignatureWindow time.Duration
	// Fault says how to fail a request that a function is about to be invoked by; nil
	// fails none.
	Fault func(*http.Request) answer.Fault
	// Pace is the clock by which streamed responses are slowed down after their first 6
	// MiB, as on AWS; nil lets them go at any speed.
	Pace *answer.Clock
	// HangEmpty lets a streamed response without a byte of body hang until the client gives
	// up, as users report of AWS; false ends it, which may be the lenient side.
	HangEmpty bool
	// CutFailed cuts the connection when the function reports an error in mid-stream; false
	// ends the response as if it were complete. What AWS does is not known.
	CutFailed bool
	// Unserved are why the local chain does not serve the URL; see [URL.Unserved]. With any
	// every request is answered 501, and Lambda may be nil.
	Unserved []template.Finding
	// Refuted are assumptions of this stand-in that a run against AWS has refuted.
	// Default: none.
	Refuted Refuted
}

// Refuted has a field for each assumption that can be given up: true does what AWS does if it
// is wrong.
type Refuted struct {
	CrashCuts       bool // a stream whose process crashed ends as if it were complete
	Base64Counts    bool // a binary body counts against the limit by its bytes
	BodyAloneCounts bool // the whole event counts
	EncodingRemoved bool // Content-Encoding stays on streams
	RawQueryRefused bool // a query may have raw characters
	BytesKept       bool // a compressed body of a type of text is made text
	// RefusalWords is the error by which a body is refused that does not fit its hash.
	RefusalWords string
	// Renamed are names of headers that are passed on, in their canonical form.
	Renamed []string
}

// A refusal is an answer of the service itself.
type refusal struct {
	status    int
	errorType string
	body      any // of JSON; a string is plain text
	decision  string
	detail    string
	cause     causes.ID
	canonical string // request, of a refused signature
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := event.RequestID()
	if s.forwarded(r) {
		id = r.Header.Get("X-Amz-Cf-Id")
	}
	rec, direct := s.Recorder.Join(id, r.Method, r.RequestURI)
	defer rec.Leave()
	if direct {
		meter := rec.Meter(w, r)
		defer meter.Done()
		w = meter
	}
	if whole := s.serve(w, r, rec); !whole {
		panic(http.ErrAbortHandler) // assumed: the connection closes without a last chunk
	}
}

func (s *Server) forwarded(r *http.Request) bool { return s.Forwarded != nil && s.Forwarded(r) }

// serve answers the request; whole is false if the answer broke off.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, rec *trace.Recording) (whole bool) {
	hop := rec.Hop("function url")
	if len(s.Unserved) > 0 && s.named(r) {
		refused := unserved(s.URL, s.Unserved)
		hop.Refuse(causes.None, "", "%d: %s", refused.status, refused.decision)
		s.refuse(w, event.RequestID(), refused)
		return true
	}
	if s.URL.CORS.Given && cors.IsPreflight(r) && s.named(r) {
		hop.Pass("200: %s", s.URL.CORS.Preflight(w, r, http.StatusOK))
		return true
	}
	w = s.URL.CORS.AdmitOrigin(w, r)
	e, refused := s.admit(r)
	if refused != nil {
		if rec.Detailed() && refused.canonical != "" {
			hop.Canonical(refused.canonical)
		}
		hop.Refuse(causeOf(refused, r, rec), refused.detail, "%d %s: %s", refused.status, refused.errorType, refused.decision)
		s.refuse(w, event.RequestID(), refused)
		return true
	}
	if rec.Detailed() {
		hop.Changed(trace.NewRequestHead(r.Method, r.RequestURI, r.Host, wireHeader(r), r.ContentLength), e.Head())
	}
	hop.Pass("%s: %s", s.URL.AuthType.V, admission(s.URL.AuthType.V))

	function, version := s.version()
	if version != "" {
		rec.Hop("alias").Pass("the %s version; the new one gets %d %% of the requests", version, s.Versions.Share)
	}
	hop = rec.Hop("function")
	id, traceID := e.RequestContext.RequestID, e.Headers["x-amzn-trace-id"]
	payload, err := json.Marshal(e)
	if err != nil {
		hop.Refuse(causes.FunctionFailed, "", "%v", err)
		s.refuse(w, id, failed(err))
		return true
	}
	if s.Refuted.BodyAloneCounts && len(payload) > maxBody {
		refused := tooLarge(fmt.Sprintf("the event has %d bytes", len(payload)))
		hop.Refuse(refused.cause, "", "%d: %s", refused.status, refused.decision)
		s.refuse(w, id, refused)
		return true
	}
	fault := answer.Fault{}
	if s.Fault != nil {
		fault = s.Fault(r)
	}
	response, err := call(r.Context(), function, fault, id, traceID, payload)
	if err != nil && r.Context().Err() != nil {
		hop.Refuse(causes.None, "", "the caller left before the function answered")
		return false
	}
	if err != nil {
		refused := failed(err)
		hop.Refuse(refused.cause, "", "%d: %s", refused.status, refused.decision)
		s.refuse(w, id, refused)
		return true
	}
	h := w.Header()
	h.Set("X-Amzn-Requestid", id)
	h.Set("X-Amzn-Trace-Id", traceID)
	if s.URL.InvokeMode.V == "BUFFERED" {
		buffered(w, response, hop, s.Refuted.Renamed)
		return true
	}
	out := &streamer{pace: answer.NewPace(s.Pace, rate), fault: fault, hangEmpty: s.HangEmpty, cutFailed: s.CutFailed, refuted: s.Refuted}
	return out.stream(w, r, response, rec, hop)
}

func call(ctx context.Context, function *lambda.Function, fault answer.Fault, id, traceID string, payload []byte) (*lambda.Response, error) {
	if err := fault.Before(); err != nil {
		return nil, err
	}
	return function.Invoke(ctx, id, traceID, payload)
}

func admission(authType string) string {
	if authType == "NONE" {
		return "both grants hold for everyone"
	}
	return "signature, body hash and both grants hold"
}

// admit does what happens before the function runs, which it never does on a refusal.
func (s *Server) admit(r *http.Request) (*event.Format2, *refusal) {
	// A page may ask: there are function URLs for them, and CloudFront passes their headers on.
	if !s.named(r) {
		// Validated: a URL is known by its name, not by its signer.
		return nil, &refusal{
			status: http.StatusForbidden, errorType: "AccessDeniedException", body: map[string]any{"Message": nil}, cause: causes.URLUnknown,
			decision: fmt.Sprintf("no function URL has the host %q, this one is %s", r.Host, s.URL.DomainName),
		}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if errors.Is(err, loopback.ErrSlow) {
		return nil, &refusal{status: http.StatusRequestTimeout, body: "Request Timeout", decision: err.Error()} // assumed
	}
	if err != nil {
		return nil, &refusal{status: 400, errorType: "TruncatedRequest", body: "Bad Request", decision: fmt.Sprintf("the body broke off: %v", err)}
	}
	if len(body) > maxBody {
		_, _ = io.CopyN(io.Discard, r.Body, maxDrained)
		return nil, tooLarge(fmt.Sprintf("the body has over %d bytes", maxBody))
	}
	if refused := s.refuseQuery(r); refused != nil {
		return nil, refused
	}
	if part := event.NotUTF8(r); part != "" {
		return nil, &refusal{
			status: http.StatusBadRequest, errorType: "BadRequest", body: "Bad Request",
			decision: "the " + part + " has bytes that are not UTF-8; what a function URL makes of them is not known, so the local chain refuses them",
		}
	}
	hash := sha256.Sum256(body)
	caller, accessKey, refused := s.authenticate(r, hex.EncodeToString(hash[:]))
	if refused != nil {
		return nil, refused
	}
	if action := missingGrant(s.URL, caller); action != "" {
		return nil, forbidden(causeOfMissing(s.URL, action, caller), fmt.Sprintf("no AWS::Lambda::Permission of %s grants %s to %s", s.URL.Function.Name, action, caller))
	}
	e := newEvent(r, s.URL.DomainName, s.forwarded(r), caller.identity(accessKey), body, s.Now())
	if s.Refuted.BytesKept && e.IsBase64Encoded && event.IsText(r.Header.Get("Content-Type")) {
		e.Body, e.IsBase64Encoded = string(body), false // of which JSON keeps what is UTF-8
	}
	if len(e.Body) > maxBody && !s.Refuted.Base64Counts {
		return nil, tooLarge(fmt.Sprintf("the body has %d bytes, in base64 %d", len(body), len(e.Body)))
	}
	return e, nil
}

// unserved is the answer for what the local chain does not model.
func unserved(u *URL, missing []template.Finding) *refusal {
	var lines []string
	for i := range missing {
		lines = append(lines, missing[i].String())
	}
	decision := fmt.Sprintf("AWS serves the function URL %s, the local chain does not: %s", u.Name, strings.Join(lines, "; "))
	return &refusal{status: http.StatusNotImplemented, body: decision + ".\n", decision: decision}
}

// named reports whether the request is for this URL.
func (s *Server) named(r *http.Request) bool {
	return (loopback.Rule{Names: []string{s.URL.DomainName}, OwnPort: true}).Admit(r) == nil
}

// authenticate says who the caller is; nil for anonymous, where the URL allows that.
func (s *Server) authenticate(r *http.Request, bodySHA256 string) (*Principal, string, *refusal) {
	if s.URL.Public() {
		return nil, "", nil
	}
	if r.Header.Get("Authorization") == "" {
		// Unverified: since late 2025 most likely this text, {"Message":"Forbidden"} before.
		return nil, "", forbidden(causes.UnsignedDirectCall, "the request is not signed")
	}
	verifier := sigv4.Verifier{
		Region: s.URL.Function.Region,
		Now:    s.Now,
		Window: s.SignatureWindow,
		Lookup: func(accessKey string) (iam.Credentials, bool) {
			i, ok := s.Principals.lookup(accessKey)
			return i.credentials, ok
		},
	}
	accessKey, err := verifier.Verify(r, bodySHA256)
	var refused *sigv4.Error
	if errors.As(err, &refused) {
		if s.Refuted.RefusalWords != "" && (refused.Reason == sigv4.Payload || refused.Reason == sigv4.Unhashed) {
			refused.Type = s.Refuted.RefusalWords
		}
		return nil, "", &refusal{
			status: http.StatusForbidden, errorType: refused.Type,
			body: map[string]string{"message": refused.Message}, decision: refused.Message,
			detail: trace.MaskCanonical(refused.Detail), canonical: refused.Canonical, cause: causeOfReason[refused.Reason],
		}
	}
	i, _ := s.Principals.lookup(accessKey)
	return &i.principal, accessKey, nil
}

// forbidden is the answer where a grant is missing (field reports, 2026).
func forbidden(cause causes.ID, decision string) *refusal {
	return &refusal{
		cause:  cause,
		status: http.StatusForbidden, errorType: "AccessDeniedException", decision: decision,
		body: map[string]string{"Message": "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"},
	}
}

// tooLarge is Invoke's answer; that of a function URL is unverified.
func tooLarge(decision string) *refusal {
	return &refusal{
		cause:  causes.BodyOverFunctionLimit,
		status: http.StatusRequestEntityTooLarge, errorType: "RequestEntityTooLargeException", decision: decision,
		body: map[string]string{"message": fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", maxBody)},
	}
}

// failed is the answer where the function gave none.
func failed(err error) *refusal {
	if errors.Is(err, lambda.ErrThrottled) {
		return &refusal{
			cause:  causes.Throttled,
			status: http.StatusTooManyRequests, errorType: "TooManyRequestsException", decision: err.Error(),
			body: map[string]string{
				"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User", "message": "Rate Exceeded.",
			},
		}
	}
	return &refusal{cause: causes.FunctionFailed, status: http.StatusBadGateway, body: "Internal Server Error", decision: err.Error()}
}

func (s *Server) refuse(w http.ResponseWriter, id string, r *refusal) {
	h := w.Header()
	h.Set("X-Amzn-Requestid", id)
	if r.errorType != "" {
		h.Set("X-Amzn-Errortype", r.errorType)
	}
	var body bytes.Buffer
	if text, ok := r.body.(string); ok {
		h.Set("Content-Type", "text/plain")
		body.WriteString(text)
	} else {
		h.Set("Content-Type", "application/json")
		encoder := json.NewEncoder(&body)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(r.body)
		body.Truncate(body.Len() - 1) // Encode ends with a new line
	}
	h.Set("Content-Length", fmt.Sprint(body.Len()))
	w.WriteHeader(r.status)
	_, _ = w.Write(body.Bytes())
}
