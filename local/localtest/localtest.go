// Package localtest runs a synthesized cloud assembly for the length of a test.
//
//	func TestChatStreams(t *testing.T) {
//		chain := localtest.New(t, local.Options{Assembly: "../cdk.out"})
//		resp, err := http.Post(chain.URL()+"/v1/chat", "application/json", strings.NewReader(`{}`))
//		...
//	}
//
// A test that fails shows the way of the requests that failed: what each hop decided, and for
// a refusal its cause and what to do.
package localtest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/streamfront/streamfront/internal/tools/terminal"
	"github.com/streamfront/streamfront/internal/tools/tracetext"
	"github.com/streamfront/streamfront/local"
)

// New starts the chain that the options describe, and closes it when the test and its subtests
// end, after the cleanups that were registered later. If the chain does not start, the test
// fails with the reason and ends.
//
// If the test fails, its output shows the last requests that failed, which are those that got a
// status of 400 or more or no answer, and those that a hop refused; and the requests that were
// under way at its end. What functions print goes there, too, unless Options.Log is set.
// Options.Trace is called as usual.
func New(t testing.TB, options local.Options) *local.Chain {
	t.Helper()
	if options.Log == nil {
		options.Log = t.Output()
	}
	failed := &failures{}
	tell := options.Trace
	options.TraceDetails = true // which says how signatures differ
	options.Trace = func(trace local.Trace) {
		failed.add(trace)
		if tell != nil {
			tell(trace)
		}
	}
	// The context of a test ends before its cleanups, which may still call the chain.
	chain, err := local.Start(context.WithoutCancel(t.Context()), options)
	if err != nil {
		t.Fatalf("the chain does not start: %v", err)
	}
	t.Cleanup(func() {
		running := chain.Running()
		chain.Close() // after which there are no calls of Trace
		if t.Failed() {
			out := terminal.New(t.Output(), t.Output(), noEnvironment).Out
			failed.write(out, running)
		}
	})
	return chain
}

// noEnvironment keeps colours out of the output of tests.
func noEnvironment(string) string { return "" }

// shown is how many requests a test that fails shows. A load test may have thousands.
const shown = 20

// failures are the last requests that failed, the oldest first.
type failures struct {
	last    []local.Trace
	dropped int
}

func (f *failures) add(t local.Trace) {
	if !failed(t) {
		return
	}
	f.last = append(f.last, t)
	if len(f.last) > shown {
		f.last, f.dropped = f.last[1:], f.dropped+1
	}
}

func failed(t local.Trace) bool {
	if t.Status == 0 || t.Status >= 400 {
		return true
	}
	for _, hop := range t.Hops {
		if hop.Refused {
			return true
		}
	}
	return false
}

// write writes the failures but those of requests that were running when the test ended, which
// failed since it did, and then these requests.
func (f *failures) write(out *terminal.Stream, running []local.Trace) {
	if f.dropped > 0 {
		fmt.Fprintf(out, "%d requests failed; the last %d:\n", f.dropped+len(f.last), len(f.last))
	}
	for _, t := range f.last {
		if !slices.ContainsFunc(running, func(r local.Trace) bool { return r.ID == t.ID }) {
			fmt.Fprint(out, tracetext.Format(out, "", t))
		}
	}
	for i, t := range running {
		if i == 0 {
			fmt.Fprintln(out, "under way when the test ended:")
		}
		fmt.Fprint(out, tracetext.Format(out, "", t))
	}
}
