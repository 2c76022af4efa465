package apikey

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// secret is one that tests change.
type secret struct {
	mu    sync.Mutex
	text  string
	err   error
	took  time.Duration
	reads int
}

func (s *secret) read(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	select {
	case <-time.After(s.took):
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return s.text, s.err
}

const right = "right-0123456789"

// step is a request at a time since the last one.
type step struct {
	after time.Duration
	text  string // the secret from here on; "" leaves it
	err   error  // of the secret here
	key   string
	known bool
	fails bool
	reads int // so far, once all is quiet
}

func TestKeyringOverTime(t *testing.T) {
	t.Parallel()
	outage := errors.New("outage")
	gone := fmt.Errorf("reading: %w", &answerError{errors.New("gone")})
	const a, b, x, y, z = "key-a-0123456789", "key-b-0123456789", "key-x-0123456789", "key-y-0123456789", "key-z-0123456789"
	for name, steps := range map[string][]step{
		"read at the first request, and behind a later one": {
			{text: a, key: a, known: true, reads: 1},
			{after: fresh - 1, key: a, known: true, reads: 1},
			{after: 1, key: a, known: true, reads: 2},
		},
		"a new key works at once": {
			{text: a, key: a, known: true, reads: 1},
			{after: time.Minute, text: `["` + b + `","` + a + `"]`, key: b, known: true, reads: 2},
			{key: a, known: true, reads: 2},
		},
		"a key that was replaced is good for one request more, once keys are not fresh": {
			{text: a, key: a, known: true, reads: 1},
			{after: fresh, text: b, key: a, known: true, reads: 2},
			{key: a, known: false, reads: 2},
		},
		"old keys are read again first": {
			{text: a, key: a, known: true, reads: 1},
			{after: old, text: b, key: a, known: false, reads: 2},
		},
		"wrong keys make it read once in five seconds": {
			{text: a, key: a, known: true, reads: 1},
			{after: pause, key: x, reads: 2},
			{key: y, reads: 2},
			{after: pause - 1, key: z, reads: 2},
			{after: 1, key: z, reads: 3},
		},
		"keys stay good in an outage, for an hour": {
			{text: a, key: a, known: true, reads: 1},
			{after: fresh, err: outage, key: a, known: true, reads: 2},
			{after: old, err: outage, key: a, known: true, reads: 3},
			{after: limit - fresh - old - 1, err: outage, key: a, known: true, reads: 4},
			{after: 1, err: outage, key: a, fails: true, reads: 4},
			{after: pause, err: outage, key: a, fails: true, reads: 5},
			{after: pause, text: a, key: a, known: true, reads: 6},
		},
		"an idle hour is not an outage": {
			{text: a, key: a, known: true, reads: 1},
			{after: 2 * limit, key: a, known: true, reads: 2},
		},
		"a new key in an outage": {
			{text: a, key: a, known: true, reads: 1},
			{after: pause, err: outage, key: b, fails: true, reads: 2},
			{after: pause, text: b, key: a, known: true, reads: 2},
			{after: pause, key: b, known: true, reads: 3},
			{key: a, known: false, reads: 3},
		},
		"nothing to compare with": {
			{err: outage, key: a, fails: true, reads: 1},
			{err: outage, key: a, fails: true, reads: 1},
			{after: pause, text: a, key: a, known: true, reads: 2},
		},
		"a secret that was deleted": {
			{text: a, key: a, known: true, reads: 1},
			{after: old, err: gone, key: a, fails: true, reads: 2},
			{after: pause, err: outage, key: a, fails: true, reads: 3}, // an outage brings nothing back
			{after: pause, text: a, key: a, known: true, reads: 4},
		},
		"a deleted secret that somebody's wrong key has read": {
			{text: a, key: a, known: true, reads: 1},
			{after: pause, err: gone, key: x, fails: true, reads: 2},
			{err: gone, key: a, fails: true, reads: 2},
		},
		"a secret without keys": {
			{text: a, key: a, known: true, reads: 1},
			{after: old, text: `""`, key: a, fails: true, reads: 2},
			{key: `""`, fails: true, reads: 2},
			{after: pause, text: "null", key: "null", fails: true, reads: 3},
			{after: pause, text: "[", key: a, fails: true, reads: 4},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &secret{}
				ring := &keyring{read: s.read, log: discard}
				for i, step := range steps {
					time.Sleep(step.after)
					if step.text != "" {
						s.text = step.text
					}
					s.err = step.err
					known, err := ring.holds(t.Context(), sha256.Sum256([]byte(step.key)))
					synctest.Wait()
					if known != step.known || (err != nil) != step.fails || s.reads != step.reads {
						t.Errorf("step %d: %t, %v after %d reads, want %t, error %t after %d", i, known, err, s.reads, step.known, step.fails, step.reads)
					}
				}
			})
		})
	}
}

