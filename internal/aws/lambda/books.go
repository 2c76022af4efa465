package lambda

import (
	"slices"
	"time"
)

// books are what Function knows of an environment; Function.mu guards them. Each slot of
// an environment is busy (reserved, or running an invocation), settled (has answered, or is
// new, and will ask for work) or idle (has asked for work).
type books struct {
	launched bool // its process has been started, or could not be
	asked    bool // has asked for its first event
	reserved bool // was started for an invocation, which its first request will get
	ended    bool
	settled  int // slots
	starting int // slots of them that Function.starting counts
}

// add puts a new environment into the books, with so many of its slots reserved. The
// caller has the lock.
func (f *Function) add(reserved int, initLimit time.Duration) *environment {
	slots := f.slots()
	env := newEnvironment(f, slots, initLimit)
	env.books = books{reserved: reserved > 0, settled: slots - reserved}
	f.count += slots
	f.settled += env.books.settled
	f.promise(env)
	return env
}

// settle says that a slot of the environment has answered.
func (f *Function) settle(env *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !env.books.ended {
		env.books.settled++
		f.settled++
	}
}

// release hands a slot that asked for work to the next in line.
func (f *Function) release(env *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := &env.books
	if !b.asked {
		b.asked = true
		f.hasAsked(env)
		if b.reserved {
			return
		}
	}
	if b.settled == 0 {
		return // it has ended, or asks again
	}
	b.settled--
	f.settled--
	f.keepPromise(env)
	if len(f.waiting) > 0 {
		f.handOver(env)
		return
	}
	f.idle = append(f.idle, env)
}

// withdraw says that a slot does not ask for work any more; mostly because its process is
// about to end.
func (f *Function) withdraw(env *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := slices.Index(f.idle, env); i >= 0 {
		f.idle = slices.Delete(f.idle, i, i+1)
		env.books.settled++
		f.settled++
	}
}

// ended takes an environment out of the books and gives its place to the next in line.
func (f *Function) ended(env *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := &env.books
	f.settled -= b.settled
	f.stopWaitingFor(env)
	f.count -= env.slots
	b.settled, b.ended = 0, true
	f.idle = slices.DeleteFunc(f.idle, func(e *environment) bool { return e == env })
	if len(f.waiting) > 0 {
		f.handOver(f.add(1, f.waiting[0].initLimit))
	}
}

// handOver gives a slot of the environment to the first in line.
func (f *Function) handOver(env *environment) {
	f.waiting[0].turn <- env
	f.waiting = f.waiting[1:]
}
