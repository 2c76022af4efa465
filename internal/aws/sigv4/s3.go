package sigv4

import (
	"cmp"
	"crypto/hmac"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/iam"
)

const (
	// UnsignedPayload stands for the hash of a body that the signature does not cover.
	UnsignedPayload = "UNSIGNED-PAYLOAD"
	// s3Window is how far the date of a request may be off whose signature is in a header.
	// Documented: 15 minutes.
	s3Window = 15 * time.Minute
	// maxExpires is the longest lifetime of a presigned URL. Documented: seven days.
	maxExpires = 7 * 24 * 60 * 60
)

// An S3Verifier verifies requests to Amazon S3 in one region, whose signature is in the
// query (presigned) or in a header. S3 differs from other services: the canonical request
// has the path as it is, once encoded, and the body may stay unsigned. The Type of its
// errors is S3's code of the error.
//
// Sources: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters",
// "Using the Authorization Header" and "Error responses". The wording of the messages is a
// field report.
type S3Verifier struct {
	Region string
	Now    func() time.Time
	Lookup func(accessKey string) (iam.Credentials, bool)
}

// An S3Signature is a signature that holds.
type S3Signature struct {
	AccessKey string
	Payload   string // SHA-256 that the body must have, in hex, UNSIGNED-PAYLOAD or STREAMING-...
}

// Verify returns what the request was signed with, or an *Error. It does not read the body.
func (v *S3Verifier) Verify(r *http.Request) (S3Signature, error) {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return S3Signature{}, &Error{Type: "InvalidURI", Message: "Couldn't parse the specified URI."}
	}
	presigned := parameters.Has("X-Amz-Algorithm") || parameters.Has("X-Amz-Signature")
	var (
		auth    *authorization
		date    string
		token   string
		payload = r.Header.Get("X-Amz-Content-Sha256")
	)
	switch {
	case presigned && r.Header.Get("Authorization") != "":
		err = &Error{Type: "InvalidArgument", Message: "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified"}
	case presigned:
		date, token = parameters.Get("X-Amz-Date"), parameters.Get("X-Amz-Security-Token")
		auth, err = v.fromQuery(parameters)
		if payload == "" {
			payload = cmp.Or(parameters.Get("X-Amz-Content-Sha256"), UnsignedPayload)
		}
		query = withoutSignature(query)
	default:
		date, token = r.Header.Get("X-Amz-Date"), r.Header.Get("X-Amz-Security-Token")
		auth, err = v.fromHeader(r.Header)
	}
	if err != nil {
		return S3Signature{}, err
	}
	credential, known := v.Lookup(auth.accessKey)
	switch {
	case !known:
		return S3Signature{}, &Error{Type: "InvalidAccessKeyId", Message: "The AWS Access Key Id you provided does not exist in our records."}
	case token != credential.Token:
		return S3Signature{}, &Error{Type: "InvalidToken", Message: "The provided token is malformed or otherwise invalid."}
	}
	if err := v.checkTime(date, parameters.Get("X-Amz-Expires"), presigned); err != nil {
		return S3Signature{}, err
	}
	if name := auth.unsigned(r.Header); name != "" {
		return S3Signature{}, &Error{
			Type: "AccessDenied", Message: "There were headers present in the request which were not signed",
			Detail: fmt.Sprintf("the header %s is not signed", name),
		}
	}
	if payload != UnsignedPayload && !strings.HasPrefix(payload, "STREAMING-") && !hexHash.MatchString(payload) {
		return S3Signature{}, &Error{
			Type: "InvalidArgument", Message: "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.",
		}
	}
	canonical := canonicalLines(r, canonicalS3Path(path), canonicalQuery(query), auth.signed, payload)
	if want := sign(credential.SecretKey, auth, date, canonical); !hmac.Equal([]byte(want), []byte(auth.signature)) {
		return S3Signature{}, &Error{
			Type:    "SignatureDoesNotMatch",
			Message: "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
			Detail:  "canonical request:\n" + canonical,
		}
	}
	return S3Signature{AccessKey: auth.accessKey, Payload: payload}, nil
}

