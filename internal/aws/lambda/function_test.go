package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/testclient"
)

// patience bounds every wait: a busy machine may need it, a test that passes does not.
const patience = 60 * time.Second

func newFunction(t *testing.T, change func(*Config)) *Function {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := Config{
		Name: "fn", ARN: "arn:aws:lambda:eu-west-1:111122223333:function:fn", Version: "$LATEST", Region: "eu-west-1", Handler: "bootstrap",
		Memory: 256, Timeout: patience, Concurrency: 100, Command: []string{program}, Dir: t.TempDir(),
		Environment: map[string]string{processVariable: "events"}, Log: NewLog(testLog{t}),
	}
	if change != nil {
		change(&c)
	}
	f := New(c)
	t.Cleanup(f.Close)
	return f
}

// testLog prints what processes say.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(string(p))
	return len(p), nil
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

var ids struct {
	sync.Mutex
	last int
}

func newID() string {
	ids.Lock()
	defer ids.Unlock()
	ids.last++
	return fmt.Sprintf("request-%d", ids.last)
}

// begin invokes the function and returns its response as it begins.
func begin(ctx context.Context, f *Function, in instruction) (*Response, error) {
	event, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	return f.Invoke(ctx, newID(), "Root=1-2-3", event)
}

func invoke(ctx context.Context, f *Function, in instruction) (answer, error) {
	var a answer
	resp, err := begin(ctx, f, in)
	if err != nil {
		return a, err
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(text, &a)
}

func mustInvoke(t *testing.T, f *Function, in instruction) answer {
	t.Helper()
	a, err := invoke(bounded(t), f, in)
	if err != nil {
		t.Fatalf("Invoke(%+v): %v", in, err)
	}
	return a
}

// eventually waits for what other goroutines bring about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, patience)
		}
		time.Sleep(time.Millisecond)
	}
}

// A gate is a URL that the process asks before it goes on.
type gate struct {
	URL     string
	Arrived chan string   // gets the body of who arrives
	Left    chan struct{} // gets a value when somebody's connection ends before the gate opens
	open    chan struct{}
}

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{Arrived: make(chan string, 100), Left: make(chan struct{}, 100), open: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		g.Arrived <- string(body)
		select {
		case <-g.open:
		case <-r.Context().Done():
			g.Left <- struct{}{}
		case <-t.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	g.URL = server.URL
	return g
}

func (g *gate) Open() { close(g.open) }

// held invokes the function in the background and returns once the process is at the gate.
func held(t *testing.T, f *Function, g *gate) (result chan answer) {
	t.Helper()
	result = make(chan answer, 1)
	ctx := bounded(t)
	go func() {
		a, err := invoke(ctx, f, instruction{Before: g.URL})
		if err != nil {
			t.Errorf("Invoke of who is held: %v", err)
		}
		result <- a
	}()
	testclient.Receive(t, "the process at the gate", g.Arrived)
	return result
}

func TestSequentialInvocationsShareAnEnvironment(t *testing.T) {
	t.Parallel()
	// At this limit a second environment is not allowed, and waiting in line is not either.
	f := newFunction(t, func(c *Config) { c.Concurrency = 1 })
	first := mustInvoke(t, f, instruction{Text: "0"})
	for i := range 30 {
		text := fmt.Sprint(i)
		got := mustInvoke(t, f, instruction{Text: text})
		if got.PID != first.PID || got.Text != text {
			t.Fatalf("invocation %d: %+v, want text %s from process %d", i, got, text, first.PID)
		}
	}
	// An answer that is an error releases the environment, too.
	for range 5 {
		_, err := invoke(bounded(t), f, instruction{Do: "error", Text: "{}"})
		if failed := new(FunctionError); !errors.As(err, &failed) {
			t.Fatalf("error = %v, want one of the function", err)
		}
	}
	if got := mustInvoke(t, f, instruction{}); got.PID != first.PID {
		t.Errorf("process after errors = %d, want %d", got.PID, first.PID)
	}
}

func TestConcurrentInvocationsHaveAnEnvironmentEach(t *testing.T) {
	t.Parallel()
	f, g := newFunction(t, nil), newGate(t)
	first := held(t, f, g)
	second := held(t, f, g)
	g.Open()
	a, b := testclient.Receive(t, "first answer", first), testclient.Receive(t, "second answer", second)
	if a.PID == b.PID {
		t.Errorf("both ran in process %d, want two processes", a.PID)
	}
}

func TestThrottling(t *testing.T) {
	t.Parallel()
	f, g := newFunction(t, func(c *Config) { c.Concurrency = 1 }), newGate(t)
	first := held(t, f, g)
	if _, err := invoke(bounded(t), f, instruction{}); !errors.Is(err, ErrThrottled) {
		t.Errorf("second invocation: %v, want ErrThrottled", err)
	}
	g.Open()
	a := testclient.Receive(t, "first answer", first)
	if got := mustInvoke(t, f, instruction{}); got.PID != a.PID {
		t.Errorf("process = %d, want %d again", got.PID, a.PID)
	}

	none := newFunction(t, func(c *Config) { c.Concurrency = 0 })
	if _, err := invoke(bounded(t), none, instruction{}); !errors.Is(err, ErrThrottled) {
		t.Errorf("no concurrency at all: %v, want ErrThrottled", err)
	}
}

func (f *Function) waiters() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.waiting)
}

