package cost

import (
	"math"
	"strings"
	"testing"
)

// By hand, from the prices and the Workload: 15 s of 128 MB are 1.875 GB-s, 25.00 dollars a
// million, and 0.20 for the invocations; 4 KB are 3.81 GB a million.
func TestCosts(t *testing.T) {
	many := Usual
	many.Messages = 300
	for _, test := range []struct {
		door string
		w    Workload
		want float64
	}{
		{"CloudFront, function URL, signer", Usual, 27.26},
		{"CloudFront, function URL, hash by the client", Usual, 26.64},
		{"function URL", Usual, 25.54},
		{"REST API, streamed", Usual, 29.04},
		{"HTTP API", Usual, 26.54},
		{"WebSocket API", Usual, 36.61 + 0.20},
		{"WebSocket API", many, 326.61 + 0.20},
		{"load balancer, Lambda", Usual, 25.54 + 16.43 + 7.30 + 0.09},
		{"load balancer, two tasks of 0.25 vCPU", Usual, 0.34 + 16.43 + 7.30 + 14.42 + 7.30 + 0.09},
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
	if got, want := url.minute(Usual, usEast), 60*0.125*0.0000133334+16384.0/(1<<30)*0.09; math.Abs(got-want) > 1e-9 {
		t.Errorf("a streamed minute costs %v, want %v", got, want)
	}
}

// Where the two lines cross, both cost the same.
func TestBreakEven(t *testing.T) {
	first, tasks := doors[0], doors[len(doors)-1]
	w := Usual
	w.Requests = breakEven(first, tasks, Usual, tokyo)
	if a, b := first.each(w, tokyo), tasks.each(w, tokyo)+tasks.month(tokyo); math.Abs(a-b) > 0.01 {
		t.Errorf("at %.0f requests %.2f and %.2f dollars", w.Requests, a, b)
	}
}

func TestWorkloadIsChecked(t *testing.T) {
	for want, change := range map[string]func(*Workload){
		"must be over 0":   func(w *Workload) { w.Seconds = 0 },
		"numbers of bytes": func(w *Workload) { w.In = -1 },
		"over 6 MB":        func(w *Workload) { w.Out = 7 << 20 },
	} {
		w := Usual
		change(&w)
		if err := w.Validate(); err == nil || !strings.Contains(err.Error(), want) {
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

// Each name of a door, price, unit and source has its Japanese.
func TestEveryNameHasItsJapanese(t *testing.T) {
	for _, d := range doors {
		if japanese[d.name] == "" {
			t.Errorf("japanese has no %q", d.name)
		}
	}
	for _, p := range prices {
		for _, name := range []string{p.item, p.unit, p.known} {
			if japanese[name] == "" {
				t.Errorf("japanese has no %q", name)
			}
		}
	}
}
