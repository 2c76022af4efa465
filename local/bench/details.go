package main

import (
	"context"
	"time"
)

// details compares a small request with and without the recording of headers, sizes and
// canonical requests, alternately on two chains.
func details(ctx context.Context, assembly, dir string) error {
	const rounds = 600
	var urls []string
	for _, recorded := range []bool{false, true} {
		chain, err := start(ctx, assembly, dir, change{routes: 1, delay: "0s", details: recorded})
		if err != nil {
			return err
		}
		defer chain.Close()
		urls = append(urls, chain.URL()+"/healthz")
	}
	took := make([][]time.Duration, len(urls))
	for i := range rounds {
		for j := range urls {
			at := (i + j) % len(urls) // neither is always the first
			t, err := timed(urls[at])
			if err != nil {
				return err
			}
			took[at] = append(took[at], t)
		}
	}
	a, b := median(took[0]), median(took[1])
	header("trace", "hops", "all details", "difference")
	row(rounds, a, b, b-a)
	return nil
}
