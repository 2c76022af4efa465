// Package lambda runs Lambda functions as processes on this machine: execution
// environments that are started on demand, take one invocation at a time and are reused,
// each behind a runtime API of its own. A Go bootstrap and a Lambda@Edge function in
// Node.js are the same thing to it.
//
// Source: AWS Lambda Developer Guide, "Understanding the Lambda execution environment
// lifecycle" and "Using the Lambda runtime API for custom runtimes".
package lambda

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// Config describes a function.
type Config struct {
	Name        string // the function's name
	ARN         string // what the function is told it was invoked by
	Version     string // "$LATEST" or a number
	Region      string
	Handler     string
	Memory      int // MB; told to the function, not enforced
	Timeout     time.Duration
	Concurrency int               // environments at the most
	Queue       bool              // at that limit invocations wait; else they are throttled
	Command     []string          // the program of an environment and its arguments
	Dir         string            // its working directory, LAMBDA_TASK_ROOT
	Environment map[string]string // the function's own variables
	// Extension adds to each environment: variables for the process, and something that
	// runs beside it until its context ends. An error of it ends the environment.
	Extension func(api string) (map[string]string, func(context.Context) error, error)
	Log       io.Writer // gets what the function prints
}

// Limits of execution environments.
const (
	// initTimeout is how long a new environment may take until it asks for work.
	// Documented: 10 s for the init phase.
	initTimeout = 10 * time.Second
	// settleTime is how long an invocation waits for an environment that has answered but
	// not asked for work again, before it starts another. Assumed: AWS does not say.
	settleTime = 50 * time.Millisecond
)

// ErrThrottled says that all environments of the function are busy.
var ErrThrottled = errors.New("all execution environments are busy")

// A FunctionError is an invocation's failure as Lambda reports it.
type FunctionError struct {
	Type    string // such as "Runtime.ExitError"
	Message string
	// Broken says that the environment broke, rather than that the function reported an
	// error: what the client got is cut off.
	Broken bool

	duringInit bool // before the environment asked for its first event
}

func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// A Function is a running Lambda function.
type Function struct {
	config Config
	ctx    context.Context // ends with Close
	end    context.CancelFunc
	group  sync.WaitGroup // of the processes

	mu      sync.Mutex
	count   int            // environments alive
	idle    []*environment // asked for work; the last one was used last
	settled int            // environments that answered and did not ask for work yet
	waiting []chan *environment
}

// New returns a function without environments; the first invocation starts one.
func New(config Config) *Function {
	ctx, end := context.WithCancel(context.Background())
	return &Function{config: config, ctx: ctx, end: end}
}

// Prepare starts an environment before the first invocation needs it.
func (f *Function) Prepare() error {
	f.mu.Lock()
	f.count++
	f.settled++
	f.mu.Unlock()
	env := newEnvironment(f, initTimeout)
	env.state = settled // idle when it asks for its first event
	return f.launch(env)
}

// Close ends every environment and waits until their processes are gone.
func (f *Function) Close() {
	f.mu.Lock()
	f.end() // from here on nothing is launched
	f.mu.Unlock()
	f.group.Wait()
}

// A Response is what the function answers. Body must be read to its end: it ends with
// io.EOF, with a *FunctionError that the function reported in mid-stream, or with another
// error when its environment broke.
type Response struct {
	ContentType string
	Body        io.Reader
}

// Invoke runs the function on an event and returns when its response begins. The error is
// ErrThrottled, a *FunctionError, or ctx's. Once it has begun an invocation does not end
// with ctx: a caller who leaves does not stop a function.
func (f *Function) Invoke(ctx context.Context, requestID, traceID string, event []byte) (*Response, error) {
	response, err := f.invoke(ctx, requestID, traceID, event, initTimeout)
	var failed *FunctionError
	if errors.As(err, &failed) && failed.duringInit {
		// Documented: a failed init phase is tried once more as part of the invocation,
		// within the function's timeout.
		return f.invoke(ctx, requestID, traceID, event, f.config.Timeout)
	}
	return response, err
}

