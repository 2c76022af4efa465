package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/streamfront/streamfront/local"
)

// latency measures how long an event takes from the function's write to the client on an
// idle machine. The function says when it has written: it asks a server here.
func latency(ctx context.Context, assembly, dir string) error {
	gate := make(chan time.Time, 2) // a stream asks twice
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { gate <- time.Now() }))
	defer server.Close()

	function := filepath.Join(dir, "function")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", function, "./local/testdata/function").CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	direct, stop, err := serveDirectly(ctx, function)
	if err != nil {
		return err
	}
	defer stop()
	chain, err := start(ctx, assembly, dir, change{routes: 1, function: function})
	if err != nil {
		return err
	}
	defer chain.Close()

	const rounds = 100
	var alone, through []time.Duration
	for range rounds {
		for url, times := range map[string]*[]time.Duration{direct: &alone, chain.URL(): &through} {
			took, err := event(ctx, url, server.URL, gate)
			if err != nil {
				return err
			}
			*times = append(*times, took)
		}
	}
	a, b := median(alone), median(through)
	row(rounds, a, b, b-a)
	return nil
}

// event opens a stream and returns when its first line came, measured from when the
// function had written it.
func event(ctx context.Context, url, gateURL string, gate <-chan time.Time) (time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/gate", nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("X-Gate", gateURL)
	resp, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)
	if _, err := lines.ReadString('\n'); err != nil {
		return 0, err
	}
	came := time.Now()
	written := <-gate
	_, err = lines.ReadString('\n')
	if err == nil {
		<-gate // the stream's second question
	}
	return came.Sub(written), err
}

// startup compares the time from the start of the chain to its first answer with the
// build of the function that is part of it where host and function differ.
func startup(ctx context.Context, assembly, dir string) error {
	begin := time.Now()
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, "again"), "./functions/stream").CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	build := time.Since(begin)
	begin = time.Now()
	chain, err := local.Start(ctx, local.Options{Assembly: assembly})
	if err != nil {
		return err
	}
	defer chain.Close()
	if _, err := timed(chain.URL() + "/healthz"); err != nil {
		return err
	}
	whole := time.Since(begin)
	fmt.Printf("\nstart to first answer: %s; a build of the function alone, its cache warm: %s\n",
		whole.Round(time.Millisecond), build.Round(time.Millisecond))
	return nil
}
