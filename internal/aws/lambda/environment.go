package lambda

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/procgroup"
)

// An environment is one process of a function and the runtime API that it talks to. It
// takes as many invocations at once as it has slots.
type environment struct {
	function *Function
	slots    int
	books    books // guarded by function.mu
	command  *exec.Cmd
	log      *processLog // of the process
	server   *http.Server
	work     chan *invocation // given to the process and not taken by it yet
	gone     chan struct{}    // closed when the process has ended
	ctx      context.Context  // ends with the process
	cancel   context.CancelFunc

	initLimit time.Duration // of the init phase

	mu          sync.Mutex
	inited      bool                   // has asked for its first event
	current     map[string]*invocation // not answered yet, by their ids
	answering   int                    // invocations whose response has begun
	answered    chan struct{}          // closed at the end of the next response
	connections map[string]bool        // with the runtime API, by the client's address
	last        string                 // the client's address of the last connection of all
	heard       chan struct{}          // closed by hear; nil: nobody waits for it
	timer       *time.Timer            // of the init phase
	reason      *FunctionError
}

func newEnvironment(f *Function, slots int, initLimit time.Duration) *environment {
	e := &environment{
		function: f, slots: slots, initLimit: initLimit,
		work: make(chan *invocation, slots), gone: make(chan struct{}),
		current: map[string]*invocation{}, answered: make(chan struct{}), connections: map[string]bool{},
	}
	e.ctx, e.cancel = context.WithCancel(f.ctx)
	return e
}

func (e *environment) start() error {
	listener, err := loopback.ListenApart()
	if err != nil {
		return err
	}
	c := &e.function.config
	e.server = loopback.NewServer(e.runtimeAPI(), loopback.Processes)
	e.server.Addr, e.server.ConnState = listener.Addr().String(), e.connection
	variables, beside := map[string]string(nil), func() error { return nil }
	if c.Extension != nil {
		if variables, beside, err = c.Extension(e.ctx, listener.Addr().String()); err != nil {
			listener.Close()
			e.cancel()
			return err
		}
	}
	e.command = exec.Command(c.Command[0], c.Command[1:]...)
	e.command.Dir = c.Dir
	e.command.Env = e.variables(listener.Addr().String(), variables)
	e.log = c.Log.open()
	e.command.Stdout, e.command.Stderr = e.log, e.log // the same, so that one goroutine writes
	e.command.WaitDelay = time.Second
	procgroup.Own(e.command)
	if err := e.command.Start(); err != nil {
		listener.Close()
		e.cancel()
		return err
	}
	e.timer = time.AfterFunc(e.initLimit, func() {
		e.end(timedOut("the function did not ask for an event within %s of its start", e.initLimit))
	})
	go func() { _ = e.server.Serve(listener) }()
	e.function.group.Add(2)
	go e.wait()
	go e.runBeside(beside)
	return nil
}

// runBeside runs the extension for as long as the process lives.
func (e *environment) runBeside(extension func() error) {
	defer e.function.group.Done()
	err := extension()
	if err == nil || e.ctx.Err() != nil {
		return
	}
	// Mostly it fails because the process has ended, which then is the reason.
	timer := time.NewTimer(lastWords)
	defer timer.Stop()
	select {
	case <-e.gone:
	case <-timer.C:
		e.end(&FunctionError{Type: "Extension.Crash", Message: err.Error(), Broken: true})
	}
}

