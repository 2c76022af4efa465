package main

import (
	"context"
	"iter"
	"net/http"
	"strings"
	"time"
)

const modelID = "streamfront-echo"

// echoModel repeats what the user said last. The same messages give the same words.
type echoModel struct {
	delay time.Duration                              // before each word
	wait  func(context.Context, time.Duration) error // fails if the context ends first
}

// words yields the answer in pieces that make the text when joined, until the context
// ends: then the last one is an error.
func (m echoModel) words(ctx context.Context, messages []chatMessage) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i, word := range strings.Fields(answer(messages)) {
			if err := m.wait(ctx, m.delay); err != nil {
				yield("", err)
				return
			}
			if i > 0 {
				word = " " + word
			}
			if !yield(word, nil) {
				return
			}
		}
	}
}

func answer(messages []chatMessage) string {
	for i := len(messages) - 1; i >= 0; i-- {
		if messages[i].Role == "user" {
			return "You said: " + string(messages[i].Content)
		}
	}
	return "You said nothing yet."
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

func serveModels(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, modelList{
		Object: "list",
		Data:   []modelInfo{{ID: modelID, Object: "model", Created: 1767225600, OwnedBy: "streamfront"}},
	})
}
