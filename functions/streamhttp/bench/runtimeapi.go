package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// runtimeAPI is as much of https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// as the comparison needs. The environments share a server; a path prefix, which the
// runtime client takes for a part of the address, distinguishes them.
type runtimeAPI struct {
	mux      *http.ServeMux
	server   *http.Server
	listener net.Listener
	paces    net.Listener
	started  int
}

func startRuntimeAPI(ctx context.Context) (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	paces, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = paces.Close() }) // a function that does not start dials none
	mux := http.NewServeMux()
	api := &runtimeAPI{mux: mux, listener: listener, paces: paces, server: &http.Server{Handler: mux}}
	go func() { _ = api.server.Serve(listener) }()
	return api, nil
}

func (api *runtimeAPI) close() {
	_ = api.paces.Close()
	_ = api.server.Close()
}

// environment is a process with a function in it.
type environment struct {
	process *exec.Cmd
	pace    net.Conn // to the function: a byte acknowledges events

	invocations chan workload
	current     workload
	results     chan result
}

type result struct {
	report report
	err    error
}

func (api *runtimeAPI) startEnvironment(ctx context.Context, variant string) (*environment, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, err
	}
	api.started++
	prefix := "/" + strconv.Itoa(api.started)
	e := &environment{
		process:     exec.CommandContext(ctx, executable),
		invocations: make(chan workload, 1),
		results:     make(chan result, 1),
	}
	e.process.Stderr = os.Stderr
	e.process.Env = append(os.Environ(),
		variantVariable+"="+variant,
		paceVariable+"="+api.paces.Addr().String(),
		"AWS_LAMBDA_RUNTIME_API="+api.listener.Addr().String()+prefix)
	const invocation = "/2018-06-01/runtime/invocation/"
	api.mux.HandleFunc("GET "+prefix+invocation+"next", e.serveNext)
	api.mux.HandleFunc("POST "+prefix+invocation+"{id}/response", e.serveResponse)
	api.mux.HandleFunc("POST "+prefix+invocation+"{id}/error", e.serveError)
	if err := e.process.Start(); err != nil {
		return nil, err
	}
	e.pace, err = api.paces.Accept()
	return e, err
}

func (e *environment) stop() {
	_ = e.process.Process.Kill()
	_ = e.process.Wait() // says that it was killed
	_ = e.pace.Close()
}

func (e *environment) invoke(work workload) { e.invocations <- work }

func (e *environment) wait(ctx context.Context) (report, error) {
	select {
	case r := <-e.results:
		return r.report, r.err
	case <-ctx.Done():
		return report{}, ctx.Err()
	}
}

func (e *environment) serveNext(w http.ResponseWriter, r *http.Request) {
	select {
	case e.current = <-e.invocations:
	case <-r.Context().Done():
		return
	}
	w.Header().Set("Lambda-Runtime-Aws-Request-Id", "bench")
	w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
	_ = json.NewEncoder(w).Encode(events.LambdaFunctionURLRequest{
		Version:        "2.0",
		RawPath:        "/",
		RawQueryString: fmt.Sprintf("events=%d&size=%d&paced=%t", e.current.events, e.current.size, e.current.paced),
		Headers:        map[string]string{"accept": "text/event-stream"},
		RequestContext: events.LambdaFunctionURLRequestContext{
			DomainName: "bench.lambda-url.us-east-1.on.aws",
			HTTP:       events.LambdaFunctionURLRequestContextHTTPDescription{Method: "GET", Path: "/", SourceIP: "127.0.0.1"},
		},
	})
}

// serveResponse reads a stream and acknowledges events.
func (e *environment) serveResponse(w http.ResponseWriter, r *http.Request) {
	report, err := e.readStream(r.Body)
	w.WriteHeader(http.StatusAccepted)
	e.results <- result{report, err}
}

func (e *environment) readStream(body io.Reader) (report, error) {
	var last report
	buffer := make([]byte, 64<<10)
	var tail []byte // of the stream, after the last event
	received := 0
	for {
		n, err := body.Read(buffer)
		tail = append(tail, buffer[:n]...)
		seen := bytes.Count(tail, []byte("\n\n"))
		if seen > 0 {
			tail = tail[bytes.LastIndex(tail, []byte("\n\n"))+2:]
			received += seen
			if e.current.paced || received == e.current.events {
				if _, err := e.pace.Write([]byte{'\n'}); err != nil {
					return last, err
				}
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return last, err
		}
	}
	if received != e.current.events {
		return last, fmt.Errorf("%d events arrived, want %d", received, e.current.events)
	}
	return last, json.Unmarshal(tail, &last)
}

func (e *environment) serveError(w http.ResponseWriter, r *http.Request) {
	message, _ := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusAccepted)
	e.results <- result{err: fmt.Errorf("the function failed: %s", message)}
}
