package bedrock

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/streamfront/streamfront/functions/stream/model"
)

func TestID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		nova: nova,
		"arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0": "eu.amazon.nova-lite-v1:0",
		"arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0":                 "amazon.nova-lite-v1:0",
	} {
		if got := New(aws.Config{}, id).ID(); got != want {
			t.Errorf("ID of %s = %q, want %q", id, got, want)
		}
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	half, quarter := 0.5, 0.25
	now := model.Tool{Name: "now"}
	weather := model.Tool{Name: "weather", Description: "Weather", Parameters: json.RawMessage(`{"type":"object","properties":{"n":{"const":12345678901234567890}}}`)}
	user := model.Message{Role: model.RoleUser, Content: model.Text("u")}
	const userJSON = `{"role":"user","content":[{"text":"u"}]}`
	const nowJSON = `{"toolSpec":{"name":"now","inputSchema":{"json":{"type":"object","properties":{}}}}}`
	for name, test := range map[string]struct {
		request model.Request
		want    string
	}{
		"least": {
			model.Request{Messages: []model.Message{user}, MaxTokens: 10},
			`{"messages":[` + userJSON + `],"inferenceConfig":{"maxTokens":10}}`,
		},
		"parameters": {
			model.Request{Messages: []model.Message{user}, MaxTokens: 10, Temperature: &half, TopP: &quarter, Stop: []string{"a", "b"}},
			`{"messages":[` + userJSON + `],"inferenceConfig":{"maxTokens":10,"temperature":0.5,"topP":0.25,"stopSequences":["a","b"]}}`,
		},
		"system prompts": {
			model.Request{Messages: []model.Message{{Role: model.RoleSystem, Content: model.Text("s1")}, {Role: model.RoleSystem, Content: model.Text("s2")}, user}, MaxTokens: 10},
			`{"messages":[` + userJSON + `],"system":[{"text":"s1"},{"text":"s2"}],"inferenceConfig":{"maxTokens":10}}`,
		},
		"blank texts": {
			model.Request{MaxTokens: 10, Tools: []model.Tool{now}, Messages: []model.Message{
				{Role: model.RoleSystem, Content: model.Text(" \n")},
				user,
				{Role: model.RoleAssistant, Content: model.Text("\n\n"), ToolCalls: []model.ToolCall{{ID: "1", Name: "now"}}},
				{Role: model.RoleTool, ToolCallID: "1", Content: model.Text("\n")},
				{Role: model.RoleUser, Content: model.Text("\t")},
			}},
			`{"messages":[` + userJSON + `,
				{"role":"assistant","content":[{"toolUse":{"toolUseId":"1","name":"now","input":{}}}]},
				{"role":"user","content":[{"toolResult":{"toolUseId":"1","content":[{"text":"(no output)"}]}}]}],
			"inferenceConfig":{"maxTokens":10},"toolConfig":{"tools":[` + nowJSON + `]}}`,
		},
		"calls of tools that the request leaves out": {
			model.Request{MaxTokens: 10, Messages: []model.Message{
				user,
				{Role: model.RoleAssistant, ToolCalls: []model.ToolCall{{ID: "1", Name: "now"}, {ID: "2", Name: "now"}}},
				{Role: model.RoleTool, ToolCallID: "1", Content: model.Text("noon")},
				{Role: model.RoleTool, ToolCallID: "2", Content: model.Text("noon")},
			}},
			`{"messages":[` + userJSON + `,
				{"role":"assistant","content":[{"toolUse":{"toolUseId":"1","name":"now","input":{}}},{"toolUse":{"toolUseId":"2","name":"now","input":{}}}]},
				{"role":"user","content":[{"toolResult":{"toolUseId":"1","content":[{"text":"noon"}]}},{"toolResult":{"toolUseId":"2","content":[{"text":"noon"}]}}]}],
			"inferenceConfig":{"maxTokens":10},"toolConfig":{"tools":[` + nowJSON + `]}}`,
		},
		"no tool, where there were calls": {
			model.Request{MaxTokens: 10, Tools: []model.Tool{now}, ToolChoice: model.ToolChoice{None: true}, Messages: []model.Message{
				user, {Role: model.RoleAssistant, ToolCalls: []model.ToolCall{{ID: "1", Name: "now"}}}, {Role: model.RoleTool, ToolCallID: "1", Content: model.Text("noon")},
			}},
			`{"messages":[` + userJSON + `,
				{"role":"assistant","content":[{"toolUse":{"toolUseId":"1","name":"now","input":{}}}]},
				{"role":"user","content":[{"toolResult":{"toolUseId":"1","content":[{"text":"noon"}]}}]}],
			"inferenceConfig":{"maxTokens":10},"toolConfig":{"tools":[` + nowJSON + `]}}`,
		},
		"neighbours of one role": {
			model.Request{Messages: []model.Message{user, {Role: model.RoleUser, Content: model.Text("v")}, {Role: model.RoleAssistant}, user, {Role: model.RoleAssistant, Content: model.Text("a")}, {Role: model.RoleAssistant, Content: model.Text("b")}}, MaxTokens: 10},
			`{"messages":[{"role":"user","content":[{"text":"u"},{"text":"v"},{"text":"u"}]},{"role":"assistant","content":[{"text":"a"},{"text":"b"}]}],"inferenceConfig":{"maxTokens":10}}`,
		},
		"calls and results": {
			model.Request{MaxTokens: 10, Tools: []model.Tool{now}, Messages: []model.Message{
				user,
				{Role: model.RoleAssistant, Content: model.Text("a"), ToolCalls: []model.ToolCall{{ID: "1", Name: "now", Arguments: `{"n":12345678901234567890}`}, {ID: "2", Name: "now"}}},
				{Role: model.RoleTool, Content: model.Text("noon"), ToolCallID: "1"},
				{Role: model.RoleTool, ToolCallID: "2"},
				user,
			}},
			`{"messages":[` + userJSON + `,
				{"role":"assistant","content":[{"text":"a"},{"toolUse":{"toolUseId":"1","name":"now","input":{"n":12345678901234567890}}},{"toolUse":{"toolUseId":"2","name":"now","input":{}}}]},
				{"role":"user","content":[{"toolResult":{"toolUseId":"1","content":[{"text":"noon"}]}},{"toolResult":{"toolUseId":"2","content":[{"text":"(no output)"}]}},{"text":"u"}]}],
			"inferenceConfig":{"maxTokens":10},"toolConfig":{"tools":[` + nowJSON + `]}}`,
		},
		"a schema": {
			model.Request{Messages: []model.Message{user}, MaxTokens: 10, JSON: true, Schema: &model.Schema{Name: "city", Description: "A city", JSON: json.RawMessage(`{"type":"object"}`)}},
			`{"messages":[` + userJSON + `],"inferenceConfig":{"maxTokens":10},"outputConfig":{"textFormat":{"type":"json_schema",
				"structure":{"jsonSchema":{"name":"city","description":"A city","schema":"{\"type\":\"object\"}"}}}}}`,
		},
		"any JSON": {
			model.Request{Messages: []model.Message{{Role: model.RoleSystem, Content: model.Text("s")}, user}, MaxTokens: 10, JSON: true},
			`{"messages":[` + userJSON + `],"system":[{"text":"` + jsonOnly + `"},{"text":"s"}],"inferenceConfig":{"maxTokens":10}}`,
		},
		"images, in their place": {
			model.Request{MaxTokens: 10, Tools: []model.Tool{now}, Messages: []model.Message{
				{Role: model.RoleUser, Content: []model.Part{{Text: "this:"}, {Image: &model.Image{Format: "png", Data: []byte{1, 2, 3}}}, {Text: "or"}, {Image: &model.Image{Format: "webp", Data: []byte{4}}}}},
				{Role: model.RoleAssistant, ToolCalls: []model.ToolCall{{ID: "1", Name: "now"}}},
				{Role: model.RoleTool, ToolCallID: "1", Content: []model.Part{{Image: &model.Image{Format: "gif", Data: []byte{5}}}}},
			}},
			`{"messages":[
				{"role":"user","content":[{"text":"this:"},{"image":{"format":"png","source":{"bytes":"AQID"}}},{"text":"or"},{"image":{"format":"webp","source":{"bytes":"BA=="}}}]},
				{"role":"assistant","content":[{"toolUse":{"toolUseId":"1","name":"now","input":{}}}]},
				{"role":"user","content":[{"toolResult":{"toolUseId":"1","content":[{"image":{"format":"gif","source":{"bytes":"BQ=="}}}]}}]}],
			"inferenceConfig":{"maxTokens":10},"toolConfig":{"tools":[` + nowJSON + `]}}`,
		},
		"tools": {
			model.Request{Messages: []model.Message{user}, MaxTokens: 10, Tools: []model.Tool{weather, now}},
			`{"messages":[` + userJSON + `],"inferenceConfig":{"maxTokens":10},"toolConfig":{"tools":[
				{"toolSpec":{"name":"weather","description":"Weather","inputSchema":{"json":{"type":"object","properties":{"n":{"const":12345678901234567890}}}}}},` + nowJSON + `]}}`,
		},
		"a tool is required": {
			model.Request{Messages: []model.Message{user}, MaxTokens: 10, Tools: []model.Tool{now}, ToolChoice: model.ToolChoice{Required: true}},
			`{"messages":[` + userJSON + `],"inferenceConfig":{"maxTokens":10},"toolConfig":{"tools":[` + nowJSON + `],"toolChoice":{"any":{}}}}`,
		},
		"this tool is required": {
			model.Request{Messages: []model.Message{user}, MaxTokens: 10, Tools: []model.Tool{now}, ToolChoice: model.ToolChoice{Name: "now"}},
			`{"messages":[` + userJSON + `],"inferenceConfig":{"maxTokens":10},"toolConfig":{"tools":[` + nowJSON + `],"toolChoice":{"tool":{"name":"now"}}}}`,
		},
		"no tool": {
			model.Request{Messages: []model.Message{user}, MaxTokens: 10, Tools: []model.Tool{now}, ToolChoice: model.ToolChoice{None: true}},
			`{"messages":[` + userJSON + `],"inferenceConfig":{"maxTokens":10}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var path, authorization string
			var body []byte
			m := newModel(t, func(w http.ResponseWriter, r *http.Request) {
				path, authorization = r.URL.EscapedPath(), r.Header.Get("Authorization")
				body, _ = io.ReadAll(r.Body)
				sending(stop(t, "end_turn"))(w, r)
			})
			if _, err := collect(t.Context(), m, &test.request); err != nil {
				t.Fatal(err)
			}
			if want := "/model/eu.amazon.nova-lite-v1%3A0/converse-stream"; path != want {
				t.Errorf("path = %s, want %s", path, want)
			}
			if !strings.Contains(authorization, "AKIDEXAMPLE/") || !strings.Contains(authorization, "/eu-west-1/bedrock/aws4_request") {
				t.Errorf("Authorization = %q, want a signature for bedrock", authorization)
			}
			if got, want := compact(t, string(body)), compact(t, test.want); got != want {
				t.Errorf("body:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func compact(t *testing.T, text string) string {
	t.Helper()
	var value json.RawMessage
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	compacted, err := json.Marshal(value) // keeps the digits of numbers
	if err != nil {
		t.Fatal(err)
	}
	return string(compacted)
}

func TestRequestsThatConverseDoesNotTake(t *testing.T) {
	t.Parallel()
	hot := 1.5
	for param, request := range map[string]model.Request{
		"messages[1].role":       {Messages: []model.Message{hello.Messages[0], {Role: model.RoleSystem, Content: model.Text("s")}}},
		"messages":               {Messages: []model.Message{{Role: model.RoleAssistant, Content: model.Text("a")}, hello.Messages[0]}},
		"temperature":            {Messages: hello.Messages, Temperature: &hot},
		"messages[0].content[0]": {Messages: []model.Message{{Role: model.RoleUser, Content: []model.Part{{Image: &model.Image{Format: "png", Data: make([]byte, maxImageBytes+1)}}}}}},
	} {
		m := newModel(t, func(http.ResponseWriter, *http.Request) { t.Error("Bedrock was called") })
		_, err := m.Start(t.Context(), &request)
		e := (*model.Error)(nil)
		if !errors.As(err, &e) || e.Status != 400 || e.Param != param {
			t.Errorf("%s: error = %+v, want a 400 that names it", param, err)
		}
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	call := func(index int, id, name string) []byte {
		return eventFrame(t, "contentBlockStart", `{"contentBlockIndex":`+string(rune('0'+index))+`,"start":{"toolUse":{"toolUseId":"`+id+`","name":"`+name+`"}}}`)
	}
	input := func(index int, input string) []byte {
		data, _ := json.Marshal(input)
		return eventFrame(t, "contentBlockDelta", `{"contentBlockIndex":`+string(rune('0'+index))+`,"delta":{"toolUse":{"input":`+string(data)+`}}}`)
	}
	end := func(index int) []byte {
		return eventFrame(t, "contentBlockStop", `{"contentBlockIndex":`+string(rune('0'+index))+`}`)
	}
	usage := model.Delta{Usage: &model.Usage{Input: 12, Output: 34}}
	piece := func(p model.ToolCallDelta) model.Delta { return model.Delta{ToolCall: &p} }
	for name, test := range map[string]struct {
		frames [][]byte
		want   []model.Delta
	}{
		"text": {
			[][]byte{begin(t), text(t, "Hello"), text(t, " \u00fc\n\"there\""), end(0), stop(t, "end_turn"), metadata(t)},
			[]model.Delta{{Text: "Hello"}, {Text: " \u00fc\n\"there\""}, {Finish: model.FinishStop}, usage},
		},
		"no metadata": {
			[][]byte{begin(t), text(t, "Hello"), stop(t, "end_turn")},
			[]model.Delta{{Text: "Hello"}, {Finish: model.FinishStop}},
		},
		"reasoning and unknown events are left out": {
			[][]byte{
				begin(t), eventFrame(t, "contentBlockDelta", `{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"hmm"}}}`),
				eventFrame(t, "newEvent", `{}`), frame(t, map[string]string{":message-type": "new"}, ""), text(t, "Hello"), stop(t, "end_turn"), metadata(t),
			},
			[]model.Delta{{Text: "Hello"}, {Finish: model.FinishStop}, usage},
		},
		"two calls at a time after text": {
			[][]byte{
				begin(t), text(t, "Let me see."), end(0),
				call(1, "a", "weather"), call(2, "b", "now"),
				input(1, `{"city":`), input(2, ""), input(1, `"Rome"}`), end(1), end(2),
				stop(t, "tool_use"), metadata(t),
			},
			[]model.Delta{
				{Text: "Let me see."},
				piece(model.ToolCallDelta{Index: 0, ID: "a", Name: "weather"}), piece(model.ToolCallDelta{Index: 1, ID: "b", Name: "now"}),
				piece(model.ToolCallDelta{Index: 0, Arguments: `{"city":`}), piece(model.ToolCallDelta{Index: 0, Arguments: `"Rome"}`}),
				piece(model.ToolCallDelta{Index: 1, Arguments: `{}`}),
				{Finish: model.FinishToolCalls},
				usage,
			},
		},
		"stop sequence":  {[][]byte{stop(t, "stop_sequence")}, []model.Delta{{Finish: model.FinishStop}}},
		"length":         {[][]byte{stop(t, "max_tokens")}, []model.Delta{{Finish: model.FinishLength}}},
		"context window": {[][]byte{stop(t, "model_context_window_exceeded")}, []model.Delta{{Finish: model.FinishLength}}},
		"guardrail":      {[][]byte{stop(t, "guardrail_intervened")}, []model.Delta{{Finish: model.FinishContentFilter}}},
		"filtered":       {[][]byte{stop(t, "content_filtered")}, []model.Delta{{Finish: model.FinishContentFilter}}},
		"large":          {[][]byte{text(t, strings.Repeat("x", 100_000)), stop(t, "end_turn")}, []model.Delta{{Text: strings.Repeat("x", 100_000)}, {Finish: model.FinishStop}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := collect(t.Context(), newModel(t, sending(test.frames...)), hello)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("deltas = %s, %v, want %s", show(got), err, show(test.want))
			}
		})
	}
}

func show(deltas []model.Delta) string {
	data, _ := json.Marshal(deltas)
	return string(data)
}

func TestStreamsThatBreak(t *testing.T) {
	t.Parallel()
	corrupt := func(frame []byte) []byte {
		frame[len(frame)-1] ^= 1 // in its checksum
		return frame
	}
	for name, test := range map[string]struct {
		tail   []byte
		status int
		kind   string
		code   string
	}{
		"cut between events":   {nil, 502, model.TypeServer, "model_stream_broken"},
		"cut in an event":      {text(t, "lost")[:20], 502, model.TypeServer, "model_stream_broken"},
		"cut in a length":      {text(t, "lost")[:2], 502, model.TypeServer, "model_stream_broken"},
		"wrong checksum":       {corrupt(text(t, "lost")), 502, model.TypeServer, "model_stream_broken"},
		"event no JSON":        {eventFrame(t, "contentBlockDelta", "{"), 502, model.TypeServer, "model_stream_broken"},
		"throttling":           {exceptionFrame(t, "throttlingException"), 429, model.TypeRateLimit, "rate_limit_exceeded"},
		"validation":           {exceptionFrame(t, "validationException"), 400, model.TypeInvalidRequest, "invalid_for_model"},
		"unavailable":          {exceptionFrame(t, "serviceUnavailableException"), 503, model.TypeServer, "model_unavailable"},
		"internal":             {exceptionFrame(t, "internalServerException"), 502, model.TypeServer, "model_failed"},
		"model":                {exceptionFrame(t, "modelStreamErrorException"), 502, model.TypeServer, "model_failed"},
		"unknown exception":    {exceptionFrame(t, "newException"), 502, model.TypeServer, "model_failed"},
		"error of the framing": {frame(t, map[string]string{":message-type": "error", ":error-code": "500", ":error-message": arn}, ""), 502, model.TypeServer, "model_failed"},
		"malformed call":       {stop(t, "malformed_tool_use"), 502, model.TypeServer, "model_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := collect(t.Context(), newModel(t, sending(begin(t), text(t, "Hello"), test.tail)), hello)
			if want := []model.Delta{{Text: "Hello"}}; !reflect.DeepEqual(got, want) {
				t.Errorf("deltas = %s, want what came before", show(got))
			}
			wantError(t, err, test.status, test.kind, test.code)
		})
	}
}

// wantError also checks that the client is told nothing of the account, and the log all.
func wantError(t *testing.T, err error, status int, kind, code string) {
	t.Helper()
	e := (*model.Error)(nil)
	if !errors.As(err, &e) {
		t.Fatalf("error = %v, want a *model.Error", err)
	}
	if e.Status != status || e.Type != kind || e.Code != code || e.Message == "" {
		t.Errorf("error = %d %s %s %q, want %d %s %s", e.Status, e.Type, e.Code, e.Message, status, kind, code)
	}
	if strings.Contains(e.Message, "arn:") || e.Cause == nil {
		t.Errorf("message = %q, cause = %v, want the details in the cause alone", e.Message, e.Cause)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	const message = "User: arn:aws:sts::123456789012:assumed-role/r/f is not authorized"
	for name, test := range map[string]struct {
		http     int
		status   int
		kind     string
		code     string
		requests int32
	}{
		"ThrottlingException":           {429, 429, model.TypeRateLimit, "rate_limit_exceeded", 3},
		"ServiceQuotaExceededException": {400, 429, model.TypeRateLimit, "insufficient_quota", 1},
		"ModelNotReadyException":        {429, 503, model.TypeServer, "model_not_ready", 3},
		"ValidationException":           {400, 400, model.TypeInvalidRequest, "invalid_for_model", 1},
		"AccessDeniedException":         {403, 502, model.TypeServer, "model_access_denied", 1},
		"ExpiredTokenException":         {403, 502, model.TypeServer, "model_access_denied", 1},
		"ResourceNotFoundException":     {404, 502, model.TypeServer, "model_not_available", 1},
		"ModelTimeoutException":         {408, 504, model.TypeServer, "model_timeout", 1},
		"ModelErrorException":           {424, 502, model.TypeServer, "model_failed", 1},
		"InternalServerException":       {500, 502, model.TypeServer, "model_failed", 3},
		"ServiceUnavailableException":   {503, 503, model.TypeServer, "model_unavailable", 3},
		"NewException":                  {400, 502, model.TypeServer, "model_failed", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			_, err := newModel(t, refusing(test.http, name, message, &requests)).Start(t.Context(), hello)
			wantError(t, err, test.status, test.kind, test.code)
			if got := requests.Load(); got != test.requests {
				t.Errorf("%d requests, want %d", got, test.requests)
			}
			if text := err.Error(); !strings.Contains(text, message) || !strings.Contains(text, "2f1d3a4b") || !strings.Contains(text, name) {
				t.Errorf("error for the log = %q, want the details", text)
			}
		})
	}
}

// Agents know by the code that they have to shorten the conversation.
func TestConversationsThatAreTooLong(t *testing.T) {
	t.Parallel()
	for _, message := range []string{ // as models word it
		"Input is too long for requested model.",
		"The model returned the following errors: prompt is too long: 227255 tokens > 200000 maximum",
		"The model returned the following errors: input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
		"Too many input tokens. Max input tokens: 128000, request input token count: 130000",
		"Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.",
		"This model's maximum context length is 32768 tokens.",
	} {
		var requests atomic.Int32
		_, err := newModel(t, refusing(400, "ValidationException", message, &requests)).Start(t.Context(), hello)
		wantError(t, err, 400, model.TypeInvalidRequest, "context_length_exceeded")
	}
}

func TestSecondAttemptSucceeds(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	throttled := refusing(429, "ThrottlingException", "", &requests)
	m := newModel(t, func(w http.ResponseWriter, r *http.Request) {
		if requests.Load() == 0 {
			throttled(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		if len(body) == 0 {
			t.Error("the second attempt has no body")
		}
		sending(stop(t, "end_turn"))(w, r)
	})
	if got, err := collect(t.Context(), m, hello); err != nil || len(got) != 1 {
		t.Errorf("deltas = %s, %v, want the answer to the second attempt", show(got), err)
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	m := newModel(t, nil)
	m.caller.url = "http://127.0.0.1:1/" // nobody listens on a reserved port
	_, err := m.Start(t.Context(), hello)
	wantError(t, err, 502, model.TypeServer, "model_unreachable")
}

// Each delta is there before the model sends the next one.
func TestDeltasArriveOneByOne(t *testing.T) {
	t.Parallel()
	next := make(chan []byte)
	m := newModel(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		for frame := range next {
			_, _ = w.Write(frame)
			w.(http.Flusher).Flush()
		}
	})
	go func() { next <- begin(t) }() // Start returns with the header of the answer
	answer, err := m.Start(t.Context(), hello)
	if err != nil {
		t.Fatal(err)
	}
	frames := [][]byte{text(t, "b"), stop(t, "end_turn")}
	next <- text(t, "a")
	for delta, err := range answer {
		if err != nil {
			t.Fatal(err)
		}
		if delta.Finish != "" {
			close(next)
			continue
		}
		frame := frames[0]
		frames = frames[1:]
		next <- frame
	}
}

// hanging accepts a request, says a word and no more until the request ends.
func hanging(t *testing.T, ended chan<- struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(text(t, "Hello"))
		w.(http.Flusher).Flush()
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		close(ended)
	}
}

// The error is that of the context, for which the chat finishes the answer, and Bedrock
// stops generating.
func TestEndOfTheContext(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end  func(context.Context) (context.Context, context.CancelFunc)
		want error
	}{
		"deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 100*time.Millisecond)
		}, context.DeadlineExceeded},
		"viewer left": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(100*time.Millisecond, cancel)
			return ctx, cancel
		}, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ended := make(chan struct{})
			m := newModel(t, hanging(t, ended))
			ctx, cancel := test.end(t.Context())
			defer cancel()
			if _, err := collect(ctx, m, hello); !errors.Is(err, test.want) {
				t.Errorf("error = %v, want %v", err, test.want)
			}
			<-ended
		})
	}
}

// Whoever stops listening stops the model.
func TestEndOfTheLoop(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	answer, err := newModel(t, hanging(t, ended)).Start(t.Context(), hello)
	if err != nil {
		t.Fatal(err)
	}
	for range answer {
		break
	}
	<-ended
}

func TestSlowStart(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	m := newModel(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		close(ended)
	})
	m.startTimeout = 50 * time.Millisecond
	_, err := m.Start(t.Context(), hello)
	wantError(t, err, 504, model.TypeServer, "model_timeout")
	<-ended
}