var (
	credentialScope = regexp.MustCompile(`^([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request$`)
	hexHash         = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// fromQuery reads the signature of a presigned URL.
func (v *S3Verifier) fromQuery(parameters url.Values) (*authorization, error) {
	malformed := func(format string, args ...any) error {
		return &Error{Type: "AuthorizationQueryParametersError", Message: fmt.Sprintf(format, args...)}
	}
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"} {
		if len(parameters[name]) != 1 {
			return nil, malformed("Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
		}
	}
	if got := parameters.Get("X-Amz-Algorithm"); got != algorithm {
		return nil, malformed("X-Amz-Algorithm only supports \"%s\"", algorithm)
	}
	m := credentialScope.FindStringSubmatch(parameters.Get("X-Amz-Credential"))
	if m == nil {
		return nil, malformed("Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")
	}
	auth := &authorization{
		accessKey: m[1], date: m[2], region: m[3], service: m[4],
		signed: sortedNames(parameters.Get("X-Amz-SignedHeaders")), signature: parameters.Get("X-Amz-Signature"),
	}
	switch {
	case auth.region != v.Region:
		return nil, malformed("Error parsing the X-Amz-Credential parameter; the region '%s' is wrong; expecting '%s'", auth.region, v.Region)
	case auth.service != "s3":
		return nil, malformed("Error parsing the X-Amz-Credential parameter; incorrect service \"%s\". This endpoint belongs to \"s3\".", auth.service)
	case !strings.HasPrefix(parameters.Get("X-Amz-Date"), auth.date):
		return nil, malformed("Invalid credential date \"%s\". This date is not the same as X-Amz-Date: \"%.8s\".", auth.date, parameters.Get("X-Amz-Date"))
	case !hexHash.MatchString(auth.signature):
		return nil, malformed("X-Amz-Signature is not a signature")
	}
	expires, err := strconv.Atoi(parameters.Get("X-Amz-Expires"))
	switch {
	case err != nil:
		return nil, malformed("X-Amz-Expires should be a number")
	case expires < 0:
		return nil, malformed("X-Amz-Expires must be non-negative")
	case expires > maxExpires:
		return nil, malformed("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
	}
	return auth, nil
}

// fromHeader reads the signature of an Authorization header.
func (v *S3Verifier) fromHeader(h http.Header) (*authorization, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return nil, &Error{Type: "AccessDenied", Message: "Access Denied", Detail: "the request is not signed"}
	}
	malformed := func(format string, args ...any) error {
		return &Error{Type: "AuthorizationHeaderMalformed", Message: "The authorization header is malformed; " + fmt.Sprintf(format, args...)}
	}
	auth, err := parse(h)
	switch {
	case err != nil:
		return nil, malformed("want one value with Credential, SignedHeaders and Signature.")
	case auth.region != v.Region:
		return nil, malformed("the region '%s' is wrong; expecting '%s'", auth.region, v.Region)
	case auth.service != "s3":
		return nil, malformed("incorrect service \"%s\". This endpoint belongs to \"s3\".", auth.service)
	case !strings.HasPrefix(h.Get("X-Amz-Date"), auth.date):
		return nil, malformed("Invalid credential date \"%s\". This date is not the same as X-Amz-Date: \"%.8s\".", auth.date, h.Get("X-Amz-Date"))
	case h.Get("X-Amz-Content-Sha256") == "":
		return nil, &Error{Type: "InvalidRequest", Message: "Missing required header for this request: x-amz-content-sha256"}
	}
	return auth, nil
}

// checkTime refuses what is over, or not yet begun. That the start of a presigned URL may
// be as far ahead as the date of any request is assumed.
func (v *S3Verifier) checkTime(date, expires string, presigned bool) error {
	signed, err := time.Parse(timeFormat, date)
	if err != nil {
		return &Error{Type: "AccessDenied", Message: "AWS authentication requires a valid Date or x-amz-date header"}
	}
	now := v.Now()
	if !presigned {
		if off := now.Sub(signed).Abs(); off > s3Window {
			return &Error{Type: "RequestTimeTooSkewed", Message: "The difference between the request time and the current time is too large."}
		}
		return nil
	}
	seconds, _ := strconv.Atoi(expires) // checked by fromQuery
	switch end := signed.Add(time.Duration(seconds) * time.Second); {
	case signed.Sub(now) > s3Window:
		return &Error{Type: "AccessDenied", Message: "Request is not yet valid"}
	case now.After(end):
		return &Error{Type: "AccessDenied", Message: "Request has expired", Detail: fmt.Sprintf("it expired at %s, and now is %s", end.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))}
	}
	return nil
}

// unsigned returns a header that has to be signed, and is not: the host, and each x-amz-*.
func (a *authorization) unsigned(h http.Header) string {
	required := []string{"host"}
	for name := range h {
		if name := strings.ToLower(name); strings.HasPrefix(name, "x-amz-") {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	for _, name := range required {
		if !slices.Contains(a.signed, name) {
			return name
		}
	}
	return ""
}

// canonicalS3Path encodes the path once: what came encoded is decoded before.
func canonicalS3Path(wire string) string {
	if decoded, err := url.PathUnescape(wire); err == nil {
		wire = decoded
	}
	return canonicalPath(wire)
}

// withoutSignature takes the signature itself out of a query.
func withoutSignature(query string) string {
	parts := strings.Split(query, "&")
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool {
		return strings.HasPrefix(part, "X-Amz-Signature=")
	}), "&")
}
