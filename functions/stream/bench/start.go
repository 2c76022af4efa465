package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// startTimeout is for one process to ask for its first invocation.
const startTimeout = 30 * time.Second

// compareStarts returns the medians of the init times of two bootstraps, and of the ratio
// of the second one to the first in each round.
func compareStarts(ctx context.Context, first, second string, rounds int) (base, other time.Duration, ratio float64, err error) {
	api, err := listen()
	if err != nil {
		return 0, 0, 0, err
	}
	defer api.close()
	binaries := [2]string{first, second}
	for _, binary := range binaries { // into the page cache
		if _, err := api.start(ctx, binary); err != nil {
			return 0, 0, 0, err
		}
	}
	var times [2][]time.Duration
	var ratios []float64
	for round := range rounds {
		for turn := range binaries {
			i := (round + turn) % len(binaries)
			elapsed, err := api.start(ctx, binaries[i])
			if err != nil {
				return 0, 0, 0, err
			}
			times[i] = append(times[i], elapsed)
		}
		ratios = append(ratios, float64(times[1][round])/float64(times[0][round]))
	}
	return median(times[0]), median(times[1]), median(ratios), nil
}

// runtimeAPI is as much of https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// as a start needs: the request for the next invocation, which never gets one.
type runtimeAPI struct {
	server   *http.Server
	listener net.Listener
	asked    chan time.Time
}

func listen() (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	api := &runtimeAPI{listener: listener, asked: make(chan time.Time, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(_ http.ResponseWriter, r *http.Request) {
		api.asked <- time.Now()
		<-r.Context().Done()
	})
	api.server = &http.Server{Handler: mux}
	go func() { _ = api.server.Serve(listener) }()
	return api, nil
}

func (api *runtimeAPI) close() { _ = api.server.Close() }

// start runs a bootstrap until it asks for an invocation, and returns how long that took.
func (api *runtimeAPI) start(ctx context.Context, binary string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	process := exec.CommandContext(ctx, binary)
	process.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + api.listener.Addr().String(),
		"AWS_LAMBDA_FUNCTION_NAME=bench",
		"AWS_REGION=us-east-1",
		"API_KEY_SECRET_ARN=arn:aws:secretsmanager:us-east-1:123456789012:secret:bench", // as deployed; not read yet
		"UPLOADS_BUCKET=bench",
		"PATH=" + os.Getenv("PATH"),
	}
	begin := time.Now()
	if err := process.Start(); err != nil {
		return 0, err
	}
	var exit error
	exited := make(chan struct{})
	go func() {
		exit = process.Wait()
		close(exited)
	}()
	select {
	case at := <-api.asked:
		cancel()
		<-exited
		return at.Sub(begin), nil
	case <-exited:
		return 0, fmt.Errorf("%s ended before it asked for an invocation: %w", binary, exit)
	}
}
