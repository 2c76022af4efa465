package echo

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/functions/stream/model"
)

// answered is what the model answers.
type answered struct {
	text, refusal, name, arguments string
	finish                         model.Finish
	usage                          model.Usage
	pieces                         int
	err                            error
}

func ask(t *testing.T, r *model.Request) answered {
	t.Helper()
	var a answered
	if r.MaxTokens == 0 {
		r.MaxTokens = 100
	}
	words, err := Model{}.Start(t.Context(), r)
	if err != nil {
		return answered{err: err}
	}
	for delta, err := range words {
		if err != nil {
			a.err = err
			return a
		}
		a.pieces++
		a.text += delta.Text
		a.refusal += delta.Refusal
		if call := delta.ToolCall; call != nil {
			a.name += call.Name
			a.arguments += call.Arguments
		}
		if delta.Usage != nil {
			a.finish, a.usage = delta.Finish, *delta.Usage
			a.pieces--
		}
	}
	return a
}

func said(parts ...model.Part) []model.Message {
	return []model.Message{{Role: model.RoleUser, Content: parts}}
}

var city = &model.Schema{Name: "city", JSON: json.RawMessage(`{"type":"object","properties":{"name":{"type":"string"},"people":{"type":"integer"}}}`)}

func TestAnswers(t *testing.T) {
	t.Parallel()
	rome := said(model.Part{Text: "Rome, please"})
	for name, test := range map[string]struct {
		request model.Request
		want    answered
	}{
		"text":         {model.Request{Messages: rome}, answered{text: "You said: Rome, please", finish: "stop", usage: model.Usage{Input: 2, Output: 4}, pieces: 4}},
		"nothing":      {model.Request{Messages: said()}, answered{text: "You said nothing yet.", finish: "stop", usage: model.Usage{Output: 4}, pieces: 4}},
		"image":        {model.Request{Messages: said(model.Part{Text: "Look:"}, model.Part{Image: &model.Image{Format: "png", Data: make([]byte, 3)}})}, answered{text: "You said: Look: [png image of 3 bytes]", finish: "stop", usage: model.Usage{Input: 1, Output: 8}, pieces: 8}},
		"any object":   {model.Request{Messages: rome, JSON: true}, answered{text: `{"text":"Rome, please"}`, finish: "stop", usage: model.Usage{Input: 2, Output: 3}, pieces: 3}},
		"schema":       {model.Request{Messages: rome, JSON: true, Schema: city}, answered{text: `{"name":"Rome, please","people":0}`, finish: "stop", usage: model.Usage{Input: 2, Output: 5}, pieces: 5}},
		"out of token": {model.Request{Messages: rome, JSON: true, MaxTokens: 1}, answered{text: `{"text":`, finish: "length", usage: model.Usage{Input: 2, Output: 1}, pieces: 1}},
		"refusal":      {model.Request{Messages: said(model.Part{Text: "say " + RefuseWord}), JSON: true, Schema: city}, answered{refusal: "The built-in model was told to refuse.", finish: "stop", usage: model.Usage{Input: 2, Output: 7}, pieces: 7}},
		"call":         {model.Request{Messages: rome, Tools: []model.Tool{{Name: "now"}, {Name: "weather", Parameters: city.JSON}}, ToolChoice: model.ToolChoice{Name: "weather"}}, answered{name: "weather", arguments: `{"name":"Rome, please","people":0}`, finish: "tool_calls", usage: model.Usage{Input: 2, Output: 5}, pieces: 6}},
		"any call":     {model.Request{Messages: rome, Tools: []model.Tool{{Name: "now"}}, ToolChoice: model.ToolChoice{Required: true}}, answered{name: "now", arguments: `{"text":"Rome, please"}`, finish: "tool_calls", usage: model.Usage{Input: 2, Output: 3}, pieces: 4}},
	} {
		if got := ask(t, &test.request); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

func TestWordsForTrials(t *testing.T) {
	t.Parallel()
	if got := ask(t, &model.Request{Messages: said(model.Part{Text: "a " + FailWord})}); got.err == nil || got.text != "You said: a" {
		t.Errorf("%s: %+v, want an error", FailWord, got)
	}
	if got := ask(t, &model.Request{Messages: said(model.Part{Text: "a " + FailWord}), JSON: true}); got.err == nil {
		t.Errorf("%s in JSON: %+v, want an error", FailWord, got)
	}
	var e *model.Error
	if got := ask(t, &model.Request{Messages: said(model.Part{Text: LimitWord})}); !errors.As(got.err, &e) || e.Status != 429 || e.RetryAfter < 1 {
		t.Errorf("%s: %+v, want a 429 with the time to wait", LimitWord, got)
	}
}

func TestSchemasThatItDoesNotFollow(t *testing.T) {
	t.Parallel()
	odd := json.RawMessage(`{"type":"object","properties":{"n":{"type":"string","pattern":"^[0-9]$"}},"required":["n"]}`)
	for param, request := range map[string]*model.Request{
		"response_format": {Messages: said(), JSON: true, Schema: &model.Schema{JSON: odd}},
		"tools":           {Messages: said(), Tools: []model.Tool{{Name: "a", Parameters: odd}}, ToolChoice: model.ToolChoice{Required: true}},
	} {
		var e *model.Error
		if got := ask(t, request); !errors.As(got.err, &e) || e.Status != 400 || e.Param != param || !strings.Contains(e.Message, "pattern") {
			t.Errorf("%s: %+v, want a 400 that says why", param, got.err)
		}
	}
}

// The first word comes at once, the others after a pause each.
func TestPauses(t *testing.T) {
	t.Parallel()
	var pauses []time.Duration
	m := Model{Delay: time.Hour, Wait: func(_ context.Context, d time.Duration) error {
		pauses = append(pauses, d)
		return nil
	}}
	words, err := m.Start(t.Context(), &model.Request{Messages: said(model.Part{Text: "a"}), MaxTokens: 9})
	if err != nil {
		t.Fatal(err)
	}
	for range words {
	}
	if want := []time.Duration{0, time.Hour, time.Hour}; !slices.Equal(pauses, want) {
		t.Errorf("pauses = %v, want %v", pauses, want)
	}
}
