package answer

import (
	"testing"
	"time"
)

func TestPaceLetsTheBurstGoAndThenTwoMebibytesASecond(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	var slept time.Duration
	p := NewPace(&Clock{
		Now:   func() time.Time { return now },
		Sleep: func(d time.Duration) { slept += d; now = now.Add(d) },
	}, Rate{Burst: 6 << 20, Bandwidth: 2 << 20})
	for range 6 {
		p.take(1 << 20)
	}
	if slept != 0 {
		t.Fatalf("waited %s within the first 6 MiB, want no wait", slept)
	}
	for range 4 {
		p.take(1 << 20)
	}
	if want := 2 * time.Second; slept != want {
		t.Errorf("waited %s for 4 MiB more, want %s", slept, want)
	}

	// Idle time fills the bucket, but never beyond the burst.
	now, slept = now.Add(time.Hour), 0
	p.take(6 << 20)
	p.take(1 << 20)
	if want := 500 * time.Millisecond; slept != want {
		t.Errorf("waited %s for 7 MiB after an hour, want %s", slept, want)
	}
}
