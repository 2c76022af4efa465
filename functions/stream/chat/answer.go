package chat

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/streamfront/streamfront/functions/stream/metrics"
	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

// answer is what both forms of an answer are made of.
type answer struct {
	id      string
	created int64
	model   string
	now     func() time.Time
	stats   metrics.Answer

	last   time.Time // when the last piece came
	finish Finish
	usage  Usage
}

// pieces yields the model's answer, without what is about its end. To run out of time is
// a way to finish; a model that ends without a reason has stopped.
func (a *answer) pieces(words iter.Seq2[Delta, error]) iter.Seq2[Delta, error] {
	return func(yield func(Delta, error) bool) {
		for delta, err := range words {
			if errors.Is(err, context.DeadlineExceeded) {
				a.finish = FinishLength
				break
			}
			if err != nil {
				yield(Delta{}, err)
				return
			}
			if delta.Finish != "" {
				a.finish = delta.Finish
			}
			if delta.Usage != nil {
				a.usage = *delta.Usage
			}
			if delta.Text == "" && delta.ToolCall == nil {
				continue
			}
			a.measure()
			if !yield(delta, nil) {
				return
			}
		}
		if a.finish == "" {
			a.finish = FinishStop
		}
		a.stats.InputTokens, a.stats.OutputTokens = a.usage.Input, a.usage.Output
	}
}

// measure notes that a piece has come.
func (a *answer) measure() {
	now := a.now()
	if a.last.IsZero() {
		a.stats.FirstToken = now.Sub(a.stats.Start)
	} else {
		a.stats.LongestGap = max(a.stats.LongestGap, now.Sub(a.last))
	}
	a.last = now
}

// completion is an answer as a whole.
type completion struct {
	ID      string             `json:"id"`
	Object  string             `json:"object"` // "chat.completion"
	Created int64              `json:"created"`
	Model   string             `json:"model"`
	Choices []completionChoice `json:"choices"`
	Usage   usage              `json:"usage"`
}

type completionChoice struct {
	Index        int           `json:"index"`
	Message      answerMessage `json:"message"`
	FinishReason Finish        `json:"finish_reason"`
	Logprobs     *struct{}     `json:"logprobs"` // null, which OpenAI's schema requires
}

type answerMessage struct {
	Role      Role       `json:"role"`
	Content   *string    `json:"content"` // null if there are only calls
	Refusal   *string    `json:"refusal"` // null, which OpenAI's schema requires
	ToolCalls []toolCall `json:"tool_calls,omitempty"`
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

func newUsage(u Usage) usage { return usage{u.Input, u.Output, u.Input + u.Output} }

func (a *answer) whole(w http.ResponseWriter, words iter.Seq2[Delta, error]) error {
	var text strings.Builder
	message := answerMessage{Role: RoleAssistant}
	for delta, err := range a.pieces(words) {
		if errors.Is(err, context.Canceled) {
			return viewerLeft(err)
		}
		if err != nil {
			e := public(err)
			WriteError(w, e)
			return e
		}
		text.WriteString(delta.Text)
		if call := delta.ToolCall; call != nil {
			for len(message.ToolCalls) <= call.Index {
				message.ToolCalls = append(message.ToolCalls, toolCall{Type: "function"})
			}
			whole := &message.ToolCalls[call.Index]
			whole.ID += call.ID
			whole.Function.Name += call.Name
			whole.Function.Arguments += call.Arguments
		}
	}
	if content := text.String(); content != "" || len(message.ToolCalls) == 0 {
		message.Content = &content
	}
	writeJSON(w, http.StatusOK, completion{
		ID: a.id, Object: "chat.completion", Created: a.created, Model: a.model,
		Choices: []completionChoice{{Message: message, FinishReason: a.finish}},
		Usage:   newUsage(a.usage),
	})
	return nil
}

// chunk is an event of an answer that is streamed.
type chunk struct {
	ID      string          `json:"id"`
	Object  string          `json:"object"` // "chat.completion.chunk"
	Created int64           `json:"created"`
	Model   string          `json:"model"`
	Choices []chunkChoice   `json:"choices"` // empty in the chunk that has the usage
	Usage   json.RawMessage `json:"usage,omitempty"`
}

type chunkChoice struct {
	Index        int        `json:"index"`
	Delta        chunkDelta `json:"delta"`
	FinishReason *Finish    `json:"finish_reason"` // null until the last one
}

type chunkDelta struct {
	Role      Role        `json:"role,omitempty"`
	Content   *string     `json:"content,omitempty"`
	ToolCalls []chunkCall `json:"tool_calls,omitempty"`
}

type chunkCall struct {
	Index    int           `json:"index"`
	ID       string        `json:"id,omitempty"`
	Type     string        `json:"type,omitempty"` // "function", with the id
	Function chunkFunction `json:"function"`
}

type chunkFunction struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

func (a *answer) stream(w http.ResponseWriter, r *http.Request, words iter.Seq2[Delta, error], withUsage bool) error {
	events := sse.NewWriter(w, r, sse.Options{})
	defer events.Close()
	next := chunk{ID: a.id, Object: "chat.completion.chunk", Created: a.created, Model: a.model}
	if withUsage {
		next.Usage = json.RawMessage("null") // where it will be in the last chunk
	}
	write := func(delta chunkDelta, finish *Finish) error {
		next.Choices = []chunkChoice{{Delta: delta, FinishReason: finish}}
		return send(events, sse.Event{JSON: &next})
	}

	// At once, before the model has said anything.
	empty := ""
	if err := write(chunkDelta{Role: RoleAssistant, Content: &empty}, nil); err != nil {
		return err
	}
	for delta, err := range a.pieces(words) {
		if err != nil {
			return fail(events, err)
		}
		if err := write(newDelta(delta), nil); err != nil {
			return err
		}
	}
	if err := write(chunkDelta{}, &a.finish); err != nil {
		return err
	}
	if withUsage {
		next.Choices = []chunkChoice{}
		next.Usage, _ = json.Marshal(newUsage(a.usage)) // numbers can be encoded
		if err := send(events, sse.Event{JSON: &next}); err != nil {
			return err
		}
	}
	return send(events, sse.Event{Data: "[DONE]"})
}

// fail ends a stream by an error, and returns what there is to log.
func fail(events *sse.Writer, err error) error {
	if errors.Is(err, context.Canceled) {
		return viewerLeft(err)
	}
	e := public(err)
	if writeErr := send(events, sse.Event{JSON: e}); writeErr != nil {
		return writeErr
	}
	return e
}

func newDelta(d Delta) chunkDelta {
	var converted chunkDelta
	if d.Text != "" {
		converted.Content = &d.Text
	}
	if call := d.ToolCall; call != nil {
		c := chunkCall{Index: call.Index, ID: call.ID, Function: chunkFunction{Name: call.Name, Arguments: call.Arguments}}
		if call.ID != "" {
			c.Type = "function"
		}
		converted.ToolCalls = []chunkCall{c}
	}
	return converted
}
