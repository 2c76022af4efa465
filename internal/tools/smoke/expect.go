package smoke

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/causes"
)

// A check is one row of the table.
type check struct {
	name string
	// ask sends what the row sends.
	ask func(context.Context, *session) *exchange
	// want is what the answer must be.
	want []expectation
	// settles are assumptions of the local chain that the answer confirms or refutes.
	settles []question
	// cause is the probable one if the answer itself names none.
	cause causes.ID
	// takes is how long the row waits on purpose.
	takes time.Duration
	// mayHang is for answers that may come only when CloudFront gives up.
	mayHang bool
	// needs gives the reason for which the row cannot be asked, or "".
	needs func(*session) string
}

// An expectation says what it wants of an answer and what it sees: it holds if they are
// the same.
type expectation func(*exchange) (want, seen string)

// hold returns the first expectation that does not hold.
func hold(expectations []expectation, x *exchange) (want, seen string, held bool) {
	for _, e := range expectations {
		if want, seen := e(x); want != seen {
			return want, seen, false
		}
	}
	return "", "", true
}

// send is a row's way to send one request.
func send(r request) func(context.Context, *session) *exchange {
	return func(ctx context.Context, s *session) *exchange { return s.send(ctx, r) }
}

// status wants a status, and an answer that came to its end.
func status(code int) expectation {
	return func(x *exchange) (want, seen string) {
		want = fmt.Sprintf("status %d", code)
		switch {
		case x.status == 0:
			return want, "no answer: " + failure(x.err)
		case x.err != nil:
			return want, fmt.Sprintf("status %d, then it broke off: %s", x.status, failure(x.err))
		}
		return want, fmt.Sprintf("status %d", x.status)
	}
}

// header wants a header of the answer; "" wants none.
func header(name, value string) expectation {
	return func(x *exchange) (want, seen string) {
		return line(name, []string{value}), line(name, x.header.Values(name))
	}
}

func line(name string, values []string) string {
	if joined := strings.Join(values, " | "); joined != "" {
		return name + ": " + joined
	}
	return "no " + name
}

// headers wants a header's values, each in a line of its own.
func headers(name string, values ...string) expectation {
	return func(x *exchange) (want, seen string) {
		return line(name, values), line(name, x.header.Values(name))
	}
}

// body wants a text.
func body(text string) expectation {
	return func(x *exchange) (want, seen string) {
		if string(x.body) == text {
			return "", ""
		}
		return "body " + quote(text), "body " + quote(string(x.body))
	}
}

func quote(text string) string {
	if text == "" {
		return "of 0 bytes"
	}
	return fmt.Sprintf("%q", excerpt([]byte(text)))
}

// refused wants the function URL's answer to a signature that does not fit the request.
//
// Source: public threads that show this answer (see the cause payload-hash-missing).
var refused = []expectation{status(http.StatusForbidden), header("X-Amzn-Errortype", "InvalidSignatureException")}

// problem wants the signer's answer to a body that it cannot hash.
func problem(x *exchange) (want, seen string) {
	want = "a problem document with the code payload_hash_required"
	var document struct{ Code string }
	if x.header.Get("Content-Type") == "application/problem+json" && json.Unmarshal(x.body, &document) == nil && document.Code == "payload_hash_required" {
		return want, want
	}
	return want, line("Content-Type", x.header.Values("Content-Type")) + ", body " + quote(string(x.body))
}

// saw wants something of the request as the application saw it.
func saw(what string, of func(*echo) string, want func(*exchange) string) expectation {
	return func(x *exchange) (string, string) {
		wanted := "the application sees " + what + " " + want(x)
		if x.echo == nil {
			return wanted, fmt.Sprintf("status %d, and no echo of the request", x.status)
		}
		if of(x.echo) == want(x) {
			return wanted, wanted
		}
		return wanted, "it sees " + of(x.echo)
	}
}

