package local_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// A stream that runs goes on as it began; requests after the reload meet the new assembly,
// at the same address.
func TestReloadDropsNoStream(t *testing.T) {
	t.Parallel()
	f := newFixture()
	dir := f.write(t)
	chain := start(t, local.Options{Assembly: dir})
	url := chain.URL()
	gate := newGate(t)
	resp := open(t, "GET", url+"/gate", "X-Gate", gate.url)
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)
	if line, err := lines.ReadString('\n'); line != "first\n" || err != nil {
		t.Fatalf("first line = %q, %v", line, err)
	}

	delete(f.at("Resources"), "InvokeFunction")
	rewrite(t, dir, f)
	if err := chain.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}

	if got := chain.URL(); got != url {
		t.Errorf("address after the reload = %s, want %s as before", got, url)
	}
	if resp, _ := send(t, "GET", url+"/", ""); resp.StatusCode != 403 {
		t.Errorf("request after the reload: status %d, want 403 without the grant", resp.StatusCode)
	}
	gate.open("/first")
	gate.open("/last")
	if rest, err := io.ReadAll(lines); string(rest) != "last\n" || err != nil {
		t.Errorf("stream from before = %q, %v, want it whole", rest, err)
	}
}

// What a chain serves can be asked for while it reloads, and is that of one assembly or the
// other.
func TestWhatIsServedDuringReload(t *testing.T) {
	t.Parallel()
	f := newFixture()
	output := func(path string) {
		f.template["Outputs"] = object{"Url": object{"Value": object{"Fn::Sub": "https://${Distribution.DomainName}" + path}}}
	}
	output("/before")
	dir := f.write(t)
	chain := start(t, local.Options{Assembly: dir})
	before := local.Output{Name: "Site.Url", Value: chain.URL() + "/before"}
	after := local.Output{Name: "Site.Url", Value: chain.URL() + "/after"}
	if got := chain.Outputs(); len(got) != 1 || got[0] != before {
		t.Fatalf("outputs = %v, want %v", got, before)
	}
	chain.Outputs()[0].Value = "a caller's own" // which is not the chain's

	output("/after")
	rewrite(t, dir, f)
	reloaded := make(chan error, 1)
	go func() { reloaded <- chain.Reload(t.Context()) }()
	for done := false; !done; {
		select {
		case err := <-reloaded:
			if err != nil {
				t.Fatal(err)
			}
			done = true
		default:
		}
		if got := chain.Outputs(); len(got) != 1 || got[0] != before && got[0] != after {
			t.Fatalf("outputs = %v, want %v or %v", got, before, after)
		}
		if len(chain.Distributions()) != 1 || len(chain.FunctionURLs()) != 1 || chain.Certificate() != nil {
			t.Fatalf("serves %v, %v and %v", chain.Distributions(), chain.FunctionURLs(), chain.Certificate())
		}
	}
	chain.Close()
	if got := chain.Outputs(); len(got) != 1 || got[0] != after {
		t.Errorf("outputs after Close = %v, want %v", got, after)
	}
}

func TestReloadOfWhatCannotRunLeavesTheChainAsItWas(t *testing.T) {
	t.Parallel()
	f := newFixture()
	dir := f.write(t)
	chain := start(t, local.Options{Assembly: dir})

	f.properties("Function")["Nonsense"] = 1
	rewrite(t, dir, f)
	if err := chain.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "Nonsense") {
		t.Errorf("Reload = %v, want an error that names the property", err)
	}
	if resp, _ := send(t, "GET", chain.URL()+"/", ""); resp.StatusCode != 200 {
		t.Errorf("status = %d, want 200 as before", resp.StatusCode)
	}
}

