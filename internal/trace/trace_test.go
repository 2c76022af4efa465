package trace_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/streamfront/streamfront/internal/trace"
)

// collect returns a recorder and a function that returns the requests it was given so far.
func collect() (*trace.Recorder, func() []trace.Request) {
	var done []trace.Request // guarded by the recorder: one call at a time
	var mu sync.Mutex
	r := &trace.Recorder{Done: func(r trace.Request) {
		mu.Lock()
		defer mu.Unlock()
		done = append(done, r)
	}}
	return r, func() []trace.Request {
		r.Flush()
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(done)
	}
}

func TestRecording(t *testing.T) {
	t.Parallel()
	recorder, done := collect()

	// GIVEN two servers on the way of one request
	rec, opened := recorder.Join("id", "POST", "/x?y")
	if !opened {
		t.Error("first Join joined, want it to open")
	}
	first := rec.Hop("first")
	inner, opened := recorder.Join("id", "GET", "/other")
	if opened {
		t.Error("second Join opened, want it to join")
	}
	second := inner.Hop("second")

	// WHEN their hops end in another order than they began
	second.Refuse("grant-url-missing", "line 1\nline 2", "%d: %s", 403, "no grant")
	first.Pass("to origin %s", "o")
	outer := rec.Meter(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "POST", "/x?y", nil))
	outer.WriteHeader(403)
	outer.Done()
	rec.Leave()
	if got := done(); len(got) != 0 {
		t.Fatalf("Done was called with %+v, want it to wait for who is left", got)
	}
	inner.Leave()

	// THEN Done gets the whole once, hops in the order in which they began
	got := done()
	if len(got) != 1 {
		t.Fatalf("Done was called %d times, want once", len(got))
	}
	r := got[0]
	if r.ID != "id" || r.Method != "POST" || r.Target != "/x?y" || r.Status != 403 || r.Start.IsZero() || r.Took < 0 {
		t.Errorf("request = %+v", r)
	}
	if len(r.Hops) != 2 {
		t.Fatalf("hops = %+v, want 2", r.Hops)
	}
	for i := range r.Hops {
		if r.Hops[i].Took < 0 || r.Hops[i].Took > r.Took {
			t.Errorf("hop %d took %v of %v", i, r.Hops[i].Took, r.Took)
		}
		r.Hops[i].Took = 0
	}
	want := []trace.Hop{
		{Name: "first", Decision: "to origin o"},
		{Name: "second", Decision: "403: no grant", Detail: "line 1\nline 2", Refused: true, Cause: "grant-url-missing"},
	}
	if !slices.Equal(r.Hops, want) {
		t.Errorf("hops = %+v, want %+v", r.Hops, want)
	}
}

func TestAnIDMayComeAgain(t *testing.T) {
	t.Parallel()
	recorder, done := collect()
	for range 2 {
		rec, opened := recorder.Join("id", "GET", "/")
		if !opened {
			t.Error("Join after the last Leave joined, want it to open")
		}
		rec.Leave()
	}
	if got := len(done()); got != 2 {
		t.Errorf("Done was called %d times, want twice", got)
	}
}

func TestRecorderWithoutDone(t *testing.T) {
	t.Parallel()
	recorder := &trace.Recorder{}
	rec, _ := recorder.Join("id", "GET", "/")
	rec.Hop("hop").Pass("on")
	rec.Leave()
}

// Many requests, each with two sides that join and leave whenever they like.
func TestConcurrentSides(t *testing.T) {
	t.Parallel()
	recorder, done := collect()
	const requests = 100
	var all sync.WaitGroup
	for i := range requests {
		id := fmt.Sprint(i)
		outer, _ := recorder.Join(id, "GET", "/")
		for _, side := range []string{"a", "b"} {
			inner, opened := recorder.Join(id, "GET", "/")
			if opened {
				t.Errorf("request %s: a side opened, want it to join", id)
			}
			all.Go(func() {
				inner.Hop(side).Pass("on")
				if side == "a" {
					meter := inner.Meter(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
					meter.WriteHeader(200)
					meter.Done()
				}
				inner.Leave()
			})
		}
		all.Go(outer.Leave)
	}
	all.Wait()
	got := done()
	if len(got) != requests {
		t.Fatalf("Done was called %d times, want %d", len(got), requests)
	}
	for _, r := range got {
		if r.Status != 200 || len(r.Hops) != 2 || r.Hops[0].Name == r.Hops[1].Name {
			t.Errorf("request = %+v, want status 200 and the hops of both sides", r)
		}
	}
}

// A request that hangs can be looked at.
func TestRunning(t *testing.T) {
	t.Parallel()
	recorder, done := collect()
	recorder.Details = true
	if got := recorder.Running(); len(got) != 0 {
		t.Fatalf("Running = %+v before there is a request", got)
	}
	first, _ := recorder.Join("first", "POST", "/a")
	second, _ := recorder.Join("second", "GET", "/b")
	first.Hop("behavior").Pass("to origin")
	waits := first.Hop("function")
	meter := first.Meter(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "POST", "/a", nil))
	meter.WriteHeader(200)
	_, _ = meter.Write([]byte("data"))

	running := recorder.Running()
	if len(running) != 2 || running[0].ID != "first" || running[1].ID != "second" {
		t.Fatalf("Running = %+v, want both, the older one first", running)
	}
	got := running[0]
	if got.Status != 200 || got.Sent != 4 || got.Took <= 0 || len(got.Hops) != 2 || got.Hops[1].Name != "function" || got.Hops[1].Took <= 0 {
		t.Errorf("running: %+v, want what it came to so far", got)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), `"running":true`); n != 2 {
		t.Errorf("%d things run in %s, want the request and its second hop", n, text)
	}

	// It changes nothing about the request itself.
	waits.Pass("200")
	meter.Done()
	first.Leave()
	if running := recorder.Running(); len(running) != 1 || running[0].ID != "second" {
		t.Errorf("Running = %+v, want the other one", running)
	}
	if text, err := json.Marshal(done()[0]); err != nil || strings.Contains(string(text), "running") {
		t.Errorf("the finished request is %s, %v: it runs no more", text, err)
	}
	second.Leave()
}

// A refusal explains a request better than what was seen on the way to it.
func TestCauseOfARequest(t *testing.T) {
	t.Parallel()
	for want, refuse := range map[string]bool{"host-forwarded": true, "mcp-session-lost": false} {
		recorder, done := collect()
		rec, _ := recorder.Join("id", "GET", "/")
		if refuse {
			rec.Hop("a").Refuse("host-forwarded", "", "403")
		} else {
			rec.Hop("a").Pass("well")
		}
		rec.Hop("b").Warn("mcp-session-lost", "404 for a session")
		rec.Hop("c").Pass("well")
		rec.Leave()
		request := done()[0]
		if got := request.Cause(); got != want {
			t.Errorf("cause = %q, want %q", got, want)
		}
		if hop := request.Hops[1]; hop.Refused || hop.Cause != "mcp-session-lost" || hop.Decision != "404 for a session" {
			t.Errorf("hop = %+v", hop)
		}
	}
}