func TestQueue(t *testing.T) {
	t.Parallel()
	f, g := newFunction(t, func(c *Config) { c.Concurrency, c.Queue = 1, true }), newGate(t)
	first := held(t, f, g)

	// GIVEN two who wait for the one environment
	ctx, cancel := context.WithCancel(bounded(t))
	impatient, patient := make(chan error, 1), make(chan answer, 1)
	go func() {
		_, err := invoke(ctx, f, instruction{})
		impatient <- err
	}()
	eventually(t, "one waits", func() bool { return f.waiters() == 1 })
	go func() {
		a, err := invoke(bounded(t), f, instruction{Text: "patient"})
		if err != nil {
			t.Errorf("Invoke of who waits: %v", err)
		}
		patient <- a
	}()
	eventually(t, "two wait", func() bool { return f.waiters() == 2 })

	// WHEN one of them leaves
	cancel()
	if err := testclient.Receive(t, "who left", impatient); !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v, want context.Canceled", err)
	}
	// THEN the other has its turn, after the one who runs
	g.Open()
	a := testclient.Receive(t, "first answer", first)
	if got := testclient.Receive(t, "second answer", patient); got.PID != a.PID || got.Text != "patient" {
		t.Errorf("who waited got %+v, want its answer from process %d", got, a.PID)
	}
	if n := f.waiters(); n != 0 {
		t.Errorf("%d wait in the end, want none", n)
	}
}

// A caller that disconnects does not stop the function.
func TestCallerLeavesWhileTheFunctionRuns(t *testing.T) {
	t.Parallel()
	f, g, then := newFunction(t, func(c *Config) { c.Concurrency = 1 }), newGate(t), newGate(t)
	ctx, cancel := context.WithCancel(bounded(t))
	left := make(chan error, 1)
	go func() {
		_, err := begin(ctx, f, instruction{Do: "stream", Before: g.URL, Text: "first", Then: then.URL})
		left <- err
	}()
	testclient.Receive(t, "the process at the gate", g.Arrived)
	cancel()
	if err := testclient.Receive(t, "who left", left); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want context.Canceled", err)
	}
	g.Open()
	testclient.Receive(t, "the process in mid-stream", then.Arrived)
	then.Open()
	eventually(t, "the function ends", f.settledDown)
	mustInvoke(t, f, instruction{})
}

