// Package cost computes the costs of the doors of docs/which-front.md from prices with their
// dates, and writes them as Markdown tables.
package cost

import (
	"errors"
	"fmt"
	"strings"
)

// Usual is the Workload of the pages.
var Usual = Workload{Requests: million, In: 1 << 10, Out: 4 << 10, Seconds: 15, Memory: 128, Messages: 10}

// Validate reports what of the workload cannot be.
func (w Workload) Validate() error {
	switch {
	case w.Requests <= 0 || w.Seconds <= 0 || w.Memory <= 0 || w.Messages < 1:
		return fmt.Errorf("requests %v, seconds %v and memory %v must be over 0, messages %v at least 1", w.Requests, w.Seconds, w.Memory, w.Messages)
	case w.In < 0 || w.Out < 0:
		return fmt.Errorf("in is %v and out %v; want numbers of bytes", w.In, w.Out)
	case w.Out > bodies:
		return errors.New("out is over 6 MB, where Lambda asks for streamed bytes whose price is not known for both regions; take less")
	}
	return nil
}

// Report compares the doors in both regions, and lists the prices.
func Report(w Workload) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s requests a month, %s in, %s out, %v s each, %v MB of memory (arm64), %v messages through a WebSocket API:\n\n",
		count(w.Requests), size(w.In), size(w.Out), w.Seconds, w.Memory, w.Messages)
	b.WriteString("| door |")
	for _, r := range regions {
		fmt.Fprintf(&b, " %s, $ a month | a million more requests, $ | 1,000 streamed minutes more, $ |", r)
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", 3*len(regions)) + "\n")
	for _, d := range doors {
		fmt.Fprintf(&b, "| %s |", d.name)
		for _, r := range regions {
			each := d.each(w, r)
			fmt.Fprintf(&b, " %.2f | %.2f | %.3f |", d.month(r)+each, each/w.Requests*million, 1000*d.minute(w, r))
		}
		b.WriteString("\n")
	}
	first, tasks := doors[0], doors[len(doors)-1]
	large := w
	large.Memory = 4 * w.Memory
	b.WriteString("\n")
	for _, r := range regions {
		fmt.Fprintf(&b, "In %s two tasks cost less than the first door from %s requests a month on, with %v MB from %s (as far as two tasks serve them).\n",
			r, count(round(breakEven(first, tasks, w, r))), large.Memory, count(round(breakEven(first, tasks, large, r))))
	}
	b.WriteString("\n| price, $ | for each | us-east-1 | ap-northeast-1 | known from |\n|---|---|---:|---:|---|\n")
	for _, p := range prices {
		fmt.Fprintf(&b, "| %s | %s | %v | %v | %s |\n", p.item, p.unit, number(p.usEast), number(p.tokyo), p.known)
	}
	return b.String()
}

// number has no exponent.
func number(f float64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.10f", f), "0"), ".")
}

func round(f float64) float64 { return float64(int(f/1e4+0.5)) * 1e4 }

func count(f float64) string {
	digits := fmt.Sprintf("%.0f", f)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func size(bytes float64) string {
	if bytes >= 1<<20 {
		return number(bytes/(1<<20)) + " MB"
	}
	return number(bytes/(1<<10)) + " KB"
}
