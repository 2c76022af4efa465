package smoke

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/causes"
)

// A stream of chunks lasts long enough that what delays one chunk does not matter.
const (
	chunks   = 5
	interval = 250 * time.Millisecond
	// tries is how often a stream is judged, each time with twice the interval. What is
	// buffered is late each time; what a busy machine or network delayed is not.
	tries = 3
	// together is how many streams are open at once in the row about that.
	together = 5
)

// streams are answers that come bit by bit.
func streams(o Options) []check {
	arrive := []expectation{status(http.StatusOK), allChunks, asSent}
	row := func(name string, r request) check {
		return check{name: name, want: arrive, cause: causes.InvokeModeMismatch, ask: until(arrive, tries, func(ctx context.Context, s *session, stream string) *exchange {
			r.target = stream
			return s.readChunks(ctx, r)
		})}
	}
	atOnce := []expectation{status(http.StatusOK), allChunks, overlap}
	compressed := row("chunks arrive as they are sent, compression offered",
		request{header: map[string]string{"Accept-Encoding": "gzip, deflate, br, zstd"}})
	compressed.want, compressed.cause = append(arrive[:3:3], header("Content-Encoding", "")), causes.StreamCompressed
	const beginning = "the beginning\n"
	cut := func(x *exchange) (want, seen string) { return "a stream that breaks off", ending(x) }
	ends := func(x *exchange) (want, seen string) { return "a stream that ends", ending(x) }
	begun := func(x *exchange) (want, seen string) {
		return fmt.Sprintf("status 200, body %s", quote(beginning)), fmt.Sprintf("status %d, body %s", x.status, quote(string(x.body)))
	}
	return append([]check{
		row("chunks arrive as they are sent, by GET", request{}),
		row("chunks arrive as they are sent, by POST", request{method: "POST", body: payload{text, 100}}),
		compressed,
		{
			name: fmt.Sprintf("%d streams at once", together), want: atOnce, cause: causes.Throttled,
			ask: until(atOnce, tries-1, sideBySide), // it takes longer, and bears more
		},
		{
			name: "a stream that the handler aborts", ask: send(request{target: "/probe/broken?by=panic"}),
			want:    []expectation{begun},
			settles: []question{{reportedEnds, []expectation{begun, ends}, []expectation{begun, cut}}},
		},
		{
			name: "a stream whose process crashes", ask: send(request{target: "/probe/broken?by=exit"}),
			want:    []expectation{begun},
			settles: []question{{crashCuts, []expectation{begun, cut}, []expectation{begun, ends}}},
		},
	}, silences(o.Silence)...)
}

// silences last longer than the read timeout of the distribution.
func silences(length time.Duration) []check {
	heartbeat := min(15*time.Second, length/4)
	target := fmt.Sprintf("/probe/silence?for=%s", length)
	return []check{
		{
			name: fmt.Sprintf("heartbeats carry a stream over %s", length), takes: length, cause: causes.ReadTimeoutExceeded,
			ask:  events(request{target: fmt.Sprintf("%s&heartbeat=%s", target, heartbeat)}),
			want: []expectation{status(http.StatusOK), sawEvents("begin", "end"), beats},
		}, {
			name: fmt.Sprintf("without them %s of silence cut it", length), takes: length,
			ask:  events(request{target: target}),
			want: []expectation{sawEvents("begin"), broken},
		}, {
			// By POST, which CloudFront does not try again.
			name: fmt.Sprintf("%s without a status are a 504", length), takes: length,
			ask:  send(request{method: "POST", target: fmt.Sprintf("/probe/late?for=%s", length)}),
			want: []expectation{status(http.StatusGatewayTimeout)},
		},
	}
}

func ending(x *exchange) string {
	if x.err != nil {
		return "a stream that breaks off"
	}
	return "a stream that ends"
}

// until reads streams, up to so many times, until what comes is as wanted.
func until(want []expectation, times int, read func(ctx context.Context, s *session, stream string) *exchange) func(context.Context, *session) *exchange {
	return func(ctx context.Context, s *session) (x *exchange) {
		for attempt := range times {
			x = read(ctx, s, fmt.Sprintf("/probe/stream?chunks=%d&every=%s", chunks, interval<<attempt))
			if _, _, held := hold(want, x); held || ctx.Err() != nil {
				return x
			}
		}
		return x
	}
}

