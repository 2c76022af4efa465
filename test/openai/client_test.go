// OpenAI's client for Go against the sample in the local chain, given its base URL and its
// key and nothing else.
package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"

	"github.com/streamfront/streamfront/local"
)

const (
	key    = "the-key-of-this-test"
	model  = "streamfront-echo"
	prompt = "Why is the sky blue?"
	answer = "You said: " + prompt
)

var baseURL string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	chain, err := local.Start(ctx, local.Options{
		Assembly: "../../cdk.out", Sources: []string{"../.."},
		Environment: map[string]string{"API_KEY": key, "MODEL_DELAY": "5ms"},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "the chain needs the app's assembly, which 'make synth' writes:", err)
		return 1
	}
	defer chain.Close()
	baseURL = chain.Distributions()[0].URL + "/v1"
	return m.Run()
}

func client(key string) openai.Client {
	return openai.NewClient(option.WithBaseURL(baseURL), option.WithAPIKey(key), option.WithMaxRetries(0))
}

func said(text string) openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: model, Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(text)}}
}

func input(text string) responses.ResponseNewParams {
	return responses.ResponseNewParams{Model: model, Input: responses.ResponseNewParamsInputUnion{OfString: param.NewOpt(text)}}
}

// streamed returns what a stream says, and what ends it.
func streamed(ctx context.Context, c openai.Client, protocol, text string, each func()) (string, error) {
	var words strings.Builder
	if protocol == "responses" {
		stream := c.Responses.NewStreaming(ctx, input(text))
		defer stream.Close()
		for stream.Next() {
			if event, ok := stream.Current().AsAny().(responses.ResponseTextDeltaEvent); ok {
				words.WriteString(event.Delta)
				each()
			}
		}
		return words.String(), stream.Err()
	}
	stream := c.Chat.Completions.NewStreaming(ctx, said(text))
	defer stream.Close()
	var all openai.ChatCompletionAccumulator
	for stream.Next() {
		all.AddChunk(stream.Current())
		if content := stream.Current().Choices[0].Delta.Content; content != "" {
			words.WriteString(content)
			each()
		}
	}
	if stream.Err() == nil && all.Choices[0].FinishReason != "stop" {
		return "", fmt.Errorf("finish reason %q", all.Choices[0].FinishReason)
	}
	return words.String(), stream.Err()
}

var protocols = []string{"chat completions", "responses"}

func TestStream(t *testing.T) {
	for _, protocol := range protocols {
		words := 0
		got, err := streamed(t.Context(), client(key), protocol, prompt, func() { words++ })
		if err != nil || got != answer || words != 7 {
			t.Errorf("%s: %q in %d words, %v, want %q in 7", protocol, got, words, err, answer)
		}
	}
}

func TestWhole(t *testing.T) {
	c := client(key)
	completion, err := c.Chat.Completions.New(t.Context(), said(prompt))
	if err != nil || completion.Choices[0].Message.Content != answer || completion.Usage.CompletionTokens != 7 {
		t.Errorf("chat completion = %s, %v", completion.RawJSON(), err)
	}
	response, err := c.Responses.New(t.Context(), input(prompt))
	if err != nil || response.OutputText() != answer || response.Usage.OutputTokens != 7 || response.Status != responses.ResponseStatusCompleted {
		t.Errorf("response = %s, %v", response.RawJSON(), err)
	}
}

var textSchema = map[string]any{
	"type": "object", "properties": map[string]any{"text": map[string]any{"type": "string"}, "n": map[string]any{"type": "integer"}},
	"required": []string{"text", "n"}, "additionalProperties": false,
}

const textValue = `{"n":0,"text":"` + prompt + `"}` // maps are sent in the order of their keys

