package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const hello = `"model":"streamfront-echo","messages":[{"role":"user","content":"Hello there"}]`

func TestChatWhole(t *testing.T) {
	for name, test := range map[string]struct {
		body   string
		want   string
		finish string
		prompt int
		tokens int
	}{
		"string": {
			body: `{` + hello + `}`,
			want: "You said: Hello there", finish: "stop", prompt: 2, tokens: 4,
		},
		"stream is false": {
			body: `{"stream":false,` + hello + `}`,
			want: "You said: Hello there", finish: "stop", prompt: 2, tokens: 4,
		},
		"parts": {
			body: `{"model":"streamfront-echo","messages":[{"role":"user","content":[{"type":"text","text":"Hello "},{"type":"text","text":"there"}]}]}`,
			want: "You said: Hello there", finish: "stop", prompt: 2, tokens: 4,
		},
		"last message of the user": {
			body: `{"model":"streamfront-echo","messages":[{"role":"system","content":"Be brief"},{"role":"user","content":"one"},{"role":"assistant","content":null},{"role":"user","content":"two"}]}`,
			want: "You said: two", finish: "stop", prompt: 4, tokens: 3,
		},
		"no user": {
			body: `{"model":"streamfront-echo","messages":[{"role":"system","content":"Be brief"}]}`,
			want: "You said nothing yet.", finish: "stop", prompt: 2, tokens: 4,
		},
		"max_tokens": {
			body: `{"max_tokens":3,` + hello + `}`,
			want: "You said: Hello", finish: "length", prompt: 2, tokens: 3,
		},
		"max_tokens just enough": {
			body: `{"max_tokens":4,` + hello + `}`,
			want: "You said: Hello there", finish: "stop", prompt: 2, tokens: 4,
		},
		"max_completion_tokens wins": {
			body: `{"max_tokens":3,"max_completion_tokens":1,` + hello + `}`,
			want: "You", finish: "length", prompt: 2, tokens: 1,
		},
		"unknown fields": {
			body: `{"temperature":0.5,"tools":[],` + hello + `}`,
			want: "You said: Hello there", finish: "stop", prompt: 2, tokens: 4,
		},
	} {
		t.Run(name, func(t *testing.T) {
			response := serve(newTestHandler(""), chatRequestWith(test.body))
			if response.Code != http.StatusOK {
				t.Fatalf("status = %d: %s", response.Code, response.Body)
			}
			got := decode[chatCompletion](t, response.Body.Bytes())
			if got.Object != "chat.completion" || got.Model != modelID || !strings.HasPrefix(got.ID, "chatcmpl-") || got.Created == 0 {
				t.Errorf("envelope = %+v", got)
			}
			if len(got.Choices) != 1 {
				t.Fatalf("%d choices, want 1", len(got.Choices))
			}
			choice := got.Choices[0]
			if choice.Message.Role != "assistant" || choice.Message.Content != test.want || choice.FinishReason != test.finish {
				t.Errorf("choice = %+v, want %q, %q", choice, test.want, test.finish)
			}
			if want := (usage{test.prompt, test.tokens, test.prompt + test.tokens}); got.Usage != want {
				t.Errorf("usage = %+v, want %+v", got.Usage, want)
			}
		})
	}
}

func TestChatErrors(t *testing.T) {
	for name, test := range map[string]struct {
		body   string
		status int
		param  string
		code   string
	}{
		"empty":            {"", 400, "", ""},
		"no JSON":          {"{", 400, "", ""},
		"more than JSON":   {"{" + hello + "} {}", 400, "", ""},
		"wrong type":       {`{"messages":"Hello"}`, 400, "", ""},
		"no messages":      {`{"model":"streamfront-echo"}`, 400, "messages", ""},
		"messages empty":   {`{"model":"streamfront-echo","messages":[]}`, 400, "messages", ""},
		"content of image": {`{"model":"streamfront-echo","messages":[{"role":"user","content":[{"type":"image_url"}]}]}`, 400, "", ""},
		"content a number": {`{"model":"streamfront-echo","messages":[{"role":"user","content":1}]}`, 400, "", ""},
		"max_tokens":       {`{"max_tokens":0,` + hello + `}`, 400, "max_tokens", ""},
		"unknown model":    {`{"model":"other","messages":[{"role":"user","content":"Hello"}]}`, 404, "model", "model_not_found"},
		"too large":        {`{"pad":"` + strings.Repeat("x", maxBody) + `",` + hello + `}`, 413, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			response := serve(newTestHandler(""), chatRequestWith(test.body))
			if response.Code != test.status {
				t.Errorf("status = %d, want %d", response.Code, test.status)
			}
			wantError(t, response.Body.Bytes(), test.param, test.code)
		})
	}
}

// wantError checks OpenAI's error object; an empty param or code stands for null.
func wantError(t *testing.T, body []byte, param, code string) {
	t.Helper()
	got := decode[struct {
		Error apiError `json:"error"`
	}](t, body).Error
	if got.Message == "" || got.Type != "invalid_request_error" {
		t.Errorf("error = %+v, want a message and the type invalid_request_error", got)
	}
	for name, pair := range map[string]struct {
		got  *string
		want string
	}{"param": {got.Param, param}, "code": {got.Code, code}} {
		if (pair.got == nil) != (pair.want == "") || pair.got != nil && *pair.got != pair.want {
			t.Errorf("%s of the error = %v, want %q: %s", name, pair.got, pair.want, body)
		}
	}
}

