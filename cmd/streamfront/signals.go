package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// untilSignal returns a context that ends when the command is asked to end: by Ctrl-C, by
// SIGTERM, or by SIGHUP, when the terminal is closed. A second Ctrl-C or SIGTERM ends the
// process, whatever it is doing. A second SIGHUP does not: shell and system often send one
// each.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		<-signals
		cancel()
		<-time.After(oneSignal)
		signal.Reset(os.Interrupt, syscall.SIGTERM)
	}()
	return ctx
}

// oneSignal is how long after the first signal others are the same one: timeout(1) sends it to
// the process and to its group. People are slower.
const oneSignal = 300 * time.Millisecond

// whileRead returns a context that ends, too, when nobody reads the output any more, as in
// 'run | head'. Without it the first write after that would end the process at once, with all
// that it has started left behind. stop must be called when there is nothing more to write.
//
// The signal itself says nothing: to a process that asks for it, it also reports each viewer
// that disconnects in the middle of an answer.
func whileRead(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	unread := make(chan os.Signal, 1)
	signal.Notify(unread, syscall.SIGPIPE)
	go func() {
		awaitUnread(ctx, os.Stdout)
		cancel()
	}()
	return ctx, func() {
		signal.Stop(unread)
		cancel()
	}
}
