package local

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// ConnectionTimeout and ConnectionAttempts of an origin, by the clock of a bubble.
func TestConnectingToAnOrigin(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	for name, test := range map[string]struct {
		attempts int
		answers  []error // of the attempts; nil connects, silence is context.DeadlineExceeded
		leaves   time.Duration
		tried    int
		took     time.Duration
		err      error
	}{
		"at once":              {3, []error{nil}, 0, 1, 0, nil},
		"at the third attempt": {3, []error{refused, context.DeadlineExceeded, nil}, 0, 3, 4 * time.Second, nil},
		"never":                {2, []error{context.DeadlineExceeded, context.DeadlineExceeded, nil}, 0, 2, 8 * time.Second, context.DeadlineExceeded},
		"refused":              {3, []error{refused, refused, refused, nil}, 0, 3, 0, refused},
		"the viewer has left":  {3, []error{context.DeadlineExceeded, nil}, time.Second, 1, time.Second, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if test.leaves > 0 {
					time.AfterFunc(test.leaves, cancel)
				}
				tried := 0
				once := func(ctx context.Context, _, _ string) (net.Conn, error) {
					answer := test.answers[tried]
					tried++
					if errors.Is(answer, context.DeadlineExceeded) {
						<-ctx.Done()
						return nil, ctx.Err()
					}
					return nil, answer
				}
				began := time.Now()
				_, err := connecting(once, test.attempts, 4*time.Second)(ctx, "tcp", "127.0.0.1:1")
				if took := time.Since(began); tried != test.tried || took != test.took || !errors.Is(err, test.err) {
					t.Errorf("%d attempts in %s, %v, want %d in %s, %v", tried, took, err, test.tried, test.took, test.err)
				}
			})
		})
	}
}
