// Package answer implements how a function answers a front door of any kind: the framing of
// streamed responses, their pace, and the failures that tests ask for.
package answer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/exactjson"
	"github.com/streamfront/streamfront/internal/trace"
)

// IntegrationResponse is the content type of a response that has a head in front of its body.
const IntegrationResponse = "application/vnd.awslambda.http-integration-response"

// maxPrelude is within how many bytes the separator must come (documented for API Gateway,
// whose framing is the same; assumed for function URLs).
const maxPrelude = 16 << 10

// separator stands between the prelude and the body.
var separator = make([]byte, 8)

// A Head is the head of a response that has status and headers.
type Head struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Cookies    []string          `json:"cookies"`
	// MultiValueHeaders are of payload format 1.0.
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
}

// Recorded is the head for a trace, with the size of the body; -1 if it is not known.
func (h *Head) Recorded(size int64) *trace.Head {
	out := http.Header{}
	for name, value := range h.Headers {
		out.Set(name, value)
	}
	for name, values := range h.MultiValueHeaders {
		out[http.CanonicalHeaderKey(name)] = values
	}
	for _, cookie := range h.Cookies {
		out.Add("Set-Cookie", cookie)
	}
	return trace.NewResponseHead(h.StatusCode, out, size)
}

// Framed reports whether a response is in the framing that [Begin] splits.
func Framed(response *lambda.Response) bool {
	mediaType, _, _ := mime.ParseMediaType(response.ContentType)
	return mediaType == IntegrationResponse
}

// Begin splits the response into head and body. Only the integration content type has a
// prelude: plain JSON from a streaming function goes to the client as it is (validated).
func Begin(response *lambda.Response) (*Head, io.Reader, error) {
	if !Framed(response) {
		contentType := response.ContentType
		if contentType == "" {
			contentType = "application/octet-stream"
		}
		return &Head{StatusCode: http.StatusOK, Headers: map[string]string{"content-type": contentType}}, response.Body, nil
	}
	var got []byte
	for chunk := make([]byte, 4<<10); ; {
		n, err := response.Body.Read(chunk)
		// The separator may be split over chunks.
		from := max(0, len(got)-len(separator)+1)
		got = append(got, chunk[:n]...)
		if at := bytes.Index(got[from:], separator); at >= 0 && from+at+len(separator) <= maxPrelude {
			head, rest := got[:from+at], got[from+at+len(separator):]
			p := &Head{}
			if err := exactjson.Unmarshal(head, p); err != nil {
				return nil, nil, Unfit("the prelude", err)
			}
			if p.StatusCode == 0 {
				p.StatusCode = http.StatusOK
			}
			if p.StatusCode < 200 || p.StatusCode > 599 {
				return nil, nil, fmt.Errorf("the prelude's statusCode is %d: want 200 to 599", p.StatusCode)
			}
			return p, &continued{first: rest, body: response.Body, err: err}, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, nil, fmt.Errorf("the prelude broke off: %w", err)
		}
		if err != nil || len(got) > maxPrelude {
			return nil, nil, fmt.Errorf("no prelude that ends in 8 NUL bytes within %d bytes", maxPrelude)
		}
	}
}

// continued is the body after the prelude: what was read with it, then the rest.
type continued struct {
	first []byte
	body  io.Reader
	err   error // that came with first
}

func (c *continued) Read(p []byte) (int, error) {
	if len(c.first) > 0 {
		n := copy(p, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	if c.err != nil {
		return 0, c.err
	}
	return c.body.Read(p)
}

// Peek waits for the first byte of the body, and reports whether it ends without one.
func Peek(body io.Reader) (whole io.Reader, empty bool) {
	first := make([]byte, 1)
	_, err := io.ReadFull(body, first)
	switch {
	case err == nil:
		return io.MultiReader(bytes.NewReader(first), body), false
	case errors.Is(err, io.EOF):
		return body, true
	}
	return &continued{err: err}, false
}

// TakeEncoding removes Content-Encoding, while the bytes stay encoded (field report). It
// returns what it was, "" for none.
func (h *Head) TakeEncoding() (encoding string) {
	for name, value := range h.Headers {
		if strings.EqualFold(name, "Content-Encoding") {
			delete(h.Headers, name)
			if value = strings.TrimSpace(value); !strings.EqualFold(value, "identity") {
				encoding = value
			}
		}
	}
	return encoding
}

// HasContent reports whether an answer has content: RFC 9110, section 6.4.1.
func HasContent(method string, status int) bool {
	return method != http.MethodHead && status != http.StatusNoContent && status != http.StatusNotModified
}

// statusCode reads the status of a buffered response, which may be given as text (recorded on AWS
// by others).
func statusCode(raw json.RawMessage) (int, error) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	code, err := strconv.Atoi(text)
	if err != nil || code < 200 || code > 599 {
		return 0, fmt.Errorf("statusCode is %s: want 200 to 599", raw)
	}
	return code, nil
}

// Unfit says why JSON is not in the form of a response, in words of JSON rather than of Go.
func Unfit(what string, err error) error {
	var typed *json.UnmarshalTypeError
	if !errors.As(err, &typed) {
		return fmt.Errorf("%s is not JSON: %w", what, err)
	}
	want := map[reflect.Kind]string{reflect.String: "a string", reflect.Int: "a number", reflect.Bool: "true or false", reflect.Map: "an object"}[typed.Type.Kind()]
	if want == "" {
		want = "an array of strings"
	}
	if typed.Field == "" {
		return fmt.Errorf("%s is JSON of the type %s: want an object", what, typed.Value)
	}
	return fmt.Errorf("%s has a value of the type %s in %s: want %s", what, typed.Value, typed.Field, want)
}
