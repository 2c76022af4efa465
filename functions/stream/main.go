// Command stream is the sample function behind the endpoint: an OpenAI-compatible chat
// backend that streams. Its model is built in, so it needs no account and no key.
//
// Routes:
//
//	GET  /                     a pointer to these routes
//	GET  /healthz              200 when up; never asks for the key
//	GET  /v1/models            the models there are
//	POST /v1/chat/completions  OpenAI's chat completions, streamed if "stream" is true
//	ANY  /echo                 what arrived, as JSON, without credentials
//	ANY  /probe/...            what 'streamfront smoke' asks, described by package probe
//
// Environment:
//
//	API_KEY_SECRET_ARN  Secret in Secrets Manager with the bearer token that /v1/, /echo
//	                    and /probe/ ask for. This, API_KEY_PARAMETER (SSM) and API_KEY
//	                    (plain text) are described by package apikey. Default: outside
//	                    Lambda they are open; on Lambda it does not start.
//	MODEL_DELAY         Pause before each word, such as 20ms. Default: 50ms.
//	PROBES              false leaves /probe/ out. Default: true.
//	PORT                Port outside Lambda, on all interfaces. Default: 127.0.0.1:8080.
//
// On Lambda it answers through a function URL that streams; elsewhere it is an ordinary
// HTTP server:
//
//	go run ./functions/stream
//	curl -N localhost:8080/v1/chat/completions -d '{
//		"model": "streamfront-echo", "stream": true,
//		"messages": [{"role": "user", "content": "Hello"}]}'
package main

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/streamfront/streamfront/functions/stream/apikey"
	"github.com/streamfront/streamfront/functions/stream/probe"
	"github.com/streamfront/streamfront/functions/streamhttp"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	if err := run(); err != nil {
		slog.Error("stopped", "error", err)
		os.Exit(1)
	}
}

func run() error {
	delay, err := modelDelay(os.Getenv("MODEL_DELAY"))
	if err != nil {
		return err
	}
	keys, err := apikey.FromEnvironment(os.Getenv, slog.Default())
	if err != nil {
		return err
	}
	probes, err := probe.Wanted(os.Getenv("PROBES"))
	if err != nil {
		return err
	}
	model := echoModel{delay: delay, wait: wait}
	return streamhttp.Serve(newHandler(keys, model, probes, slog.Default()))
}

func modelDelay(value string) (time.Duration, error) {
	if value == "" {
		return 50 * time.Millisecond, nil
	}
	delay, err := time.ParseDuration(value)
	if err != nil || delay < 0 {
		return 0, fmt.Errorf("MODEL_DELAY is %q: want a Go duration of at least 0, such as 20ms", value)
	}
	return delay, nil
}
