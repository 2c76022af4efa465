package sigv4

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// IsPresigned reports whether a request has its signature in the query.
func IsPresigned(r *http.Request) bool {
	_, query, _ := strings.Cut(r.RequestURI, "?")
	parameters, _ := url.ParseQuery(query)
	return parameters.Has("X-Amz-Signature") || parameters.Has("X-Amz-Algorithm")
}

// VerifyPresigned returns the access key that signed the URL of a request without a body, or an
// *Error.
//
// Source: AWS Identity and Access Management User Guide, "Authentication methods", on signatures
// in a query. Documented; that a URL without X-Amz-Expires lasts as long as the date of a header
// may be off, and the words of the refusals are assumed.
func (v *Verifier) VerifyPresigned(r *http.Request) (accessKey string, err error) {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	parameters, err := url.ParseQuery(query)
	auth := fromParameters(parameters)
	if err != nil || auth == nil {
		return "", &Error{Type: "IncompleteSignatureException", Reason: Malformed, Message: "The query requires X-Amz-Algorithm=" + algorithm + ", X-Amz-Credential, X-Amz-Date, X-Amz-SignedHeaders and X-Amz-Signature."}
	}
	credential, known := v.Lookup(auth.accessKey)
	if !known || parameters.Get("X-Amz-Security-Token") != credential.Token {
		return "", &Error{Type: "UnrecognizedClientException", Message: invalidToken, Reason: UnknownKey}
	}
	if err := v.checkScope(auth); err != nil {
		return "", err
	}
	if err := v.checkExpiry(parameters.Get("X-Amz-Date"), auth.date, parameters.Get("X-Amz-Expires")); err != nil {
		return "", err
	}
	h := r.Header.Clone()
	h.Del("X-Amz-Cf-Id") // CloudFront adds it behind the signature
	empty := sha256.Sum256(nil)
	canonical := canonicalLines(r, canonicalPath(path), canonicalQuery(withoutSignature(query)), auth.signed, hex.EncodeToString(empty[:]))
	if err := auth.coversRequired(h); err != nil {
		err.Canonical = canonical
		return "", err
	}
	if want := sign(credential.SecretKey, auth, parameters.Get("X-Amz-Date"), canonical); !hmac.Equal([]byte(want), []byte(auth.signature)) {
		return "", &Error{Type: "InvalidSignatureException", Message: mismatch, Detail: "canonical request:\n" + canonical, Canonical: canonical}
	}
	return auth.accessKey, nil
}

// fromParameters reads the signature of a query; nil if it is not whole.
func fromParameters(parameters url.Values) *authorization {
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"} {
		if len(parameters[name]) != 1 {
			return nil
		}
	}
	scope := credentialScope.FindStringSubmatch(parameters.Get("X-Amz-Credential"))
	if scope == nil || parameters.Get("X-Amz-Algorithm") != algorithm || !hexHash.MatchString(parameters.Get("X-Amz-Signature")) {
		return nil
	}
	return &authorization{
		accessKey: scope[1], date: scope[2], region: scope[3], service: scope[4],
		signed: sortedNames(parameters.Get("X-Amz-SignedHeaders")), signature: parameters.Get("X-Amz-Signature"),
	}
}

// checkExpiry looks at the date of a URL, and at how long it lasts from there.
func (v *Verifier) checkExpiry(date, scope, expires string) error {
	if expires == "" {
		return v.checkDate(date, scope)
	}
	seconds, err := strconv.Atoi(expires)
	if err != nil || seconds < 0 || seconds > maxExpires {
		return &Error{Type: "IncompleteSignatureException", Reason: Malformed, Message: fmt.Sprintf("X-Amz-Expires is %s, and has to be a number of seconds up to %d.", expires, maxExpires)}
	}
	began, err := time.Parse(timeFormat, date)
	if err != nil || !strings.HasPrefix(date, scope) || began.After(v.Now()) {
		return v.checkDate(date, scope)
	}
	if end := began.Add(time.Duration(seconds) * time.Second); v.Now().After(end) {
		return &Error{Type: "InvalidSignatureException", Reason: Clock, Message: fmt.Sprintf("Signature expired: %s is now earlier than %s.", end.UTC().Format(timeFormat), v.Now().UTC().Format(timeFormat))}
	}
	return nil
}

// checkScope refuses what was signed for another region or service.
func (v *Verifier) checkScope(auth *authorization) error {
	if auth.region != v.Region {
		return &Error{Type: "InvalidSignatureException", Reason: Scope, Message: fmt.Sprintf("Credential should be scoped to a valid Region, not '%s'. ", auth.region)}
	}
	if service := cmp.Or(v.Service, "lambda"); auth.service != service {
		return &Error{Type: "InvalidSignatureException", Reason: Scope, Message: fmt.Sprintf("Credential should be scoped to correct service: '%s'. ", service)}
	}
	return nil
}
