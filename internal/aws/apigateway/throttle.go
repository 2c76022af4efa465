package apigateway

import (
	"math"
	"sync"
	"time"
)

// A bucket has tokens, of which each request takes one: as many as the burst, and new ones by
// the rate.
//
// Source: Amazon API Gateway Developer Guide, "Throttle requests to your REST APIs". Documented.
// That a setting for all methods is one bucket for them together is assumed.
type bucket struct {
	rate  float64
	burst float64

	mu    sync.Mutex
	left  float64
	asked time.Time
}

func newBucket(rate float64, burst int) *bucket {
	b := &bucket{rate: rate, burst: float64(burst)}
	if rate == unlimited {
		b.rate = math.Inf(1)
	}
	if burst == unlimited {
		b.burst = math.Max(1, b.rate)
	}
	b.left = b.burst
	return b
}

// take tells whether there was a token.
func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if math.IsInf(b.rate, 1) {
		return b.burst >= 1
	}
	if !b.asked.IsZero() {
		b.left = math.Min(b.burst, b.left+math.Max(0, now.Sub(b.asked).Seconds())*b.rate)
	}
	b.asked = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// A quota counts requests of a period.
type quota struct {
	limit  int
	period string // DAY, WEEK or MONTH

	mu    sync.Mutex
	since string
	count int
}

// take tells whether there was one left.
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

// limits are the buckets of an API, and the quotas of its keys.
type limits struct {
	mu      sync.Mutex
	buckets map[any]*bucket
	quotas  map[any]*quota
}

// admits tells whether the setting lets one more request in.
func (l *limits) admits(of any, rate float64, burst int, now time.Time) bool {
	l.mu.Lock()
	if l.buckets == nil {
		l.buckets = map[any]*bucket{}
	}
	b := l.buckets[of]
	if b == nil {
		b = newBucket(rate, burst)
		l.buckets[of] = b
	}
	l.mu.Unlock()
	return b.take(now)
}

// counts tells whether the quota of a key has one left.
func (l *limits) counts(of any, limit int, period string, now time.Time) bool {
	l.mu.Lock()
	if l.quotas == nil {
		l.quotas = map[any]*quota{}
	}
	q := l.quotas[of]
	if q == nil {
		q = &quota{limit: limit, period: period}
		l.quotas[of] = q
	}
	l.mu.Unlock()
	return q.take(now)
}
