package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// defaultMaxTokens bounds an answer if the request does not: a viewer who leaves does not
// stop a function on Lambda.
const defaultMaxTokens = 1024

const (
	finishStop   = "stop"
	finishLength = "length" // max_tokens, or no time left
)

// chatHandler serves POST /v1/chat/completions. A word counts as a token.
type chatHandler struct {
	model echoModel
	now   func() time.Time
}

func (h chatHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request, ok := readChatRequest(w, r)
	if !ok {
		return
	}
	a := h.answer(request)
	if request.Stream {
		a.stream(r.Context(), w)
	} else {
		a.whole(r.Context(), w)
	}
}

// readChatRequest answers with an error itself if the request cannot be served.
func readChatRequest(w http.ResponseWriter, r *http.Request) (chatRequest, bool) {
	var request chatRequest
	body, err := io.ReadAll(r.Body)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		writeError(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("The body is over %d bytes.", tooLarge.Limit), "", "")
		return request, false
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, "The body could not be read.", "", "")
		return request, false
	}
	if err := json.Unmarshal(body, &request); err != nil {
		writeError(w, http.StatusBadRequest, fmt.Sprintf("The body is not a valid request in JSON: %v.", err), "", "")
		return request, false
	}
	switch maxTokens := request.maxTokens(); {
	case len(request.Messages) == 0:
		writeError(w, http.StatusBadRequest, "messages must have at least one message.", "messages", "")
	case request.Model != modelID:
		writeError(w, http.StatusNotFound, fmt.Sprintf("The model %q does not exist: use %q.", request.Model, modelID), "model", "model_not_found")
	case maxTokens < 1:
		writeError(w, http.StatusBadRequest, fmt.Sprintf("max_tokens is %d: want at least 1.", maxTokens), "max_tokens", "")
	default:
		return request, true
	}
	return request, false
}

func (r chatRequest) maxTokens() int {
	switch {
	case r.MaxCompletionTokens != nil:
		return *r.MaxCompletionTokens
	case r.MaxTokens != nil:
		return *r.MaxTokens
	}
	return defaultMaxTokens
}

// chatAnswer is what both forms of an answer are made of.
type chatAnswer struct {
	model   echoModel
	request chatRequest
	id      string
	created int64
}

func (h chatHandler) answer(request chatRequest) chatAnswer {
	return chatAnswer{model: h.model, request: request, id: "chatcmpl-" + rand.Text(), created: h.now().Unix()}
}

// generate calls emit for each word. The error is that of emit, or says that the viewer
// has left; running out of time is a way to finish.
func (a chatAnswer) generate(ctx context.Context, emit func(word string) error) (finish string, tokens int, err error) {
	for word, err := range a.model.words(ctx, a.request.Messages) {
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return finishLength, tokens, nil
		case err != nil:
			return "", tokens, err
		case tokens == a.request.maxTokens():
			return finishLength, tokens, nil
		}
		if err := emit(word); err != nil {
			return "", tokens, err
		}
		tokens++
	}
	return finishStop, tokens, nil
}

func (a chatAnswer) whole(ctx context.Context, w http.ResponseWriter) {
	var text strings.Builder
	finish, tokens, err := a.generate(ctx, func(word string) error {
		text.WriteString(word)
		return nil
	})
	if err != nil {
		return // the client has left
	}
	writeJSON(w, http.StatusOK, chatCompletion{
		ID: a.id, Object: "chat.completion", Created: a.created, Model: a.request.Model,
		Choices: []chatChoice{{
			Message:      answerMessage{Role: "assistant", Content: text.String()},
			FinishReason: finish,
		}},
		Usage: a.usage(tokens),
	})
}

// stream sends server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html.
func (a chatAnswer) stream(ctx context.Context, w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	events := eventWriter{w: w, flush: http.NewResponseController(w).Flush}

	// At once, before the model has said anything: CloudFront gives up on an origin that
	// is silent for longer than its read timeout.
	empty := ""
	err := events.send(a.chunk(chunkDelta{Role: "assistant", Content: &empty}, nil))
	if err != nil {
		return
	}
	finish, tokens, err := a.generate(ctx, func(word string) error {
		return events.send(a.chunk(chunkDelta{Content: &word}, nil))
	})
	if err != nil {
		return // the client has left
	}
	if err := events.send(a.chunk(chunkDelta{}, &finish)); err != nil {
		return
	}
	if a.request.StreamOptions.IncludeUsage {
		last, used := a.chunk(chunkDelta{}, nil), a.usage(tokens)
		last.Choices, last.Usage = []chunkChoice{}, &used
		if err := events.send(last); err != nil {
			return
		}
	}
	_ = events.done()
}

func (a chatAnswer) chunk(delta chunkDelta, finish *string) chatChunk {
	return chatChunk{
		ID: a.id, Object: "chat.completion.chunk", Created: a.created, Model: a.request.Model,
		Choices: []chunkChoice{{Delta: delta, FinishReason: finish}},
	}
}

func (a chatAnswer) usage(completion int) usage {
	prompt := 0
	for _, message := range a.request.Messages {
		prompt += len(strings.Fields(string(message.Content)))
	}
	return usage{PromptTokens: prompt, CompletionTokens: completion, TotalTokens: prompt + completion}
}

// eventWriter sends each event on its own, as soon as it is there.
type eventWriter struct {
	w     io.Writer
	flush func() error
}

func (e eventWriter) send(event any) error {
	data, err := json.Marshal(event)
	if err != nil {
		return err
	}
	return e.write("data: " + string(data) + "\n\n")
}

func (e eventWriter) done() error { return e.write("data: [DONE]\n\n") }

func (e eventWriter) write(event string) error {
	if _, err := io.WriteString(e.w, event); err != nil {
		return err
	}
	return e.flush()
}
