// Package cache keeps responses for as long as CloudFront would. It implements cache keys,
// lifetimes and validation, and does not know where a request comes from or goes to.
package cache

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// CloudFront keeps bodies of up to 50 GB and evicts what is asked for rarely; here it is
// memory.
const (
	maxBody = 64 << 20  // the largest body that is kept
	maxSize = 256 << 20 // of all that is kept; the oldest goes first
)

// A Cache holds responses until the chain ends, or others need their place. There is no
// other invalidation.
type Cache struct {
	Now func() time.Time

	mu      sync.Mutex
	entries map[string]*Entry
	size    int // with what copies have taken
}

// An Entry is a response that is kept.
type Entry struct {
	Status  int
	Header  http.Header
	Body    Body
	Stored  time.Time
	Expires time.Time
}

// Get returns the entry with the key, nil if there is none, and whether it may be served
// without asking the origin.
func (c *Cache) Get(key string) (e *Entry, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e = c.entries[key]
	return e, e != nil && c.Now().Before(e.Expires)
}

// Put keeps a response for its lifetime, and drops what the key had if it has none or does
// not fit.
func (c *Cache) Put(key string, status int, h http.Header, body *Copy, lifetime time.Duration) {
	if body == nil || body.failed {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.drop(key)
		return
	}
	kept := body.body
	body.Discard()
	c.put(key, &Entry{Status: status, Header: h.Clone(), Body: kept}, lifetime)
}

func (c *Cache) put(key string, e *Entry, lifetime time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(key)
	if lifetime <= 0 && !validatable(e.Header) {
		return
	}
	if c.entries == nil {
		c.entries = map[string]*Entry{}
	}
	e.Stored = c.Now()
	e.Expires = e.Stored.Add(lifetime)
	c.entries[key] = e
	c.size += size(key, e.Body)
	c.makeRoom()
}

// makeRoom drops the oldest entries until all that is kept, and on its way, fits; false if
// what is on its way alone does not.
func (c *Cache) makeRoom() bool {
	for c.size > maxSize {
		if len(c.entries) == 0 {
			return false
		}
		oldest := ""
		for key, e := range c.entries {
			if oldest == "" || e.Stored.Before(c.entries[oldest].Stored) {
				oldest = key
			}
		}
		c.drop(oldest)
	}
	return true
}

func (c *Cache) drop(key string) {
	if e := c.entries[key]; e != nil {
		c.size -= size(key, e.Body)
		delete(c.entries, key)
	}
}

// size is what an entry takes, its headers and maps guessed.
func size(key string, body Body) int {
	n := len(key) + 2<<10
	for _, piece := range body {
		n += cap(piece)
	}
	return n
}

// Refresh prolongs an entry that the origin says is unchanged (a 304): its headers replace
// those that were kept. The entry it returns is the one to serve.
func (c *Cache) Refresh(key string, e *Entry, h http.Header, lifetime time.Duration) *Entry {
	merged := e.Header.Clone()
	for name, values := range h {
		if name != "Content-Length" {
			merged[name] = values
		}
	}
	renewed := &Entry{Status: e.Status, Header: merged, Body: e.Body}
	c.put(key, renewed, lifetime)
	return renewed
}

// Age is how long the entry has been kept.
func (e *Entry) Age(now time.Time) time.Duration { return now.Sub(e.Stored).Truncate(time.Second) }

// Validators returns the headers of a request that asks whether the entry is still good;
// nil if the origin gave nothing to ask by.
func (e *Entry) Validators() http.Header {
	h := http.Header{}
	if tag := e.Header.Get("Etag"); tag != "" {
		h.Set("If-None-Match", tag)
	}
	if date := e.Header.Get("Last-Modified"); date != "" {
		h.Set("If-Modified-Since", date)
	}
	if len(h) == 0 {
		return nil
	}
	return h
}

// Unmodified reports whether the viewer has the entry already, by its If-None-Match or
// If-Modified-Since (RFC 9110, sections 13.1.2 and 13.1.3).
func (e *Entry) Unmodified(request http.Header) bool {
	if tags := request.Get("If-None-Match"); tags != "" {
		weak := func(tag string) string { return strings.TrimPrefix(strings.TrimSpace(tag), "W/") }
		own := weak(e.Header.Get("Etag"))
		return strings.TrimSpace(tags) == "*" ||
			own != "" && slices.ContainsFunc(strings.Split(tags, ","), func(tag string) bool { return weak(tag) == own })
	}
	since, err := http.ParseTime(request.Get("If-Modified-Since"))
	if err != nil {
		return false
	}
	changed, err := http.ParseTime(e.Header.Get("Last-Modified"))
	return err == nil && !changed.After(since)
}

func validatable(h http.Header) bool { return h.Get("Etag") != "" || h.Get("Last-Modified") != "" }
