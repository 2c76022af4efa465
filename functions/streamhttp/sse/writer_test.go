package sse_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

// open returns a stream without heartbeats and what is written to it.
func open(t *testing.T) (*sse.Writer, *httptest.ResponseRecorder) {
	t.Helper()
	recorder := httptest.NewRecorder()
	stream := sse.NewWriter(recorder, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil), sse.Options{Heartbeat: -1})
	t.Cleanup(stream.Close)
	return stream, recorder
}

func TestSend(t *testing.T) {
	for name, test := range map[string]struct {
		event sse.Event
		wire  string // after the comment that opens the stream
		want  []message
	}{
		"data":            {sse.Event{Data: "hello"}, "data: hello\n\n", []message{{"message", "", "hello"}}},
		"name and id":     {sse.Event{Name: "delta", ID: "7", Data: "x"}, "event: delta\nid: 7\ndata: x\n\n", []message{{"delta", "7", "x"}}},
		"LF":              {sse.Event{Data: "a\nb"}, "data: a\ndata: b\n\n", []message{{"message", "", "a\nb"}}},
		"CR":              {sse.Event{Data: "a\rb"}, "data: a\ndata: b\n\n", []message{{"message", "", "a\nb"}}},
		"CRLF":            {sse.Event{Data: "a\r\nb"}, "data: a\ndata: b\n\n", []message{{"message", "", "a\nb"}}},
		"LF CR":           {sse.Event{Data: "a\n\rb"}, "data: a\ndata: \ndata: b\n\n", []message{{"message", "", "a\n\nb"}}},
		"final LF":        {sse.Event{Data: "a\n"}, "data: a\ndata: \n\n", []message{{"message", "", "a\n"}}},
		"nothing but LF":  {sse.Event{Data: "\n"}, "data: \ndata: \n\n", []message{{"message", "", "\n"}}},
		"leading space":   {sse.Event{Data: " a"}, "data:  a\n\n", []message{{"message", "", " a"}}},
		"looks like more": {sse.Event{Data: "x\nevent: y\n\n:z"}, "data: x\ndata: event: y\ndata: \ndata: :z\n\n", []message{{"message", "", "x\nevent: y\n\n:z"}}},
		"no data":         {sse.Event{Name: "ping"}, "event: ping\ndata: \n\n", []message{{"ping", "", ""}}},
		"id alone":        {sse.Event{ID: "7"}, "id: 7\n\n", nil},
		"retry alone":     {sse.Event{Retry: 1500 * time.Millisecond}, "retry: 1500\n\n", nil},
		"retry rounds up": {sse.Event{Retry: time.Nanosecond}, "retry: 1\n\n", nil},
		"retry, largest":  {sse.Event{Retry: math.MaxInt64}, "retry: 9223372036855\n\n", nil},
		"json": {
			sse.Event{JSON: map[string]any{"html": "<b>&\u2028", "lines": "a\nb"}},
			`data: {"html":"<b>&\u2028","lines":"a\nb"}` + "\n\n",
			[]message{{"message", "", `{"html":"<b>&\u2028","lines":"a\nb"}`}},
		},
		"json with lines": {
			sse.Event{Name: "raw", JSON: json.RawMessage("{\r\n\"a\":\n1}")},
			"event: raw\ndata: {\"a\":1}\n\n",
			[]message{{"raw", "", `{"a":1}`}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stream, recorder := open(t)
			if err := stream.Send(test.event); err != nil {
				t.Fatal(err)
			}
			if got, want := recorder.Body.String(), ":\n\n"+test.wire; got != want {
				t.Errorf("stream = %q, want %q", got, want)
			}
			if got, _, _, _ := parse(recorder.Body.String()); !slices.Equal(got, test.want) {
				t.Errorf("read back %q, want %q", got, test.want)
			}
		})
	}
}