func TestEventAndEnvironment(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *Config) {
		c.Environment["STAGE"], c.Environment["TZ"], c.Environment["AWS_REGION"] = "prod", "Europe/Berlin", "overridden"
	})
	before := time.Now()
	a := mustInvoke(t, f, instruction{})

	h := a.Header
	for name, want := range map[string]string{
		"Lambda-Runtime-Aws-Request-Id":       a.ID,
		"Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:111122223333:function:fn",
		"Lambda-Runtime-Trace-Id":             "Root=1-2-3",
		"Content-Type":                        "application/json",
	} {
		if got := h.Get(name); got != want || want == "" {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	var deadline int64
	if _, err := fmt.Sscan(h.Get("Lambda-Runtime-Deadline-Ms"), &deadline); err != nil || deadline < before.Add(patience).UnixMilli() {
		t.Errorf("deadline = %q, want the timeout from now", h.Get("Lambda-Runtime-Deadline-Ms"))
	}

	env := map[string]string{}
	for _, v := range a.Env {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	dir, err := filepath.EvalSymlinks(f.config.Dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		processVariable: "events", "STAGE": "prod", "TZ": "Europe/Berlin", "LANG": "en_US.UTF-8", "PATH": os.Getenv("PATH"),
		"_HANDLER": "bootstrap", "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_LAMBDA_FUNCTION_NAME": "fn",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/fn", "AWS_LAMBDA_LOG_STREAM_NAME": "local",
		"LAMBDA_TASK_ROOT": f.config.Dir, "LAMBDA_RUNTIME_DIR": "/var/runtime",
	}
	for name, value := range want {
		if env[name] != value {
			t.Errorf("%s = %q, want %q", name, env[name], value)
		}
		delete(env, name)
	}
	if !strings.HasPrefix(env["AWS_LAMBDA_RUNTIME_API"], "127.") {
		t.Errorf("AWS_LAMBDA_RUNTIME_API = %q, want an address on loopback", env["AWS_LAMBDA_RUNTIME_API"])
	}
	delete(env, "AWS_LAMBDA_RUNTIME_API")
	// os/exec adds this one from Dir; Windows needs SYSTEMROOT.
	if pwd, ok := env["PWD"]; ok && pwd != dir && pwd != f.config.Dir {
		t.Errorf("PWD = %q, want %q", pwd, dir)
	}
	delete(env, "PWD")
	delete(env, "SYSTEMROOT")
	if len(env) > 0 {
		t.Errorf("the function sees more: %v", env)
	}
}

func TestStreamingPassesChunksAsTheyCome(t *testing.T) {
	t.Parallel()
	f, g := newFunction(t, nil), newGate(t)
	resp, err := begin(bounded(t), f, instruction{Do: "stream", Text: "first", Then: g.URL})
	if err != nil {
		t.Fatal(err)
	}
	if resp.ContentType != "text/x" {
		t.Errorf("content type = %q, want text/x", resp.ContentType)
	}
	buffer := make([]byte, 100)
	n, err := resp.Body.Read(buffer)
	if got := string(buffer[:n]); got != "first" || err != nil {
		t.Fatalf("Read = %q, %v, want the first chunk while the process is at the gate", got, err)
	}
	g.Open()
	rest, err := io.ReadAll(resp.Body)
	if string(rest) != "second" || err != nil {
		t.Errorf("rest = %q, %v, want the second chunk and a clean end", rest, err)
	}
	// Reading on after the end is harmless, also to who comes next.
	second := newGate(t)
	running := held(t, f, second)
	if n, err := resp.Body.Read(buffer); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("Read after the end = %d, %v, want EOF", n, err)
	}
	if f.settledDown() {
		t.Error("the environment that runs is idle in the books")
	}
	second.Open()
	testclient.Receive(t, "next answer", running)
}

// Before the response begins, every failure is an error of Invoke.
func TestFailuresBeforeTheResponse(t *testing.T) {
	t.Parallel()
	g := newGate(t) // stays closed
	for name, test := range map[string]struct {
		change func(*Config)
		in     instruction
		want   FunctionError
	}{
		"exit": {
			in:   instruction{Do: "exit"},
			want: FunctionError{Type: "Runtime.ExitError", Message: "the process ended (exit status 3)", Broken: true},
		},
		"exit before it asks": {
			change: func(c *Config) { c.Environment[processVariable] = "exit at once" },
			want:   FunctionError{Type: "Runtime.ExitError", Message: "the process ended (exit status 7)", Broken: true, duringInit: true},
		},
		"init error": {
			change: func(c *Config) { c.Environment[processVariable] = "init error" },
			want:   FunctionError{Type: "Runtime.NoSuchThing", Message: "cannot start", duringInit: true},
		},
		"timeout": {
			change: func(c *Config) { c.Timeout = 100 * time.Millisecond },
			in:     instruction{Before: g.URL},
			want:   FunctionError{Type: "Sandbox.Timedout", Message: "the function did not finish within its timeout of 100ms", Broken: true},
		},
		"error with a type": {
			in:   instruction{Do: "error", Type: "Function.Odd", Text: `{"errorMessage": "odd", "errorType": "other"}`},
			want: FunctionError{Type: "Function.Odd", Message: "odd"},
		},
		"error with a type in the body": {
			in:   instruction{Do: "error", Text: `{"errorMessage": "odd", "errorType": "errorString"}`},
			want: FunctionError{Type: "errorString", Message: "odd"},
		},
		"error without a type": {
			in:   instruction{Do: "error", Text: "not JSON"},
			want: FunctionError{Type: "Function.Unknown", Message: "not JSON"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFunction(t, test.change)
			_, err := invoke(bounded(t), f, test.in)
			if failed := new(FunctionError); !errors.As(err, &failed) || *failed != test.want {
				t.Errorf("error = %#v, want %#v", err, test.want)
			}
		})
	}
}

// In mid-stream, it is an error of the body; what came before stays.
// Documented: Lambda tries a failed init phase once more with the invocation.
func TestFailedInitIsTriedOnceMore(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *Config) {
		c.Environment[processVariable] = "exit unless " + filepath.Join(t.TempDir(), "started")
	})
	if got := mustInvoke(t, f, instruction{Text: "second"}); got.Text != "second" {
		t.Errorf("answer = %+v, want that of the second process", got)
	}
}

