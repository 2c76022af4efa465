package lambda

import (
	"strconv"
	"time"
)

// An environment that is shared takes several invocations at once, which is for load tests: the
// tests need fewer processes. On AWS only Lambda Managed Instances do so. Everything else in this
// package holds for one slot as for many.
//
// Source: AWS Lambda Developer Guide, "Understanding the Lambda Managed Instances execution
// environment".

// askTime is how long after its first request for an event an environment may take to ask for
// the others that it has slots for, while invocations wait for these. A runtime that does not
// know AWS_LAMBDA_MAX_CONCURRENCY never does.
const askTime = time.Second

func (e *environment) shared() bool { return e.slots > 1 }

// slots returns how many a new environment has. The limit of the function's concurrency may
// leave it fewer than others. The caller has the lock.
func (f *Function) slots() int {
	return max(1, min(f.config.EnvironmentConcurrency, f.config.Concurrency-f.count))
}

// variable adds the variable by which the process learns how many events to ask for.
func (e *environment) variable(vars map[string]string) {
	if e.shared() {
		vars["AWS_LAMBDA_MAX_CONCURRENCY"] = strconv.Itoa(e.slots)
	}
}

// promise lets invocations wait for the slots of a new environment that nobody has reserved,
// rather than start environments of their own. The caller has the lock, here and below.
func (f *Function) promise(env *environment) {
	env.books.starting = env.slots - 1
	f.starting += env.books.starting
}

// hasAsked says that the environment has asked for its first event.
func (f *Function) hasAsked(env *environment) {
	if env.books.starting > 0 {
		time.AfterFunc(askTime, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.stopWaitingFor(env)
		})
	}
}

// keepPromise says that a slot asked for work.
func (f *Function) keepPromise(env *environment) {
	if env.books.starting > 0 {
		env.books.starting--
		f.starting--
	}
}

// stopWaitingFor forgets the slots that did not ask.
func (f *Function) stopWaitingFor(env *environment) {
	f.starting -= env.books.starting
	env.books.starting = 0
}
