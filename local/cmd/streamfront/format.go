package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/streamfront/streamfront/local"
)

// format writes a request as one line, and one for each hop.
func format(t local.Trace) string {
	var b strings.Builder
	status := fmt.Sprint(t.Status)
	if t.Status == 0 {
		status = "no answer"
	}
	fmt.Fprintf(&b, "%s %s  %s  %s\n", t.Method, t.Target, status, round(t.Took))
	for _, h := range t.Hops {
		fmt.Fprintf(&b, "  %-15s %9s  %s\n", h.Name, round(h.Took), h.Decision)
		for line := range strings.Lines(h.Detail) {
			fmt.Fprintf(&b, "  %-15s %9s  | %s\n", "", "", strings.TrimRight(line, "\n"))
		}
	}
	return b.String()
}

func round(d time.Duration) time.Duration {
	switch {
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > time.Millisecond:
		return d.Round(10 * time.Microsecond)
	default:
		return d.Round(time.Microsecond)
	}
}