func TestFailuresInMidStream(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Config)
		in     instruction
		late   bool // stays at the gate until its time is up
		want   FunctionError
	}{
		"exit": {
			in:   instruction{Do: "exit after the first chunk", Text: "begun"},
			want: FunctionError{Type: "Runtime.ExitError", Message: "the process ended (exit status 3)", Broken: true},
		},
		"timeout": {
			change: func(c *Config) { c.Timeout = time.Second },
			in:     instruction{Do: "stream", Text: "begun"},
			late:   true,
			want:   FunctionError{Type: "Sandbox.Timedout", Message: "the function did not finish within its timeout of 1s", Broken: true},
		},
		"broken off by a process that lives on": {
			in:   instruction{Do: "break off", Text: "begun"},
			want: FunctionError{Type: "Runtime.TruncatedResponse", Message: "unexpected EOF", Broken: true},
		},
		"trailers": {
			in:   instruction{Do: "trailers", Type: "Function.Late", Text: `{"errorMessage": "too late", "errorType": "x"}`},
			want: FunctionError{Type: "Function.Late", Message: "too late"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate(t)
			test.in.Then = g.URL
			f := newFunction(t, test.change)
			expire := byHand(f)
			resp, err := begin(bounded(t), f, test.in)
			if err != nil {
				t.Fatal(err)
			}
			begun := make([]byte, len("begun"))
			if _, err := io.ReadFull(resp.Body, begun); string(begun) != "begun" || err != nil {
				t.Fatalf("body begins with %q, %v, want \"begun\"", begun, err)
			}
			if test.late {
				expire()
			} else {
				g.Open()
			}
			rest, err := io.ReadAll(resp.Body)
			if len(rest) > 0 {
				t.Errorf("body goes on with %q, want nothing", rest)
			}
			if failed := new(FunctionError); !errors.As(err, &failed) || *failed != test.want {
				t.Errorf("error = %#v, want %#v", err, test.want)
			}
			// The function is there for the next one, the books are in order.
			mustInvoke(t, f, instruction{})
			eventually(t, "all environments idle", f.settledDown)
		})
	}
}

// byHand lets no timeout of the function come by itself, however long a busy machine takes. It
// returns what lets that of the latest invocation come.
func byHand(f *Function) (expire func()) {
	timers := make(chan *time.Timer, 100)
	f.afterFunc = func(_ time.Duration, run func()) *time.Timer {
		timer := time.AfterFunc(time.Hour, run)
		timers <- timer
		return timer
	}
	return func() {
		latest := <-timers
		for len(timers) > 0 {
			latest = <-timers
		}
		latest.Reset(0)
	}
}

// settledDown reports whether every environment in the books is idle.
func (f *Function) settledDown() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.settled == 0 && f.count == len(f.idle)
}

