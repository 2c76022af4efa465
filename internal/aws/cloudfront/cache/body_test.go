package cache

import (
	"bytes"
	"net/http"
	"runtime"
	"testing"
	"time"
)

func copyOf(c *Cache, data []byte) *Copy {
	p := c.Copy(int64(-1))
	p.Write(data)
	return p
}

func TestABodyInPieces(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, smallest, smallest + 1, 3 << 20} {
		c := &Cache{Now: func() time.Time { return start }}
		body := bytes.Repeat([]byte("0123456789"), size/10+1)[:size]
		p := c.Copy(int64(size))
		for rest := body; len(rest) > 0; rest = rest[min(len(rest), 16<<10):] {
			p.Write(rest[:min(len(rest), 16<<10)])
		}
		c.Put("key", 200, http.Header{}, p, time.Minute)
		p.Discard() // which a kept one does not mind
		e, _ := c.Get("key")
		var got bytes.Buffer
		if n, err := e.Body.WriteTo(&got); n != int64(size) || err != nil || !bytes.Equal(got.Bytes(), body) || e.Body.Len() != size {
			t.Errorf("of %d bytes %d came, %v", size, got.Len(), err)
		}
		if c.size < size || c.size > 3*size+smallest+4<<10 {
			t.Errorf("%d bytes count as %d", size, c.size)
		}
	}
}

// An answer that is too large costs what it may have at most, and nothing afterwards;
// one that says so before costs nothing.
func TestWhatDoesNotFitCostsNothing(t *testing.T) {
	c := &Cache{Now: func() time.Time { return start }}
	c.Put("key", 200, http.Header{}, copyOf(c, []byte("old")), time.Minute)
	chunk := make([]byte, 16<<10)
	allocated := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.TotalAlloc
	}
	before := allocated()
	p := c.Copy(-1)
	for range 200 << 20 / len(chunk) {
		p.Write(chunk)
	}
	if took := allocated() - before; took > maxBody+1<<20 {
		t.Errorf("copying 200 MiB took %d MiB, want at most the %d that may be kept", took>>20, maxBody>>20)
	}
	if p.body != nil || p.taken != 0 {
		t.Errorf("%d bytes are still taken", p.taken)
	}
	c.Put("key", 200, http.Header{}, p, time.Minute)
	if e, _ := c.Get("key"); e != nil {
		t.Errorf("kept %d bytes, want neither the answer nor the one before it", e.Body.Len())
	}
	if c.size != 0 {
		t.Errorf("%d bytes count as kept", c.size)
	}
	if c.Copy(200<<20) != nil {
		t.Error("a body of 200 MiB is copied though its length is known")
	}
}

// Copies under way count: many at once take no more than the cache may have.
func TestCopiesCount(t *testing.T) {
	t.Parallel()
	c := &Cache{Now: func() time.Time { return start }}
	c.Put("old", 200, http.Header{}, copyOf(c, make([]byte, 20<<20)), time.Hour)
	body := make([]byte, 50<<20)
	var copies []*Copy
	failed := 0
	for range 10 {
		p := copyOf(c, body)
		if p.failed {
			failed++
		}
		copies = append(copies, p)
		if c.size > maxSize {
			t.Fatalf("%d MiB are taken", c.size>>20)
		}
	}
	if failed == 0 || failed == 10 {
		t.Errorf("%d of 10 copies of 50 MiB do not fit", failed)
	}
	if e, _ := c.Get("old"); e != nil {
		t.Error("an older answer is kept though others need its room")
	}
	for _, p := range copies {
		p.Discard()
		p.Discard()
	}
	if c.size != 0 {
		t.Errorf("after all were given up %d bytes are taken", c.size)
	}
}
