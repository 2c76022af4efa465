package openai

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/functions/stream/echo"
	"github.com/streamfront/streamfront/functions/stream/metrics"
	"github.com/streamfront/streamfront/functions/stream/model"
)

// Each chunk is there before the model says the next word.
func TestStreamInOrder(t *testing.T) {
	t.Parallel()
	for name, open := range openers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			speak := make(chan struct{})
			handler := newTestHandler(echo.Model{Wait: func(ctx context.Context, _ time.Duration) error {
				select {
				case <-speak:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}})
			stream := bufio.NewReader(open(t, handler, `{"stream":true,`+hello+`}`))

			first := nextChunk(t, stream)
			if got := first.Choices[0].Delta; got.Role != "assistant" || got.Content == nil || *got.Content != "" {
				t.Errorf("first delta = %+v, want the role and no text", got)
			}
			for _, want := range []string{"You", " said:", " Hello", " there"} {
				speak <- struct{}{}
				chunk := nextChunk(t, stream)
				if got := chunk.Choices[0]; got.Delta.Content == nil || *got.Delta.Content != want || got.FinishReason != nil {
					t.Errorf("choice = %+v, want the word %q", got, want)
				}
				if chunk.ID != first.ID || chunk.Object != "chat.completion.chunk" || chunk.Model != echo.ID || chunk.Usage != nil {
					t.Errorf("envelope = %+v", chunk)
				}
			}
			last := nextChunk(t, stream).Choices[0]
			if last.FinishReason == nil || *last.FinishReason != "stop" || !reflect.DeepEqual(last.Delta, chunkDelta{}) {
				t.Errorf("last choice = %+v, want the finish reason alone", last)
			}
			if got := nextEvent(t, stream); got != "[DONE]" {
				t.Errorf("last event = %q, want [DONE]", got)
			}
			if rest, err := io.ReadAll(stream); err != nil || len(rest) > 0 {
				t.Errorf("after the last event: %q, %v", rest, err)
			}
		})
	}
}

func nextChunk(t *testing.T, stream *bufio.Reader) chunk {
	t.Helper()
	return decodeJSON[chunk](t, []byte(nextEvent(t, stream)))
}

// nextEvent returns the data of an event that is made of a single line of it. Comments
// are passed over, as clients do.
func nextEvent(t *testing.T, stream *bufio.Reader) string {
	t.Helper()
	for {
		line, err := stream.ReadString('\n')
		if err != nil {
			t.Fatalf("%q, %v", line, err)
		}
		end, err := stream.ReadString('\n')
		if err != nil || end != "\n" {
			t.Fatalf("%q is followed by %q, %v, want an empty line", line, end, err)
		}
		if strings.HasPrefix(line, ":") {
			continue
		}
		data, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "data: ")
		if !ok {
			t.Fatalf("%q is not data", line)
		}
		return data
	}
}

// eventsOf returns the data of all events of an answer.
func eventsOf(t *testing.T, answer *bytes.Buffer) []string {
	t.Helper()
	var all []string
	for stream := bufio.NewReader(answer); ; {
		if _, err := stream.Peek(1); err != nil {
			return all
		}
		all = append(all, nextEvent(t, stream))
	}
}

func TestStreamUsage(t *testing.T) {
	t.Parallel()
	body := `{"stream":true,"stream_options":{"include_usage":true},"max_tokens":2,` + hello + `}`
	all := eventsOf(t, serve(newTestHandler(echo.Model{}), chatRequestWith(body)).Body)
	if got := all[len(all)-1]; got != "[DONE]" {
		t.Fatalf("last event = %s, want [DONE]", got)
	}
	all = all[:len(all)-1]
	for _, event := range all[:len(all)-1] {
		if !strings.HasSuffix(event, `"usage":null}`) {
			t.Errorf("chunk = %s, want usage null before the last one", event)
		}
	}
	if got := decodeJSON[chunk](t, []byte(all[len(all)-2])).Choices[0].FinishReason; got == nil || *got != model.FinishLength {
		t.Errorf("finish reason = %v, want length", got)
	}
	if got, want := all[len(all)-1], `"choices":[],"usage":{"prompt_tokens":2,"completion_tokens":2,"total_tokens":4}}`; !strings.HasSuffix(got, want) {
		t.Errorf("last chunk = %s, want %s", got, want)
	}
}

// waitTwice lets the model say two words, then fails.
func waitTwice(err error) func(context.Context, time.Duration) error {
	words := 0
	return func(context.Context, time.Duration) error {
		if words++; words > 2 {
			return err
		}
		return nil
	}
}

func TestOutOfTimeFinishesForLength(t *testing.T) {
	t.Parallel()
	body := serve(newTestHandler(echo.Model{Wait: waitTwice(context.DeadlineExceeded)}), chatRequestWith(`{"stream":true,`+hello+`}`)).Body.String()
	if !strings.Contains(body, `"finish_reason":"length"`) || !strings.HasSuffix(body, "data: [DONE]\n\n") {
		t.Errorf("the answer ends with %q, want it finished for length", body)
	}
}

func TestViewerLeaves(t *testing.T) {
	t.Parallel()
	body := serve(newTestHandler(echo.Model{Wait: waitTwice(context.Canceled)}), chatRequestWith(`{"stream":true,`+hello+`}`)).Body.String()
	if !strings.Contains(body, " said:") || strings.Contains(body, "[DONE]") || strings.Contains(body, "error") {
		t.Errorf("the answer is %q, want it broken off", body)
	}
}

// slowModel accepts nothing before the viewer leaves.
type slowModel struct {
	echo.Model
	leave func()
}

func (m slowModel) Start(ctx context.Context, _ *model.Request) (iter.Seq2[model.Delta, error], error) {
	m.leave()
	<-ctx.Done()
	return nil, &model.Error{Status: 502, Type: model.TypeServer, Code: "model_unreachable", Cause: ctx.Err()}
}

// Neither the log nor the metrics have an error of it.
func TestViewerLeavesBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var log bytes.Buffer
	var got metrics.Answer
	handler := NewHandler(Options{
		Models:  []model.Model{slowModel{leave: leave}},
		Observe: func(_ context.Context, a metrics.Answer) { got = a }, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	serve(handler, chatRequestWith(`{`+hello+`}`).WithContext(ctx))
	if got.Error != "" || !strings.Contains(log.String(), "viewer left") || strings.Contains(log.String(), "ERROR") {
		t.Errorf("observed %+v, log = %s, want a viewer who left", got, &log)
	}
}

// brokenPipe is a viewer who leaves after some writes.
type brokenPipe struct {
	*httptest.ResponseRecorder
	left int
}

func (w *brokenPipe) Write(p []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, errors.New("broken pipe")
	}
	return w.ResponseRecorder.Write(p)
}

// The model says no further word when the one before could not be written.
func TestFailedWriteStopsTheModel(t *testing.T) {
	t.Parallel()
	words := 0
	var asked context.Context
	handler := newTestHandler(echo.Model{Wait: func(ctx context.Context, _ time.Duration) error {
		asked = ctx
		words++
		return nil
	}})
	// The role, two words.
	handler.ServeHTTP(&brokenPipe{httptest.NewRecorder(), 3}, chatRequestWith(`{"stream":true,`+hello+`}`))
	if words != 3 {
		t.Errorf("the model said %d words, want 3, of which the last could not be written", words)
	}
	if asked.Err() == nil {
		t.Error("the context of the model goes on, want it ended with the answer")
	}
}