// What a process said before it ended is not lost, however late it is read.
func TestAnswerOfAProcessThatHasEnded(t *testing.T) {
	t.Parallel()
	f := newFunction(t, nil)
	text := strings.Repeat("x", 10000)
	resp, err := begin(bounded(t), f, instruction{Do: "answer and exit", Text: text})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the process ends", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.count == 0
	})
	if got, err := io.ReadAll(resp.Body); string(got) != text || err != nil {
		t.Errorf("read %d bytes, %v, want %d and a clean end", len(got), err, len(text))
	}
	mustInvoke(t, f, instruction{})
	eventually(t, "the books in order", f.settledDown)
}

// Nobody notices that an idle environment ends: the next invocation starts another.
func TestIdleEnvironmentEnds(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *Config) { c.Concurrency = 1 })
	seen := map[int]bool{}
	for range 10 {
		a := mustInvoke(t, f, instruction{})
		if seen[a.PID] {
			t.Fatalf("process %d answers after its end", a.PID)
		}
		seen[a.PID] = true
		eventually(t, "the environment is idle", f.settledDown)
		p, err := os.FindProcess(a.PID)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "its end is noticed", func() bool {
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.count == 0
		})
	}
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *Config) { c.Concurrency = 1 })
	if err := f.Prepare(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the prepared environment is idle", f.settledDown)
	f.mu.Lock()
	env := f.idle[0]
	f.mu.Unlock()
	env.mu.Lock()
	if env.timer.Stop() {
		t.Error("the clock of the init phase runs on in an idle environment")
	}
	env.mu.Unlock()
	if got, want := mustInvoke(t, f, instruction{}).PID, env.command.Process.Pid; got != want {
		t.Errorf("process = %d, want the prepared %d", got, want)
	}

	broken := newFunction(t, func(c *Config) { c.Command = []string{filepath.Join(c.Dir, "nothing")} })
	if err := broken.Prepare(); err == nil || !strings.HasPrefix(err.Error(), "starting an execution environment of fn: ") {
		t.Errorf("Prepare without a program: %v, want an error that names the function", err)
	}
	if _, err := invoke(bounded(t), broken, instruction{}); err == nil || errors.Is(err, ErrThrottled) {
		t.Errorf("Invoke without a program: %v, want an error that says so", err)
	}
}

func TestRuntimeAPIRefusesMisbehaviour(t *testing.T) {
	t.Parallel()
	f, g := newFunction(t, nil), newGate(t)
	g.Open()
	mustInvoke(t, f, instruction{Do: "misbehave", Then: g.URL})
	var a answer
	if err := json.Unmarshal([]byte(testclient.Receive(t, "the report", g.Arrived)), &a); err != nil {
		t.Fatal(err)
	}
	const unknown = `400 {"errorMessage":"no invocation with this id is waiting for an answer","errorType":"InvalidRequestID"}` + "\n"
	want := []string{
		`403 {"errorMessage":"the invocation before has not been answered","errorType":"InvalidStateTransition"}` + "\n",
		unknown, unknown,
		`403 {"errorMessage":"the init phase is over","errorType":"InvalidStateTransition"}` + "\n",
		unknown, unknown,
	}
	if !slices.Equal(a.Replies, want) {
		t.Errorf("replies = %q\nwant %q", a.Replies, want)
	}
}