// Each chunk is there before the model says the next word.
func TestChatStreamInOrder(t *testing.T) {
	for name, open := range openers {
		t.Run(name, func(t *testing.T) {
			speak := make(chan struct{})
			handler := newHandler(guard(""), echoModel{wait: func(ctx context.Context, _ time.Duration) error {
				select {
				case <-speak:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}}, true, discard)
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
				if chunk.ID != first.ID || chunk.Object != "chat.completion.chunk" || chunk.Model != modelID {
					t.Errorf("envelope = %+v", chunk)
				}
			}
			last := nextChunk(t, stream).Choices[0]
			if last.FinishReason == nil || *last.FinishReason != "stop" || last.Delta != (chunkDelta{}) {
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

func nextChunk(t *testing.T, stream *bufio.Reader) chatChunk {
	t.Helper()
	return decode[chatChunk](t, []byte(nextEvent(t, stream)))
}

// nextEvent returns the data of an event that is made of a single line of it.
func nextEvent(t *testing.T, stream *bufio.Reader) string {
	t.Helper()
	line, err := stream.ReadString('\n')
	if err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	end, err := stream.ReadString('\n')
	if err != nil || end != "\n" {
		t.Fatalf("%q is followed by %q, %v, want an empty line", line, end, err)
	}
	data, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "data: ")
	if !ok {
		t.Fatalf("%q is no data", line)
	}
	return data
}

func TestChatStreamUsage(t *testing.T) {
	body := `{"stream":true,"stream_options":{"include_usage":true},"max_tokens":2,` + hello + `}`
	response := serve(newTestHandler(""), chatRequestWith(body))
	stream := bufio.NewReader(response.Body)
	var chunks []chatChunk
	for {
		data := nextEvent(t, stream)
		if data == "[DONE]" {
			break
		}
		chunks = append(chunks, decode[chatChunk](t, []byte(data)))
	}
	finish, last := chunks[len(chunks)-2], chunks[len(chunks)-1]
	if got := finish.Choices[0].FinishReason; got == nil || *got != "length" {
		t.Errorf("finish reason = %v, want length", got)
	}
	if want := (usage{2, 2, 4}); len(last.Choices) != 0 || last.Usage == nil || *last.Usage != want {
		t.Errorf("last chunk = %+v, want no choices and usage %+v", last, want)
	}
}

// Two answers differ in id and time only.
func TestChatIsDeterministic(t *testing.T) {
	text := func() string {
		response := serve(newTestHandler(""), chatRequestWith("{"+hello+"}"))
		return decode[chatCompletion](t, response.Body.Bytes()).Choices[0].Message.Content
	}
	if first, second := text(), text(); first != second {
		t.Errorf("%q, then %q", first, second)
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

func TestChatOutOfTime(t *testing.T) {
	handler := newHandler(guard(""), echoModel{wait: waitTwice(context.DeadlineExceeded)}, true, discard)
	body := serve(handler, chatRequestWith(`{"stream":true,`+hello+`}`)).Body.String()
	if !strings.Contains(body, `"finish_reason":"length"`) || !strings.HasSuffix(body, "data: [DONE]\n\n") {
		t.Errorf("the answer ends with %q, want it finished for length", body)
	}
}

func TestChatViewerLeaves(t *testing.T) {
	handler := newHandler(guard(""), echoModel{wait: waitTwice(context.Canceled)}, true, discard)
	body := serve(handler, chatRequestWith(`{"stream":true,`+hello+`}`)).Body.String()
	if !strings.Contains(body, " said:") || strings.Contains(body, "[DONE]") {
		t.Errorf("the answer is %q, want it broken off", body)
	}
}

func TestModels(t *testing.T) {
	response := serve(newTestHandler(""), newRequest("GET", "/v1/models"))
	got := decode[modelList](t, response.Body.Bytes())
	if got.Object != "list" || len(got.Data) != 1 || got.Data[0].ID != modelID || got.Data[0].Object != "model" {
		t.Errorf("models = %+v", got)
	}
}

func TestWait(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if err := wait(ctx, 0); err != nil {
		t.Errorf("wait(0) = %v", err)
	}
	if err := wait(ctx, time.Nanosecond); err != nil {
		t.Errorf("wait(1ns) = %v", err)
	}
	cancel()
	for _, d := range []time.Duration{0, time.Hour} {
		if err := wait(ctx, d); err == nil {
			t.Errorf("wait(%v) in a context that has ended succeeds", d)
		}
	}
}

func TestModelDelay(t *testing.T) {
	for value, want := range map[string]time.Duration{"": 50 * time.Millisecond, "0": 0, "1s": time.Second} {
		if got, err := modelDelay(value); got != want || err != nil {
			t.Errorf("modelDelay(%q) = %v, %v, want %v", value, got, err, want)
		}
	}
	for _, value := range []string{"fast", "-1s", "20"} {
		if _, err := modelDelay(value); err == nil || !strings.Contains(err.Error(), "such as 20ms") {
			t.Errorf("modelDelay(%q) = %v, want an error that says what to do", value, err)
		}
	}
}

// The null that clients look for, which omitempty would lose.
func TestChunkHasNullFinishReason(t *testing.T) {
	data, err := json.Marshal(chatAnswer{}.chunk(chunkDelta{}, nil))
	if err != nil || !strings.Contains(string(data), `"finish_reason":null`) {
		t.Errorf("chunk = %s, %v, want finish_reason null", data, err)
	}
}
