package chat

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"time"
)

// EchoID is the ID of the built-in model.
const EchoID = "streamfront-echo"

// FailWord makes the built-in model fail where it should say this word, so that clients
// can be tried with an error in mid-stream. No other model knows it.
const FailWord = "[[fail]]"

// Echo is the built-in model. It repeats what the user said last, word by word; a word
// counts as a token. The same request gives the same answer. Required to call a tool it
// calls the one that is named, or the first one, with {"text": "what the user said last"}.
type Echo struct {
	// Delay is the pause before each word.
	Delay time.Duration
	// Wait pauses; it fails if the context ends first.
	// Default: - by a timer.
	Wait func(context.Context, time.Duration) error
}

// ID returns EchoID.
func (Echo) ID() string { return EchoID }

// Start fails if the answer has to follow a schema, which an echo does not.
func (e Echo) Start(ctx context.Context, request *Request) (iter.Seq2[Delta, error], error) {
	if request.Schema != nil {
		return nil, invalid("response_format", "%s repeats what it is told and follows no schema: use a model of Amazon Bedrock.", EchoID)
	}
	if e.Wait == nil {
		e.Wait = wait
	}
	said := lastOfUser(request.Messages)
	if name := requiredTool(request); name != "" {
		return e.call(ctx, request, name, said), nil
	}
	return e.words(ctx, request, said), nil
}

// words yields pieces that make the text when joined.
func (e Echo) words(ctx context.Context, request *Request, said string) iter.Seq2[Delta, error] {
	text := "You said nothing yet."
	if said != "" {
		text = "You said: " + said
	}
	words := strings.Fields(beforeStop(strings.Join(strings.Fields(text), " "), request.Stop))
	return func(yield func(Delta, error) bool) {
		finish, spoken := FinishStop, 0
		for i, word := range words {
			if i == request.MaxTokens {
				finish = FinishLength
				break
			}
			if err := e.Wait(ctx, e.Delay); err != nil {
				yield(Delta{}, err)
				return
			}
			if word == FailWord {
				yield(Delta{}, errors.New("chat: the built-in model met "+FailWord))
				return
			}
			if i > 0 {
				word = " " + word
			}
			if !yield(Delta{Text: word}, nil) {
				return
			}
			spoken++
		}
		yield(Delta{Finish: finish, Usage: &Usage{Input: count(request.Messages), Output: spoken}}, nil)
	}
}

// call yields a call in three pieces.
func (e Echo) call(ctx context.Context, request *Request, name, said string) iter.Seq2[Delta, error] {
	text, _ := json.Marshal(said) // strings can be encoded
	return func(yield func(Delta, error) bool) {
		for _, piece := range []ToolCallDelta{{ID: "call_1", Name: name}, {Arguments: `{"text":`}, {Arguments: string(text) + "}"}} {
			if err := e.Wait(ctx, e.Delay); err != nil {
				yield(Delta{}, err)
				return
			}
			if !yield(Delta{ToolCall: &piece}, nil) {
				return
			}
		}
		yield(Delta{Finish: FinishToolCalls, Usage: &Usage{Input: count(request.Messages), Output: 3}}, nil)
	}
}

func requiredTool(request *Request) string {
	if request.ToolChoice.Required {
		return request.Tools[0].Name
	}
	return request.ToolChoice.Name
}

func lastOfUser(messages []Message) string {
	for i := len(messages) - 1; i >= 0; i-- {
		if messages[i].Role == RoleUser {
			return messages[i].Text
		}
	}
	return ""
}

func beforeStop(text string, stop []string) string {
	end := len(text)
	for _, sequence := range stop {
		if i := strings.Index(text, sequence); i >= 0 {
			end = min(end, i)
		}
	}
	return text[:end]
}

func count(messages []Message) int {
	words := 0
	for _, message := range messages {
		words += len(strings.Fields(message.Text))
	}
	return words
}

func wait(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
