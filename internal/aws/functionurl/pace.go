package functionurl

import (
	"fmt"
	"time"
)

// Limits of a streamed response in bytes, and in bytes per second.
//
// Source: AWS Lambda Developer Guide, "Response streaming for Lambda functions": the first
// 6 MB go at any speed, the rest at 2 MBps; a response ends at 200 MB.
const (
	burst       = 6 << 20
	bandwidth   = 2 << 20
	maxStreamed = 200 << 20
)

// errTooLong says that a response is over 200 MiB.
var errTooLong = fmt.Errorf("the response has over %d bytes (Function.ResponseSizeTooLarge)", maxStreamed)

// A Clock is what a pace is measured by.
type Clock struct {
	Now   func() time.Time
	Sleep func(time.Duration)
}

// pace is a bucket of bytes that fills up at the bandwidth: what is not in it has to wait.
// A nil pace never waits.
type pace struct {
	clock  Clock
	bucket float64
	last   time.Time
}

func newPace(clock Clock) *pace {
	return &pace{clock: clock, bucket: burst, last: clock.Now()}
}

// take waits until n bytes may go.
func (p *pace) take(n int) {
	if p == nil {
		return
	}
	now := p.clock.Now()
	p.bucket = min(burst, p.bucket+now.Sub(p.last).Seconds()*bandwidth)
	p.last = now
	p.bucket -= float64(n)
	if p.bucket < 0 {
		p.clock.Sleep(time.Duration(-p.bucket / bandwidth * float64(time.Second)))
	}
}