// variables returns the environment of the process: what Lambda reserves, and the
// function's own. Nothing of the chain's own environment goes in but PATH, which must
// find the interpreter of a script; no credentials do.
//
// Source: AWS Lambda Developer Guide, "Defined runtime environment variables".
func (e *environment) variables(api string, extension map[string]string) []string {
	c := &e.function.config
	vars := map[string]string{
		"LANG": "en_US.UTF-8",
		"TZ":   ":UTC",
		"PATH": os.Getenv("PATH"),
	}
	maps.Copy(vars, c.Environment)
	maps.Copy(vars, extension)
	maps.Copy(vars, map[string]string{
		"AWS_LAMBDA_RUNTIME_API":          api,
		"_HANDLER":                        c.Handler,
		"AWS_REGION":                      c.Region,
		"AWS_DEFAULT_REGION":              c.Region,
		"AWS_LAMBDA_FUNCTION_NAME":        c.Name,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(c.Memory),
		"AWS_LAMBDA_FUNCTION_VERSION":     c.Version,
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + c.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      "local",
		"LAMBDA_TASK_ROOT":                c.Dir,
		"LAMBDA_RUNTIME_DIR":              "/var/runtime",
	})
	e.variable(vars)
	env := make([]string, 0, len(vars))
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		env = append(env, name+"="+vars[name])
	}
	return env
}

// run gives the environment an invocation; false if it has ended.
func (e *environment) run(inv *invocation) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hasGone() {
		return false
	}
	e.current[inv.id] = inv
	e.work <- inv
	return true
}

// limit bounds an invocation that the process has taken.
//
// An environment ends with an invocation that times out. One that is shared goes on, as does the
// code of the invocation, whose slot stays taken until it answers.
func (e *environment) limit(inv *invocation) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hasGone() {
		return
	}
	timeout := e.function.config.Timeout
	reason := timedOut("the function did not finish within its timeout of %s", timeout)
	inv.timer = e.function.afterFunc(timeout, func() {
		if !e.shared() {
			e.end(reason)
			return
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		if !e.hasGone() {
			inv.giveUp(reason)
		}
	})
}

// TimedOut is the type of the failure of an invocation that ran out of time.
const TimedOut = "Sandbox.Timedout"

func timedOut(format string, limit time.Duration) *FunctionError {
	return &FunctionError{Type: TimedOut, Message: fmt.Sprintf(format, limit), Broken: true}
}

// hasGone reports whether the process has ended; another may have its number by now.
func (e *environment) hasGone() bool {
	select {
	case <-e.gone:
		return true
	default:
		return false
	}
}

// end kills the process for the reason.
func (e *environment) end(reason *FunctionError) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hasGone() {
		return
	}
	if e.reason == nil {
		e.reason = reason
	}
	procgroup.Kill(e.command)
}

// wait ends the environment when its process has ended or the function is closed.
func (e *environment) wait() {
	defer e.function.group.Done()
	exited := make(chan error, 1)
	go func() {
		status := e.command.Wait()
		e.log.close() // Wait has read all that the process printed
		exited <- status
	}()
	var status error
	select {
	case status = <-exited:
	case <-e.function.ctx.Done():
		e.end(&FunctionError{Type: "Sandbox.Stopped", Message: errClosed.Error(), Broken: true})
		status = <-exited
	}
	if e.function.config.Extension == nil { // which talks to the runtime API in its place
		e.hearOut()
	}

	e.mu.Lock()
	e.timer.Stop()
	if e.reason == nil {
		e.reason = &FunctionError{Type: "Runtime.ExitError", Message: fmt.Sprintf("the process ended (%v)", exitStatus(status)), Broken: true}
	}
	e.reason.duringInit = !e.inited
	close(e.gone)
	e.cancel()
	e.mu.Unlock()

	e.function.ended(e)
	e.mu.Lock()
	for _, inv := range e.current {
		inv.giveUp(e.reason)
	}
	e.mu.Unlock()
	// What the process said before it ended is still on its way to the reader of the response.
	if e.server.Shutdown(e.function.ctx) != nil {
		_ = e.server.Close()
	}
}

// failure says why a response broke off: mostly because the process ended.
func (e *environment) failure(err error) error {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-e.gone:
		return e.reason
	case <-timer.C:
		return &FunctionError{Type: "Runtime.TruncatedResponse", Message: err.Error(), Broken: true}
	}
}

func exitStatus(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}
