package lambda

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/testclient"
)

// newShared returns a function whose environments take n invocations at once.
func newShared(t *testing.T, n int, change func(*Config)) *Function {
	t.Helper()
	return newFunction(t, func(c *Config) {
		c.EnvironmentConcurrency = n
		if change != nil {
			change(c)
		}
	})
}

func maxConcurrency(a answer) string {
	for _, v := range a.Env {
		if value, ok := strings.CutPrefix(v, "AWS_LAMBDA_MAX_CONCURRENCY="); ok {
			return value
		}
	}
	return ""
}

func TestEnvironmentTakesSeveralInvocationsAtOnce(t *testing.T) {
	t.Parallel()
	f, g := newShared(t, 2, nil), newGate(t)
	var running []chan answer
	for range 3 {
		running = append(running, held(t, f, g))
	}
	g.Open()
	a, b, c := testclient.Receive(t, "first", running[0]), testclient.Receive(t, "second", running[1]), testclient.Receive(t, "third", running[2])
	if a.PID != b.PID {
		t.Errorf("two ran in processes %d and %d, want one process", a.PID, b.PID)
	}
	if c.PID == a.PID {
		t.Errorf("a third ran in the process %d, which takes two", c.PID)
	}
	if got := maxConcurrency(a); got != "2" {
		t.Errorf("AWS_LAMBDA_MAX_CONCURRENCY = %q, want 2", got)
	}
	eventually(t, "all slots idle", f.settledDown)
	if got := mustInvoke(t, f, instruction{}).PID; got != a.PID && got != c.PID {
		t.Errorf("a fourth ran in a new process %d, want one of those that are idle", got)
	}
}

// The limit counts invocations: the last environment takes fewer, rather than too many.
func TestSharedEnvironmentsKeepTheLimit(t *testing.T) {
	t.Parallel()
	f, g := newShared(t, 2, func(c *Config) { c.Concurrency = 3 }), newGate(t)
	var running []chan answer
	for range 3 {
		running = append(running, held(t, f, g))
	}
	if _, err := invoke(bounded(t), f, instruction{}); !errors.Is(err, ErrThrottled) {
		t.Errorf("a fourth invocation: %v, want ErrThrottled", err)
	}
	g.Open()
	var got []string
	for _, r := range running {
		got = append(got, maxConcurrency(testclient.Receive(t, "answer", r)))
	}
	if want := []string{"2", "2", ""}; !slices.Equal(got, want) {
		t.Errorf("AWS_LAMBDA_MAX_CONCURRENCY = %q, want %q", got, want)
	}
}

// Invocations that come while an environment starts wait for its slots, however long that
// takes, as far as they go.
func TestBurstSharesAnEnvironmentThatStarts(t *testing.T) {
	t.Parallel()
	const n = 40
	f, g := newShared(t, n, nil), newGate(t)
	pids := make(chan int, n)
	ctx := bounded(t)
	for range n {
		go func() {
			a, err := invoke(ctx, f, instruction{Before: g.URL})
			if err != nil {
				t.Errorf("Invoke: %v", err)
			}
			pids <- a.PID
		}()
	}
	for range n {
		testclient.Receive(t, "all at the gate at once", g.Arrived)
	}
	g.Open()
	first := testclient.Receive(t, "an answer", pids)
	for range n - 1 {
		if pid := testclient.Receive(t, "an answer", pids); pid != first {
			t.Errorf("processes %d and %d, want one", first, pid)
		}
	}
}

func TestEndOfAProcessFailsAllItsInvocations(t *testing.T) {
	t.Parallel()
	f, g := newShared(t, 4, nil), newGate(t) // stays closed
	const exits = "Runtime.ExitError: the process ended (exit status 3)"
	ended := make(chan error, 2)
	go func() {
		_, err := invoke(bounded(t), f, instruction{Before: g.URL})
		ended <- err
	}()
	testclient.Receive(t, "one before its response", g.Arrived)
	resp, err := begin(bounded(t), f, instruction{Do: "stream", Text: "begun", Then: g.URL})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		text, err := io.ReadAll(resp.Body)
		if string(text) != "begun" {
			t.Errorf("body = %q, want what came before the end", text)
		}
		ended <- err
	}()
	testclient.Receive(t, "one in mid-stream", g.Arrived)
	before := mustInvoke(t, f, instruction{})

	if _, err := invoke(bounded(t), f, instruction{Do: "exit"}); err == nil || err.Error() != exits {
		t.Errorf("who exits: %v, want %s", err, exits)
	}
	for range 2 {
		if err := testclient.Receive(t, "who is with it", ended); err == nil || err.Error() != exits {
			t.Errorf("who is with it: %v, want %s", err, exits)
		}
	}
	if after := mustInvoke(t, f, instruction{}); after.PID == before.PID {
		t.Errorf("process %d answers after its end", after.PID)
	}
	eventually(t, "all slots idle", f.settledDown)
}

