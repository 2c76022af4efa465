package openai

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/streamfront/streamfront/functions/stream/model"
	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

// chatCompletion is an answer as a whole:
// https://platform.openai.com/docs/api-reference/chat/object.
type chatCompletion struct {
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
	FinishReason model.Finish  `json:"finish_reason"`
	Logprobs     *struct{}     `json:"logprobs"` // null, which OpenAI's schema requires
}

type answerMessage struct {
	Role      model.Role `json:"role"`
	Content   *string    `json:"content"` // null if there are only calls, or a refusal
	Refusal   *string    `json:"refusal"` // null otherwise, which OpenAI's schema requires
	ToolCalls []toolCall `json:"tool_calls,omitempty"`
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

func newUsage(u model.Usage) usage { return usage{u.Input, u.Output, u.Input + u.Output} }

const completionID = "chatcmpl-"

func (c *completion) whole(a *answer) (any, error) {
	var text, refusal strings.Builder
	message := answerMessage{Role: model.RoleAssistant}
	for delta, err := range a.pieces {
		if err != nil {
			return nil, err
		}
		text.WriteString(delta.Text)
		refusal.WriteString(delta.Refusal)
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
	if refusal.Len() > 0 {
		said := refusal.String()
		message.Refusal = &said
	}
	if text.Len() > 0 || refusal.Len() == 0 && len(message.ToolCalls) == 0 {
		said := text.String()
		message.Content = &said
	}
	return chatCompletion{
		ID: completionID + a.id, Object: "chat.completion", Created: a.created, Model: a.model,
		Choices: []completionChoice{{Message: message, FinishReason: a.finish}},
		Usage:   newUsage(a.usage),
	}, nil
}

// chunk is an event of an answer that is streamed:
// https://platform.openai.com/docs/api-reference/chat-streaming.
type chunk struct {
	ID      string          `json:"id"`
	Object  string          `json:"object"` // "chat.completion.chunk"
	Created int64           `json:"created"`
	Model   string          `json:"model"`
	Choices []chunkChoice   `json:"choices"` // empty in the chunk that has the usage
	Usage   json.RawMessage `json:"usage,omitempty"`
}

type chunkChoice struct {
	Index        int           `json:"index"`
	Delta        chunkDelta    `json:"delta"`
	FinishReason *model.Finish `json:"finish_reason"` // null until the last one
}

type chunkDelta struct {
	Role      model.Role  `json:"role,omitempty"`
	Content   *string     `json:"content,omitempty"`
	Refusal   string      `json:"refusal,omitempty"`
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

func (c *completion) stream(events *sse.Writer, a *answer) error {
	next := chunk{ID: completionID + a.id, Object: "chat.completion.chunk", Created: a.created, Model: a.model}
	withUsage := c.StreamOptions != nil && c.StreamOptions.IncludeUsage
	if withUsage {
		next.Usage = json.RawMessage("null") // where it will be in the last chunk
	}
	write := func(delta chunkDelta, finish *model.Finish) error {
		next.Choices = []chunkChoice{{Delta: delta, FinishReason: finish}}
		return send(events, sse.Event{JSON: &next})
	}

	// At once, before the model has said anything.
	empty := ""
	if err := write(chunkDelta{Role: model.RoleAssistant, Content: &empty}, nil); err != nil {
		return err
	}
	for delta, err := range a.pieces {
		if errors.Is(err, context.Canceled) {
			return viewerLeft(err)
		}
		if err != nil {
			e := public(err)
			if err := send(events, sse.Event{JSON: e}); err != nil {
				return err
			}
			return e
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

func newDelta(d model.Delta) chunkDelta {
	converted := chunkDelta{Refusal: d.Refusal}
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
