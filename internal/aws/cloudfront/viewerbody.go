package cloudfront

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/loopback"
)

// A viewerBody is the body of a viewer's request. It remembers that it broke off, whoever was
// reading it: that is the viewer's fault, and not that of the function or the origin which
// then fails.
type viewerBody struct {
	io.ReadCloser
	failure atomic.Pointer[error]
}

func (b *viewerBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.failure.CompareAndSwap(nil, &err)
	}
	return n, err
}

// broken is the answer to a body that ended early or is malformed; nil if it did neither, or
// not yet.
func (b *viewerBody) broken() *refusal {
	err := b.failure.Load()
	if err == nil {
		return nil
	}
	f := refuse(http.StatusBadRequest, causes.None, "Bad request. The body of the request ended early or is malformed: %v.", *err)
	if errors.Is(*err, loopback.ErrSlow) {
		f = refuse(http.StatusRequestTimeout, causes.None, "Bad request. %v.", *err) // assumed
	}
	f.closing = true // nobody knows where the next request begins
	return f
}
