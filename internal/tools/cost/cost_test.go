package main

import (
	"math"
	"os"
	"strings"
	"testing"
)

// The page's tables are the output of this command.
func TestPageIsFresh(t *testing.T) {
	const path, begin, end = "../../../docs/which-front.md", "<!-- make cost -->\n", "<!-- end of make cost -->"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), begin)
	got, _, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no %q and %q", path, begin, end)
	}
	if got != report(usual) {
		t.Errorf("%s is not what 'make cost' prints; run it, and put its output between the marks:\n%s", path, report(usual))
	}
}

// By hand, from the prices and the workload: 15 s of 128 MB are 1.875 GB-s, 25.00 dollars a
// million, and 0.20 for the invocations; 4 KB are 3.81 GB a million.
func TestCosts(t *testing.T) {
	many := usual
	many.messages = 300
	for _, test := range []struct {
		door string
		w    workload
		want float64
	}{
		{"CloudFront, function URL, signer", usual, 27.26},
		{"CloudFront, function URL, hash by the client", usual, 26.64},
		{"function URL", usual, 25.54},
		{"REST API, streamed", usual, 29.04},
		{"HTTP API", usual, 26.54},
		{"WebSocket API", usual, 36.61 + 0.20},
		{"WebSocket API", many, 326.61 + 0.20},
		{"load balancer, Lambda", usual, 25.54 + 16.43 + 7.30 + 0.09},
		{"load balancer, two tasks of 0.25 vCPU", usual, 0.34 + 16.43 + 7.30 + 14.42 + 7.30 + 0.09},
	} {
		found := false
		for _, d := range doors {
			if d.name == test.door {
				found = true
				if got := d.month(usEast) + d.each(test.w, usEast); math.Abs(got-test.want) > 0.015 {
					t.Errorf("%s: %.3f dollars, want %.2f", d.name, got, test.want)
				}
			}
		}
		if !found {
			t.Errorf("there is no door %q", test.door)
		}
	}
}

// A minute of 128 MB is 7.5 GB-s: a ten-thousandth of a dollar.
func TestStreamedMinute(t *testing.T) {
	url := doors[2]
	if got, want := url.minute(usual, usEast), 60*0.125*0.0000133334+16384.0/(1<<30)*0.09; math.Abs(got-want) > 1e-9 {
		t.Errorf("a streamed minute costs %v, want %v", got, want)
	}
}

// Where the two lines cross, both cost the same.
func TestBreakEven(t *testing.T) {
	first, tasks := doors[0], doors[len(doors)-1]
	w := usual
	w.requests = breakEven(first, tasks, usual, tokyo)
	if a, b := first.each(w, tokyo), tasks.each(w, tokyo)+tasks.month(tokyo); math.Abs(a-b) > 0.01 {
		t.Errorf("at %.0f requests %.2f and %.2f dollars", w.requests, a, b)
	}
}

func TestWorkloadIsChecked(t *testing.T) {
	for want, change := range map[string]func(*workload){
		"must be over 0":   func(w *workload) { w.seconds = 0 },
		"numbers of bytes": func(w *workload) { w.in = -1 },
		"over 6 MB":        func(w *workload) { w.out = 7 << 20 },
	} {
		w := usual
		change(&w)
		if err := run(new(strings.Builder), w); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
	}
}

func TestEveryPriceIsDated(t *testing.T) {
	for _, p := range prices {
		if p.known == "" || p.usEast <= 0 || p.tokyo <= 0 {
			t.Errorf("%s: %v, %v, %q", p.item, p.usEast, p.tokyo, p.known)
		}
	}
}