func TestTools(t *testing.T) {
	c := client(key)
	ask := said(prompt)
	ask.Tools = []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: "look_up", Parameters: textSchema})}
	ask.ToolChoice = openai.ChatCompletionToolChoiceOptionUnionParam{OfAuto: param.NewOpt("required")}
	completion, err := c.Chat.Completions.New(t.Context(), ask)
	if err != nil || len(completion.Choices[0].Message.ToolCalls) != 1 || completion.Choices[0].Message.ToolCalls[0].Function.Arguments != textValue {
		t.Fatalf("chat completion = %s, %v", completion.RawJSON(), err)
	}
	message := completion.Choices[0].Message
	ask.Messages = append(ask.Messages, message.ToParam(), openai.ToolMessage("found", message.ToolCalls[0].ID))
	ask.ToolChoice = openai.ChatCompletionToolChoiceOptionUnionParam{}
	if completion, err = c.Chat.Completions.New(t.Context(), ask); err != nil || completion.Choices[0].Message.Content != answer {
		t.Errorf("with the result: %s, %v", completion.RawJSON(), err)
	}

	request := input(prompt)
	request.Tools = []responses.ToolUnionParam{responses.ToolParamOfFunction("look_up", textSchema, true)}
	request.ToolChoice = responses.ResponseNewParamsToolChoiceUnion{OfToolChoiceMode: param.NewOpt(responses.ToolChoiceOptionsRequired)}
	response, err := c.Responses.New(t.Context(), request)
	if err != nil || len(response.Output) != 1 || response.Output[0].AsFunctionCall().Arguments != textValue {
		t.Fatalf("response = %s, %v", response.RawJSON(), err)
	}
	call := response.Output[0].AsFunctionCall()
	next := input("")
	next.Input = responses.ResponseNewParamsInputUnion{OfInputItemList: responses.ResponseInputParam{
		responses.ResponseInputItemParamOfMessage(prompt, responses.EasyInputMessageRoleUser),
		responses.ResponseInputItemParamOfFunctionCall(call.Arguments, call.CallID, call.Name),
		{OfFunctionCallOutput: &responses.ResponseInputItemFunctionCallOutputParam{
			CallID: param.NewOpt(call.CallID), Output: responses.ResponseInputItemFunctionCallOutputOutputUnionParam{OfString: param.NewOpt("found")},
		}},
	}}
	if response, err = c.Responses.New(t.Context(), next); err != nil || response.OutputText() != answer {
		t.Errorf("with the output: %s, %v", response.RawJSON(), err)
	}
}

func TestStructuredOutput(t *testing.T) {
	c := client(key)
	ask := said(prompt)
	ask.ResponseFormat = openai.ChatCompletionNewParamsResponseFormatUnion{OfJSONSchema: &shared.ResponseFormatJSONSchemaParam{
		JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "text", Schema: textSchema, Strict: param.NewOpt(true)},
	}}
	completion, err := c.Chat.Completions.New(t.Context(), ask)
	if err != nil || completion.Choices[0].Message.Content != textValue {
		t.Errorf("chat completion = %s, %v", completion.RawJSON(), err)
	}
	request := input(prompt)
	request.Text = responses.ResponseTextConfigParam{Format: responses.ResponseFormatTextConfigParamOfJSONSchema("text", textSchema)}
	response, err := c.Responses.New(t.Context(), request)
	if err != nil || !json.Valid([]byte(response.OutputText())) || response.OutputText() != textValue {
		t.Errorf("response = %s, %v", response.RawJSON(), err)
	}
}

func TestAbort(t *testing.T) {
	for _, protocol := range protocols {
		ctx, cancel := context.WithCancel(t.Context())
		words := 0
		_, err := streamed(ctx, client(key), protocol, strings.Repeat("word ", 4000), func() {
			if words++; words == 3 {
				cancel()
			}
		})
		cancel()
		if !errors.Is(err, context.Canceled) || words >= 4000 {
			t.Errorf("%s: %v after %d words, want it canceled", protocol, err, words)
		}
		if got, err := streamed(t.Context(), client(key), protocol, prompt, func() {}); err != nil || got != answer {
			t.Errorf("%s: after that: %q, %v", protocol, got, err)
		}
	}
}

func TestErrors(t *testing.T) {
	for name, test := range map[string]struct {
		key, text  string
		status     int
		code       string
		retryAfter string
	}{
		"a wrong key":  {"wrong", prompt, 401, "invalid_api_key", ""},
		"a large body": {key, strings.Repeat("x", 1_100_000), 413, "payload_hash_required", ""},
		"a limit":      {key, "[[limit]]", 429, "rate_limit_exceeded", "1"},
	} {
		for _, protocol := range protocols {
			_, err := streamed(t.Context(), client(test.key), protocol, test.text, func() {})
			var e *openai.Error
			if !errors.As(err, &e) || e.StatusCode != test.status || e.Code != test.code || e.Message == "" {
				t.Errorf("%s, %s: %v, want %d %s", name, protocol, err, test.status, test.code)
				continue
			}
			if got := e.Response.Header.Get("Retry-After"); got != test.retryAfter {
				t.Errorf("%s, %s: Retry-After = %q, want %q", name, protocol, got, test.retryAfter)
			}
		}
	}
}

func TestErrorInMidStream(t *testing.T) {
	for _, protocol := range protocols {
		for text, want := range map[string]string{"one [[fail]] two": "You said: one", "[[fail]]": "You said:"} {
			got, err := streamed(t.Context(), client(key), protocol, text, func() {})
			if got != want || err == nil || !strings.Contains(err.Error(), "model_failed") {
				t.Errorf("%s: %q, then %v, want %q, then the error", protocol, got, err, want)
			}
		}
	}
}
