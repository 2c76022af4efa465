package functionurl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
)

const (
	integrationResponse = "application/vnd.awslambda.http-integration-response"
	// maxPrelude is within how many bytes the separator must come (documented for API
	// Gateway, whose framing is the same; assumed for function URLs).
	maxPrelude = 16 << 10
)

// separator stands between the prelude and the body.
var separator = make([]byte, 8)

// prelude is the head of a response that has status and headers.
type prelude struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Cookies    []string          `json:"cookies"`
}

// A streamer passes on streamed responses. Its switches choose between the two things that
// AWS may do where nobody knows; see the fields of Server.
type streamer struct {
	pace      *pace
	fault     Fault
	hangEmpty bool
	cutFailed bool
}

// stream answers with the function's response, every chunk as it comes. A client who
// leaves does not stop the function: its response is read to the end in any case. It tells
// whether the client got all that the function said.
func (s *streamer) stream(w http.ResponseWriter, r *http.Request, response *lambda.Response, rec *trace.Recording, hop *trace.OpenHop) (whole bool) {
	head, body, err := begin(response)
	if err != nil {
		_, _ = io.Copy(io.Discard, response.Body)
		hop.Refuse(causes.FunctionFailed, "", "502: %v", err)
		badGateway(w)
		return true
	}
	if s.hangEmpty {
		var empty bool
		if body, empty = peek(body); empty {
			rec.Suspect(causes.StreamWithoutBody)
			hop.Refuse(causes.StreamWithoutBody, "", "%d without a body: hangs, as it is reported to do on AWS", head.StatusCode)
			<-r.Context().Done()
			return false
		}
	}
	before := (*trace.Head)(nil)
	if hop.Detailed() {
		before = head.asHead(-1)
	}
	encoding := head.takeEncoding()
	writeHead(w, head)
	if hop.Detailed() {
		hop.Changed(before, trace.NewResponseHead(head.StatusCode, w.Header(), -1))
	}
	c := copyChunks(w, s.fault.cut(body), s.pace)
	switch reported := new(lambda.FunctionError); {
	case c.err == nil && encoding != "" && c.bytes > 0 && hasContent(r.Method, head.StatusCode):
		hop.Refuse(causes.StreamCompressed, "", "%d, %s in %s, whose Content-Encoding the URL drops: the viewer cannot read them", head.StatusCode, c, encoding)
	case c.err == nil && c.left:
		hop.Pass("%d, %s; the client left, the function ran on", head.StatusCode, c)
	case c.err == nil && c.bytes == 0:
		hop.Pass("%d without a body, which is reported to hang on AWS (%s)", head.StatusCode, causes.StreamWithoutBody)
	case c.err == nil:
		hop.Pass("%d, %s", head.StatusCode, c)
	case errors.As(c.err, &reported) && !reported.Broken:
		// Documented: the response counts as successful, the error goes to the logs. That
		// the client sees a clean end is assumed.
		seen := "the viewer sees a complete answer"
		if s.cutFailed {
			seen = "the connection is cut"
		}
		hop.Refuse(causes.FunctionFailed, "", "%d, %s, then the function reported: %v; %s", head.StatusCode, c, c.err, seen)
		return !s.cutFailed
	default:
		hop.Refuse(causes.FunctionFailed, "", "%d, %s, then it broke off: %v", head.StatusCode, c, c.err)
		return false
	}
	return true
}

// peek waits for the first byte of the body, and tells whether it ends without one.
func peek(body io.Reader) (whole io.Reader, empty bool) {
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

// takeEncoding removes Content-Encoding, while the bytes stay encoded (field report). It
// returns what it was, "" for none.
func (p *prelude) takeEncoding() (encoding string) {
	for name, value := range p.Headers {
		if strings.EqualFold(name, "Content-Encoding") {
			delete(p.Headers, name)
			if value = strings.TrimSpace(value); !strings.EqualFold(value, "identity") {
				encoding = value
			}
		}
	}
	return encoding
}

// hasContent tells whether an answer has content: RFC 9110, section 6.4.1.
func hasContent(method string, status int) bool {
	return method != http.MethodHead && status != http.StatusNoContent && status != http.StatusNotModified
}

func badGateway(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusBadGateway)
	_, _ = io.WriteString(w, "Internal Server Error")
}

