// Package lambda runs Lambda functions as processes on this machine. Execution environments start
// on demand, serve one invocation at a time (or as many as they are configured to) and are reused;
// each has its own runtime API. A Go bootstrap and a Lambda@Edge function in Node.js are run in
// the same way.
//
// Source: AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle"
// and "Using the Lambda runtime API for custom runtimes".
package lambda

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Config describes a function.
type Config struct {
	Name        string // the function's name
	ARN         string // by which the function was invoked
	Version     string // "$LATEST" or a number
	Region      string
	Handler     string
	Memory      int // MB; the function sees it, nothing enforces it
	Timeout     time.Duration
	Concurrency int               // invocations at once at most
	Queue       bool              // at that limit invocations wait; else they are throttled
	Command     []string          // the program of an environment and its arguments
	Dir         string            // its working directory, LAMBDA_TASK_ROOT
	Environment map[string]string // the function's own variables
	// Extension adds to each environment: variables for the process, and something that
	// runs beside it until the context ends, with the process. An error of it ends the
	// environment.
	Extension func(ctx context.Context, api string) (map[string]string, func() error, error)
	Log       *Log // gets what the function prints; nil: nobody does
	// EnvironmentConcurrency is how many invocations an environment takes at once; 0 is 1.
	// With more, for load tests, the process has to ask for so many events at once.
	EnvironmentConcurrency int
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
	// afterFunc is time.AfterFunc, for the timeouts of invocations.
	afterFunc func(time.Duration, func()) *time.Timer

	// The books count slots: what the environments alive can take at once.
	mu       sync.Mutex
	count    int            // slots in all
	idle     []*environment // one for each slot that asked for work; the last one was used last
	settled  int            // slots that answered, or are new, and did not ask for work yet
	starting int            // those of them whose environment has just started
	waiting  []*place       // invocations in line
}

// A place in line is that of an invocation which waits for a slot.
type place struct {
	turn      chan *environment // gets the environment, reserved for the invocation
	initLimit time.Duration     // of the environment if it is a new one
}

// New returns a function without environments; the first invocation starts one.
func New(config Config) *Function {
	ctx, end := context.WithCancel(context.Background())
	return &Function{config: config, ctx: ctx, end: end, afterFunc: time.AfterFunc}
}

// Prepare starts an environment before the first invocation needs it.
func (f *Function) Prepare() error {
	f.mu.Lock()
	env := f.add(0, initTimeout)
	f.mu.Unlock()
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
// with ctx: a caller that disconnects does not stop a function.
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
	inv := newInvocation(requestID, traceID, event)
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

// acquire reserves a slot for the caller: one of an environment that is idle, else of one
// that is about to be, else of a new one.
func (f *Function) acquire(ctx context.Context, initLimit time.Duration) (*environment, error) {
	f.mu.Lock()
	if n := len(f.idle); n > 0 {
		env := f.idle[n-1]
		f.idle = f.idle[:n-1]
		f.mu.Unlock()
		return env, nil
	}
	full := f.count >= f.config.Concurrency
	promised := len(f.waiting) < f.settled
	if full && !f.waits(ctx) && !promised {
		f.mu.Unlock()
		return nil, ErrThrottled
	}
	if !full && !promised {
		env := f.add(1, initLimit)
		f.mu.Unlock()
		return env, f.launch(env)
	}
	p := &place{turn: make(chan *environment, 1), initLimit: initLimit}
	f.waiting = append(f.waiting, p)
	f.mu.Unlock()
	return f.await(ctx, p, full)
}

// await waits until it is the place's turn, or for a promised slot until it is late.
func (f *Function) await(ctx context.Context, p *place, full bool) (*environment, error) {
	var settle <-chan time.Time
	if !full {
		ticker := time.NewTicker(settleTime)
		defer ticker.Stop()
		settle = ticker.C
	}
	for {
		var gaveUp error
		select {
		case env := <-p.turn:
			return env, f.launch(env)
		case <-settle:
		case <-ctx.Done():
			gaveUp = ctx.Err()
		case <-f.ctx.Done():
			gaveUp = errClosed
		}
		f.mu.Lock()
		i := slices.Index(f.waiting, p)
		switch {
		case i < 0: // its turn came at this very moment
			f.mu.Unlock()
			env := <-p.turn
			return env, f.launch(env)
		case gaveUp != nil:
			f.waiting = slices.Delete(f.waiting, i, i+1)
			f.mu.Unlock()
			return nil, gaveUp
		case i < f.starting || f.count >= f.config.Concurrency:
			f.mu.Unlock() // a new environment is slower, or there cannot be one
		default:
			f.waiting = slices.Delete(f.waiting, i, i+1)
			env := f.add(1, p.initLimit)
			f.mu.Unlock()
			return env, f.launch(env)
		}
	}
}

var errClosed = errors.New("the local chain has been stopped")

// launch starts an environment that is in the books already, unless it runs.
func (f *Function) launch(env *environment) error {
	f.mu.Lock()
	if env.books.launched {
		f.mu.Unlock()
		return nil
	}
	env.books.launched = true
	err := errClosed
	if f.ctx.Err() == nil {
		err = nil
		f.group.Add(1) // Close waits for what is being started, too
		defer f.group.Done()
	}
	f.mu.Unlock()
	if err == nil {
		if err = env.start(); err != nil {
			err = fmt.Errorf("starting an execution environment of %s: %w", f.config.Name, explain(err))
		}
	}
	if err != nil {
		f.ended(env)
	}
	return err
}

// explain says what to do against an error of the machine.
func explain(err error) error {
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		return fmt.Errorf("%w: each stream needs several; raise the limit ('ulimit -n')", err)
	}
	return err
}
