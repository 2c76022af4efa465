package apigateway

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/trace"
)

// errLate and errSilent say why a stream is cut.
var (
	errLate   = errors.New("the integration's time is over")
	errSilent = errors.New("the stream was silent for too long")
)

// idle is how long a stream may be silent.
func (a *API) idle() time.Duration {
	if a.Edge() {
		return idleEdge
	}
	return idleRegional
}

// stream passes the answer on as it comes. The function is read to the end in any case.
func (x *exchange) stream(hop *trace.OpenHop, response *lambda.Response, fault answer.Fault, limit *deadline) (whole bool) {
	watched := watch(response.Body, limit, x.silence)
	framed := answer.Framed(response)
	head, body, err := answer.Begin(&lambda.Response{ContentType: response.ContentType, Body: watched})
	switch {
	case errors.Is(err, errLate), errors.Is(err, errSilent):
		return x.late(hop, limit)
	case err == nil && !framed:
		err = errors.New("the function does not answer in the streaming protocol, and the method's ResponseTransferMode is STREAM")
	}
	if err != nil {
		watched.Close()
		cause := causes.FunctionFailed
		if !framed {
			cause = causes.InvokeModeMismatch
		}
		f := x.api.broken(http.StatusBadGateway)
		hop.Refuse(cause, "", "%d: %v", f.status, err)
		x.api.write(x.w, x.r, f, x.id)
		return true
	}
	before := head.Recorded(-1)
	x.writeHead(head)
	_ = http.NewResponseController(x.w).Flush()
	if hop.Detailed() {
		hop.Changed(before, trace.NewResponseHead(head.StatusCode, x.w.Header(), -1))
	}
	c := answer.Copy(x.w, fault.Cut(body), answer.NewPace(x.Pace, streamRate), maxStreamed)
	switch reported := new(lambda.FunctionError); {
	case c.Err == nil && c.Left:
		hop.Pass("%d, %s; the client left, the function ran on", head.StatusCode, c)
	case c.Err == nil:
		hop.Pass("%d, %s", head.StatusCode, c)
	case errors.Is(c.Err, errLate):
		hop.Refuse(causes.IntegrationTimeout, "", "%d, %s, then cut: %v after %s", head.StatusCode, c, c.Err, limit.wait)
		return false
	case errors.Is(c.Err, errSilent):
		hop.Refuse(causes.IntegrationTimeout, "", "%d, %s, then cut: %v (%s)", head.StatusCode, c, c.Err, x.silence)
		return false
	case errors.As(c.Err, &reported) && !reported.Broken && !x.CutFailed:
		hop.Refuse(causes.FunctionFailed, "", "%d, %s, then the function reported: %v; the viewer sees a complete answer", head.StatusCode, c, c.Err)
	default:
		hop.Refuse(causes.FunctionFailed, "", "%d, %s, then it broke off: %v", head.StatusCode, c, c.Err)
		return false
	}
	return true
}

// whole answers once all of the answer is there.
func (x *exchange) whole(hop *trace.OpenHop, o *Operation, response *lambda.Response, limit *deadline) bool {
	watched := watch(response.Body, limit, 0)
	defer watched.Close()
	waited := &lambda.Response{ContentType: response.ContentType, Body: watched}
	head, body, err := x.read(o, waited)
	if errors.Is(err, errLate) {
		return x.late(hop, limit)
	}
	if err != nil {
		cause := causes.FunctionFailed
		if errors.Is(err, answer.ErrStreamed) {
			cause = causes.InvokeModeMismatch
		}
		f := x.api.broken(http.StatusBadGateway)
		hop.Refuse(cause, "", "%d: %v", f.status, err)
		x.api.write(x.w, x.r, f, x.id)
		return true
	}
	if answer.HasContent(http.MethodGet, head.StatusCode) {
		x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	before := head.Recorded(int64(len(body)))
	x.writeHead(head)
	if hop.Detailed() {
		hop.Changed(before, trace.NewResponseHead(head.StatusCode, x.w.Header(), int64(len(body))))
	}
	_, _ = x.w.Write(body)
	hop.Pass("%d, %d bytes at once", head.StatusCode, len(body))
	return true
}

// read reads the answer in the format of the event.
func (x *exchange) read(o *Operation, response *lambda.Response) (*answer.Head, []byte, error) {
	if o.Integration.Format.V == "2.0" {
		return answer.Whole2(response)
	}
	head, text, encoded, err := answer.Whole1(response)
	if err != nil {
		return nil, nil, err
	}
	if !encoded || x.api.Kind == REST && !x.api.binary(x.accepted()) {
		return head, []byte(text), nil
	}
	body, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, nil, fmt.Errorf("the body is not base64: %w", err)
	}
	return head, body, nil
}

// accepted is the first media type that the caller accepts, by which a REST API decides whether
// to decode a body in base64.
//
// Source: Amazon API Gateway Developer Guide, "Return binary media from a Lambda proxy
// integration in API Gateway". Documented.
func (x *exchange) accepted() string {
	first, _, _ := strings.Cut(x.r.Header.Get("Accept"), ",")
	return first
}

// remapped are the function's headers that reach the caller of a REST API under another name.
//
// Source: Amazon API Gateway Developer Guide, "Amazon API Gateway important notes": which of the
// headers there are remapped in answers is a field report.
var remapped = map[string]bool{"Connection": true, "Content-Length": true, "Date": true, "Server": true, "Www-Authenticate": true}

// writeHead writes status and headers of a function.
func (x *exchange) writeHead(head *answer.Head) {
	h := x.w.Header()
	set := func(name string, values ...string) {
		name = http.CanonicalHeaderKey(name)
		switch {
		case name == "Transfer-Encoding" || name == "Content-Length" && x.api.Kind == HTTP || name == "Connection" && x.api.Kind == HTTP:
			return // the API's own business
		case x.api.Kind == REST && remapped[name]:
			name = "X-Amzn-Remapped-" + name
		}
		h[name] = values
	}
	for name, value := range head.Headers {
		set(name, value)
	}
	for name, values := range head.MultiValueHeaders { // which win over single ones (documented)
		set(name, values...)
	}
	for _, cookie := range head.Cookies {
		h.Add("Set-Cookie", cookie)
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
		if x.api.Kind == HTTP {
			h.Set("Content-Type", "text/plain; charset=utf-8")
		}
	}
	x.w.WriteHeader(head.StatusCode)
}

// watch returns a body that ends for its reader when the time is over, or when it has been silent
// for too long. What it is made of is read to its end, even if the reader is closed before: the
// function runs on.
func watch(body io.Reader, limit *deadline, silence time.Duration) *io.PipeReader {
	reader, writer := io.Pipe()
	read := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 16<<10)
		for {
			n, err := body.Read(buffer)
			if n > 0 {
				select {
				case read <- struct{}{}:
				default:
				}
				if _, broken := writer.Write(buffer[:n]); broken != nil {
					_, _ = io.Copy(io.Discard, body)
					return
				}
			}
			if err != nil {
				_ = writer.CloseWithError(err) // io.EOF is the end
				return
			}
		}
	}()
	go func() {
		var quiet <-chan time.Time
		var timer *time.Timer
		if silence > 0 {
			timer = time.NewTimer(silence)
			defer timer.Stop()
			quiet = timer.C
		}
		for {
			select {
			case <-done:
				return
			case <-limit.ended:
				_ = writer.CloseWithError(errLate)
				return
			case <-quiet:
				_ = writer.CloseWithError(errSilent)
				return
			case <-read:
				if timer != nil {
					timer.Reset(silence)
				}
			}
		}
	}()
	return reader
}
