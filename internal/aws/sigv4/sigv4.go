// Package sigv4 verifies AWS Signature Version 4 on requests as they arrive on the wire, for the
// services "lambda" and, with its own rules, "s3". It shares no code with package oac, which signs
// for the origin access control: two independent readings of the specification confirm each other.
//
// Source: AWS Identity and Access Management User Guide, "Create a signed AWS API request".
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/iam"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	timeFormat = "20060102T150405Z"
	// defaultWindow is how far a request's date may be from the verifier's clock. Assumed:
	// 5 minutes is what AWS's JSON services use, nothing is published for function URLs.
	defaultWindow = 5 * time.Minute
)

// An Error is a refusal, in AWS's words.
type Error struct {
	Type    string // such as "InvalidSignatureException"
	Message string
	// Detail is for the operator alone: what the verifier computed, for comparison.
	Detail string
	// Canonical is the canonical request that the verifier computed from what arrived; ""
	// where it did not come to that.
	Canonical string
	Reason    Reason
}

// A Reason is why a signature is refused, which AWS's types and words do not always show.
type Reason int

// The reasons of a Verifier.
const (
	Mismatch   Reason = iota // it does not fit what arrived
	Malformed                // Authorization is not a signature, or the date is missing
	UnknownKey               // nobody has the access key, or it goes with another token
	Scope                    // it is for another region, service or day
	Clock                    // the date is too far off
	Uncovered                // a header that has to be signed is not
	Unhashed                 // UNSIGNED-PAYLOAD stands in place of the body's hash
	Payload                  // the hash that was sent is not that of the body
)

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// The two refusals of every AWS service. Captured (2026-08) behind an origin access
// control: the first one is also the answer to a body that is not the one that was hashed.
const (
	mismatch = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	invalidToken = "The security token included in the request is invalid."
)

// A Verifier verifies requests to one region.
type Verifier struct {
	Service string // such as "execute-api"; "": "lambda"
	Region  string
	Now     func() time.Time
	Window  time.Duration // how far a request's date may be off; 0: defaultWindow
	// Lookup finds an access key.
	Lookup func(accessKey string) (iam.Credentials, bool)
}

// An authorization is a parsed Authorization header.
type authorization struct {
	accessKey, date, region, service string
	signed                           []string
	signature                        string
}

// The parts are separated by commas; white space around them does not matter.
var header = regexp.MustCompile(`^` + algorithm + `\s+Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request\s*,\s*` +
	`SignedHeaders=([^,\s]+)\s*,\s*Signature=([0-9a-f]{64})$`)

// Verify returns the access key that signed the request, or an *Error. bodySHA256 is the
// hash of the body that arrived.
func (v *Verifier) Verify(r *http.Request, bodySHA256 string) (accessKey string, err error) {
	auth, err := parse(r.Header)
	if err != nil {
		return "", err
	}
	credential, known := v.Lookup(auth.accessKey)
	if !known {
		return "", &Error{Type: "UnrecognizedClientException", Message: invalidToken, Reason: UnknownKey}
	}
	if r.Header.Get("X-Amz-Security-Token") != credential.Token {
		return "", &Error{Type: "UnrecognizedClientException", Message: invalidToken, Reason: UnknownKey}
	}
	if err := v.checkScope(auth); err != nil {
		return "", err
	}
	if err := v.checkDate(r.Header.Get("X-Amz-Date"), auth.date); err != nil {
		return "", err
	}
	if err := auth.coversRequired(r.Header); err != nil {
		err.Canonical = canonicalRequest(r, auth.signed, bodySHA256)
		return "", err
	}

	payload := bodySHA256
	if sent := r.Header.Values("X-Amz-Content-Sha256"); len(sent) > 0 {
		payload = strings.Join(sent, ",")
		if payload != bodySHA256 { // UNSIGNED-PAYLOAD is for Amazon S3 alone
			reason := Payload
			if payload == UnsignedPayload {
				reason = Unhashed
			}
			return "", &Error{
				Type: "InvalidSignatureException", Message: mismatch, Reason: reason,
				Detail:    fmt.Sprintf("x-amz-content-sha256 is %s, the body's SHA-256 is %s", payload, bodySHA256),
				Canonical: canonicalRequest(r, auth.signed, bodySHA256),
			}
		}
	}
	canonical := canonicalRequest(r, auth.signed, payload)
	want := sign(credential.SecretKey, auth, r.Header.Get("X-Amz-Date"), canonical)
	if !hmac.Equal([]byte(want), []byte(auth.signature)) {
		return "", &Error{Type: "InvalidSignatureException", Message: mismatch, Detail: "canonical request:\n" + canonical, Canonical: canonical}
	}
	return auth.accessKey, nil
}

