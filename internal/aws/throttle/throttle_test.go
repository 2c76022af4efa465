package throttle_test

import (
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/throttle"
)

// A token for each request, as many as the burst, and new ones by the rate.
func TestBuckets(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	var b throttle.Buckets
	l := throttle.Limits{Rate: 2, Burst: 3}
	for i, test := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {0, true}, {0, true}, {0, false}, {500 * time.Millisecond, true}, {0, false}, {time.Hour, true}, {0, true}, {0, true}, {0, false}} {
		now = now.Add(test.after)
		if got := b.Take("a", l, now); got != test.want {
			t.Errorf("%d: %v, want %v", i, got, test.want)
		}
	}
	if !b.Take("b", l, now) || !b.Take("c", throttle.None, now) || b.Take("d", throttle.Limits{Rate: throttle.Unlimited}, now) {
		t.Error("each name has tokens of its own, and no limit is none")
	}
	closed, half := throttle.Limits{}, throttle.Limits{Rate: 0.5, Burst: 1}
	if b.Take("closed", closed, now) || !b.Take("half", half, now) || b.Take("half", half, now.Add(time.Second)) || !b.Take("half", half, now.Add(2*time.Second)) {
		t.Error("a rate of 0 lets nobody in, and one that is not whole lets in a part")
	}
}
