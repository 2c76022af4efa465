package authorizer

import (
	"sync"
	"time"
)

// maxKept bounds how many answers are kept; then those that are over are forgotten, or all.
const maxKept = 10_000

// A Cache has the answers of the authorizers of an API.
type Cache struct {
	mu   sync.Mutex
	kept map[key]*kept
}

// key says which answer it is: of which authorizer, and for which identity.
type key struct {
	function *Function
	identity string
}

// kept is an answer.
type kept struct {
	answer *Answer
	arn    string // that it was asked for
	until  time.Time
}

// get returns the answer for a key; nil if there is none.
func (c *Cache) get(k key, now time.Time) *Verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.kept[k]
	if found == nil || !now.Before(found.until) {
		return nil
	}
	return &Verdict{Answer: found.answer, Cached: true, For: found.arn}
}

// put keeps an answer.
func (c *Cache) put(k key, a *Answer, arn string, until, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= maxKept {
		for old, one := range c.kept {
			if !now.Before(one.until) {
				delete(c.kept, old)
			}
		}
	}
	if c.kept == nil || len(c.kept) >= maxKept {
		c.kept = map[key]*kept{}
	}
	c.kept[k] = &kept{a, arn, until}
}