func (s *session) readChunks(ctx context.Context, r request) *exchange {
	start := time.Now()
	x, answer := s.open(ctx, r)
	if answer == nil {
		return x
	}
	defer answer.Close()
	lines := bufio.NewReader(answer)
	for {
		line, err := lines.ReadString('\n')
		came := time.Since(start)
		x.body = append(x.body, line...)
		c := chunk{came: came}
		var milliseconds int64
		if n, _ := fmt.Sscanf(line, "%d %d\n", &c.number, &milliseconds); n == 2 {
			c.sent = time.Duration(milliseconds) * time.Millisecond
			x.chunks = append(x.chunks, c)
		}
		switch {
		case errors.Is(err, io.EOF):
			return x
		case err != nil:
			x.err = err
			return x
		}
	}
}

// allChunks wants every chunk once, in order.
func allChunks(x *exchange) (want, seen string) {
	for n := 1; n <= chunks; n++ {
		want += fmt.Sprintf(" %d", n)
	}
	for _, c := range x.chunks {
		seen += fmt.Sprintf(" %d", c.number)
	}
	return "chunks" + want, "chunks" + seen
}

// asSent wants each chunk before the next was sent. The clocks of sender and viewer are not
// the same, but what was held back until the next was sent comes together with it: the
// time between two that come must be half of that between two that are sent, at least.
func asSent(x *exchange) (want, seen string) {
	want = "each chunk before the next is sent"
	if len(x.chunks) == 0 {
		return want, "none"
	}
	for i, next := range x.chunks[1:] {
		c := x.chunks[i]
		if came, sent := next.came-c.came, next.sent-c.sent; came < sent/2 {
			return want, fmt.Sprintf("chunk %d comes %s after chunk %d, but was sent %s after it: something buffers",
				next.number, came.Round(time.Millisecond), c.number, sent)
		}
	}
	return want, want
}

// sideBySide reads several streams at once.
func sideBySide(ctx context.Context, s *session, stream string) *exchange {
	all := make([]*exchange, together)
	var wait sync.WaitGroup
	start := time.Now()
	for i := range all {
		wait.Go(func() {
			began := time.Since(start)
			all[i] = s.readChunks(ctx, request{target: stream})
			for j := range all[i].chunks {
				all[i].chunks[j].came += began
			}
		})
	}
	wait.Wait()
	x := all[0]
	x.others = all[1:]
	for _, other := range x.others { // the worst one stands for all
		if other.status != http.StatusOK || other.err != nil {
			other.others, x = nil, other
		}
	}
	return x
}

// overlap wants the first chunk of each stream before the last one of any.
func overlap(x *exchange) (want, seen string) {
	want = fmt.Sprintf("%d streams that overlap", together)
	var first, last []time.Duration
	for _, y := range append([]*exchange{x}, x.others...) {
		if len(y.chunks) > 0 {
			first = append(first, y.chunks[0].came)
			last = append(last, y.chunks[len(y.chunks)-1].came)
		}
	}
	if len(first) == together && slices.Max(first) < slices.Min(last) {
		return want, want
	}
	return want, "streams that waited for each other"
}

// events reads a stream of server-sent events as they come.
func events(r request) func(context.Context, *session) *exchange {
	return func(ctx context.Context, s *session) *exchange {
		x, answer := s.open(ctx, r)
		if answer == nil {
			return x
		}
		defer answer.Close()
		lines := bufio.NewScanner(answer)
		for lines.Scan() {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				x.events = append(x.events, name)
			} else if strings.HasPrefix(lines.Text(), ":") {
				x.events = append(x.events, ":")
			}
		}
		x.err = lines.Err()
		return x
	}
}

// sawEvents wants these events, between comments.
func sawEvents(names ...string) expectation {
	return func(x *exchange) (want, seen string) {
		events := slices.DeleteFunc(slices.Clone(x.events), func(name string) bool { return name == ":" })
		want = "the events " + listed(names)
		if x.status != http.StatusOK {
			return want, fmt.Sprintf("status %d", x.status)
		}
		return want, "the events " + listed(events)
	}
}

// beats wants a heartbeat in the silence: a comment after the first event.
func beats(x *exchange) (want, seen string) {
	want = "a comment in the silence"
	if from := slices.Index(x.events, "begin"); from >= 0 && slices.Contains(x.events[from:], ":") {
		return want, want
	}
	return want, "none"
}

// broken wants a stream that ended before its end, one way or the other.
func broken(x *exchange) (want, seen string) {
	want = "a stream that is cut"
	if slices.Contains(x.events, "end") {
		return want, "all of it: is the read timeout longer than the silence?"
	}
	return want, want
}
