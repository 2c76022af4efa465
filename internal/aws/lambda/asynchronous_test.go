package lambda

import (
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/streamfront/streamfront/internal/testclient"
)

// An event waits in the queue while all environments are busy, and only ends with the function.
func TestEventsAreQueued(t *testing.T) {
	t.Parallel()
	f, g := newFunction(t, func(c *Config) { c.Concurrency = 1 }), newGate(t)
	first := held(t, f, g)
	payload, err := json.Marshal(instruction{Text: "later"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	ctx := bounded(t)
	go func() {
		response, err := f.InvokeEvent(ctx, "request-1", "trace", payload)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
		}
		done <- err
	}()
	eventually(t, "the event waits", func() bool { return f.waiters() == 1 })
	if _, err := invoke(bounded(t), f, instruction{}); !errors.Is(err, ErrThrottled) {
		t.Errorf("a request beside it: %v, want ErrThrottled", err)
	}
	g.Open()
	testclient.Receive(t, "first answer", first)
	if err := testclient.Receive(t, "the event's end", done); err != nil {
		t.Errorf("the event: %v", err)
	}
	none := newFunction(t, func(c *Config) { c.Concurrency = 0 })
	if _, err := none.InvokeEvent(bounded(t), "request-2", "trace", payload); !errors.Is(err, ErrThrottled) {
		t.Errorf("no concurrency at all: %v, want ErrThrottled", err)
	}
}
