package local_test

import (
	"io"
	"sync"
	"testing"

	"github.com/streamfront/streamfront/local"
)

func TestConcurrentStreamsShareAnEnvironment(t *testing.T) {
	t.Parallel()
	const streams = 8
	// One more, for the request that asks for the process.
	chain := newFixture().start(t, local.Options{EnvironmentConcurrency: streams + 1})
	url, gate := chain.URL(), newGate(t)

	process := heldStreams(t, url, gate, streams, func(body string, err error) {
		if body != "first\nlast\n" || err != nil {
			t.Errorf("body = %q, %v", body, err)
		}
	}, func(int) {
		for range streams {
			gate.release("/first")
		}
		for range streams {
			gate.open("/last")
		}
	})
	// Every stream breaks off with the one process: it was theirs.
	again := heldStreams(t, url, gate, streams, func(body string, err error) {
		if body != "first\n" || err == nil {
			t.Errorf("body = %q, %v, want it cut off with the process", body, err)
		}
	}, func(process int) {
		if err := kill(process); err != nil {
			t.Error(err)
		}
	})
	if again != process {
		t.Errorf("process = %d, want %d, which was idle", again, process)
	}
}

// heldStreams opens so many streams, waits until all of them are at the gate at once, asks
// for the process that serves one more request, goes on and waits for the ends.
func heldStreams(t *testing.T, url string, gate *gate, n int, ended func(string, error), goOn func(process int)) (process int) {
	t.Helper()
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			resp := open(t, "GET", url+"/gate", "X-Gate", gate.url)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			ended(string(body), err)
		})
	}
	for range n {
		gate.await("/first")
	}
	_, body := send(t, "GET", url+"/", "")
	process = decode(t, body).Process
	goOn(process)
	group.Wait()
	return process
}