// An event that is refused leaves no trace, and the stream goes on.
func TestSendRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		event sse.Event
		want  string
	}{
		"LF in name":     {sse.Event{Name: "a\nb", Data: "x"}, `sse: event name "a\nb" contains CR, LF or NUL; use a plain word`},
		"CR in name":     {sse.Event{Name: "a\rb", Data: "x"}, `sse: event name "a\rb" contains CR, LF or NUL; use a plain word`},
		"NUL in name":    {sse.Event{Name: "\x00", Data: "x"}, `sse: event name "\x00" contains CR, LF or NUL; use a plain word`},
		"LF in id":       {sse.Event{ID: "1\n", Data: "x"}, `sse: event ID "1\n" contains CR, LF or NUL; encode it, by base64 for example`},
		"NUL in id":      {sse.Event{ID: "1\x00", Data: "x"}, `sse: event ID "1\x00" contains CR, LF or NUL; encode it, by base64 for example`},
		"negative retry": {sse.Event{Retry: -time.Second}, "sse: retry of -1s is negative; use a time of a millisecond or more"},
		"data twice":     {sse.Event{Data: "x", JSON: 1}, "sse: the event has both Data and JSON; set one of them"},
		"nothing":        {sse.Event{}, `sse: the event is empty; set Name to "message" to send one without data`},
		"no JSON":        {sse.Event{Name: "n", JSON: math.Inf(1)}, "sse: data of the event: json: unsupported value: +Inf"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stream, recorder := open(t)
			if err := stream.Send(test.event); err == nil || err.Error() != test.want {
				t.Errorf("error = %v, want %s", err, test.want)
			}
			if err := stream.Send(sse.Event{Data: "on"}); err != nil {
				t.Errorf("the next event: %v", err)
			}
			if got, want := recorder.Body.String(), ":\n\ndata: on\n\n"; got != want {
				t.Errorf("stream = %q, want %q", got, want)
			}
		})
	}
}

