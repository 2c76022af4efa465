package local_test

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// After streams, viewers who left, a reload and a Close in the middle of streams nothing is
// left: no goroutine, that which looks for changes included, no file, and no viewer who waits.
// The trace of each request came.
func TestCloseLeavesNothing(t *testing.T) {
	f := newFixture()
	dir := f.write(t)
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary) // for the chain's files
	gate := newGate(t)
	before := runtime.NumGoroutine()
	const streams = 30
	traces := make(chan local.Trace, streams)
	chain, err := local.Start(context.Background(), local.Options{
		Assembly: dir, Log: t.Output(), TracePage: true, EnvironmentConcurrency: 10, Trace: func(tr local.Trace) { traces <- tr },
		Watch: func(err error) { t.Errorf("reload without a change: %v", err) }, Sources: []string{t.TempDir()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(chain.Close)
	transport := &http.Transport{}
	url := chain.URL()
	var began, ended sync.WaitGroup
	for i := range streams {
		began.Add(1)
		ended.Go(func() {
			ctx, leave := context.WithTimeout(context.Background(), patience)
			defer leave()
			r, err := http.NewRequestWithContext(ctx, "POST", url+"/silent?heartbeat=10ms", strings.NewReader("body"))
			if err != nil {
				t.Error(err)
				began.Done()
				return
			}
			r.Header.Set("X-Gate", gate.url)
			resp, err := transport.RoundTrip(r)
			if err != nil {
				t.Error(err)
				began.Done()
				return
			}
			defer resp.Body.Close()
			lines := bufio.NewScanner(resp.Body)
			lines.Scan()
			began.Done()
			if i%3 == 0 {
				return // the viewer leaves
			}
			for lines.Scan() { // until Close cuts it off
			}
		})
		if i == streams/2 {
			if err := chain.Reload(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	began.Wait()
	chain.Close()
	ended.Wait()
	transport.CloseIdleConnections()
	for range streams {
		testclient.Receive(t, "the trace", traces)
	}
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
			t.Fatalf("%d goroutines are left, there were %d", runtime.NumGoroutine(), before)
		}
	}
	if left, err := filepath.Glob(filepath.Join(temporary, "streamfront-*")); err != nil || len(left) > 0 {
		t.Errorf("after Close there is %q, %v", left, err)
	}
}

// A chain that was killed cannot tidy up: the next one does. Not in parallel: it has a folder
// for temporary files of its own.
func TestStartRemovesWhatADeadChainLeft(t *testing.T) {
	if _, err := functionAsset(); err != nil { // outlives this test
		t.Fatal(err)
	}
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	living := newFixture().start(t, local.Options{})
	dead := filepath.Join(temporary, "streamfront-chain-dead")
	if err := os.MkdirAll(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dead, "lock"), nil, 0o600); err != nil { // which nobody holds
		t.Fatal(err)
	}
	newFixture().start(t, local.Options{})
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		t.Errorf("what the dead chain left: %v, want it gone", err)
	}
	if left, err := filepath.Glob(filepath.Join(temporary, "streamfront-chain-*")); err != nil || len(left) != 2 {
		t.Errorf("folders: %q, %v, want those of the two chains", left, err)
	}
	if resp, _ := send(t, "POST", living.URL()+"/", "x"); resp.StatusCode != 200 {
		t.Errorf("the chain that lives answers %d, want 200", resp.StatusCode)
	}
}

// A package.json among the temporary files of others says nothing about the functions here.
// Not in parallel: it has a folder for temporary files of its own.
func TestAPackageOfOthersAmongTheTemporaryFiles(t *testing.T) {
	if _, err := functionAsset(); err != nil { // outlives this test
		t.Fatal(err)
	}
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	if err := os.WriteFile(filepath.Join(temporary, "package.json"), []byte(`{"type":"module"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	chain := newFixture().start(t, local.Options{})
	if resp, body := send(t, "POST", chain.URL()+"/", "x"); resp.StatusCode != 200 {
		t.Errorf("answer = %d %s, want the signer to run as CommonJS", resp.StatusCode, body)
	}
}