// Close ends what runs, what is idle and what processes have started, and lets nobody wait.
func TestClose(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("processes that the function starts are ended on Unix only")
	}
	f := newFunction(t, func(c *Config) { c.Concurrency, c.Queue = 2, true })
	mustInvoke(t, f, instruction{})
	g := newGate(t) // stays closed
	running, streaming, waiting := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() {
		// This process starts another; both are at the gate then.
		_, err := invoke(bounded(t), f, instruction{Do: "spawn", Text: g.URL, Then: g.URL})
		running <- err
	}()
	testclient.Receive(t, "one process at the gate", g.Arrived)
	testclient.Receive(t, "its child at the gate", g.Arrived)
	go func() {
		resp, err := begin(bounded(t), f, instruction{Do: "stream", Text: "begun", Then: g.URL})
		if err == nil {
			_, err = io.ReadAll(resp.Body)
		}
		streaming <- err
	}()
	testclient.Receive(t, "a third process at the gate", g.Arrived)
	go func() {
		_, err := invoke(bounded(t), f, instruction{})
		waiting <- err
	}()
	eventually(t, "one waits", func() bool { return f.waiters() == 1 })

	f.Close()
	for range 3 {
		testclient.Receive(t, "every process leaves the gate", g.Left)
	}
	for name, from := range map[string]chan error{"running": running, "streaming": streaming} {
		err := testclient.Receive(t, name, from)
		if failed := new(FunctionError); !errors.As(err, &failed) || failed.Type != "Sandbox.Stopped" || !failed.Broken {
			t.Errorf("%s: error = %v, want Sandbox.Stopped", name, err)
		}
	}
	if err := testclient.Receive(t, "waiting", waiting); !errors.Is(err, errClosed) {
		t.Errorf("waiting: error = %v, want %v", err, errClosed)
	}
	// Nothing starts any more.
	if _, err := invoke(bounded(t), f, instruction{}); !errors.Is(err, errClosed) {
		t.Errorf("Invoke after Close: %v, want %v", err, errClosed)
	}
	if err := f.Prepare(); !errors.Is(err, errClosed) {
		t.Errorf("Prepare after Close: %v, want %v", err, errClosed)
	}
	f.Close() // again is harmless
}

// Close while invocations begin: every one ends, no process is left.
func TestCloseDuringABurst(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *Config) { c.Concurrency, c.Queue = 3, true })
	g := newGate(t)
	g.Open()
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			_, err := invoke(bounded(t), f, instruction{Before: g.URL})
			if failed := new(FunctionError); err != nil && !errors.Is(err, errClosed) && !errors.As(err, &failed) {
				t.Errorf("error = %v, want none or that of the end", err)
			}
		})
	}
	testclient.Receive(t, "one process at the gate", g.Arrived)
	f.Close()
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	testclient.Receive(t, "every invocation ends", done)
}

func TestStorm(t *testing.T) {
	t.Parallel()
	for name, environmentConcurrency := range map[string]int{"one at a time": 0, "four at a time": 4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storm(t, environmentConcurrency)
		})
	}
}

func storm(t *testing.T, environmentConcurrency int) {
	const invocations, concurrency = 200, 8
	f := newFunction(t, func(c *Config) {
		c.Concurrency, c.Queue, c.EnvironmentConcurrency = concurrency, true, environmentConcurrency
	})
	var mu sync.Mutex
	processes := map[int]int{}
	var all sync.WaitGroup
	ctx := bounded(t)
	for i := range invocations {
		all.Go(func() {
			text := fmt.Sprint(i)
			id := "storm-" + text
			event, _ := json.Marshal(instruction{Text: text})
			resp, err := f.Invoke(ctx, id, "", event)
			if err != nil {
				t.Errorf("Invoke %d: %v", i, err)
				return
			}
			var a answer
			if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
				t.Errorf("answer %d: %v", i, err)
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Errorf("end of answer %d: %v", i, err)
			}
			if a.ID != id || a.Text != text {
				t.Errorf("invocation %s got the answer of %s: %q", id, a.ID, a.Text)
			}
			mu.Lock()
			defer mu.Unlock()
			processes[a.PID]++
		})
	}
	all.Wait()
	if most := concurrency / max(1, environmentConcurrency); len(processes) > most {
		t.Errorf("%d environments, want at most %d", len(processes), most)
	}
	eventually(t, "all environments idle", f.settledDown)
}

func TestErrorObjects(t *testing.T) {
	t.Parallel()
	for object, want := range map[string]string{
		`{"errorMessage": "m", "errorType": "t"}`: "m",
		`{"errorType": "t"}`:                      `{"errorType": "t"}`,
		`text`:                                    "text",
		``:                                        "",
	} {
		if got := messageOf([]byte(object)); got != want {
			t.Errorf("messageOf(%s) = %q, want %q", object, got, want)
		}
	}
	if got := errorMessage("not base64!"); got != "not base64!" {
		t.Errorf("errorMessage of plain text = %q, want it as it is", got)
	}
}