func parse(h http.Header) (*authorization, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return nil, &Error{Type: "MissingAuthenticationTokenException", Message: "Missing Authentication Token", Reason: Malformed}
	}
	m := header.FindStringSubmatch(values[0])
	if m == nil || len(values) > 1 {
		return nil, &Error{
			Type:    "IncompleteSignatureException",
			Reason:  Malformed,
			Message: "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
		}
	}
	return &authorization{
		accessKey: m[1], date: m[2], region: m[3], service: m[4],
		signed: sortedNames(m[5]), signature: m[6],
	}, nil
}

// sortedNames are the names of the signed headers in the order of a canonical request,
// whatever the order in which they were sent. Documented; that AWS takes no signature over
// another order is assumed, as the stricter side.
func sortedNames(signedHeaders string) []string {
	names := strings.Split(signedHeaders, ";")
	slices.Sort(names)
	return names
}

func (v *Verifier) checkDate(sent, scope string) error {
	if sent == "" {
		return &Error{Type: "IncompleteSignatureException", Reason: Malformed, Message: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."}
	}
	t, err := time.Parse(timeFormat, sent)
	if err != nil || !strings.HasPrefix(sent, scope) {
		return &Error{Type: "InvalidSignatureException", Reason: Scope, Message: fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s'.", scope, sent)}
	}
	window := v.Window
	if window == 0 {
		window = defaultWindow
	}
	minutes := strconv.FormatFloat(window.Minutes(), 'f', -1, 64)
	now := v.Now().UTC()
	f := func(t time.Time) string { return t.UTC().Format(timeFormat) }
	if earliest := now.Add(-window); t.Before(earliest) {
		return &Error{Type: "InvalidSignatureException", Reason: Clock, Message: fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %s min.)", f(t), f(earliest), f(now), minutes)}
	}
	if latest := now.Add(window); t.After(latest) {
		return &Error{Type: "InvalidSignatureException", Reason: Clock, Message: fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %s min.)", f(t), f(latest), f(now), minutes)}
	}
	return nil
}

// coversRequired refuses a signature that leaves out the host or an x-amz-* header, which
// somebody on the way could then have changed. Documented as the caller's duty; that every
// omission is refused is assumed, as the stricter side.
func (a *authorization) coversRequired(h http.Header) *Error {
	if name := a.unsigned(h); name != "" {
		return &Error{Type: "InvalidSignatureException", Reason: Uncovered, Message: mismatch, Detail: fmt.Sprintf("the header %s is not signed", name)}
	}
	return nil
}

func canonicalRequest(r *http.Request, signed []string, payload string) string {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	return canonicalLines(r, canonicalPath(path), canonicalQuery(query), signed, payload)
}

func canonicalLines(r *http.Request, path, query string, signed []string, payload string) string {
	var b strings.Builder
	for _, line := range []string{r.Method, path, query} {
		b.WriteString(line + "\n")
	}
	for _, name := range signed {
		b.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(signed, ";") + "\n" + payload)
	return b.String()
}

// canonicalPath escapes the path of the wire once more, as every service but Amazon S3
// wants it. Dot segments and double slashes stay: the signers in use leave them, too.
func canonicalPath(wire string) string {
	if wire == "" {
		return "/"
	}
	return escape(wire, "/")
}

// canonicalQuery sorts by encoded name, then by encoded value.
func canonicalQuery(wire string) string {
	if wire == "" {
		return ""
	}
	type pair struct{ name, value string }
	var pairs []pair
	for _, part := range strings.Split(wire, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{escape(unescape(name), ""), escape(unescape(value), "")})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	out := make([]string, len(pairs))
	for i, p := range pairs {
		out[i] = p.name + "=" + p.value
	}
	return strings.Join(out, "&")
}

// escape encodes all but RFC 3986's unreserved characters, byte by byte.
func escape(s, keep string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9',
			strings.IndexByte("-._~", c) >= 0, strings.IndexByte(keep, c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
		}
	}
	return b.String()
}

// unescape decodes a part of a query: %XX, and "+" for a space. An escape that is none
// stays as it is.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if decoded, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				b.Write(decoded)
				i += 2
				continue
			}
		}
		if s[i] == '+' {
			b.WriteByte(' ')
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

var spaces = regexp.MustCompile(` +`)

func headerValue(r *http.Request, name string) string {
	switch name { // net/http keeps these two out of the map
	case "host":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = spaces.ReplaceAllString(strings.TrimSpace(v), " ")
	}
	return strings.Join(values, ",")
}

func sign(secret string, a *authorization, date, canonical string) string {
	hash := sha256.Sum256([]byte(canonical))
	scope := strings.Join([]string{a.date, a.region, a.service, "aws4_request"}, "/")
	key := []byte("AWS4" + secret)
	for _, part := range []string{a.date, a.region, a.service, "aws4_request"} {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, strings.Join([]string{algorithm, date, scope, hex.EncodeToString(hash[:])}, "\n")))
}

func mac(key []byte, data string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(data))
	return h.Sum(nil)
}
