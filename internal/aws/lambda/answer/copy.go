package answer

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Chunks counts what was copied.
type Chunks struct {
	Count int
	Bytes int64
	Left  bool  // the client went away
	Err   error // why the response broke off; nil at its end

	tooLong bool // over the limit of a response
}

func (c *Chunks) String() string {
	unit := "chunks"
	if c.Count == 1 {
		unit = "chunk"
	}
	return strings.TrimSpace(fmt.Sprintf("%d bytes in %d %s", c.Bytes, c.Count, unit))
}

// buffers are reused: most streams send a few hundred bytes at a time.
var buffers = sync.Pool{New: func() any { b := make([]byte, 16<<10); return &b }}

// Copy passes the body on, every chunk as it comes. Once the client has left, and after the
// limit of a response in bytes, it only reads.
func Copy(w http.ResponseWriter, body io.Reader, pace *Pace, limit int64) *Chunks {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	flusher := http.NewResponseController(w)
	c := &Chunks{}
	for {
		n, err := body.Read(*buffer)
		if n > 0 {
			c.Count++
			c.Bytes += int64(n)
			if c.Bytes > limit {
				c.tooLong = true
			}
			if !c.Left && !c.tooLong {
				pace.take(n)
				_, werr := w.Write((*buffer)[:n])
				if werr == nil {
					werr = flusher.Flush()
				}
				c.Left = werr != nil && !errors.Is(werr, http.ErrBodyNotAllowed)
			}
		}
		if err == nil {
			continue
		}
		if c.tooLong {
			c.Err = fmt.Errorf("the response has over %d bytes (Function.ResponseSizeTooLarge)", limit)
		} else if !errors.Is(err, io.EOF) {
			c.Err = err
		}
		return c
	}
}
