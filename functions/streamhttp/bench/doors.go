package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// The doors are compared with a plain server, one stream at a time: on Lambda an environment
// has no more.
const (
	doorEvents = 2000
	doorSize   = usual
	doorRounds = 15
)

const (
	doorVariable = "STREAMHTTP_BENCH_DOOR" // makes the process the function behind the door
	plain        = "plain server"
)

// Every event begins with a byte that is nowhere else in an answer, however the door encodes
// it; the report stands between two others.
const (
	eventMark  = '#'
	reportMark = '~'
)

// doorsCompared are an event of each, which the base of the ratios has none of.
var doorsCompared = []struct{ name, event string }{
	{plain, ""},
	{"url", `{"version":"2.0","rawPath":"/","rawQueryString":"","headers":{"host":"a.lambda-url.us-east-1.on.aws"},` +
		`"requestContext":{"domainName":"a.lambda-url.us-east-1.on.aws","http":{"method":"GET","path":"/"}},"isBase64Encoded":false}`},
	{"url-buffered", `{"version":"2.0","rawPath":"/","rawQueryString":"","headers":{"host":"a.lambda-url.us-east-1.on.aws"},` +
		`"requestContext":{"domainName":"a.lambda-url.us-east-1.on.aws","http":{"method":"GET","path":"/"}},"isBase64Encoded":false}`},
	{"rest", restEvent},
	{"rest-buffered", restEvent},
	{"http", `{"version":"2.0","rawPath":"/","rawQueryString":"","headers":{"host":"a.execute-api.us-east-1.amazonaws.com"},` +
		`"requestContext":{"domainName":"a.execute-api.us-east-1.amazonaws.com","stage":"$default","http":{"method":"GET","path":"/"}},"isBase64Encoded":false}`},
	{"alb", `{"requestContext":{"elb":{"targetGroupArn":"arn"}},"httpMethod":"GET","path":"/","multiValueQueryStringParameters":{},` +
		`"multiValueHeaders":{"host":["a.example"]},"body":"","isBase64Encoded":false}`},
	{"websocket", `{"requestContext":{"routeKey":"$default","eventType":"MESSAGE","connectionId":"a=","stage":"prod","apiId":"a",` +
		`"domainName":"a.execute-api.us-east-1.amazonaws.com"},"body":"hello","isBase64Encoded":false}`},
}

const restEvent = `{"resource":"/","path":"/","httpMethod":"GET","headers":{"Host":"a.execute-api.us-east-1.amazonaws.com"},` +
	`"multiValueHeaders":{"Host":["a.execute-api.us-east-1.amazonaws.com"]},"requestContext":{"stage":"prod","domainName":"a.execute-api.us-east-1.amazonaws.com"},"isBase64Encoded":false}`

// passage is what came of one stream: the events until now.
type passage struct {
	mu     sync.Mutex
	start  time.Time
	first  time.Duration // until the first event
	last   time.Duration // until the last one
	events int
	tail   []byte // with the report
}

func (p *passage) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := bytes.Count(data, []byte{eventMark}); n > 0 {
		if p.events == 0 {
			p.first = time.Since(p.start)
		}
		p.events += n
		p.last = time.Since(p.start)
	}
	p.tail = append(p.tail, data...)
	p.tail = p.tail[max(0, len(p.tail)-200):]
	return len(data), nil
}

// doorSample are the figures of one stream.
type doorSample struct{ first, event, memory float64 } // µs, µs, KB that the stream before has allocated

func (p *passage) sample() (doorSample, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.events != doorEvents {
		return doorSample{}, fmt.Errorf("%d events arrived, want %d", p.events, doorEvents)
	}
	_, rest, _ := bytes.Cut(p.tail, []byte{reportMark})
	report, _, _ := bytes.Cut(rest, []byte{reportMark})
	allocated, err := strconv.ParseFloat(string(report), 64)
	if err != nil {
		return doorSample{}, fmt.Errorf("report %q: %w", report, err)
	}
	return doorSample{
		first: float64(p.first.Nanoseconds()) / 1e3, event: float64(p.last.Nanoseconds()) / 1e3 / doorEvents, memory: allocated / 1024,
	}, nil
}

// behind is the function behind one door, and what stands for AWS around it; or the plain server.
type behind struct {
	name, event string
	process     *exec.Cmd
	address     string // of the plain server
	next        chan *passage
	done        chan error

	mu      sync.Mutex
	current *passage
}

func (b *behind) passing() *passage {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.current
}

