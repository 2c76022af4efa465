// Command bench compares streamhttp with lambdaurl of aws-lambda-go, which streams
// through the same runtime client, as they run on Lambda: processes of their own, one
// invocation at a time each, against one runtime API server on loopback.
//
//	go run ./functions/streamhttp/bench
//
// An event is one Write and, where the ResponseWriter can, one Flush. "burst" writes the
// next event at once, "paced" only when the runtime API has received the one before, as a
// model does that is slower than the network. Time is per event over all streams, from
// the first event until the last has arrived. Allocations are those of the function's
// process in that time. The variants take turns; medians are shown, and the median of the
// ratios of neighbouring turns, in which the moods of the machine cancel out.
//
// A second table compares all doors with a plain server: the time from the event, or the
// request, to the first event of the stream, the time per event until the last has arrived, and
// the memory that a whole stream allocates. A stream that loses an event ends the comparison.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"text/tabwriter"
	"time"
)

const rounds = 21

// variants are compared in this order; the first one is the base of the ratios.
var variants = []string{"lambdaurl", "streamhttp"}

var workloads = []workload{
	{streams: 1, events: 5000, size: small},
	{streams: 1, events: 5000, size: usual},
	{streams: 1, events: 1000, size: usual, paced: true},
	{streams: 64, events: 200, size: usual},
	{streams: 64, events: 40, size: usual, paced: true},
}

// Chat completion chunks have some 300 bytes or more. Below 256 bytes net/http needs no
// allocation for the length of an HTTP chunk, the only one there is per event; streamhttp
// pays it then for each chunk of several events.
const (
	small = 200
	usual = 340
)

type workload struct {
	streams int
	events  int // of each stream
	size    int // bytes of an event
	paced   bool
}

func (w workload) String() string {
	if w.paced {
		return "paced"
	}
	return "burst"
}

func main() {
	if variant := os.Getenv(variantVariable); variant != "" {
		runFunction(variant)
		return
	}
	if os.Getenv(doorVariable) != "" {
		runDoor()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := compare(ctx)
	if err == nil {
		err = compareDoors(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func compare(ctx context.Context) error {
	api, err := startRuntimeAPI(ctx)
	if err != nil {
		return err
	}
	defer api.close()
	functions := make(map[string][]*environment)
	for _, variant := range variants {
		for range 64 {
			e, err := api.startEnvironment(ctx, variant)
			if err != nil {
				return err
			}
			defer e.stop()
			functions[variant] = append(functions[variant], e)
		}
	}
	// The first invocation of a process is not like the others.
	for _, variant := range variants {
		if _, err := measure(ctx, functions[variant], workload{streams: 64, events: 10, size: small}); err != nil {
			return err
		}
	}

	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	fmt.Fprintln(table, "streams\tevents\tbytes\t\tlambdaurl\tstreamhttp\tratio\tallocs\tallocs\tratio\t")
	for _, work := range workloads {
		samples := make(map[string][]sample)
		for round := range rounds {
			for turn := range variants {
				variant := variants[(round+turn)%len(variants)]
				s, err := measure(ctx, functions[variant], work)
				if err != nil {
					return fmt.Errorf("%s, %d streams, %v: %w", variant, work.streams, work, err)
				}
				samples[variant] = append(samples[variant], s)
			}
		}
		times := newComparison(samples, func(s sample) float64 { return s.microseconds })
		allocations := newComparison(samples, func(s sample) float64 { return s.allocations })
		fmt.Fprintf(table, "%d\t%d\t%d\t%v\t%.2f µs\t%.2f µs\t%.2f\t%.3f\t%.3f\t%.2f\t\n",
			work.streams, work.events, work.size, work,
			times.base, times.other, times.ratio, allocations.base, allocations.other, allocations.ratio)
	}
	return nil
}

// sample holds the figures per event of one round.
type sample struct {
	microseconds float64
	allocations  float64
}

// measure runs the streams at the same time, each in an environment of its own.
func measure(ctx context.Context, environments []*environment, work workload) (sample, error) {
	start := time.Now()
	for _, e := range environments[:work.streams] {
		e.invoke(work)
	}
	var allocations uint64
	for _, e := range environments[:work.streams] {
		r, err := e.wait(ctx)
		if err != nil {
			return sample{}, err
		}
		allocations += r.Allocations
		if work.streams == 1 { // without the way to the first event
			start = time.Now().Add(-time.Duration(r.Nanoseconds))
		}
	}
	events := float64(work.streams * work.events)
	return sample{
		microseconds: float64(time.Since(start).Nanoseconds()) / 1e3 / events,
		allocations:  float64(allocations) / events,
	}, nil
}

// comparison holds medians of one figure, and of its ratio in each round.
type comparison struct {
	base, other, ratio float64
}

func newComparison(samples map[string][]sample, figure func(sample) float64) comparison {
	var base, other, ratio []float64
	for i, b := range samples[variants[0]] {
		o := samples[variants[1]][i]
		base = append(base, figure(b))
		other = append(other, figure(o))
		ratio = append(ratio, figure(o)/figure(b))
	}
	return comparison{median(base), median(other), median(ratio)}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
