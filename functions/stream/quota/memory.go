package quota

import (
	"context"
	"sync"
	"time"
)

// memory counts for one process.
type memory struct {
	now func() time.Time

	mu   sync.Mutex
	days map[string]*counterOf
}

type counterOf struct {
	used
	expires time.Time
}

func (m *memory) take(_ context.Context, key string, l limits, expires time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.counter(key, expires)
	if c.over(l) {
		u := c.used
		return &overError{&u}
	}
	c.requests++
	return nil
}

func (m *memory) spend(_ context.Context, key string, tokens int64, expires time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counter(key, expires).tokens += tokens
	return nil
}

// counter also forgets the days that have expired.
func (m *memory) counter(key string, expires time.Time) *counterOf {
	c := m.days[key]
	if c != nil {
		return c
	}
	for old, of := range m.days {
		if of.expires.Before(m.now()) {
			delete(m.days, old)
		}
	}
	if m.days == nil {
		m.days = map[string]*counterOf{}
	}
	c = &counterOf{expires: expires}
	m.days[key] = c
	return c
}
