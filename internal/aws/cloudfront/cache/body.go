package cache

import "io"

// A Body is the body of a response in pieces: one that grows takes no memory twice.
type Body [][]byte

// Len is how many bytes it has.
func (b Body) Len() (n int) {
	for _, piece := range b {
		n += len(piece)
	}
	return n
}

// WriteTo writes all pieces.
func (b Body) WriteTo(w io.Writer) (n int64, err error) {
	for _, piece := range b {
		written, err := w.Write(piece)
		n += int64(written)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// Sizes of a piece, in bytes.
const (
	smallest = 4 << 10
	largest  = 1 << 20
)

// A Copy is a body on its way into the cache while it goes to the viewer, too. What it takes
// counts as kept, so that many at once need no more memory than the cache may have.
type Copy struct {
	cache  *Cache
	body   Body
	taken  int  // bytes, also those that are not written yet
	failed bool // it does not fit
}

// Copy begins to copy a body of the length, -1 if that is not known; nil if it would not fit.
func (c *Cache) Copy(length int64) *Copy {
	if length > maxBody {
		return nil
	}
	return &Copy{cache: c}
}

// Write copies. A body that turns out not to fit is forgotten, and its memory free.
func (p *Copy) Write(data []byte) {
	for len(data) > 0 && p != nil && !p.failed {
		if len(p.body) == 0 || len(p.last()) == cap(p.last()) {
			size := max(smallest, min(p.taken, largest)) // twice as much as before
			if !p.cache.reserve(p, size) {
				p.Discard()
				p.failed = true
				return
			}
			p.body = append(p.body, make([]byte, 0, size))
		}
		last := p.last()
		n := min(len(data), cap(last)-len(last))
		p.body[len(p.body)-1] = append(last, data[:n]...)
		data = data[n:]
	}
}

func (p *Copy) last() []byte { return p.body[len(p.body)-1] }

// Discard gives back what the copy has taken. It may be called again, and after Put.
func (p *Copy) Discard() {
	if p == nil {
		return
	}
	p.cache.mu.Lock()
	defer p.cache.mu.Unlock()
	p.cache.size -= p.taken
	p.body, p.taken = nil, 0
}

// reserve makes room for another piece; false if the body does not fit.
func (c *Cache) reserve(p *Copy, size int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.taken+size > maxBody {
		return false
	}
	p.taken += size
	c.size += size
	if c.makeRoom() {
		return true
	}
	p.taken -= size
	c.size -= size
	return false
}
