package sse_test

import (
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

// chunk is about what an event of a chat holds.
type chunk struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"`
	Created int64    `json:"created"`
	Choices []choice `json:"choices"`
}

type choice struct {
	Index        int     `json:"index"`
	Delta        delta   `json:"delta"`
	FinishReason *string `json:"finish_reason"`
}

type delta struct {
	Content string `json:"content"`
}

var kinds = map[string]sse.Event{
	"data":    {Data: "word"},
	"lines":   {Name: "delta", ID: "7", Retry: 1500, Data: "a\nb\r\nc"},
	"json":    {JSON: &chunk{"chatcmpl-1", "chat.completion.chunk", 1795299220, []choice{{Delta: delta{"word <b>"}}}}},
	"comment": {},
}

// discard is the ResponseWriter of the benchmark, which flushes as that of a server.
type discard struct{ header http.Header }

func (w discard) Header() http.Header         { return w.header }
func (w discard) WriteHeader(int)             {}
func (w discard) Write(p []byte) (int, error) { return len(p), nil }
func (w discard) FlushError() error           { return nil }

// plain has no Flush either.
type plain struct{ http.ResponseWriter }

func send(stream *sse.Writer, event sse.Event) error {
	if event == (sse.Event{}) {
		return stream.Comment("still here")
	}
	return stream.Send(event)
}

func TestSendAllocatesNothing(t *testing.T) {
	for name, event := range kinds {
		if event.JSON != nil && raceDetector() {
			continue // it empties the pools of encoding/json at random
		}
		for kind, w := range map[string]http.ResponseWriter{"flushed": discard{http.Header{}}, "no flusher": plain{discard{http.Header{}}}} {
			t.Run(name+", "+kind, func(t *testing.T) {
				stream := sse.NewWriter(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil), sse.Options{})
				defer stream.Close()
				if got := testing.AllocsPerRun(1000, func() {
					if err := send(stream, event); err != nil {
						t.Fatal(err)
					}
				}); got != 0 {
					t.Errorf("%v allocations per event, want 0", got)
				}
			})
		}
	}
}

func raceDetector() bool {
	info, _ := debug.ReadBuildInfo()
	return slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

func BenchmarkSend(b *testing.B) {
	for name, event := range kinds {
		b.Run(name, func(b *testing.B) {
			stream := sse.NewWriter(discard{http.Header{}}, httptest.NewRequestWithContext(b.Context(), "GET", "/", nil), sse.Options{})
			defer stream.Close()
			b.ReportAllocs()
			for b.Loop() {
				if err := send(stream, event); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