// invoke is one attempt. A new environment has initLimit to ask for its first event.
func (f *Function) invoke(ctx context.Context, requestID, traceID string, event []byte, initLimit time.Duration) (*Response, error) {
	inv := &invocation{id: requestID, traceID: traceID, event: event, began: make(chan *Response, 1), failed: make(chan error, 1)}
	for {
		env, err := f.acquire(ctx, initLimit)
		if err != nil {
			return nil, err
		}
		if env.run(inv) {
			break
		}
	}
	select {
	case r := <-inv.began:
		return r, nil
	case err := <-inv.failed:
		return nil, err
	case <-ctx.Done():
		go inv.discard()
		return nil, ctx.Err()
	}
}

// acquire reserves an environment for the caller: an idle one, else one that is about to
// be idle, else a new one.
func (f *Function) acquire(ctx context.Context, initLimit time.Duration) (*environment, error) {
	f.mu.Lock()
	if n := len(f.idle); n > 0 {
		env := f.idle[n-1]
		f.idle = f.idle[:n-1]
		env.state = busy
		f.mu.Unlock()
		return env, nil
	}
	full := f.count >= f.config.Concurrency
	promised := len(f.waiting) < f.settled
	if full && !f.config.Queue && !promised {
		f.mu.Unlock()
		return nil, ErrThrottled
	}
	if !full && !promised {
		f.count++
		f.mu.Unlock()
		return f.start(initLimit)
	}
	turn := make(chan *environment, 1)
	f.waiting = append(f.waiting, turn)
	f.mu.Unlock()

	var settle <-chan time.Time
	if !full {
		timer := time.NewTimer(settleTime)
		defer timer.Stop()
		settle = timer.C
	}
	var gaveUp error
	select {
	case env := <-turn:
		return f.orStart(env, initLimit)
	case <-settle:
	case <-ctx.Done():
		gaveUp = ctx.Err()
	case <-f.ctx.Done():
		gaveUp = errClosed
	}

	f.mu.Lock()
	place := slices.Index(f.waiting, turn)
	if place < 0 { // an environment came at this very moment
		f.mu.Unlock()
		return f.orStart(<-turn, initLimit)
	}
	f.waiting = slices.Delete(f.waiting, place, place+1)
	if gaveUp != nil {
		f.mu.Unlock()
		return nil, gaveUp
	}
	f.count++
	f.mu.Unlock()
	return f.start(initLimit)
}

var errClosed = errors.New("the local chain has been stopped")

// orStart takes what a waiting caller was handed: an environment, or nil for the place of
// one that ended.
func (f *Function) orStart(env *environment, initLimit time.Duration) (*environment, error) {
	if env == nil {
		return f.start(initLimit)
	}
	return env, nil
}

// start begins an environment that is counted already.
func (f *Function) start(initLimit time.Duration) (*environment, error) {
	env := newEnvironment(f, initLimit)
	if err := f.launch(env); err != nil {
		return nil, err
	}
	return env, nil
}

// launch starts an environment that is in the books already.
func (f *Function) launch(env *environment) error {
	f.mu.Lock()
	err := errClosed
	if f.ctx.Err() == nil {
		err = nil
		f.group.Add(1) // Close waits for what is being started, too
		defer f.group.Done()
	}
	f.mu.Unlock()
	if err == nil {
		if err = env.start(); err != nil {
			err = fmt.Errorf("starting an execution environment of %s: %w", f.config.Name, err)
		}
	}
	if err != nil {
		f.ended(env)
	}
	return err
}

// The states of an environment, guarded by Function.mu.
type state int

const (
	busy    state = iota // reserved, or running an invocation
	settled              // has answered and will ask for work
	idle                 // has asked for work
	gone                 // its process has ended
)

// settle says that an environment has answered.
func (f *Function) settle(env *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if env.state == busy {
		env.state = settled
		f.settled++
	}
}

// release hands an environment that asked for work to the next in line.
func (f *Function) release(env *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if env.state != settled {
		return // its first event, or it asks again
	}
	f.settled--
	if len(f.waiting) > 0 {
		env.state = busy
		f.waiting[0] <- env
		f.waiting = f.waiting[1:]
		return
	}
	env.state = idle
	f.idle = append(f.idle, env)
}

// ended takes an environment out of the books and gives its place to the next in line.
func (f *Function) ended(env *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch env.state {
	case settled:
		f.settled--
	case idle:
		f.idle = slices.DeleteFunc(f.idle, func(e *environment) bool { return e == env })
	}
	env.state = gone
	if len(f.waiting) > 0 {
		f.waiting[0] <- nil
		f.waiting = f.waiting[1:]
		return
	}
	f.count--
}