// ServeHTTP is the runtime API, and the management API of a WebSocket API.
func (b *behind) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/invocation/next"):
		select {
		case p := <-b.next:
			b.mu.Lock()
			b.current = p
			b.mu.Unlock()
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "bench")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
			p.start = time.Now()
			_, _ = io.WriteString(w, b.event)
		case <-r.Context().Done():
		}
	case strings.HasSuffix(r.URL.Path, "/response"):
		_, err := io.Copy(b.passing(), r.Body)
		w.WriteHeader(http.StatusAccepted)
		b.done <- err
	case strings.HasSuffix(r.URL.Path, "/error"):
		message, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		b.done <- fmt.Errorf("the function failed: %s", message)
	default:
		_, _ = io.Copy(b.passing(), r.Body)
	}
}

func startBehind(ctx context.Context, name, event string) (b *behind, stop func(), err error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	b = &behind{name: name, event: event, next: make(chan *passage, 1), done: make(chan error, 1)}
	b.process = exec.CommandContext(ctx, executable)
	b.process.Stderr = os.Stderr
	b.process.Env = append(os.Environ(), doorVariable+"="+name)
	address := listener.Addr().String()
	server := &http.Server{Handler: b}
	if name == plain {
		// The port that the kernel gave is free again for the program, which cannot hand one back.
		_ = listener.Close()
		_, port, _ := net.SplitHostPort(address)
		b.address = "http://" + address + "/"
		b.process.Env = append(b.process.Env, "PORT="+port, "AWS_LAMBDA_RUNTIME_API=")
	} else {
		go func() { _ = server.Serve(listener) }()
		b.process.Env = append(b.process.Env, "AWS_LAMBDA_RUNTIME_API="+address, "STREAMFRONT_DOORS="+name,
			"AWS_ENDPOINT_URL=http://"+address, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret")
	}
	if err := b.process.Start(); err != nil {
		return nil, nil, err
	}
	return b, func() {
		_ = b.process.Process.Kill()
		_ = b.process.Wait() // says that it was killed
		_ = server.Close()
	}, nil
}

// pass lets one stream through.
func (b *behind) pass(ctx context.Context) (doorSample, error) {
	p := &passage{}
	if b.name == plain {
		if err := b.get(ctx, p); err != nil {
			return doorSample{}, err
		}
		return p.sample()
	}
	b.next <- p
	select {
	case err := <-b.done:
		if err != nil {
			return doorSample{}, err
		}
		return p.sample()
	case <-ctx.Done():
		return doorSample{}, ctx.Err()
	}
}

// get waits for a server that has just been started.
func (b *behind) get(ctx context.Context, p *passage) error {
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.address, nil)
		if err != nil {
			return err
		}
		p.start = time.Now()
		response, err := http.DefaultClient.Do(r)
		if err == nil {
			_, err = io.Copy(struct{ io.Writer }{p}, response.Body)
			return errors.Join(err, response.Body.Close())
		}
		if ctx.Err() != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func compareDoors(ctx context.Context) error {
	var all []*behind
	for _, d := range doorsCompared {
		b, stop, err := startBehind(ctx, d.name, d.event)
		if err != nil {
			return err
		}
		defer stop()
		all = append(all, b)
		for range 3 { // the first streams of a process are not like the others
			if _, err := b.pass(ctx); err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
		}
	}
	samples := make([][]doorSample, len(all))
	for round := range doorRounds {
		for turn := range all {
			i := (round + turn) % len(all)
			s, err := all[i].pass(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", all[i].name, err)
			}
			samples[i] = append(samples[i], s)
		}
	}
	fmt.Printf("\n%d events of %d bytes, written at once, one stream at a time; behind a buffered door the first event comes with the last\n", doorEvents, doorSize)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	fmt.Fprintln(table, "door\tfirst event\tper event\tratio\tallocated per stream\t")
	var base float64
	for i, b := range all {
		figure := func(of func(doorSample) float64) float64 {
			values := make([]float64, len(samples[i]))
			for j, s := range samples[i] {
				values[j] = of(s)
			}
			return median(values)
		}
		event := figure(func(s doorSample) float64 { return s.event })
		if i == 0 {
			base = event
		}
		fmt.Fprintf(table, "%s\t%.0f µs\t%.2f µs\t%.2f\t%.0f KB\t\n", b.name,
			figure(func(s doorSample) float64 { return s.first }), event, event/base, figure(func(s doorSample) float64 { return s.memory }))
	}
	return nil
}
