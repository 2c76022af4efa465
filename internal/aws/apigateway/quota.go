package apigateway

import (
	"sync"
	"time"
)

// A quota counts requests of a period.
type quota struct {
	limit  int
	period string // DAY, WEEK or MONTH

	mu    sync.Mutex
	since string
	count int
}

// take reports whether there was one left.
func (q *quota) take(now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if current := q.current(now); current != q.since {
		q.since, q.count = current, 0
	}
	q.count++
	return q.count <= q.limit
}

func (q *quota) current(now time.Time) string {
	now = now.UTC()
	switch q.period {
	case "WEEK":
		return now.AddDate(0, 0, -int(now.Weekday())).Format(time.DateOnly)
	case "MONTH":
		return now.Format("2006-01")
	default:
		return now.Format(time.DateOnly)
	}
}

// quotas are those of the keys of an API.
type quotas struct {
	mu  sync.Mutex
	all map[any]*quota
}

// take reports whether the quota of a key has one left.
func (l *quotas) take(of any, limit int, period string, now time.Time) bool {
	l.mu.Lock()
	if l.all == nil {
		l.all = map[any]*quota{}
	}
	q := l.all[of]
	if q == nil {
		q = &quota{limit: limit, period: period}
		l.all[of] = q
	}
	l.mu.Unlock()
	return q.take(now)
}
