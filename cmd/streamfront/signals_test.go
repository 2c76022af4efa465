//go:build unix

package main

import (
	"syscall"
	"testing"
	"time"
)

// A signal that comes twice at once, as timeout(1) sends it to process and group, is one: the
// command ends in its own time. Not in parallel: the signals are for this process.
func TestASignalThatComesTwice(t *testing.T) {
	ctx := untilSignal()
	for range 2 {
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Minute):
			t.Fatal("the command goes on")
		}
	}
}
