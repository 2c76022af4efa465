package websocket

import (
	"math"
	"sync"
	"time"
)

// A bucket has tokens, of which each message takes one: as many as the burst, and new ones by
// the rate.
//
// Source: Amazon API Gateway Developer Guide, "Throttle requests to your REST APIs". Documented;
// that the same holds for messages is, too.
type bucket struct {
	left  float64
	asked time.Time
}

// buckets are those of an API, by stage and route.
type buckets struct {
	mu  sync.Mutex
	all map[string]*bucket
}

// take reports whether there was a token.
func (b *buckets) take(name string, l Limits, now time.Time) bool {
	if l.Rate == unlimited && l.Burst == unlimited {
		return true
	}
	rate, burst := l.Rate, float64(l.Burst)
	if rate == unlimited {
		rate = math.MaxFloat64
	}
	if l.Burst == unlimited {
		burst = math.Max(1, rate)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		b.all = map[string]*bucket{}
	}
	one := b.all[name]
	if one == nil {
		one = &bucket{left: burst, asked: now}
		b.all[name] = one
	}
	one.left = math.Min(burst, one.left+math.Max(0, now.Sub(one.asked).Seconds())*rate)
	one.asked = now
	if one.left < 1 {
		return false
	}
	one.left--
	return true
}
