// Command bench measures what the local chain costs, against the function's own server
// called directly, in one run:
//
//	go run ./local/bench cdk.out
//
// It prints ratios and differences, and asserts nothing: times depend on the machine. The
// assembly is that of this project's app, whose sample function it calls.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

func main() {
	assembly := "cdk.out"
	if len(os.Args) > 1 {
		assembly = os.Args[1]
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := run(ctx, assembly); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, assembly string) error {
	dir, err := os.MkdirTemp("", "streamfront-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sample := filepath.Join(dir, "stream")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", sample, "./functions/stream").CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	direct, stop, err := serveDirectly(ctx, sample)
	if err != nil {
		return err
	}
	defer stop()

	fmt.Println("the chain, against the function's own server on the same machine (medians)")
	defer table.Flush()
	header("routes", "direct", "chain", "difference")
	for _, routes := range []int{1, 10, 50} {
		if err := requests(ctx, assembly, dir, routes, direct); err != nil {
			return err
		}
	}
	header("events", "direct", "chain", "per event")
	if err := events(ctx, assembly, dir, direct); err != nil {
		return err
	}
	header("1 event", "direct", "chain", "difference")
	if err := latency(ctx, assembly, dir); err != nil {
		return err
	}
	if err := details(ctx, assembly, dir); err != nil {
		return err
	}
	header("streams", "in a process", "at once", "events", "delivered", "memory/stream", "took")
	// The more streams, the longer they last: all of them shall be open at once.
	for _, s := range []struct {
		n, shared int
		delay     string
	}{{10, 1, "20ms"}, {100, 1, "50ms"}, {250, 1, "100ms"}, {1000, 100, "200ms"}} {
		if err := streams(ctx, assembly, dir, s.n, s.shared, s.delay); err != nil {
			return err
		}
	}
	return startup(ctx, assembly, dir)
}

// table is what is printed.
var table = tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)

// header prints the rows before it, and begins others.
func header(names ...any) {
	table.Flush()
	fmt.Println()
	row(names...)
}

func row(cells ...any) {
	for _, cell := range cells {
		fmt.Fprintf(table, "%v\t", cell)
	}
	fmt.Fprintln(table)
}

// serveDirectly runs a function as the ordinary server that it is elsewhere.
func serveDirectly(ctx context.Context, binary string) (url string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	if err := listener.Close(); err != nil {
		return "", nil, err
	}
	command := exec.CommandContext(ctx, binary)
	command.Env = []string{"PORT=" + port, "MODEL_DELAY=0s"}
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	url = "http://127.0.0.1:" + port
	for {
		if resp, err := client.Get(url + "/healthz"); err == nil {
			resp.Body.Close()
			break
		}
		if ctx.Err() != nil {
			return "", nil, ctx.Err()
		}
		runtime.Gosched()
	}
	return url, func() { _ = command.Process.Kill(); _ = command.Wait() }, nil
}

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 300}}

// requests measures a small request on the last of so many routes.
func requests(ctx context.Context, assembly, dir string, routes int, direct string) error {
	chain, err := start(ctx, assembly, dir, change{routes: routes, delay: "0s"})
	if err != nil {
		return err
	}
	defer chain.Close()
	const rounds = 300
	var alone, through []time.Duration
	for range rounds {
		a, err := timed(direct + "/healthz")
		if err != nil {
			return err
		}
		b, err := timed(chain.URL() + "/healthz")
		if err != nil {
			return err
		}
		alone, through = append(alone, a), append(through, b)
	}
	a, b := median(alone), median(through)
	row(routes, a, b, b-a)
	return nil
}

func timed(url string) (time.Duration, error) {
	begin := time.Now()
	resp, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return 0, err
	}
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("GET %s: %s", url, resp.Status)
	}
	return time.Since(begin), nil
}

// events measures how long a stream takes whose events follow without a pause.
func events(ctx context.Context, assembly, dir, direct string) error {
	chain, err := start(ctx, assembly, dir, change{routes: 1, delay: "0s"})
	if err != nil {
		return err
	}
	defer chain.Close()
	const words, rounds = 1000, 20
	var alone, through []time.Duration
	for range rounds {
		for url, times := range map[string]*[]time.Duration{direct: &alone, chain.URL(): &through} {
			begin := time.Now()
			if n, err := stream(ctx, url, words); err != nil || n < words {
				return fmt.Errorf("%s: %d of %d events: %w", url, n, words, err)
			}
			*times = append(*times, time.Since(begin))
		}
	}
	a, b := median(alone), median(through)
	row(words, a, b, (b-a)/words)
	return nil
}

// streams opens so many streams at once, so many of them in an execution environment.
func streams(ctx context.Context, assembly, dir string, n, shared int, delay string) error {
	chain, err := start(ctx, assembly, dir, change{routes: 1, delay: delay, shared: shared})
	if err != nil {
		return err
	}
	defer chain.Close()
	const words = 100
	if err := enoughFiles(filesPerStream * n); err != nil {
		return fmt.Errorf("%d streams: %w", n, err)
	}
	begin, before := time.Now(), heap()
	var group sync.WaitGroup
	var mu sync.Mutex
	open, most, delivered, peak := 0, 0, 0, uint64(0)
	var failed error // of the first stream that did
	for range n {
		group.Go(func() {
			resp, err := ask(ctx, chain.URL(), words)
			got := 0
			if err == nil {
				mu.Lock()
				open++
				most = max(most, open)
				mu.Unlock()
				got, err = count(resp)
				mu.Lock()
				open--
				mu.Unlock()
			}
			mu.Lock()
			defer mu.Unlock()
			delivered += got
			peak = max(peak, heap())
			if failed == nil {
				failed = err
			}
		})
	}
	group.Wait()
	took := time.Since(begin).Round(10 * time.Millisecond)
	perStream := (max(peak, before) - before) / uint64(n) / 1024
	row(n, shared, most, n*words, delivered, fmt.Sprintf("%d KiB", perStream), took)
	return failed
}

// filesPerStream is how many files this process, which is client and chain in one, has
// open for a stream: both ends of a connection, and one end of two to the function.
const filesPerStream = 4

// enoughFiles fails if the process cannot open so many files: servers do not fail then,
// they wait.
func enoughFiles(n int) error {
	for range n {
		file, err := os.Open(os.DevNull)
		if err != nil {
			return fmt.Errorf("%d open files are needed (raise the limit with 'ulimit -n'): %w", n, err)
		}
		defer file.Close()
	}
	return nil
}

// heap is what this process, which is chain and client in one, has in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// stream asks for an answer of so many words and counts the events with one.
func stream(ctx context.Context, url string, words int) (int, error) {
	resp, err := ask(ctx, url, words)
	if err != nil {
		return 0, err
	}
	return count(resp)
}

func ask(ctx context.Context, url string, words int) (*http.Response, error) {
	question := strings.TrimSpace(strings.Repeat("w ", words))
	body := fmt.Sprintf(`{"model":"streamfront-echo","stream":true,"max_tokens":%d,"messages":[{"role":"user","content":%q}]}`, words, question)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return client.Do(request)
}

func count(answer *http.Response) (events int, err error) {
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return bytes.Count(text, []byte(`"delta":{"content":`)), err
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2].Round(time.Microsecond)
}
