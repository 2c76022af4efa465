package trace

import "net/http"

// A Head is what stands before the body of a message. Credentials in it, those in queries
// too, are masked by their length and a fingerprint, so that they can be compared but not
// used.
type Head struct {
	Method string // of a request
	Target string // of a request: path and query
	Status int    // of a response; 0: this is a request
	Header http.Header
	Body   int64 // bytes; -1: not known
}

// NewRequestHead masks and copies the head of a request. Host is a header here.
func NewRequestHead(method, target, host string, h http.Header, body int64) *Head {
	head := &Head{Method: method, Target: MaskURL(target), Header: maskHeader(h), Body: body}
	if host != "" {
		head.Header.Set("Host", host)
	}
	return head
}

// NewResponseHead masks and copies the head of a response.
func NewResponseHead(status int, h http.Header, body int64) *Head {
	return &Head{Status: status, Header: maskHeader(h), Body: body}
}
