// Command flood prints what a flood costs behind a guard. Without arguments it prints the figures
// of docs/flood.md.
//
//	go run ./internal/tools/cost/flood -concurrency 50 -dollars 15
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/streamfront/streamfront/internal/tools/cost"
)

func main() {
	g := cost.Defaults
	flag.Float64Var(&g.Memory, "memory", g.Memory, "MB of memory of the function")
	flag.Float64Var(&g.Concurrency, "concurrency", g.Concurrency, "executions that are reserved for the function")
	flag.Float64Var(&g.Rate, "rate", g.Rate, "requests that an IP address may send in five minutes")
	flag.Float64Var(&g.Keys, "keys", g.Keys, "keys that are in the wrong hands")
	flag.Float64Var(&g.Requests, "requests", g.Requests, "requests that a key may send in a day")
	flag.Float64Var(&g.Tokens, "tokens", g.Tokens, "tokens that a key may use in a day")
	flag.Float64Var(&g.MaxTokens, "max-tokens", g.MaxTokens, "tokens of an answer")
	flag.Float64Var(&g.Seconds, "seconds", g.Seconds, "seconds that an answer may last")
	flag.Float64Var(&g.PerSecond, "per-second", g.PerSecond, "tokens that the model writes in a second, for each answer")
	flag.Float64Var(&g.Dollars, "dollars", g.Dollars, "dollars that a million tokens of the model cost")
	flag.Parse()
	if err := g.Validate(); err != nil {
		fmt.Fprintln(os.Stderr, "flood:", err)
		os.Exit(1)
	}
	fmt.Print(cost.Flood(g))
}
