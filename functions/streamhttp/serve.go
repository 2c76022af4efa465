package streamhttp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

const (
	// Time for a client to send its request header. Reading the body and writing the response have
	// no limit, because both may stream.
	readHeaderTimeout = 10 * time.Second

	// Time for streams in progress after SIGTERM. Amazon ECS kills a task 30 s after
	// that signal by default.
	shutdownGrace = 25 * time.Second

	// Time for a last event before they are cut, as on Lambda before the function's timeout.
	shutdownMargin = time.Second
)

// errStopping is the cause of contexts that Serve ends. Because it is a deadline, package sse knows
// that the viewer is still there.
var errStopping = fmt.Errorf("streamhttp: the server is being stopped: %w", context.DeadlineExceeded)

// Serve serves the handler until the process gets a signal to stop. If the handler is nil, it serves
// http.DefaultServeMux.
//
// On Lambda, that is if AWS_LAMBDA_RUNTIME_API is set, it takes invocations from the runtime API and
// answers them in the door's format, as a stream if possible; see [WrapDoors]. There it returns only if
// the environment variable of [WithDoors] is invalid: an error of the runtime API ends the process, and
// Lambda starts a new one. Functions with the Lambda Web Adapter must not call Serve, because the
// adapter takes the invocations. Options are those of the runtime client, such as
// lambda.WithEnableSIGTERM and lambda.WithContext, and of this package, such as [WithFilledBodies]. They
// have an effect only on Lambda.
//
// Elsewhere it is an HTTP server on 127.0.0.1:8080, or on the port in the environment
// variable PORT on all interfaces, which is what container platforms expect, but on 127.0.0.1
// alone where STREAMFRONT_LOCAL is true, in the local chain; port 0 takes a free one and logs
// it. On SIGINT or SIGTERM it stops accepting requests and
// returns nil when those in progress have ended. Their contexts end after 24 seconds, so
// that a stream without end can say goodbye; after 25, or a second signal, they are cut. An
// error says that it could not listen, or that requests were cut.
func Serve(handler http.Handler, options ...lambda.Option) error {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		if _, err := environmentDoors(); err != nil {
			return err
		}
		lambda.StartHandlerFunc(WrapDoors(handler), options...)
		return nil // not reached
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", listenAddress(os.Getenv))
	if err != nil {
		return fmt.Errorf("streamhttp: %w; set PORT to a free port", err)
	}
	slog.Info("serving HTTP", "address", listener.Addr().String())
	// From here on a second signal has its default effect and kills the process.
	context.AfterFunc(ctx, stop)
	return serveUntil(ctx, listener, handler, shutdownGrace, shutdownMargin)
}

func listenAddress(getenv func(string) string) string {
	switch port := getenv("PORT"); {
	case port == "":
		return "127.0.0.1:8080"
	case getenv("STREAMFRONT_LOCAL") == "true" || getenv("AWS_LAMBDA_FUNCTION_NAME") != "":
		return net.JoinHostPort("127.0.0.1", port)
	default:
		return ":" + port
	}
}

// serveUntil serves until ctx is done. It then waits at most grace for requests in progress, and ends
// their contexts earlier by the margin.
func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler, grace, margin time.Duration) error {
	requests, endRequests := context.WithCancelCause(context.Background())
	defer endRequests(nil)
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		BaseContext:       func(net.Listener) context.Context { return requests },
	}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()

	select {
	case err := <-stopped:
		return fmt.Errorf("streamhttp: %w", err)
	case <-ctx.Done():
	}

	goodbye := time.AfterFunc(grace-margin, func() { endRequests(errStopping) })
	defer goodbye.Stop()
	deadline, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	err := server.Shutdown(deadline)
	if errors.Is(err, context.DeadlineExceeded) {
		_ = server.Close() // listeners are closed already; this cuts what is left
		return fmt.Errorf("streamhttp: requests still in progress %v after the signal to stop were cut", grace)
	}
	return err
}
