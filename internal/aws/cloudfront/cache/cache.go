// Package cache keeps responses for as long as CloudFront would: it knows cache keys,
// lifetimes and validation, and nothing of the way that a request takes.
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
	size    int
}

// An Entry is a response that is kept.
type Entry struct {
	Status  int
	Header  http.Header
	Body    []byte
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

// Put keeps a response for its lifetime, and drops what the key had if it has none.
func (c *Cache) Put(key string, status int, h http.Header, body []byte, lifetime time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(key)
	if lifetime <= 0 && !validatable(h) || len(body) > maxBody {
		return
	}
	if c.entries == nil {
		c.entries = map[string]*Entry{}
	}
	now := c.Now()
	c.entries[key] = &Entry{Status: status, Header: h.Clone(), Body: body, Stored: now, Expires: now.Add(lifetime)}
	c.size += size(key, body)
	for c.size > maxSize {
		oldest := key
		for other, e := range c.entries {
			if e.Stored.Before(c.entries[oldest].Stored) {
				oldest = other
			}
		}
		c.drop(oldest)
	}
}

func (c *Cache) drop(key string) {
	if e := c.entries[key]; e != nil {
		c.size -= size(key, e.Body)
		delete(c.entries, key)
	}
}

// size is what an entry takes, its headers and maps guessed.
func size(key string, body []byte) int { return len(key) + len(body) + 2<<10 }

// Refresh prolongs an entry that the origin says is unchanged (a 304): its headers replace
// those that were kept. The entry it returns is the one to serve.
func (c *Cache) Refresh(key string, e *Entry, h http.Header, lifetime time.Duration) *Entry {
	merged := e.Header.Clone()
	for name, values := range h {
		if name != "Content-Length" {
			merged[name] = values
		}
	}
	c.Put(key, e.Status, merged, e.Body, lifetime)
	now := c.Now()
	return &Entry{Status: e.Status, Header: merged, Body: e.Body, Stored: now, Expires: now.Add(lifetime)}
}

// Fits tells whether a body of so many bytes can be kept.
func Fits(size int) bool { return size <= maxBody }

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

// Unmodified tells whether the viewer has the entry already, by its If-None-Match or
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
