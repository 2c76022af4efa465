package openai

import (
	"context"
	"crypto/rand"
	"errors"
	"iter"
	"time"

	"github.com/streamfront/streamfront/functions/stream/metrics"
	"github.com/streamfront/streamfront/functions/stream/model"
)

// answer is what a model answers, in no protocol yet.
type answer struct {
	id      string // without a prefix
	created int64
	model   string
	now     func() time.Time
	words   iter.Seq2[model.Delta, error]
	oneCall bool // of several calls the first is passed on

	stats  metrics.Answer
	last   time.Time // when the last piece came
	finish model.Finish
	usage  model.Usage
}

func newAnswer(modelID string, now func() time.Time, stats metrics.Answer) *answer {
	return &answer{id: rand.Text(), created: stats.Start.Unix(), model: modelID, now: now, stats: stats}
}

// pieces yields the model's answer, without what is about its end. To run out of time is
// a way to finish; a model that ends without a reason has stopped.
func (a *answer) pieces(yield func(model.Delta, error) bool) {
	for delta, err := range a.words {
		if errors.Is(err, context.DeadlineExceeded) {
			a.finish = model.FinishLength
			break
		}
		if err != nil {
			yield(model.Delta{}, err)
			return
		}
		if delta.Finish != "" {
			a.finish = delta.Finish
		}
		if delta.Usage != nil {
			a.usage = *delta.Usage
		}
		if a.oneCall && delta.ToolCall != nil && delta.ToolCall.Index > 0 {
			delta.ToolCall = nil
		}
		if delta.Text == "" && delta.Refusal == "" && delta.ToolCall == nil {
			continue
		}
		a.measure()
		if !yield(delta, nil) {
			return
		}
	}
	if a.finish == "" {
		a.finish = model.FinishStop
	}
	a.stats.InputTokens, a.stats.OutputTokens = a.usage.Input, a.usage.Output
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
