// Command cost computes what the doors of docs/which-front.md cost, from prices that have their
// dates beside them, and prints tables in Markdown. Without arguments it prints those of the
// page.
//
//	go run ./internal/tools/cost -memory 512 -seconds 30
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// usual is the workload of the page.
var usual = workload{requests: million, in: 1 << 10, out: 4 << 10, seconds: 15, memory: 128, messages: 10}

func main() {
	w := usual
	flag.Float64Var(&w.requests, "requests", w.requests, "requests a month")
	flag.Float64Var(&w.in, "in", w.in, "bytes of a request")
	flag.Float64Var(&w.out, "out", w.out, "bytes of a response, up to 6 MB")
	flag.Float64Var(&w.seconds, "seconds", w.seconds, "seconds that a response lasts")
	flag.Float64Var(&w.memory, "memory", w.memory, "MB of memory of the function")
	flag.Float64Var(&w.messages, "messages", w.messages, "messages of a response through a WebSocket API")
	flag.Parse()
	if err := run(os.Stdout, w); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, w workload) error {
	if err := w.validate(); err != nil {
		return err
	}
	_, err := io.WriteString(out, report(w))
	return err
}

func (w workload) validate() error {
	switch {
	case w.requests <= 0 || w.seconds <= 0 || w.memory <= 0 || w.messages < 1:
		return fmt.Errorf("requests %v, seconds %v and memory %v must be over 0, messages %v at least 1", w.requests, w.seconds, w.memory, w.messages)
	case w.in < 0 || w.out < 0:
		return fmt.Errorf("in is %v and out %v; want numbers of bytes", w.in, w.out)
	case w.out > bodies:
		return errors.New("out is over 6 MB, where Lambda asks for streamed bytes whose price is not known for both regions; take less")
	}
	return nil
}

func report(w workload) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s requests a month, %s in, %s out, %v s each, %v MB of memory (arm64), %v messages through a WebSocket API:\n\n",
		count(w.requests), size(w.in), size(w.out), w.seconds, w.memory, w.messages)
	b.WriteString("| door |")
	for _, r := range regions {
		fmt.Fprintf(&b, " %s, $ a month | a million more requests, $ | 1,000 streamed minutes more, $ |", r)
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", 3*len(regions)) + "\n")
	for _, d := range doors {
		fmt.Fprintf(&b, "| %s |", d.name)
		for _, r := range regions {
			each := d.each(w, r)
			fmt.Fprintf(&b, " %.2f | %.2f | %.3f |", d.month(r)+each, each/w.requests*million, 1000*d.minute(w, r))
		}
		b.WriteString("\n")
	}
	first, tasks := doors[0], doors[len(doors)-1]
	large := w
	large.memory = 4 * w.memory
	b.WriteString("\n")
	for _, r := range regions {
		fmt.Fprintf(&b, "In %s two tasks cost less than the first door from %s requests a month on, with %v MB from %s (as far as two tasks serve them).\n",
			r, count(round(breakEven(first, tasks, w, r))), large.memory, count(round(breakEven(first, tasks, large, r))))
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
