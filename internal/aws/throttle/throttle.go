// Package throttle limits requests and messages by token buckets, as API Gateway does.
package throttle

import (
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/template"
)

// Unlimited is a rate or a burst that nothing bounds but the account's quotas, which are not
// modelled.
const Unlimited = -1

// Limits are how many requests there may be, of all clients.
type Limits struct {
	Rate  float64 // a second
	Burst int
}

// None are limits that bound nothing.
var None = Limits{Unlimited, Unlimited}

// Read reads a rate, which need not be whole, and a burst.
func Read(of *template.Reader, rateName, burstName string) Limits {
	l := None
	if rate := of.Text(rateName, template.Quiet); rate.Given && rate.Known() {
		if v, err := strconv.ParseFloat(rate.V, 64); err != nil || v < 0 && v != Unlimited {
			of.Refuse(rateName, "is %s: want a number a second, from 0 on", rate.V)
		} else {
			l.Rate = v
		}
	}
	if burst := of.Number(burstName, template.Quiet); burst.Given && burst.Known() {
		l.Burst = burst.V
	}
	return l
}

// A bucket has tokens, of which each request takes one: as many as the burst, and new ones by
// the rate.
//
// Source: Amazon API Gateway Developer Guide, "Throttle requests to your REST APIs". Documented;
// that the same holds for messages is, too. That a setting for all methods is one bucket for
// them together is assumed.
type bucket struct {
	left  float64
	asked time.Time
}

// Buckets are those of an API. The zero value has none yet.
type Buckets struct {
	mu  sync.Mutex
	all map[any]*bucket
}

// Take reports whether the bucket of a name, or of what else it is for, had a token.
func (b *Buckets) Take(of any, l Limits, now time.Time) bool {
	if l == None {
		return true
	}
	rate, burst := l.Rate, float64(l.Burst)
	if rate == Unlimited {
		rate = math.MaxFloat64
	}
	if l.Burst == Unlimited {
		burst = math.Max(1, rate)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		b.all = map[any]*bucket{}
	}
	one := b.all[of]
	if one == nil {
		one = &bucket{left: burst, asked: now}
		b.all[of] = one
	}
	one.left = math.Min(burst, one.left+math.Max(0, now.Sub(one.asked).Seconds())*rate)
	one.asked = now
	if one.left < 1 {
		return false
	}
	one.left--
	return true
}