// Documented for Lambda Managed Instances: a timeout fails the one invocation. Its code
// runs on, and so does the environment.
func TestTimeoutInASharedEnvironment(t *testing.T) {
	t.Parallel()
	const message = "Sandbox.Timedout: the function did not finish within its timeout of 1s"
	for name, in := range map[string]instruction{
		"before the response": {},
		"in mid-stream":       {Do: "stream", Text: "begun"},
		"before an error":     {Do: "error", Text: "too late"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, g := newShared(t, 2, func(c *Config) { c.Timeout, c.Concurrency = time.Second, 2 }), newGate(t)
			expire := byHand(f)
			if in.Do == "stream" {
				in.Then = g.URL
			} else {
				in.Before = g.URL
			}
			before := mustInvoke(t, f, instruction{})
			if in.Do != "stream" {
				go func() {
					<-g.Arrived
					expire()
				}()
			}
			resp, err := begin(bounded(t), f, in)
			if err == nil {
				text := make([]byte, len(in.Text))
				if _, err = io.ReadFull(resp.Body, text); err != nil || string(text) != in.Text {
					t.Errorf("body = %q, %v, want %q", text, err, in.Text)
				}
				testclient.Receive(t, "the rest of the stream", g.Arrived)
				expire()
				var rest []byte
				if rest, err = io.ReadAll(resp.Body); len(rest) > 0 {
					t.Errorf("more of the body = %q", rest)
				}
			}
			if err == nil || err.Error() != message {
				t.Errorf("error = %v, want %s", err, message)
			}

			if got := mustInvoke(t, f, instruction{}).PID; got != before.PID {
				t.Errorf("process = %d, want %d to go on", got, before.PID)
			}
			if f.settledDown() {
				t.Error("the slot of the code that runs on is idle")
			}
			g.Open() // what it answers now goes nowhere, and its slot is free
			eventually(t, "all slots idle", f.settledDown)
			second := newGate(t)
			a, b := held(t, f, second), held(t, f, second)
			second.Open()
			for _, r := range []chan answer{a, b} {
				if got := testclient.Receive(t, "answer", r).PID; got != before.PID {
					t.Errorf("process = %d, want %d", got, before.PID)
				}
			}
		})
	}
}

// A runtime that does not know the variable asks for one event at a time; nobody waits for
// it to ask for more while the limit allows another environment.
func TestRuntimeThatTakesOneAtATime(t *testing.T) {
	t.Parallel()
	f := newShared(t, 3, func(c *Config) { c.Environment[processVariable] = "one event at a time" })
	g := newGate(t)
	first, second := held(t, f, g), held(t, f, g)
	g.Open()
	if a, b := testclient.Receive(t, "first", first), testclient.Receive(t, "second", second); a.PID == b.PID {
		t.Errorf("both ran in process %d, want two", a.PID)
	}
}

func TestRequestForAnEventThatIsTakenBack(t *testing.T) {
	t.Parallel()
	leave, back := newGate(t), newGate(t)
	f := newFunction(t, func(c *Config) {
		c.Concurrency = 1
		c.Environment[processVariable] = fmt.Sprintf("ask and leave %s %s", leave.URL, back.URL)
	})
	if err := f.Prepare(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it asks", f.settledDown)
	testclient.Receive(t, "the process at the gate", leave.Arrived)
	leave.Open()
	eventually(t, "it does not ask any more", func() bool { return !f.settledDown() })
	back.Open()
	mustInvoke(t, f, instruction{})
	eventually(t, "all slots idle", f.settledDown)
}

// While processes end all the time, every invocation ends, too, and the books stay right.
func TestSharedStormOfExits(t *testing.T) {
	t.Parallel()
	f := newShared(t, 5, func(c *Config) { c.Concurrency, c.Queue = 15, true })
	ctx := bounded(t)
	var all sync.WaitGroup
	for i := range 150 {
		all.Go(func() {
			in := instruction{}
			if i%15 == 0 {
				in.Do = "exit"
			}
			_, err := invoke(ctx, f, in)
			if failed := new(FunctionError); err != nil && (!errors.As(err, &failed) || failed.Type != "Runtime.ExitError") {
				t.Errorf("Invoke %d: %v, want none or that of an exit", i, err)
			}
		})
	}
	all.Wait()
	eventually(t, "all slots idle", f.settledDown)
	if f.count > 15 || f.starting != 0 || len(f.waiting) > 0 {
		t.Errorf("in the books: %d slots, %d starting, %d waiting", f.count, f.starting, len(f.waiting))
	}
}

func TestTooManyOpenFilesSayWhatToDo(t *testing.T) {
	t.Parallel()
	err := explain(fmt.Errorf("pipe: %w", syscall.EMFILE))
	if !errors.Is(err, syscall.EMFILE) || !strings.Contains(err.Error(), "ulimit -n") {
		t.Errorf("error = %v, want one that names the limit", err)
	}
	if other := errors.New("other"); !errors.Is(explain(other), other) || explain(other).Error() != "other" {
		t.Errorf("another error = %v, want it as it is", explain(other))
	}
}
