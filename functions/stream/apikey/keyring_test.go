package apikey

import (
	"bytes"
	"context"
	"errors"
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
	if err := sleep(ctx, s.took); err != nil {
		return "", err
	}
	return s.text, s.err
}

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
	for name, steps := range map[string][]step{
		"read at the first request, kept for five minutes": {
			{text: "a", key: "a", known: true, reads: 1},
			{after: fresh - 1, key: "a", known: true, reads: 1},
			{after: 1, key: "a", known: true, reads: 2},
		},
		"a new key works at once": {
			{text: "a", key: "a", known: true, reads: 1},
			{after: time.Minute, text: `["b","a"]`, key: "b", known: true, reads: 2},
			{key: "a", known: true, reads: 2},
		},
		"a key that was withdrawn is good for five minutes, and for one request after": {
			{text: "a", key: "a", known: true, reads: 1},
			{after: fresh, text: "b", key: "a", known: true, reads: 2},
			{key: "a", known: false, reads: 2},
		},
		"old keys are read again first": {
			{text: "a", key: "a", known: true, reads: 1},
			{after: old, text: "b", key: "a", known: false, reads: 2},
		},
		"wrong keys make it read once in five seconds": {
			{text: "a", key: "a", known: true, reads: 1},
			{after: pause, key: "x", reads: 2},
			{key: "y", reads: 2},
			{after: pause - 1, key: "z", reads: 2},
			{after: 1, key: "z", reads: 3},
		},
		"keys stay good in an outage": {
			{text: "a", key: "a", known: true, reads: 1},
			{after: fresh, err: outage, key: "a", known: true, reads: 2},
			{after: old, err: outage, key: "a", known: true, reads: 3},
			{after: 6 * time.Hour, err: outage, key: "a", known: true, reads: 4},
			{after: pause, err: outage, key: "b", fails: true, reads: 5},
			{after: pause, text: "b", key: "a", known: false, reads: 6},
		},
		"nothing to compare with": {
			{err: outage, key: "a", fails: true, reads: 1},
			{err: outage, key: "a", fails: true, reads: 1},
			{after: pause, text: "a", key: "a", known: true, reads: 2},
		},
		"a secret that became unreadable": {
			{text: "a", key: "a", known: true, reads: 1},
			{after: fresh, text: "[", key: "a", known: true, reads: 2},
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
					keys, err := parse(step.key)
					if err != nil {
						t.Fatal(err)
					}
					known, err := ring.holds(t.Context(), keys[0])
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
		s := &secret{text: "right", took: time.Second}
		ring := &keyring{read: s.read, log: discard}
		keys, _ := parse("right")
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
		s := &secret{text: "right", took: time.Hour}
		ring := &keyring{read: s.read, log: discard}
		keys, _ := parse("right")

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
		s := &secret{text: "right", took: time.Second}
		ring := &keyring{read: s.read, log: discard}
		keys, _ := parse("right")
		for _, step := range []struct{ after, took time.Duration }{{0, time.Second}, {fresh, 0}, {old + time.Second, time.Second}} {
			time.Sleep(step.after)
			start := time.Now()
			if known, err := ring.holds(t.Context(), keys[0]); !known || err != nil || time.Since(start) != step.took {
				t.Errorf("after %s: %t, %v after %s, want true after %s", step.after, known, err, time.Since(start), step.took)
			}
		}
	})
}

// The log says what failed, and never a key.
func TestLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := &secret{err: errors.New("outage")}
		ring := &keyring{name: "secret chat", read: s.read, log: slog.New(slog.NewTextHandler(&log, nil))}
		keys, _ := parse("hidden")
		for _, step := range []struct {
			text string
			err  error
			want []string
		}{
			{"", errors.New("outage"), []string{"level=ERROR", "answered by 503", `from="secret chat"`, "outage"}},
			{"hidden", nil, []string{"level=INFO", "API keys read", "keys=1"}},
			{"[hidden", nil, []string{"level=ERROR", "stay good", "no JSON array"}},
		} {
			time.Sleep(old)
			log.Reset()
			s.text, s.err = step.text, step.err
			_, _ = ring.holds(t.Context(), keys[0])
			for _, want := range step.want {
				if !strings.Contains(log.String(), want) {
					t.Errorf("log = %q, want %q in it", &log, want)
				}
			}
			if strings.Contains(log.String(), "hidden") {
				t.Errorf("the log has the key: %s", &log)
			}
		}
	})
}
