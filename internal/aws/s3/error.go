package s3

import (
	"encoding/xml"
	"net/http"
)

// An Error is a refusal, in S3's words.
type Error struct {
	Code    string // such as "NoSuchKey"
	Message string

	detail string // for the operator alone
}

func (e *Error) status() int {
	if status, ok := statuses[e.Code]; ok {
		return status
	}
	return http.StatusForbidden
}

// statuses of the codes. Documented; any other is 403 or, of the server's own, 500.
var statuses = map[string]int{
	"AuthorizationHeaderMalformed":      http.StatusBadRequest,
	"AuthorizationQueryParametersError": http.StatusBadRequest,
	"EntityTooLarge":                    http.StatusBadRequest,
	"IncompleteBody":                    http.StatusBadRequest,
	"InvalidArgument":                   http.StatusBadRequest,
	"InvalidRequest":                    http.StatusBadRequest,
	"InvalidToken":                      http.StatusBadRequest,
	"InvalidURI":                        http.StatusBadRequest,
	"KeyTooLongError":                   http.StatusBadRequest,
	"XAmzContentSHA256Mismatch":         http.StatusBadRequest,
	"RequestTimeout":                    http.StatusBadRequest,
	"NoSuchBucket":                      http.StatusNotFound,
	"NoSuchKey":                         http.StatusNotFound,
	"NoSuchWebsiteConfiguration":        http.StatusNotFound,
	"MethodNotAllowed":                  http.StatusMethodNotAllowed,
	"MissingContentLength":              http.StatusLengthRequired,
	"NotImplemented":                    http.StatusNotImplemented,
	"InternalError":                     http.StatusInternalServerError,
}

// notImplemented refuses what S3 may do and the local chain does not. S3's own message is
// "A header you provided implies functionality that is not implemented".
func notImplemented(what string) *Error {
	return &Error{Code: "NotImplemented", Message: what + " is not modelled by the local chain; test this on AWS"}
}

func internal(err error) *Error {
	return &Error{Code: "InternalError", Message: "We encountered an internal error. Please try again.", detail: err.Error()}
}

// writeError answers with the error.
func writeError(w http.ResponseWriter, r *request, e *Error) {
	if r.page {
		writePage(w, r, e)
		return
	}
	body, _ := xml.Marshal(struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		Resource  string
		RequestID string `xml:"RequestId"`
	}{Code: e.Code, Message: e.Message, Resource: r.escaped(), RequestID: r.id})
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(e.status())
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(xml.Header + string(body)))
	}
}