var (
	// method wants the method that was sent.
	method = saw("the method", func(e *echo) string { return e.Method }, func(x *exchange) string { return x.sent.method })

	// payloadArrived wants the body that was sent, byte by byte.
	payloadArrived = saw("a body of",
		func(e *echo) string { return fmt.Sprintf("%d bytes, SHA-256 %.16s", e.BodyLength, e.BodySHA256) },
		func(x *exchange) string {
			return fmt.Sprintf("%d bytes, SHA-256 %.16s", len(x.payload), digest(x.payload))
		})

	// host wants the host that the viewer asked.
	host = saw("the host", func(e *echo) string { return e.Host }, func(x *exchange) string { return x.session.base.Host })

	// identity wants the credentials that the viewer sent.
	identity = saw("Authorization:", authorization, func(x *exchange) string {
		return fmt.Sprintf("Bearer, SHA-256 %.16s", digest([]byte(x.session.token())))
	})

	// nobody wants no credentials.
	nobody = saw("Authorization:", authorization, func(*exchange) string { return "none" })

	// clean wants no header that belongs to the way of the request.
	clean = saw("headers of the signature or the relocation:",
		func(e *echo) string { return listed(e.Unexpected) }, func(*exchange) string { return "none" })

	// target wants path and query as they were sent, byte by byte.
	target = saw("the path and query", targetOf, func(x *exchange) string { return x.sent.target })
)

// encodedTarget wants path and query as they were sent, with what a query may not hold raw
// encoded in it, which means the same.
var encodedTarget = saw("the path and query",
	func(e *echo) string { return encodeQuery(targetOf(e)) }, func(x *exchange) string { return encodeQuery(x.sent.target) })

// rawInQuery is what the edge encodes: see functions/signer.
var rawInQuery = regexp.MustCompile(`[^A-Za-z0-9\-._~!&'()*+,;=:@/?%]`)

func encodeQuery(target string) string {
	path, query, _ := strings.Cut(target, "?")
	return path + "?" + rawInQuery.ReplaceAllStringFunc(query, url.QueryEscape)
}

// answeredOtherwise wants another answer than that to the request before.
func answeredOtherwise(x *exchange) (want, seen string) {
	about := func(x *exchange) string {
		return fmt.Sprintf("status %d, %s, body %s", x.status, line("X-Amzn-Errortype", x.header.Values("X-Amzn-Errortype")), quote(string(x.body)))
	}
	want, seen = "another answer than "+about(x.others[0]), about(x)
	if seen != about(x.others[0]) {
		return "", ""
	}
	return want, seen
}

func authorization(e *echo) string {
	if e.Authorization == nil {
		return "none"
	}
	return fmt.Sprintf("%s, SHA-256 %.16s", e.Authorization.Scheme, e.Authorization.SHA256)
}

func targetOf(e *echo) string {
	if e.Query == "" {
		return e.Path
	}
	return e.Path + "?" + e.Query
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// arrivedHeader wants a header of the request.
func arrivedHeader(name, value string) expectation {
	return saw(name+":", func(e *echo) string { return strings.Join(e.Headers.Values(name), " | ") }, func(*exchange) string { return value })
}

// cookiesArrived wants the cookies that were sent, in any order.
func cookiesArrived(cookies ...*http.Cookie) expectation {
	var want []string
	for _, c := range cookies {
		want = append(want, fmt.Sprintf("%s (SHA-256 %.8s)", c.Name, digest([]byte(c.Value))))
	}
	return saw("the cookies", func(e *echo) string {
		var seen []string
		for _, c := range e.Cookies {
			seen = append(seen, fmt.Sprintf("%s (SHA-256 %.8s)", c.Name, c.SHA256))
		}
		slices.Sort(seen)
		return listed(seen)
	}, func(*exchange) string { return strings.Join(want, ", ") })
}

// queryMeans wants the query to mean what it meant, however it is written: a plus may have
// become %20, and parts may have changed places.
var queryMeans = saw("the query", func(e *echo) string { return meaning(e.Query) }, func(x *exchange) string {
	_, query, _ := strings.Cut(x.sent.target, "?")
	return meaning(query)
})

func meaning(query string) string {
	values, err := url.ParseQuery(query)
	if err != nil {
		return fmt.Sprintf("%q, which is none", query)
	}
	return fmt.Sprint(values)
}

// either wants one of two sets of expectations.
func either(a, b []expectation) expectation {
	return func(x *exchange) (want, seen string) {
		wantA, seenA, heldA := hold(a, x)
		wantB, _, heldB := hold(b, x)
		if heldA || heldB {
			return "", ""
		}
		return wantA + ", or " + wantB, seenA
	}
}
