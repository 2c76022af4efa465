package streamhttp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda/messages"
)

// These report to the runtime API why a response broke off. It accepts only the types Function.Xxx and
// Runtime.Xxx. The text may reach the caller, so it has no details.
var (
	errPanicked   = brokenBy("Function.Panic", "the handler panicked after the response had begun")
	errAborted    = brokenBy("Function.Aborted", "the handler aborted the response")
	errIncomplete = brokenBy("Function.IncompleteBody", "the handler wrote less than the Content-Length it declared")
)

func brokenBy(errorType, message string) error {
	// By value: that is how the runtime client recognizes it.
	return messages.InvokeResponse_Error{Type: errorType, Message: message}
}

var errFinished = errors.New("streamhttp: write after the handler has returned")

// responseWriter behaves like http.Server's as far as a handler can see.
type responseWriter struct {
	method string
	ctx    context.Context // of the request
	cancel context.CancelFunc
	header http.Header // the handler's, until the status is set

	status        int  // 0 until WriteHeader
	typed         bool // the handler has set Content-Type, perhaps to nothing
	sent          events.LambdaFunctionURLStreamingResponse
	contentLength int64 // as declared, or -1
	written       int64
	overrun       bool // a write was refused for it; what follows would leave a gap

	begun    bool          // sent is final
	begin    chan struct{} // closed then
	finished atomic.Bool   // the handler has returned
	body     pipe

	fill       func(status int) bool // whether a response without a byte gets one
	compressed *sync.Once            // for the warning; nil where there is nothing to warn of
}

func newResponseWriter(ctx context.Context, cancel context.CancelFunc, method string) *responseWriter {
	w := &responseWriter{
		method:        method,
		ctx:           ctx,
		cancel:        cancel,
		header:        make(http.Header),
		contentLength: -1,
		begin:         make(chan struct{}),
	}
	w.body.init(ctx)
	return w
}

// response waits until status and header are final.
func (w *responseWriter) response() *events.LambdaFunctionURLStreamingResponse {
	<-w.begin
	w.sent.Body = (*responseBody)(w)
	return &w.sent
}

// Header implements http.ResponseWriter.
func (w *responseWriter) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter. It fixes status and header. The first byte sends them,
// so until then a panic can still become a 500.
func (w *responseWriter) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("streamhttp: invalid status %d in WriteHeader; use 100 to 999", status))
	}
	if status < 200 || w.status != 0 || w.finished.Load() {
		return
	}
	w.status = status
	w.sent.StatusCode = status
	w.sent.Headers = make(map[string]string, len(w.header)+1)
	_, w.typed = w.header["Content-Type"]
	for key, values := range w.header {
		w.copyHeader(key, values)
	}
}

func (w *responseWriter) copyHeader(key string, values []string) {
	switch {
	case len(values) == 0 || !validHeaderName(key):
		return
	case strings.EqualFold(key, "Set-Cookie"): // Cookies cannot be joined, however they are spelled.
		for _, cookie := range values {
			w.sent.Cookies = append(w.sent.Cookies, lineBreaks.Replace(cookie))
		}
		return
	case key == "Connection" || key == "Transfer-Encoding" || key == "Trailer" || strings.HasPrefix(key, http.TrailerPrefix):
		return // of the hop; Lambda has its own
	case key == "Content-Type" && w.status == http.StatusNotModified:
		return // there is no content to have a type
	case key == "Content-Length":
		length, err := strconv.ParseInt(strings.Join(values, ","), 10, 64)
		if err != nil || length < 0 || !bodyAllowed(w.status) {
			return
		}
		w.contentLength = length
	}
	w.sent.Headers[key] = lineBreaks.Replace(strings.Join(values, ", "))
}

// A line break in a value cannot be sent; http.Server makes it a space too.
var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ")

// validHeaderName follows RFC 9110, section 5.6.2. http.Server leaves out other names too.
func validHeaderName(name string) bool {
	const token = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	return name != "" && strings.Trim(name, token) == ""
}

// Write implements io.Writer.
func (w *responseWriter) Write(p []byte) (int, error) { return write(w, p) }

// WriteString implements io.StringWriter, so that io.WriteString need not copy.
func (w *responseWriter) WriteString(s string) (int, error) { return write(w, s) }

func write[T []byte | string](w *responseWriter, p T) (int, error) {
	if w.finished.Load() {
		return 0, errFinished
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if !bodyAllowed(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	if w.contentLength >= 0 && (w.overrun || w.written+int64(len(p)) > w.contentLength) {
		w.overrun = true
		return 0, http.ErrContentLength
	}
	w.written += int64(len(p))
	if !w.begun {
		w.detectContentType([]byte(p[:min(len(p), 512)]))
		w.release()
	}
	if w.method == http.MethodHead {
		return len(p), nil
	}
	return writePipe(&w.body, p)
}

func (w *responseWriter) detectContentType(start []byte) {
	if !w.typed && w.sent.Headers["Content-Encoding"] == "" {
		w.sent.Headers["Content-Type"] = http.DetectContentType(start)
	}
}

// Flush implements http.Flusher.
func (w *responseWriter) Flush() { _ = w.FlushError() }

// FlushError is Flush for http.ResponseController.
func (w *responseWriter) FlushError() error {
	if w.finished.Load() {
		return errFinished
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.begun {
		w.release()
	}
	return nil
}

// release starts the response.
func (w *responseWriter) release() {
	w.begun = true
	if encoding := w.sent.Headers["Content-Encoding"]; encoding != "" && encoding != "identity" && w.hasContent() && w.compressed != nil {
		w.compressed.Do(func() {
			logInvocation(w.ctx, slog.LevelWarn, "a compressed response will not be readable: a function URL that streams drops Content-Encoding; "+
				"do not compress in the handler (logged once)", "contentEncoding", encoding)
		})
	}
	close(w.begin)
}

// hasContent reports whether the response can have content, for its status and method.
func (w *responseWriter) hasContent() bool {
	return bodyAllowed(w.status) && w.method != http.MethodHead
}

// finish ends a response that the handler has completed.
func (w *responseWriter) finish() {
	if w.written == 0 && w.hasContent() && w.fill(w.status) {
		w.contentLength = -1
		if !w.begun {
			delete(w.sent.Headers, "Content-Length")
			delete(w.sent.Headers, "Content-Encoding")
		}
		_, _ = write(w, filling)
	}
	_ = w.FlushError()
	w.end(nil)
}

// incomplete reports whether a handler that has returned wrote less than it declared.
func (w *responseWriter) incomplete() bool {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return w.written < w.contentLength && w.method != http.MethodHead
}

// abort ends a response that the handler could not complete.
func (w *responseWriter) abort(reason error) {
	if w.begun {
		w.end(reason)
		return
	}
	w.header = make(http.Header)
	w.status, w.contentLength, w.written = 0, -1, 0
	w.sent = events.LambdaFunctionURLStreamingResponse{}
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	w.end(nil)
}

func (w *responseWriter) end(err error) {
	w.finished.Store(true)
	w.cancel()
	w.body.closeWrite(err)
}

// bodyAllowed follows RFC 9110, sections 15.3.5 and 15.4.5.
func bodyAllowed(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// responseBody is the reading end of a responseWriter, for the runtime client.
type responseBody responseWriter

func (b *responseBody) Read(p []byte) (int, error) { return b.body.Read(p) }

func (b *responseBody) Close() error {
	b.body.closeRead() // first: what the handler writes at the end of the context must not seem sent
	b.cancel()
	return nil
}
