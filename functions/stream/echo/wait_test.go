package echo

import (
	"context"
	"testing"
	"time"
)

func TestWait(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	if err := wait(ctx, 0); err != nil {
		t.Errorf("wait(0) = %v", err)
	}
	if err := wait(ctx, time.Nanosecond); err != nil {
		t.Errorf("wait(1ns) = %v", err)
	}
	cancel()
	for _, d := range []time.Duration{0, time.Hour} {
		if err := wait(ctx, d); err == nil {
			t.Errorf("wait(%v) in a context that has ended succeeds", d)
		}
	}
}