func TestComment(t *testing.T) {
	t.Parallel()
	stream, recorder := open(t)
	for _, text := range []string{"", "still thinking", "a\r\ndata: no"} {
		if err := stream.Comment(text); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := recorder.Body.String(), ":\n\n:\n\n: still thinking\n\n: a\n: data: no\n\n"; got != want {
		t.Errorf("stream = %q, want %q", got, want)
	}
	if got, _, _, _ := parse(recorder.Body.String()); len(got) > 0 {
		t.Errorf("comments are read as the events %q", got)
	}
}

func TestNewWriter(t *testing.T) {
	for name, test := range map[string]struct {
		before http.Header
		want   http.Header
	}{
		"header": {http.Header{}, http.Header{"Content-Type": {"text/event-stream"}, "Cache-Control": {"no-store, no-transform"}}},
		"cache control is kept": {
			http.Header{"Content-Type": {"text/plain"}, "Cache-Control": {"no-cache"}},
			http.Header{"Content-Type": {"text/event-stream"}, "Cache-Control": {"no-cache"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recorder := httptest.NewRecorder()
			for key, values := range test.before {
				recorder.Header()[key] = values
			}
			defer sse.NewWriter(recorder, httptest.NewRequest("GET", "/", nil), sse.Options{}).Close()
			if response := recorder.Result(); !recorder.Flushed || response.StatusCode != 200 || fmt.Sprint(response.Header) != fmt.Sprint(test.want) {
				t.Errorf("flushed %v, status %d, header %v, want %v at once", recorder.Flushed, response.StatusCode, response.Header, test.want)
			}
			if got := recorder.Body.String(); got != ":\n\n" {
				t.Errorf("the stream begins with %q, want a comment", got)
			}
		})
	}
}

func TestOpenedByEvent(t *testing.T) {
	recorder := httptest.NewRecorder()
	stream := sse.NewWriter(recorder, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil), sse.Options{OpenedByEvent: true})
	defer stream.Close()
	if recorder.Flushed || recorder.Body.Len() > 0 {
		t.Errorf("before the event: %q, want nothing", recorder.Body)
	}
	if err := stream.Send(sse.Event{Data: "a"}); err != nil {
		t.Fatal(err)
	}
	if got := recorder.Body.String(); got != "data: a\n\n" || !recorder.Flushed {
		t.Errorf("the stream is %q, want the event alone, flushed", got)
	}
}

func TestLastEventID(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/", nil)
	if got := sse.LastEventID(r); got != "" {
		t.Errorf("LastEventID = %q without the header", got)
	}
	r.Header.Set("last-event-id", "7")
	if got := sse.LastEventID(r); got != "7" {
		t.Errorf("LastEventID = %q, want 7", got)
	}
}

// pipeWriter is a ResponseWriter whose viewer reads when the test does. It cannot flush.
type pipeWriter struct {
	header http.Header
	io.Writer
}

func (w pipeWriter) Header() http.Header { return w.header }
func (w pipeWriter) WriteHeader(int)     {}

// ResponseWriters that cannot flush will do.
func TestSendWithoutFlusher(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	stream := sse.NewWriter(pipeWriter{http.Header{}, &out}, httptest.NewRequest("GET", "/", nil), sse.Options{})
	defer stream.Close()
	if err := stream.Send(sse.Event{Data: "x"}); err != nil {
		t.Error(err)
	}
	if got, want := out.String(), ":\n\ndata: x\n\n"; got != want {
		t.Errorf("stream = %q, want %q", got, want)
	}
}

// failingFlusher accepts every write and sends none.
type failingFlusher struct {
	pipeWriter
	err error
}

func (w failingFlusher) FlushError() error { return w.err }

func TestSendFails(t *testing.T) {
	broken := errors.New("broken pipe")
	left := errors.New("left")
	canceled, cancel := context.WithCancelCause(t.Context())
	cancel(left)
	for name, test := range map[string]struct {
		ctx  context.Context
		w    http.ResponseWriter
		want error
	}{
		"write":    {t.Context(), pipeWriter{http.Header{}, failingWriter{broken}}, broken},
		"flush":    {t.Context(), failingFlusher{pipeWriter{http.Header{}, io.Discard}, broken}, broken},
		"canceled": {canceled, httptest.NewRecorder(), left},
	} {
		t.Run(name, func(t *testing.T) {
			stream := sse.NewWriter(test.w, httptest.NewRequestWithContext(test.ctx, "GET", "/", nil), sse.Options{})
			defer stream.Close()
			for range 2 { // the error stays
				if err := stream.Send(sse.Event{Data: "x"}); !errors.Is(err, test.want) || !strings.HasPrefix(err.Error(), "sse: the viewer is gone: ") {
					t.Errorf("Send = %v, want %v", err, test.want)
				}
			}
			if err := stream.Comment("x"); !errors.Is(err, test.want) {
				t.Errorf("Comment = %v, want %v", err, test.want)
			}
		})
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// The context of a request on Lambda ends a second before the function does, and that of a
// server that is being stopped before its streams are cut: for a last word.
func TestSendAfterDeadline(t *testing.T) {
	t.Parallel()
	passed, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	stopping, stop := context.WithCancelCause(t.Context())
	stop(fmt.Errorf("stopping: %w", context.DeadlineExceeded))
	for name, ctx := range map[string]context.Context{"deadline": passed, "cause": stopping} {
		recorder := httptest.NewRecorder()
		stream := sse.NewWriter(recorder, httptest.NewRequestWithContext(ctx, "GET", "/", nil), sse.Options{})
		if err := stream.Send(sse.Event{Name: "end", Data: "no time left"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		stream.Close()
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	stream, recorder := open(t)
	stream.Close()
	stream.Close()
	if err := stream.Send(sse.Event{Data: "x"}); !errors.Is(err, sse.ErrClosed) {
		t.Errorf("Send = %v, want %v", err, sse.ErrClosed)
	}
	if got := recorder.Body.String(); got != ":\n\n" {
		t.Errorf("stream = %q, want nothing after Close", got)
	}
}

// Events of many goroutines, and heartbeats as fast as they can be, do not mix.
func TestSendConcurrently(t *testing.T) {
	t.Parallel()
	const writers, events = 8, 200
	recorder := httptest.NewRecorder()
	stream := sse.NewWriter(recorder, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil), sse.Options{Heartbeat: 1})
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			for j := range events {
				if err := stream.Send(sse.Event{Name: strconv.Itoa(i), Data: fmt.Sprintf("%d\n%d", j, j)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	stream.Close()

	got, _, _, _ := parse(recorder.Body.String())
	if len(got) != writers*events {
		t.Errorf("%d events, want %d", len(got), writers*events)
	}
	next := make(map[string]int)
	for _, m := range got {
		if want := fmt.Sprintf("%d\n%d", next[m.Name], next[m.Name]); m.Data != want {
			t.Fatalf("event %s = %q, want %q", m.Name, m.Data, want)
		}
		next[m.Name]++
	}
}

// Whatever is accepted is read back as it was; what is not is refused.
func FuzzSend(f *testing.F) {
	f.Add("", "", int64(0), "hello", "", "")
	f.Add("delta", "7", int64(1500), "a\r\nb\rc\nd\n\re\n", "more", "note")
	f.Add(" x:", ":\t", int64(1), " \n: \n", "\uFEFF", "a\rb")
	f.Add("a\nb", "\x00", int64(-1), "\xff\xfe", "\x80", "\r\n")
	f.Fuzz(func(t *testing.T, name, id string, milliseconds int64, data, second, comment string) {
		recorder := httptest.NewRecorder()
		stream := sse.NewWriter(recorder, httptest.NewRequest("GET", "/", nil), sse.Options{Heartbeat: -1})
		defer stream.Close()

		retry := time.Duration(milliseconds % (1 << 40) * int64(time.Millisecond))
		invalid := strings.ContainsAny(name+id, "\r\n\x00") || retry < 0 || name+id+data == "" && retry == 0
		err := stream.Send(sse.Event{Name: name, ID: id, Retry: retry, Data: data})
		if (err != nil) != invalid {
			t.Fatalf("Send = %v", err)
		}
		if err := stream.Comment(comment); err != nil {
			t.Fatal(err)
		}
		if err := stream.Send(sse.Event{JSON: &second}); err != nil {
			t.Fatal(err)
		}

		var want []message
		wantID, wantRetry := "", ""
		if !invalid {
			wantID = decodeUTF8(id)
			if retry > 0 {
				wantRetry = strconv.FormatInt(retry.Milliseconds(), 10)
			}
			if name != "" || data != "" {
				first := message{"message", wantID, asLF.Replace(decodeUTF8(data))}
				if name != "" {
					first.Name = decodeUTF8(name)
				}
				want = append(want, first)
			}
		}
		messages, lastID, lastRetry, comments := parse(recorder.Body.String())
		if n := len(want); len(messages) != n+1 || !slices.Equal(messages[:n], want) || lastID != wantID || lastRetry != wantRetry {
			t.Errorf("read back %q, ID %q, retry %q, want %q, %q, %q, from %q",
				messages, lastID, lastRetry, want, wantID, wantRetry, recorder.Body)
		}
		if got := strings.Join(comments, "\n"); got != "\n"+asLF.Replace(decodeUTF8(comment)) {
			t.Errorf("comments = %q, want %q", got, comment)
		}
		var decoded string
		if err := json.Unmarshal([]byte(messages[len(messages)-1].Data), &decoded); err != nil || decoded != decodeUTF8(second) {
			t.Errorf("JSON read back as %q, %v, want %q", decoded, err, second)
		}
	})
}

var asLF = strings.NewReplacer("\r\n", "\n", "\r", "\n")
