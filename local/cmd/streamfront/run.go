package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/streamfront/streamfront/local"
)

// run serves an assembly until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("streamfront run", flag.ContinueOnError)
	flags.SetOutput(stderr)
	options := local.Options{}
	flags.IntVar(&options.Port, "port", 8080, "`port` on 127.0.0.1 of the first distribution; 0 takes a free one")
	flags.StringVar(&options.Node, "node", "node", "`program` that runs the edge functions")
	flags.BoolVar(&options.ExposeDeleteBody, "expose-delete-body", false, "show bodies of DELETE requests to Lambda@Edge (contested; see Level of support)")
	flags.BoolVar(&options.UnlimitedRate, "unlimited-rate", false, "let streamed responses go faster than 2 MiB/s after their first 6 MiB")
	flags.IntVar(&options.EnvironmentConcurrency, "environment-concurrency", 1, "invocations that an execution environment takes at once; more than 1, for load tests, differs from AWS")
	flags.DurationVar(&options.SignatureWindow, "signature-window", 5*time.Minute, "how far the date of a signature may be off")
	watch := flags.Bool("watch", false, "serve the assembly anew when it changes, and build Go functions anew when their sources do")
	flags.Func("invoker-key", "made-up access `key` as ID:SECRET that may sign direct calls to the function URLs", func(key string) error {
		id, secret, ok := strings.Cut(key, ":")
		if !ok || id == "" || secret == "" {
			return errors.New("want ID:SECRET")
		}
		options.InvokerKey = &local.InvokerKey{ID: id, Secret: secret}
		return nil
	})
	flags.Func("source", "`folder` with the Go modules of functions that must be built for this host; may be repeated (default .)", func(dir string) error {
		options.Sources = append(options.Sources, dir)
		return nil
	})
	flags.Usage = func() {
		fmt.Fprintf(stderr, "Usage: streamfront run [flags] [cdk.out]\n\nServes the distributions of a synthesized CDK app on 127.0.0.1.\n\n")
		flags.PrintDefaults()
		fmt.Fprintf(stderr, "\nExample:\n  cdk synth -q && streamfront run cdk.out --port 0\n")
	}
	positional, err := parse(flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return err
	case len(positional) > 1:
		fmt.Fprintf(stderr, "streamfront: run takes one cloud assembly, got %q\n", positional)
		return errUsage
	case len(positional) == 1:
		options.Assembly = positional[0]
	}

	out := &lines{w: stdout}
	options.Log = &lines{w: stderr}
	options.Trace = func(t local.Trace) { fmt.Fprint(out, format(t)) }
	if *watch {
		options.Watch = func(err error) {
			if err != nil {
				fmt.Fprintf(out, "not reloaded, the chain runs as before: %v\n", err)
				return
			}
			fmt.Fprintln(out, "reloaded")
		}
	}
	chain, err := local.Start(ctx, options)
	if err != nil {
		return err
	}
	defer chain.Close()
	fmt.Fprint(out, banner(chain))
	<-ctx.Done()
	fmt.Fprintln(out, "\nstopping")
	return nil
}

// banner says what is served and what to try: the app's own outputs, which after a
// deployment say the same of AWS.
func banner(c *local.Chain) string {
	var b strings.Builder
	for _, note := range c.Notes {
		fmt.Fprintln(&b, "note:", note)
	}
	for _, u := range c.FunctionURLs {
		fmt.Fprintf(&b, "function url  %s  %s\n", u.URL, u.Name)
	}
	for _, d := range c.Distributions {
		fmt.Fprintf(&b, "distribution  %s  %s\n", d.URL, d.Name)
	}
	fmt.Fprint(&b, "\nThe app's outputs; Ctrl-C stops.\n\n")
	for _, o := range c.Outputs {
		fmt.Fprintf(&b, "%s\n  %s\n", o.Name, o.Value)
	}
	if len(c.Outputs) == 0 {
		fmt.Fprintf(&b, "(none) try\n  curl -N %s/\n", c.Distributions[0].URL)
	}
	fmt.Fprintln(&b)
	return b.String()
}

// format writes a request as one line, and one for each hop.
func format(t local.Trace) string {
	var b strings.Builder
	status := fmt.Sprint(t.Status)
	if t.Status == 0 {
		status = "no answer"
	}
	fmt.Fprintf(&b, "%s %s  %s  %s\n", t.Method, t.Target, status, round(t.Took))
	for _, h := range t.Hops {
		fmt.Fprintf(&b, "  %-15s %9s  %s\n", h.Name, round(h.Took), h.Decision)
		for line := range strings.Lines(h.Detail) {
			fmt.Fprintf(&b, "  %-15s %9s  | %s\n", "", "", strings.TrimRight(line, "\n"))
		}
	}
	return b.String()
}

func round(d time.Duration) time.Duration {
	switch {
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > time.Millisecond:
		return d.Round(10 * time.Microsecond)
	default:
		return d.Round(time.Microsecond)
	}
}

// lines lets several writers share one output, whole lines at a time.
type lines struct {
	mu   sync.Mutex
	w    io.Writer
	rest []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	end := bytes.LastIndexByte(l.rest, '\n') + 1
	if end == 0 {
		return len(p), nil
	}
	_, err := l.w.Write(l.rest[:end])
	l.rest = append(l.rest[:0], l.rest[end:]...)
	return len(p), err
}