// A thousand requests at a cold start are one call.
func TestRequestsShareAFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &secret{text: right, took: time.Second}
		ring := &keyring{read: s.read, log: discard}
		keys, _ := parse(right)
		var group sync.WaitGroup
		for range 1000 {
			group.Go(func() {
				if known, err := ring.holds(t.Context(), keys[0]); !known || err != nil {
					t.Errorf("holds = %t, %v, want true", known, err)
				}
			})
		}
		group.Wait()
		if s.reads != 1 {
			t.Errorf("%d reads, want 1", s.reads)
		}
	})
}

// Who leaves takes the fetch from nobody else, and a service that hangs holds nobody for long.
func TestASlowServiceIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &secret{text: right, took: time.Hour}
		ring := &keyring{read: s.read, log: discard}
		keys, _ := parse(right)

		leaving, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		start := time.Now()
		if _, err := ring.holds(leaving, keys[0]); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("who leaves gets %v after %s", err, time.Since(start))
		}
		if _, err := ring.holds(t.Context(), keys[0]); err == nil || time.Since(start) != timeout {
			t.Errorf("who stays gets %v after %s, want an error after %s", err, time.Since(start), timeout)
		}
		if s.reads != 1 {
			t.Errorf("%d reads, want 1", s.reads)
		}
	})
}

// While the keys there are will do, nobody waits for new ones.
func TestRefreshIsBehindTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &secret{text: right, took: time.Second}
		ring := &keyring{read: s.read, log: discard}
		keys, _ := parse(right)
		for _, step := range []struct{ after, took time.Duration }{{0, time.Second}, {fresh, 0}, {old + time.Second, time.Second}} {
			time.Sleep(step.after)
			start := time.Now()
			if known, err := ring.holds(t.Context(), keys[0]); !known || err != nil || time.Since(start) != step.took {
				t.Errorf("after %s: %t, %v after %s, want true after %s", step.after, known, err, time.Since(start), step.took)
			}
		}
	})
}

// The log says what failed and what that means, and never a key.
func TestLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := &secret{}
		ring := &keyring{name: "secret chat", read: s.read, log: slog.New(slog.NewTextHandler(&log, nil))}
		const hidden = "hidden-0123456789"
		outage, gone := errors.New("outage"), &answerError{errors.New("ResourceNotFoundException")}
		for i, step := range []struct {
			after time.Duration
			text  string
			err   error
			want  []string
		}{
			{0, "", outage, []string{"level=ERROR", "answered by 503", `from="secret chat"`, "outage"}},
			{old, hidden, nil, []string{"level=INFO", "API keys read", "keys=1"}},
			{old, "", outage, []string{"level=ERROR", "stay valid for now", "age=5m0s", "until=2000-01-01T01:05:00Z", "outage"}},
			{limit, "", outage, []string{"level=ERROR", "for too long", "dropped=1", "age=1h5m0s"}},
			{old, `["` + hidden + `","` + hidden + `b"]`, nil, []string{"level=INFO", "keys=2"}},
			{old, "", gone, []string{"level=ERROR", "withdrawn", "dropped=2", "ResourceNotFoundException"}},
			{old, "", gone, []string{"level=ERROR", "API keys not read", "answered by 503", "ResourceNotFoundException"}},
			{old, hidden, nil, []string{"level=INFO"}},
			{old, "[" + hidden, nil, []string{"level=ERROR", "withdrawn", "not a JSON array"}},
			{old, `"` + hidden + `"`, nil, []string{"level=ERROR", "JSON scalar"}},
			{old, "hidden", nil, []string{"level=ERROR", "has 6 characters: want 16 or more"}},
		} {
			time.Sleep(step.after)
			log.Reset()
			s.text, s.err = step.text, step.err
			_, _ = ring.holds(t.Context(), sha256.Sum256([]byte(hidden)))
			for _, want := range step.want {
				if !strings.Contains(log.String(), want) {
					t.Errorf("step %d: log = %q, want %q in it", i, &log, want)
				}
			}
			if strings.Contains(log.String(), "hidden") {
				t.Errorf("step %d: the log has the key: %s", i, &log)
			}
		}
	})
}
