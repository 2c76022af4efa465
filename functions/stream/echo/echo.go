// Package echo is the built-in model, which needs no account: clients are tried with it.
package echo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/functions/stream/model"
)

// ID is the ID of the built-in model.
const ID = "streamfront-echo"

// Words that let clients be tried with what goes wrong, if the user says them. No other
// model knows them.
const (
	FailWord   = "[[fail]]"   // the answer fails where this word should come
	RefuseWord = "[[refuse]]" // the answer is a refusal
	LimitWord  = "[[limit]]"  // the request is answered by 429, as by a quota that is used up
)

// Model is the built-in model. It repeats what the user said last, word by word, and names
// the images; a word counts as a token. The same request gives the same answer. Required to
// call a tool it calls the one that is named, or the first one. An answer in JSON, and the
// arguments of a call, follow the schema that there is for them: what the user said stands
// where it wants a text.
type Model struct {
	// Delay is the pause between two words. The first one comes at once.
	Delay time.Duration
	// Wait pauses, before the first word for no time; it fails if the context ends first.
	// Default: - by a timer.
	Wait func(context.Context, time.Duration) error
}

// ID returns ID.
func (Model) ID() string { return ID }

// Start refuses a schema that it cannot make a value for.
func (m Model) Start(ctx context.Context, request *model.Request) (iter.Seq2[model.Delta, error], error) {
	if m.Wait == nil {
		m.Wait = wait
	}
	said := lastOfUser(request.Messages)
	words := strings.Fields(said)
	if slices.Contains(words, LimitWord) {
		return nil, &model.Error{
			Status: http.StatusTooManyRequests, Type: model.TypeRateLimit, Code: "rate_limit_exceeded", RetryAfter: 1,
			Message: "The built-in model was told " + LimitWord + ". Try again later.",
		}
	}
	a := answer{Model: m, request: request, finish: model.FinishStop}
	said = strings.Join(words, " ")
	switch name := requiredTool(request); {
	case name != "":
		return a.call(ctx, name, said)
	case slices.Contains(words, RefuseWord):
		a.kind = refusal
		return a.say(ctx, cut("The built-in model was told to refuse.", "")), nil
	case request.JSON:
		return a.object(ctx, said)
	case said == "":
		return a.say(ctx, cut("You said nothing yet.", "")), nil
	}
	text := strings.TrimRight(beforeStop("You said: "+said, request.Stop), " ")
	return a.say(ctx, cut(text, "")), nil
}

// answer is what is said to a request.
type answer struct {
	Model
	request *model.Request
	kind    kind
	finish  model.Finish
}

// kind makes a delta of a piece of what is said.
type kind func(piece string) model.Delta

func text(piece string) model.Delta    { return model.Delta{Text: piece} }
func refusal(piece string) model.Delta { return model.Delta{Refusal: piece} }
func arguments(piece string) model.Delta {
	return model.Delta{ToolCall: &model.ToolCallDelta{Arguments: piece}}
}

// object says a JSON object.
func (a answer) object(ctx context.Context, said string) (iter.Seq2[model.Delta, error], error) {
	param, schema := "response_format", anyObject
	if a.request.Schema != nil {
		schema = a.request.Schema.JSON
	}
	object, err := instance(schema, said)
	if err != nil {
		return nil, refuse(param, err)
	}
	return a.say(ctx, cut(beforeStop(string(object), a.request.Stop), ",:")), nil
}

// call calls a tool.
func (a answer) call(ctx context.Context, name, said string) (iter.Seq2[model.Delta, error], error) {
	schema := anyObject
	for _, tool := range a.request.Tools {
		if tool.Name == name && tool.Parameters != nil {
			schema = tool.Parameters
		}
	}
	object, err := instance(schema, said)
	if err != nil {
		return nil, refuse("tools", err)
	}
	id := fmt.Sprintf("call_%d", 1+calls(a.request.Messages))
	a.kind, a.finish = arguments, model.FinishToolCalls
	return func(yield func(model.Delta, error) bool) {
		if yield(model.Delta{ToolCall: &model.ToolCallDelta{ID: id, Name: name}}, nil) {
			a.say(ctx, cut(string(object), ",:"))(yield)
		}
	}, nil
}

func refuse(param string, err error) error {
	return model.Invalid(param, "%s cannot make a value for this schema: %v. Use a model of Amazon Bedrock, or a simpler schema.", ID, err)
}

// say yields pieces that make the answer when joined.
func (a answer) say(ctx context.Context, pieces []string) iter.Seq2[model.Delta, error] {
	if a.kind == nil {
		a.kind = text
	}
	return func(yield func(model.Delta, error) bool) {
		spoken := 0
		for _, piece := range pieces {
			if spoken == a.request.MaxTokens {
				a.finish = model.FinishLength
				break
			}
			delay := a.Delay
			if spoken == 0 {
				delay = 0
			}
			if err := a.Wait(ctx, delay); err != nil {
				yield(model.Delta{}, err)
				return
			}
			if strings.Contains(piece, FailWord) {
				yield(model.Delta{}, errors.New("echo: the built-in model met "+FailWord))
				return
			}
			if !yield(a.kind(piece), nil) {
				return
			}
			spoken++
		}
		yield(model.Delta{Finish: a.finish, Usage: &model.Usage{Input: count(a.request.Messages), Output: spoken}}, nil)
	}
}

// cut cuts a text before its spaces, and after the given characters.
func cut(text, after string) []string {
	var pieces []string
	start := 0
	for i := range len(text) {
		if i > start && (text[i] == ' ' || strings.IndexByte(after, text[i-1]) >= 0) {
			pieces = append(pieces, text[start:i])
			start = i
		}
	}
	if start < len(text) {
		pieces = append(pieces, text[start:])
	}
	return pieces
}

func requiredTool(request *model.Request) string {
	if request.ToolChoice.Required {
		return request.Tools[0].Name
	}
	return request.ToolChoice.Name
}

// lastOfUser returns what the user said last, with what there is to say about images.
func lastOfUser(messages []model.Message) string {
	for i := len(messages) - 1; i >= 0; i-- {
		if messages[i].Role != model.RoleUser {
			continue
		}
		var texts []string
		for _, part := range messages[i].Content {
			if image := part.Image; image != nil {
				part.Text = fmt.Sprintf("[%s image of %d bytes]", image.Format, len(image.Data))
			}
			texts = append(texts, part.Text)
		}
		return strings.Join(texts, "\n")
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

func count(messages []model.Message) int {
	words := 0
	for _, message := range messages {
		words += len(strings.Fields(message.Text()))
	}
	return words
}

func calls(messages []model.Message) int {
	n := 0
	for _, message := range messages {
		n += len(message.ToolCalls)
	}
	return n
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