func TestWatchReloadsAfterAChange(t *testing.T) {
	t.Parallel()
	f := newFixture()
	dir := f.write(t)
	reloads := make(chan error, 10)
	chain := start(t, local.Options{
		Assembly: dir, Sources: []string{t.TempDir()}, Watch: func(err error) { reloads <- err },
	})

	delete(f.at("Resources"), "InvokeFunction")
	rewrite(t, dir, f)
	if err := testclient.Receive(t, "the reload", reloads); err != nil {
		t.Fatal(err)
	}
	if resp, _ := send(t, "GET", chain.URL()+"/", ""); resp.StatusCode != 403 {
		t.Errorf("status = %d, want 403 without the grant", resp.StatusCode)
	}
}

// Both folders may be reached by links, and sources may be in a folder called bin.
func TestWatchFollowsLinks(t *testing.T) {
	t.Parallel()
	f := newFixture()
	dir, module, links := f.write(t), t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(module, "cmd", "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	assembly, sources := filepath.Join(links, "assembly"), filepath.Join(links, "sources")
	for link, target := range map[string]string{assembly: dir, sources: module} {
		if err := os.Symlink(target, link); err != nil {
			t.Skip("this machine has no links for us: ", err)
		}
	}
	reloads := make(chan error, 10)
	chain := start(t, local.Options{
		Assembly: assembly, Sources: []string{sources}, Watch: func(err error) { reloads <- err },
	})
	if err := os.WriteFile(filepath.Join(module, "cmd", "bin", "main.go"), []byte("package main\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := testclient.Receive(t, "the reload", reloads); err != nil {
		t.Fatal("after a change of the sources: ", err)
	}
	delete(f.at("Resources"), "InvokeFunction")
	rewrite(t, dir, f)
	if err := testclient.Receive(t, "the reload", reloads); err != nil {
		t.Fatal("after a change of the assembly: ", err)
	}
	if resp, _ := send(t, "GET", chain.URL()+"/", ""); resp.StatusCode != 403 {
		t.Errorf("status = %d, want 403 without the grant", resp.StatusCode)
	}
}

// rewrite writes the fixture's template over the one on disk.
func rewrite(t *testing.T, dir string, f *fixture) {
	t.Helper()
	data, err := json.Marshal(f.template)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Site.template.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A callback may take its time, and may call the chain: requests go on meanwhile.
func TestTraceCallbackHoldsUpNoRequest(t *testing.T) {
	t.Parallel()
	var chain *local.Chain
	var once sync.Once
	answered := make(chan int, 1)
	chain = newFixture().start(t, local.Options{Trace: func(local.Trace) {
		once.Do(func() {
			resp, err := client.Get(chain.URL() + "/")
			if err != nil {
				t.Error(err)
				answered <- 0
				return
			}
			defer resp.Body.Close()
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Error(err)
			}
			answered <- resp.StatusCode
		})
	}})
	send(t, "GET", chain.URL()+"/", "")
	if status := testclient.Receive(t, "the answer", answered); status != 200 {
		t.Errorf("request out of the callback: status %d, want 200", status)
	}
}

// Close waits for a reload that is under way: nothing of it is left behind.
func TestCloseDuringReload(t *testing.T) {
	f := newFixture()
	dir := f.write(t)
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary) // for the chain's files
	other := map[string]string{"amd64": "arm64", "arm64": "x86_64"}[runtime.GOARCH]
	begun, goOn := make(chan struct{}), make(chan struct{})
	chain := start(t, local.Options{Assembly: dir, Sources: []string{".."}, Progress: func(string) {
		close(begun)
		<-goOn
	}})
	f.properties("Function")["Architectures"] = []any{other} // has to be built here
	rewrite(t, dir, f)
	go func() { _ = chain.Reload(t.Context()) }()
	testclient.Receive(t, "the request", begun)
	closed := make(chan struct{})
	go func() {
		chain.Close()
		close(closed)
	}()
	close(goOn)
	testclient.Receive(t, "the end", closed)
	if left, err := filepath.Glob(filepath.Join(temporary, "streamfront-*")); err != nil || len(left) > 0 {
		t.Errorf("after Close there is %q, %v", left, err)
	}
	if err := chain.Reload(t.Context()); err == nil { // would ask Progress once more, which panics
		t.Error("Reload after Close succeeds")
	}
}
