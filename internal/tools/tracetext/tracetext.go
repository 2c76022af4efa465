// Package tracetext formats the trace of a request as text, for terminals and test logs.
package tracetext

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/tools/terminal"
	"github.com/streamfront/streamfront/internal/trace"
)

// Format writes a request as one line, and one for each hop that decides something; after a
// refusal what is known about its cause, and where the page shows all of it. page is the
// address of the trace page; "" for none.
func Format(out *terminal.Stream, page string, t trace.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s  %s  %s\n", out.Paint(terminal.Escape(t.Method), terminal.Bold), terminal.Escape(t.Target), status(out, t.Status), round(t.Took))
	wrong := t.Cause() != ""
	for _, h := range t.Hops {
		if h.Minor {
			continue
		}
		style := terminal.Dim
		if h.Refused {
			style, wrong = terminal.Red, true
		}
		// The columns of one request must be those of the next, so that no table can measure them.
		name := out.Paint(fmt.Sprintf("%-15s %9s", h.Name, round(h.Took)), style)
		decision := terminal.Escape(h.Decision)
		if decision == "" {
			decision = "under way"
		}
		if h.Refused {
			decision = out.Paint(decision, terminal.Red)
		}
		fmt.Fprintf(&b, "  %s  %s\n", name, decision)
		for _, line := range details(&t, &h) {
			fmt.Fprintf(&b, "  %-15s %9s  | %s\n", "", "", terminal.Escape(line))
		}
	}
	if c := causes.Get(causes.ID(t.Cause())); c != nil {
		const first, fix, rest = "  cause  ", "  fix    ", "         "
		fmt.Fprintln(&b, terminal.Wrap(fmt.Sprintf("%s (%s)", c.Title, c.ID), out.Width(), first, rest))
		fmt.Fprintln(&b, terminal.Wrap(t.Fix(), out.Width(), fix, rest))
	}
	if wrong && page != "" {
		fmt.Fprintf(&b, "  trace  %s\n", out.Paint(page+"#"+url.QueryEscape(t.ID), terminal.Cyan))
	}
	return b.String()
}

// details are the lines below a hop: where the canonical requests differ, if both are
// known, else what the hop says.
func details(t *trace.Request, h *trace.Hop) (lines []string) {
	if h.Refused && h.Canonical != "" {
		compared, known := t.Signature()
		for _, l := range compared {
			if known && l.Differs {
				lines = append(lines, fmt.Sprintf("%s: signed %q, computed %q", l.Part, l.Signed, l.Computed))
			}
		}
	}
	if lines == nil && h.Detail != "" {
		lines = strings.Split(strings.TrimRight(h.Detail, "\n"), "\n")
	}
	return lines
}

func status(out *terminal.Stream, status int) string {
	switch {
	case status == 0:
		return out.Paint("no answer", terminal.Red)
	case status >= 500:
		return out.Paint(fmt.Sprint(status), terminal.Red)
	case status >= 400:
		return out.Paint(fmt.Sprint(status), terminal.Yellow)
	default:
		return out.Paint(fmt.Sprint(status), terminal.Green)
	}
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
