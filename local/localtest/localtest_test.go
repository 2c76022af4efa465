package localtest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/streamfront/streamfront/local"
	"github.com/streamfront/streamfront/local/localtest"
)

// A trial is a test whose end can be looked at.
type trial struct {
	testing.TB
	failed   bool
	cleanups []func()

	mu      sync.Mutex
	printed bytes.Buffer
}

func (r *trial) Cleanup(f func())  { r.cleanups = append(r.cleanups, f) }
func (r *trial) Failed() bool      { return r.failed }
func (r *trial) Output() io.Writer { return r }

func (r *trial) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.printed.Write(p)
}

func (r *trial) Fatalf(format string, args ...any) {
	r.failed = true
	fmt.Fprintf(r, format, args...)
	runtime.Goexit()
}

// run runs a test to its end, cleanups included, and returns what it prints.
func run(t *testing.T, test func(*trial)) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := &trial{TB: &inContext{t, ctx}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(r)
	}()
	<-done
	cancel() // as package testing does before the cleanups
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
	return r.printed.String()
}

type inContext struct {
	testing.TB
	ctx context.Context
}

func (t *inContext) Context() context.Context { return t.ctx }

func TestATestThatFailsShowsWhatFailed(t *testing.T) {
	t.Parallel()
	options := local.Options{Assembly: assembly(t), Sources: []string{"../.."}}
	for name, test := range map[string]struct {
		fails bool
		want  []string
		not   []string
	}{
		"fails": {true, []string{"POST /refused  403  ", "\n  function url ", "payload-hash-missing", "payload hash: signed "}, []string{"GET /passes"}},
		"ends":  {false, nil, []string{"/refused", "/passes"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			traces, url := 0, ""
			options := options
			options.Trace = func(local.Trace) { traces++ }
			printed := run(t, func(r *trial) {
				chain := localtest.New(r, options)
				url = chain.URL()
				r.Cleanup(func() { // which comes before that of New
					if status, err := request(http.MethodGet, url+"/passes"); status != http.StatusOK {
						t.Errorf("from a cleanup: status %d, %v, want 200", status, err)
					}
				})
				for method, want := range map[string]int{http.MethodGet: 200, http.MethodPost: 403} {
					path := map[string]string{http.MethodGet: "/passes", http.MethodPost: "/refused"}[method]
					if status, err := request(method, url+path); status != want {
						t.Errorf("%s: status %d, %v, want %d", method, status, err, want)
					}
				}
				r.failed = test.fails
			})
			for _, want := range test.want {
				if !strings.Contains(printed, want) {
					t.Errorf("%q is not in what was printed:\n%s", want, printed)
				}
			}
			for _, not := range test.not {
				if strings.Contains(printed, not) {
					t.Errorf("%q is in what was printed:\n%s", not, printed)
				}
			}
			if traces != 3 {
				t.Errorf("the trace of the options was called %d times, want 3", traces)
			}
			if status, err := request(http.MethodGet, url); err == nil {
				t.Errorf("after the test the chain answers %d", status)
			}
		})
	}
}

func TestManyFailures(t *testing.T) {
	t.Parallel()
	printed := run(t, func(r *trial) {
		chain := localtest.New(r, local.Options{Assembly: assembly(t), Sources: []string{"../.."}})
		for i := range 23 {
			if status, err := request(http.MethodPost, fmt.Sprintf("%s/%d", chain.URL(), i)); status != 403 {
				t.Errorf("status %d, %v, want 403", status, err)
			}
		}
		r.failed = true
	})
	if !strings.Contains(printed, "23 requests failed; the last 20:\n") || strings.Contains(printed, "POST /2  ") || !strings.Contains(printed, "POST /3  ") || !strings.Contains(printed, "POST /22  ") {
		t.Errorf("printed\n%s\nwant the requests 3 to 22", printed)
	}
}

// A request that hangs is what one most wants to see when a test gives up.
func TestARequestThatHangsIsShown(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	gate := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(gate.Close)
	options := local.Options{Assembly: assembly(t), Sources: []string{"../.."}}
	var hanging sync.WaitGroup
	printed := run(t, func(r *trial) {
		chain := localtest.New(r, options)
		request, err := http.NewRequest(http.MethodGet, chain.URL()+"/gate", nil)
		if err != nil {
			t.Error(err)
			return
		}
		request.Header.Set("X-Gate", gate.URL)
		hanging.Go(func() {
			if resp, err := http.DefaultClient.Do(request); err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
		<-asked
		r.failed = true
	})
	hanging.Wait()
	if _, after, found := strings.Cut(printed, "under way when the test ended:\nGET /gate  "); !found || !regexp.MustCompile(`(?m)^  function +\S+  under way$`).MatchString(after) || strings.Contains(after, "GET /gate") {
		t.Errorf("printed\n%s\nwant the request that hangs, once", printed)
	}
}

func TestAnAssemblyThatCannotRunFailsTheTest(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	printed := run(t, func(r *trial) {
		localtest.New(r, local.Options{Assembly: empty})
		t.Error("the test goes on")
	})
	if !strings.Contains(printed, "the chain does not start: ") || !strings.Contains(printed, "run 'cdk synth' first") {
		t.Errorf("printed %q, want the reason", printed)
	}
}

// request returns the status of an answer.
func request(method, url string) (int, error) {
	request, err := http.NewRequest(method, url, strings.NewReader(strings.Repeat("x", len(method)-len(http.MethodGet))))
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return resp.StatusCode, err
}

// assembly copies one of CDK's own constructs, where nobody hashes bodies, with the test
// function of package local in it.
func assembly(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../testdata/foreign/unsigned")); err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile(filepath.Join(dir, "Plain.assets.json"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(manifest), `"path": "asset.`)
	name, _, found := strings.Cut(rest, `"`)
	if !found {
		t.Fatalf("there is no asset in %s", manifest)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "asset."+name, "bootstrap"), "../testdata/function")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}
