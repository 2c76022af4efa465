package functionurl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
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
	StatusCode int
	Headers    map[string]string
	Cookies    []string
}

// stream answers with the function's response, every chunk as it comes. A client who
// leaves does not stop the function: its response is read to the end in any case. It tells
// whether the client got all that the function said.
func stream(w http.ResponseWriter, response *lambda.Response, pace *pace, fault Fault, hop *trace.OpenHop) (whole bool) {
	head, body, err := begin(response)
	if err != nil {
		_, _ = io.Copy(io.Discard, response.Body)
		hop.Refuse(causes.FunctionFailed, "", "502: %v", err)
		badGateway(w)
		return true
	}
	before := (*trace.Head)(nil)
	if hop.Detailed() {
		before = head.asHead(-1)
	}
	for name := range head.Headers {
		if strings.EqualFold(name, "Content-Encoding") {
			delete(head.Headers, name) // while the bytes stay encoded (field report)
		}
	}
	writeHead(w, head)
	if hop.Detailed() {
		hop.Changed(before, trace.NewResponseHead(head.StatusCode, w.Header(), -1))
	}
	c := copyChunks(w, fault.cut(body), pace)
	switch reported := new(lambda.FunctionError); {
	case c.err == nil && c.left:
		hop.Pass("%d, %s; the client left, the function ran on", head.StatusCode, c)
	case c.err == nil:
		hop.Pass("%d, %s", head.StatusCode, c)
	case errors.As(c.err, &reported) && !reported.Broken:
		// Documented: the response counts as successful, the error goes to the logs. That
		// the client sees a clean end is assumed.
		hop.Refuse(causes.FunctionFailed, "", "%d, %s, then the function reported: %v", head.StatusCode, c, c.err)
	default:
		hop.Refuse(causes.FunctionFailed, "", "%d, %s, then it broke off: %v", head.StatusCode, c, c.err)
		return false
	}
	return true
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
				return nil, nil, fmt.Errorf("the prelude is not JSON: %w", err)
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

// renamed are response headers that reach the client under another name (field report).
var renamed = map[string]string{
	"Www-Authenticate": "X-Amzn-Remapped-Www-Authenticate",
}

// framing is the function URL's own business.
var framing = []string{"Connection", "Content-Length", "Transfer-Encoding"}

func writeHead(w http.ResponseWriter, head *prelude) {
	h := w.Header()
	for name, value := range head.Headers {
		name = http.CanonicalHeaderKey(name)
		if slices.Contains(framing, name) {
			continue
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