// begin splits the response into head and body. Only the integration content type has a
// prelude: plain JSON from a streaming function goes to the client as it is (validated).
func begin(response *lambda.Response) (*prelude, io.Reader, error) {
	mediaType, _, _ := mime.ParseMediaType(response.ContentType)
	if mediaType != integrationResponse {
		contentType := response.ContentType
		if contentType == "" {
			contentType = "application/octet-stream"
		}
		return &prelude{StatusCode: http.StatusOK, Headers: map[string]string{"content-type": contentType}}, response.Body, nil
	}
	var got []byte
	for chunk := make([]byte, 4<<10); ; {
		n, err := response.Body.Read(chunk)
		// The separator may be split over chunks.
		from := max(0, len(got)-len(separator)+1)
		got = append(got, chunk[:n]...)
		if at := bytes.Index(got[from:], separator); at >= 0 && from+at+len(separator) <= maxPrelude {
			head, rest := got[:from+at], got[from+at+len(separator):]
			p := &prelude{}
			if err := json.Unmarshal(head, p); err != nil {
				return nil, nil, unfit("the prelude", err)
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

// renamed are the function's headers that reach the client under another name: field reports,
// cargo-lambda/cargo-lambda#862 and aws/aws-lambda-web-adapter#491 among them; of Date it is
// assumed, since API Gateway renames it.
var renamed = func() map[string]string {
	names := map[string]string{}
	for _, name := range []string{"Connection", "Content-Length", "Date", "Server", "Www-Authenticate"} {
		names[name] = "X-Amzn-Remapped-" + name
	}
	return names
}()

func writeHead(w http.ResponseWriter, head *prelude) {
	h := w.Header()
	for name, value := range head.Headers {
		name = http.CanonicalHeaderKey(name)
		if name == "Transfer-Encoding" {
			continue // the function URL's own business
		}
		if other := renamed[name]; other != "" {
			name = other
		}
		h.Set(name, value)
	}
	for _, cookie := range head.Cookies {
		h.Add("Set-Cookie", cookie)
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/octet-stream")
	}
	w.WriteHeader(head.StatusCode)
	_ = http.NewResponseController(w).Flush()
}

// chunks counts what was copied.
type chunks struct {
	count   int
	bytes   int64
	left    bool  // the client went away
	tooLong bool  // over the limit of a response
	err     error // why the response broke off; nil at its end
}

func (c *chunks) String() string {
	unit := "chunks"
	if c.count == 1 {
		unit = "chunk"
	}
	return strings.TrimSpace(fmt.Sprintf("%d bytes in %d %s", c.bytes, c.count, unit))
}

// buffers are reused: most streams send a few hundred bytes at a time.
var buffers = sync.Pool{New: func() any { b := make([]byte, 16<<10); return &b }}

// copyChunks passes the body on. Once the client has left, and after the limit of a
// response, it only reads.
func copyChunks(w http.ResponseWriter, body io.Reader, pace *pace) *chunks {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	flusher := http.NewResponseController(w)
	c := &chunks{}
	for {
		n, err := body.Read(*buffer)
		if n > 0 {
			c.count++
			c.bytes += int64(n)
			if c.bytes > maxStreamed {
				c.tooLong = true
			}
			if !c.left && !c.tooLong {
				pace.take(n)
				_, werr := w.Write((*buffer)[:n])
				if werr == nil {
					werr = flusher.Flush()
				}
				c.left = werr != nil && !errors.Is(werr, http.ErrBodyNotAllowed)
			}
		}
		if err == nil {
			continue
		}
		if c.tooLong {
			c.err = errTooLong
		} else if !errors.Is(err, io.EOF) {
			c.err = err
		}
		return c
	}
}
