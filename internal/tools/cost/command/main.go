// Command command prints what the doors of docs/which-front.md cost for a workload. Without
// arguments it prints the figures of that page.
//
//	go run ./internal/tools/cost/command -memory 512 -seconds 30
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/streamfront/streamfront/internal/tools/cost"
)

func main() {
	w := cost.Usual
	flag.Float64Var(&w.Requests, "requests", w.Requests, "requests a month")
	flag.Float64Var(&w.In, "in", w.In, "bytes of a request")
	flag.Float64Var(&w.Out, "out", w.Out, "bytes of a response, up to 6 MB")
	flag.Float64Var(&w.Seconds, "seconds", w.Seconds, "seconds that a response lasts")
	flag.Float64Var(&w.Memory, "memory", w.Memory, "MB of memory of the function")
	flag.Float64Var(&w.Messages, "messages", w.Messages, "messages of a response through a WebSocket API")
	flag.Parse()
	if err := w.Validate(); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
	fmt.Print(cost.Report(w))
}
