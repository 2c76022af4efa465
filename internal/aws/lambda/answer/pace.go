package answer

import "time"

// A Clock is what a pace is measured by.
type Clock struct {
	Now   func() time.Time
	Sleep func(time.Duration)
}

// A Rate is how fast a response may go: its first bytes at any speed, the rest with so many
// bytes a second.
type Rate struct{ Burst, Bandwidth int }

// A Pace is a bucket of bytes that fills up at the bandwidth: what is not in it has to wait.
// A nil Pace never waits.
type Pace struct {
	clock  Clock
	rate   Rate
	bucket float64
	last   time.Time
}

// NewPace is the pace of one response. Without a clock it never waits.
func NewPace(clock *Clock, rate Rate) *Pace {
	if clock == nil {
		return nil
	}
	return &Pace{clock: *clock, rate: rate, bucket: float64(rate.Burst), last: clock.Now()}
}

// take waits until n bytes may go.
func (p *Pace) take(n int) {
	if p == nil {
		return
	}
	now := p.clock.Now()
	p.bucket = min(float64(p.rate.Burst), p.bucket+now.Sub(p.last).Seconds()*float64(p.rate.Bandwidth))
	p.last = now
	p.bucket -= float64(n)
	if p.bucket < 0 {
		p.clock.Sleep(time.Duration(-p.bucket / float64(p.rate.Bandwidth) * float64(time.Second)))
	}
}
