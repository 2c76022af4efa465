package upstream

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/functions/stream/metrics"
	"github.com/streamfront/streamfront/functions/stream/model"
	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

// maxEvent is for one event. The largest are those that end responses, with all of the
// answer in them.
const maxEvent = 8 << 20

type event struct{ name, data string }

// seen is what a stream has said that its end may need.
type seen struct {
	last     string            // chunk
	response json.RawMessage   // as it began
	items    []json.RawMessage // that are done
	number   int               // of the last event
}

// relay passes a stream on.
func relay(w http.ResponseWriter, r *http.Request, body io.Reader, p protocol, a *metrics.Answer) error {
	out := sse.NewWriter(w, r, sse.Options{OpenedByEvent: true})
	defer out.Close()
	send := func(events ...event) error {
		for _, e := range events {
			if err := out.Send(sse.Event{Name: e.name, Data: e.data}); err != nil {
				return err
			}
		}
		return nil
	}
	var s seen
	var before time.Time
	for e, err := range events(body) {
		if errors.Is(context.Cause(r.Context()), context.DeadlineExceeded) && p.cut != nil {
			return send(p.cut(&s)...)
		}
		if err != nil {
			if r.Context().Err() != nil {
				return r.Context().Err()
			}
			b := broken(err)
			text, _ := json.Marshal(b) // strings can be encoded
			if err := send(event{e.name, string(text)}); err != nil {
				return err
			}
			return b
		}
		now := time.Now()
		if before.IsZero() {
			a.FirstToken = now.Sub(a.Start)
		} else {
			a.LongestGap = max(a.LongestGap, now.Sub(before))
		}
		before = now
		s.note(e)
		readUsage([]byte(e.data), a)
		if err := send(e); err != nil {
			return err
		}
		if p.last != nil && p.last(e.name, e.data) {
			return nil
		}
	}
	return nil
}

// events reads a stream: https://html.spec.whatwg.org/multipage/server-sent-events.html. One
// that ends without its last event yields io.ErrUnexpectedEOF: the caller has stopped
// reading if there was one.
func events(body io.Reader) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		lines := bufio.NewScanner(body)
		lines.Buffer(make([]byte, 4<<10), maxEvent)
		var e event
		var data []string
		for lines.Scan() {
			line := strings.TrimSuffix(lines.Text(), "\r")
			name, value, _ := strings.Cut(line, ":")
			value = strings.TrimPrefix(value, " ")
			switch {
			case line == "" && data == nil:
				e = event{}
			case line == "":
				e.data = strings.Join(data, "\n")
				if !yield(e, nil) {
					return
				}
				e, data = event{}, nil
			case name == "event":
				e.name = value
			case name == "data":
				data = append(data, value)
			}
		}
		err := lines.Err()
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		yield(event{}, err)
	}
}

func (s *seen) note(e event) {
	if e.data == "[DONE]" {
		return
	}
	var data struct {
		Type     string          `json:"type"`
		Number   int             `json:"sequence_number"`
		Response json.RawMessage `json:"response"`
		Item     json.RawMessage `json:"item"`
	}
	_ = json.Unmarshal([]byte(e.data), &data) // what is no JSON has none of it
	s.last, s.number = e.data, data.Number
	switch data.Type {
	case "response.created":
		s.response = data.Response
	case "response.output_item.done":
		s.items = append(s.items, data.Item)
	}
}

func lastChunk(_, data string) bool {
	return data == "[DONE]" || strings.HasPrefix(data, `{"error":`)
}

var ends = []string{"response.completed", "response.incomplete", "response.failed", "error"}

func lastOfResponse(_, data string) bool {
	var e struct{ Type string }
	_ = json.Unmarshal([]byte(data), &e)
	return slices.Contains(ends, e.Type)
}

// cutChunks ends chat completions as the model does that has reached its limit.
func cutChunks(s *seen) []event {
	var chunk map[string]any
	if json.Unmarshal([]byte(s.last), &chunk) != nil || chunk == nil {
		return []event{{data: failure(timeout)}}
	}
	chunk["choices"] = []any{map[string]any{"index": 0, "delta": map[string]any{}, "finish_reason": "length"}}
	delete(chunk, "usage")
	text, err := json.Marshal(chunk)
	if err != nil {
		return []event{{data: failure(timeout)}}
	}
	return []event{{data: string(text)}, {data: "[DONE]"}}
}

// cutResponse ends a response with the items that are done.
func cutResponse(s *seen) []event {
	var response map[string]any
	if json.Unmarshal(s.response, &response) != nil || response == nil {
		return []event{{"error", failure(timeout)}}
	}
	response["status"], response["output"] = "incomplete", s.items
	response["incomplete_details"] = map[string]string{"reason": "max_output_tokens"}
	text, err := json.Marshal(map[string]any{"type": "response.incomplete", "sequence_number": s.number + 1, "response": response})
	if err != nil {
		return []event{{"error", failure(timeout)}}
	}
	return []event{{"response.incomplete", string(text)}}
}

var timeout = &model.Error{
	Status: http.StatusGatewayTimeout, Type: model.TypeServer, Code: "model_timeout",
	Message: "There was no time left. Try again, or ask for less.",
}

func failure(e *model.Error) string {
	text, _ := json.Marshal(e) // strings can be encoded
	return string(text)
}

func broken(err error) *model.Error {
	return &model.Error{
		Status: http.StatusBadGateway, Type: model.TypeServer, Code: "model_stream_broken",
		Message: "The answer of the model broke off. Try again.", Cause: fmt.Errorf("upstream: %w", err),
	}
}
