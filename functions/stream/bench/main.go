// Command bench compares the start of the sample with that of a hello-world function, and
// prints the size of the sample's asset.
//
//	go run ./functions/stream/bench
//
// Init time is from the start of the process until it asks the runtime API for the first
// invocation, which is the part of a cold start that the code can do something about.
// Both are built as GoCode builds them. The sample is configured as when it is deployed,
// without Bedrock. They take turns, so that the moods of the machine hit both. Medians of
// the times are shown, and the median of the ratios of neighbouring turns.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// limit is what the start of the sample may cost: 1.25 times that of hello-world.
const limit = 1.25

// sizeLimit is for the zipped asset, in bytes. Lambda fetches it at every cold start.
const sizeLimit = 8e6

func main() {
	rounds := flag.Int("rounds", 101, "starts of each function")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if err := compare(ctx, max(*rounds, 1)); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, rounds int) error {
	dir, err := os.MkdirTemp("", "streamfront-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	hello, sample := filepath.Join(dir, "hello"), filepath.Join(dir, "sample")
	for binary, pkg := range map[string]string{hello: "./functions/stream/bench/hello", sample: "./functions/stream"} {
		if err := build(ctx, binary, pkg, runtime.GOOS, runtime.GOARCH); err != nil {
			return err
		}
	}
	base, other, ratio, err := compareStarts(ctx, hello, sample, rounds)
	if err != nil {
		return err
	}
	fmt.Printf("init, medians of %d starts each: hello-world %.2f ms, sample %.2f ms, ratio %.2f (at most %.2f)\n",
		rounds, milliseconds(base), milliseconds(other), ratio, limit)

	for _, goarch := range []string{"arm64", "amd64"} {
		binary := filepath.Join(dir, "bootstrap")
		if err := build(ctx, binary, "./functions/stream", "linux", goarch); err != nil {
			return err
		}
		unpacked, zipped, err := assetSize(binary)
		if err != nil {
			return err
		}
		fmt.Printf("asset, linux/%s: %.2f MB zipped (at most %.2f), %.2f MB unpacked\n",
			goarch, megabytes(zipped), sizeLimit/1e6, megabytes(unpacked))
		if zipped > sizeLimit {
			return fmt.Errorf("the zipped asset has %d bytes: want at most %d", zipped, int64(sizeLimit))
		}
	}
	if ratio > limit {
		return fmt.Errorf("the sample starts in %.2f times the time of hello-world: want at most %.2f; see GODEBUG=inittrace=1", ratio, limit)
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

func megabytes(n int64) float64 { return float64(n) / 1e6 }

func median[T int64 | float64 | time.Duration](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}
