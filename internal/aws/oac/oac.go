// Package oac signs requests for a Lambda function URL, or an Amazon S3 bucket, as CloudFront's
// origin access control does, with AWS Signature Version 4.
//
// It shares no code with package sigv4, which verifies such signatures: two independent readings
// of the specification confirm each other. It follows the specification where the public libraries
// do not: they sort queries before they encode them, drop parts with a semicolon, and do not
// handle broken escapes.
//
// Source: AWS Identity and Access Management User Guide, "Create a signed AWS API request".
package oac

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/iam"
)

// UnsignedPayload stands in place of the hash of a body that was not hashed. Function URLs
// refuse it.
const UnsignedPayload = "UNSIGNED-PAYLOAD"

// A Signer signs with the credentials of one distribution.
type Signer struct {
	iam.Credentials
	Region  string // of the origin
	Service string // Lambda or S3; "" is Lambda

	// PlusStays signs a plus in a query as a plus, which Lambda does not.
	PlusStays bool
}

// The services that are signed for.
const (
	Lambda = "lambda"
	S3     = "s3"
)

// Sign puts date, token and signature into the request's headers, in place of what is
// there, and returns the canonical request that it signed. The payload is the hash of the
// body, or what stands in its place. Host and every x-amz-* header are signed (assumed:
// CloudFront's list is not published).
func (s *Signer) Sign(r *http.Request, payload string, now time.Time) (canonical string) {
	date := now.UTC().Format("20060102T150405Z")
	r.Header.Set("X-Amz-Date", date)
	r.Header.Del("X-Amz-Security-Token")
	if s.Token != "" {
		r.Header.Set("X-Amz-Security-Token", s.Token)
	}
	lines, names := canonicalHeaders(r)
	path, query, _ := strings.Cut(r.URL.RequestURI(), "?")
	if s.PlusStays {
		query = strings.ReplaceAll(query, "+", "%2B")
	}
	encoded := canonicalPath(path)
	if s.Service == S3 {
		encoded = canonicalKey(path)
	}
	canonical = strings.Join([]string{r.Method, encoded, canonicalQuery(query), lines, names, payload}, "\n")

	scope := []string{date[:8], s.Region, cmp.Or(s.Service, Lambda), "aws4_request"}
	digest := sha256.Sum256([]byte(canonical))
	key := []byte("AWS4" + s.SecretKey)
	for _, step := range append(slices.Clone(scope),
		"AWS4-HMAC-SHA256\n"+date+"\n"+strings.Join(scope, "/")+"\n"+hex.EncodeToString(digest[:])) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(step))
		key = mac.Sum(nil)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+s.AccessKey+"/"+strings.Join(scope, "/")+
		", SignedHeaders="+names+", Signature="+hex.EncodeToString(key))
	return canonical
}

// canonicalHeaders returns the lines of the signed headers and their names.
func canonicalHeaders(r *http.Request) (lines, names string) {
	values := map[string][]string{"host": {cmp.Or(r.Host, r.URL.Host)}}
	list := []string{"host"}
	for name, all := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-") {
			values[lower] = all
			list = append(list, lower)
		}
	}
	slices.Sort(list)
	for _, name := range list {
		var folded []string
		for _, value := range values[name] {
			folded = append(folded, foldSpaces(value))
		}
		lines += name + ":" + strings.Join(folded, ",") + "\n"
	}
	return lines, strings.Join(list, ";")
}

// foldSpaces trims a value and makes one space of each run of them.
func foldSpaces(value string) string {
	words := strings.FieldsFunc(strings.Trim(value, " \t"), func(c rune) bool { return c == ' ' })
	return strings.Join(words, " ")
}

// canonicalPath encodes the path a second time, as every service but Amazon S3 wants it:
// what is escaped on the wire gets its percent sign escaped. Dot segments and empty ones
// stay (assumed; the specification removes them, the SDKs do not).
func canonicalPath(wire string) string {
	if wire == "" {
		return "/"
	}
	var b strings.Builder
	for i := range len(wire) {
		if wire[i] == '/' {
			b.WriteByte('/')
		} else {
			writeEncoded(&b, wire[i])
		}
	}
	return b.String()
}

// canonicalKey encodes the path once, as Amazon S3 wants it: what is escaped on the wire is
// written anew.
func canonicalKey(wire string) string {
	if wire == "" {
		return "/"
	}
	parts := strings.Split(wire, "/")
	for i, part := range parts {
		parts[i] = reencode(strings.ReplaceAll(part, "+", "%2B"))
	}
	return strings.Join(parts, "/")
}

// canonicalQuery encodes each parameter anew, and then sorts by name and by value.
func canonicalQuery(wire string) string {
	var parameters [][2]string
	for _, part := range strings.FieldsFunc(wire, func(c rune) bool { return c == '&' }) {
		name, value, _ := strings.Cut(part, "=")
		parameters = append(parameters, [2]string{reencode(name), reencode(value)})
	}
	slices.SortFunc(parameters, func(a, b [2]string) int {
		return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1]))
	})
	var b strings.Builder
	for i, p := range parameters {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p[0] + "=" + p[1])
	}
	return b.String()
}

// reencode writes one part of a query as the specification wants it, whatever is escaped in
// it: a plus is a space (assumed), and a percent sign that escapes nothing is one.
func reencode(wire string) string {
	var b strings.Builder
	for len(wire) > 0 {
		c, width := wire[0], 1
		switch {
		case c == '+':
			c = ' '
		case c == '%' && len(wire) >= 3:
			if decoded, err := hex.DecodeString(wire[1:3]); err == nil {
				c, width = decoded[0], 3
			}
		}
		writeEncoded(&b, c)
		wire = wire[width:]
	}
	return b.String()
}

const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~" // RFC 3986

func writeEncoded(b *strings.Builder, c byte) {
	if strings.IndexByte(unreserved, c) >= 0 {
		b.WriteByte(c)
		return
	}
	const digits = "0123456789ABCDEF"
	b.Write([]byte{'%', digits[c>>4], digits[c&15]})
}
