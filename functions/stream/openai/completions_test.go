package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/functions/stream/echo"
	"github.com/streamfront/streamfront/functions/stream/metrics"
	"github.com/streamfront/streamfront/functions/stream/model"
)

const hello = `"model":"streamfront-echo","messages":[{"role":"user","content":"Hello there"}]`

const getWeather = `{"type":"function","function":{"name":"get_weather","description":"Weather","parameters":{"type":"object"}}}`

func TestWhole(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body   string
		want   string
		finish model.Finish
		prompt int
		tokens int
	}{
		"string": {
			`{` + hello + `}`, "You said: Hello there", "stop", 2, 4,
		},
		"stream is false": {
			`{"stream":false,` + hello + `}`, "You said: Hello there", "stop", 2, 4,
		},
		"parts": {
			`{"model":"streamfront-echo","messages":[{"role":"user","content":[{"type":"text","text":"Hello "},{"type":"text","text":"there"}]}]}`,
			"You said: Hello there", "stop", 2, 4,
		},
		"last message of the user": {
			`{"model":"streamfront-echo","messages":[{"role":"developer","content":"Be brief"},{"role":"user","content":"one"},{"role":"assistant","content":null},{"role":"user","content":"two"}]}`,
			"You said: two", "stop", 4, 3,
		},
		"no user": {
			`{"model":"streamfront-echo","messages":[{"role":"system","content":"Be brief"}]}`,
			"You said nothing yet.", "stop", 2, 4,
		},
		"max_tokens":                 {`{"max_tokens":3,` + hello + `}`, "You said: Hello", "length", 2, 3},
		"max_tokens just enough":     {`{"max_tokens":4,` + hello + `}`, "You said: Hello there", "stop", 2, 4},
		"max_completion_tokens wins": {`{"max_tokens":3,"max_completion_tokens":1,` + hello + `}`, "You", "length", 2, 1},
		"stop":                       {`{"stop":" there",` + hello + `}`, "You said: Hello", "stop", 2, 3},
		"first of the stops":         {`{"stop":["there","said"],` + hello + `}`, "You", "stop", 2, 1},
		"all that is known": {
			`{"temperature":2,"top_p":0.5,"n":1,"stop":null,"tools":[` + getWeather + `],"tool_choice":"auto","response_format":{"type":"text"},"logprobs":false,"seed":null,"user":"u","logit_bias":{},"frequency_penalty":0.0,"presence_penalty":0,"parallel_tool_calls":true,"metadata":{"a":"b"},"modalities":["text"],` + hello + `}`,
			"You said: Hello there", "stop", 2, 4,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := serve(newTestHandler(echo.Model{}), chatRequestWith(test.body))
			if response.Code != http.StatusOK {
				t.Fatalf("status = %d: %s", response.Code, response.Body)
			}
			got := decodeJSON[chatCompletion](t, response.Body.Bytes())
			if got.Object != "chat.completion" || got.Model != echo.ID || !strings.HasPrefix(got.ID, "chatcmpl-") || got.Created == 0 {
				t.Errorf("envelope = %+v", got)
			}
			if len(got.Choices) != 1 {
				t.Fatalf("%d choices, want 1", len(got.Choices))
			}
			choice := got.Choices[0]
			if choice.Message.Role != "assistant" || choice.Message.Content == nil || *choice.Message.Content != test.want || choice.FinishReason != test.finish {
				t.Errorf("choice = %s, want %q, %q", response.Body, test.want, test.finish)
			}
			if want := (usage{test.prompt, test.tokens, test.prompt + test.tokens}); got.Usage != want {
				t.Errorf("usage = %+v, want %+v", got.Usage, want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	messages := func(list string) string { return `{"model":"streamfront-echo","messages":[` + list + `]}` }
	with := func(parameters string) string { return `{` + parameters + `,` + hello + `}` }
	for name, test := range map[string]struct {
		body   string
		status int
		param  string
		code   string
	}{
		"empty":                  {"", 400, "", ""},
		"no JSON":                {"{", 400, "", ""},
		"more than JSON":         {"{" + hello + "} {}", 400, "", ""},
		"wrong type":             {`{"model":"streamfront-echo","messages":"Hello"}`, 400, "messages", ""},
		"no messages":            {`{"model":"streamfront-echo"}`, 400, "messages", ""},
		"messages empty":         {messages(``), 400, "messages", ""},
		"unknown role":           {messages(`{"role":"robot","content":"x"}`), 400, "messages[0].role", ""},
		"no content":             {messages(`{"role":"user"}`), 400, "messages[0].content", ""},
		"content of image":       {messages(`{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url"}]}`), 400, "messages[0].content[1]", ""},
		"body an array":          {"[]", 400, "", ""},
		"body null":              {"null", 404, "model", "model_not_found"},
		"content a number":       {messages(`{"role":"user","content":1}`), 400, "messages", ""},
		"file without uploads":   {messages(`{"role":"user","content":[{"type":"file","file":{"file_id":"a"}}]}`), 400, "messages[0].content[0]", ""},
		"file without id":        {messages(`{"role":"user","content":[{"type":"file","file":{"filename":"a"}}]}`), 400, "messages[0].content[0]", ""},
		"tool without call":      {messages(`{"role":"tool","content":"x"}`), 400, "messages[0].tool_call_id", ""},
		"user with call":         {messages(`{"role":"user","content":"x","tool_call_id":"1"}`), 400, "messages[0].tool_call_id", ""},
		"user calls":             {messages(`{"role":"user","content":"x","tool_calls":[{"id":"1"}]}`), 400, "messages[0].tool_calls", ""},
		"call without name":      {messages(`{"role":"assistant","tool_calls":[{"id":"1","type":"function"}]}`), 400, "messages[0].tool_calls[0]", ""},
		"arguments no JSON":      {messages(`{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"x"}}]}`), 400, "messages[0].tool_calls[0].function.arguments", ""},
		"arguments null":         {messages(`{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"null"}}]}`), 400, "messages[0].tool_calls[0].function.arguments", ""},
		"max_tokens":             {with(`"max_tokens":0`), 400, "max_tokens", ""},
		"max_completion_tokens":  {with(`"max_completion_tokens":-1`), 400, "max_completion_tokens", ""},
		"temperature":            {with(`"temperature":2.1`), 400, "temperature", ""},
		"temperature a string":   {with(`"temperature":"hot"`), 400, "temperature", ""},
		"top_p":                  {with(`"top_p":-0.1`), 400, "top_p", ""},
		"n":                      {with(`"n":2`), 400, "n", ""},
		"five stops":             {with(`"stop":["a","b","c","d","e"]`), 400, "stop", ""},
		"empty stop":             {with(`"stop":""`), 400, "stop", ""},
		"stop a number":          {with(`"stop":1`), 400, "stop", ""},
		"choice a number":        {with(`"tool_choice":1`), 400, "tool_choice", ""},
		"max_tokens broken":      {with(`"max_tokens":1.5`), 400, "max_tokens", ""},
		"audio":                  {with(`"modalities":["text","audio"]`), 400, "modalities", ""},
		"unknown format":         {with(`"response_format":{"type":"xml"}`), 400, "response_format.type", ""},
		"seed":                   {with(`"seed":1`), 400, "seed", ""},
		"logit_bias":             {with(`"logit_bias":{"50256":-100}`), 400, "logit_bias", ""},
		"frequency_penalty":      {with(`"frequency_penalty":0.5`), 400, "frequency_penalty", ""},
		"presence_penalty":       {with(`"presence_penalty":-1`), 400, "presence_penalty", ""},
		"audio alone":            {with(`"audio":{"voice":"alloy"}`), 400, "audio", ""},
		"reasoning_effort":       {with(`"reasoning_effort":"high"`), 400, "reasoning_effort", ""},
		"top_logprobs":           {with(`"top_logprobs":2`), 400, "top_logprobs", ""},
		"web_search_options":     {with(`"web_search_options":{}`), 400, "web_search_options", ""},
		"unknown parameter":      {with(`"top_k":40`), 400, "top_k", ""},
		"misspelt parameter":     {with(`"max_token":40`), 400, "max_token", ""},
		"schema without name":    {with(`"response_format":{"type":"json_schema","json_schema":{"schema":{}}}`), 400, "response_format.json_schema.name", ""},
		"no schema":              {with(`"response_format":{"type":"json_schema","json_schema":{"name":"s"}}`), 400, "response_format.json_schema.schema", ""},
		"schema no object":       {with(`"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":true}}`), 400, "response_format.json_schema.schema", ""},
		"schema of no value":     {with(`"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"string","pattern":"^[0-9]$"}}}`), 400, "response_format", ""},
		"logprobs":               {with(`"logprobs":true`), 400, "logprobs", ""},
		"functions":              {with(`"functions":[{}]`), 400, "functions", ""},
		"stream_options":         {with(`"stream_options":{"include_usage":true}`), 400, "stream_options", ""},
		"tool of unknown type":   {with(`"tools":[{"type":"web"}]`), 400, "tools[0].type", ""},
		"tool without name":      {with(`"tools":[{"type":"function","function":{}}]`), 400, "tools[0].function.name", ""},
		"two tools of a name":    {with(`"tools":[` + getWeather + `,` + getWeather + `]`), 400, "tools[1].function.name", ""},
		"parameters no schema":   {with(`"tools":[{"type":"function","function":{"name":"f","parameters":[]}}]`), 400, "tools[0].function.parameters", ""},
		"choice of no tool":      {with(`"tool_choice":{"type":"function","function":{"name":"f"}}`), 400, "tool_choice", ""},
		"required without tools": {with(`"tool_choice":"required"`), 400, "tool_choice", ""},
		"unknown choice":         {with(`"tool_choice":"perhaps"`), 400, "tool_choice", ""},
		"unknown model":          {`{"model":"other","messages":[{"role":"user","content":"Hello"}]}`, 404, "model", "model_not_found"},
		"too large":              {`{"pad":"` + strings.Repeat("x", 2000) + `",` + hello + `}`, 413, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := chatRequestWith(test.body)
			w := httptest.NewRecorder()
			r.Body = http.MaxBytesReader(w, r.Body, 1500)
			newTestHandler(echo.Model{}).ServeHTTP(w, r)
			if w.Code != test.status {
				t.Errorf("status = %d, want %d: %s", w.Code, test.status, w.Body)
			}
			wantError(t, w.Body.Bytes(), model.TypeInvalidRequest, test.param, test.code)
		})
	}
}

// What is of a wrong type is named in the words of JSON, not in those of Go.
func TestWrongTypes(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`[]`:                      "The body has a JSON array where an object is wanted.",
		`{"model":1}`:             "model has a JSON number where a string is wanted.",
		`{"stream":"true"}`:       "stream has a JSON string where true or false is wanted.",
		`{"max_tokens":1.5}`:      "max_tokens has a JSON number 1.5 where an integer is wanted.",
		`{"temperature":"hot"}`:   "temperature has a JSON string where a number is wanted.",
		`{"messages":"Hello"}`:    "messages has a JSON string where an array is wanted.",
		`{"messages":["Hello"]}`:  "messages has a JSON string where an object is wanted.",
		`{"stream_options":true}`: "stream_options has a JSON bool where an object is wanted.",
		`{"stop":{}}`:             "stop must be a string or an array of strings.",
	} {
		response := serve(newTestHandler(echo.Model{}), chatRequestWith(body))
		if got := decodeJSON[errorObject](t, response.Body.Bytes()).Error.Message; got != want {
			t.Errorf("%s: message = %q, want %q", body, got, want)
		}
	}
}

// The fields that OpenAI's schema requires are there, null or not.
func TestFieldsOfTheSchema(t *testing.T) {
	t.Parallel()
	var got struct {
		Choices []struct {
			Message      map[string]any
			Logprobs     json.RawMessage
			FinishReason string `json:"finish_reason"`
		}
	}
	response := serve(newTestHandler(echo.Model{}), chatRequestWith(`{`+hello+`}`))
	if err := json.Unmarshal(response.Body.Bytes(), &got); err != nil || len(got.Choices) != 1 {
		t.Fatalf("%v: %s", err, response.Body)
	}
	refusal, there := got.Choices[0].Message["refusal"]
	if !there || refusal != nil || string(got.Choices[0].Logprobs) != "null" {
		t.Errorf("answer = %s, want refusal and logprobs, both null", response.Body)
	}
}

// errorObject is what clients get.
type errorObject struct {
	Error struct {
		Message, Type string
		Param, Code   *string
	}
}

// wantError checks OpenAI's error object; an empty param or code stands for null.
func wantError(t *testing.T, body []byte, kind, param, code string) {
	t.Helper()
	got := decodeJSON[errorObject](t, body).Error
	if got.Message == "" || got.Type != kind {
		t.Errorf("error = %s, want a message and the type %s", body, kind)
	}
	for name, pair := range map[string]struct {
		got  *string
		want string
	}{"param": {got.Param, param}, "code": {got.Code, code}} {
		if (pair.got == nil) != (pair.want == "") || pair.got != nil && *pair.got != pair.want {
			t.Errorf("%s of the error, want %q: %s", name, pair.want, body)
		}
	}
}

func TestToolCall(t *testing.T) {
	t.Parallel()
	const call = `"tools":[` + getWeather + `],"tool_choice":{"type":"function","function":{"name":"get_weather"}},` + hello
	whole := decodeJSON[chatCompletion](t, serve(newTestHandler(echo.Model{}), chatRequestWith("{"+call+"}")).Body.Bytes()).Choices[0]
	want := []toolCall{{ID: "call_1", Type: "function", Function: functionCall{"get_weather", `{"text":"Hello there"}`}}}
	if whole.FinishReason != model.FinishToolCalls || whole.Message.Content != nil || !reflect.DeepEqual(whole.Message.ToolCalls, want) {
		t.Errorf("choice = %+v, want the calls %+v and no content", whole, want)
	}

	var got toolCall
	for _, event := range eventsOf(t, serve(newTestHandler(echo.Model{}), chatRequestWith(`{"stream":true,`+call+`}`)).Body) {
		if event == "[DONE]" {
			break
		}
		for _, piece := range decodeJSON[chunk](t, []byte(event)).Choices[0].Delta.ToolCalls {
			got.ID += piece.ID
			got.Type += piece.Type
			got.Function.Name += piece.Function.Name
			got.Function.Arguments += piece.Function.Arguments
		}
	}
	if got != want[0] {
		t.Errorf("streamed call = %+v, want %+v", got, want[0])
	}
}

// Two answers differ in id and time only.
func TestEchoIsDeterministic(t *testing.T) {
	t.Parallel()
	text := func() string {
		response := serve(newTestHandler(echo.Model{}), chatRequestWith("{"+hello+"}"))
		return *decodeJSON[chatCompletion](t, response.Body.Bytes()).Choices[0].Message.Content
	}
	if first, second := text(), text(); first != second {
		t.Errorf("%q, then %q", first, second)
	}
}

// asked remembers the request that the model gets.
type asked struct {
	echo.Model
	request *model.Request
}

func (m *asked) Start(ctx context.Context, r *model.Request) (iter.Seq2[model.Delta, error], error) {
	m.request = r
	return m.Model.Start(ctx, r)
}

func TestModelGetsTheRequest(t *testing.T) {
	t.Parallel()
	asked := new(asked)
	body := `{"model":"streamfront-echo","temperature":0.5,"top_p":0.25,"max_tokens":1000000,"stop":["a","b"],
		"tools":[` + getWeather + `,{"type":"function","function":{"name":"now","parameters":null}}],"tool_choice":"required",
		"response_format":{"type":"json_schema","json_schema":{"name":"city","description":"A city","strict":true,"schema":{"type":"object"}}},
		"messages":[
			{"role":"system","content":"s"},
			{"role":"user","content":[{"type":"text","text":"u"},{"type":"file","file":{"file_id":"file-1"}},{"type":"text","text":"v"},{"type":"text","text":"w"}]},
			{"role":"assistant","content":[{"type":"refusal","refusal":"r"}],"tool_calls":[{"id":"1","type":"function","function":{"name":"now","arguments":"{}"}}]},
			{"role":"tool","tool_call_id":"1","content":"noon"}]}`
	handler := NewHandler(Options{Models: []model.Model{asked}, MaxTokens: 77, Log: discard, OpenFile: openFile})
	if response := serve(handler, chatRequestWith(body)); response.Code != http.StatusOK {
		t.Fatalf("status = %d: %s", response.Code, response.Body)
	}
	half, quarter := 0.5, 0.25
	want := &model.Request{
		Temperature: &half, TopP: &quarter, MaxTokens: 77, Stop: []string{"a", "b"},
		Tools:      []model.Tool{{Name: "get_weather", Description: "Weather", Parameters: json.RawMessage(`{"type":"object"}`)}, {Name: "now"}},
		ToolChoice: model.ToolChoice{Required: true},
		Schema:     &model.Schema{Name: "city", Description: "A city", JSON: json.RawMessage(`{"type":"object"}`)}, JSON: true,
		Messages: []model.Message{
			{Role: model.RoleSystem, Content: model.Text("s")},
			{Role: model.RoleUser, Content: []model.Part{{Text: "u"}, {Text: "--- begin of file \"a.txt\" ---\ntext\n--- end of file ---"}, {Text: "v"}, {Text: "w"}}},
			{Role: model.RoleAssistant, Content: model.Text("r"), ToolCalls: []model.ToolCall{{ID: "1", Name: "now", Arguments: "{}"}}},
			{Role: model.RoleTool, Content: model.Text("noon"), ToolCallID: "1"},
		},
	}
	if !reflect.DeepEqual(asked.request, want) {
		t.Errorf("request = %+v, want %+v", asked.request, want)
	}
}

// openFile has a file of text, and some that are not to be read.
func openFile(_ context.Context, id string) (io.ReadCloser, string, error) {
	text, ok := map[string]string{
		"file-1": "text", "binary": "\xff\xfe", "nul": "a\x00b", "limit": strings.Repeat("x", MaxFileBytes), "large": strings.Repeat("x", MaxFileBytes+1),
	}[id]
	if id == "broken" {
		return nil, "", errors.New("secret")
	}
	if !ok {
		return nil, "", fmt.Errorf("store: %w", ErrNoFile)
	}
	return io.NopCloser(strings.NewReader(text)), "a.txt", nil
}

func TestFiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ids    []string
		status int
		code   string
	}{
		"text":               {[]string{"file-1"}, 200, ""},
		"two":                {[]string{"file-1", "file-1"}, 200, ""},
		"unknown":            {[]string{"none"}, 400, ""},
		"not UTF-8":          {[]string{"binary"}, 400, ""},
		"NUL":                {[]string{"nul"}, 400, ""},
		"as large as can":    {[]string{"limit"}, 200, ""},
		"too large":          {[]string{"large"}, 413, "file_too_large"},
		"together too large": {[]string{"limit", "file-1"}, 413, "file_too_large"},
		"store fails":        {[]string{"broken"}, 500, "file_unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var parts []string
			for _, id := range test.ids {
				parts = append(parts, `{"type":"file","file":{"file_id":"`+id+`"}}`)
			}
			handler := NewHandler(Options{Models: []model.Model{echo.Model{}}, Log: discard, OpenFile: openFile})
			response := serve(handler, chatRequestWith(`{"model":"streamfront-echo","messages":[{"role":"user","content":[`+strings.Join(parts, ",")+`]}]}`))
			if response.Code != test.status || strings.Contains(response.Body.String(), "secret") {
				t.Errorf("status = %d, want %d: %.200s", response.Code, test.status, response.Body)
			}
			if !strings.Contains(response.Body.String(), test.code) {
				t.Errorf("answer = %.200s, want the code %s", response.Body, test.code)
			}
		})
	}
}

func TestModels(t *testing.T) {
	t.Parallel()
	handler := newTestHandler(echo.Model{})
	got := decodeJSON[modelList](t, serve(handler, httptest.NewRequest("GET", "/v1/models", nil)).Body.Bytes())
	if got.Object != "list" || len(got.Data) != 1 || got.Data[0].ID != echo.ID || got.Data[0].Object != "model" {
		t.Errorf("models = %+v", got)
	}
	if one := decodeJSON[modelInfo](t, serve(handler, httptest.NewRequest("GET", "/v1/models/streamfront-echo", nil)).Body.Bytes()); one != got.Data[0] {
		t.Errorf("model = %+v, want %+v", one, got.Data[0])
	}
	response := serve(handler, httptest.NewRequest("GET", "/v1/models/other/one", nil))
	if response.Code != http.StatusNotFound {
		t.Errorf("status of an unknown model = %d, want 404", response.Code)
	}
	wantError(t, response.Body.Bytes(), model.TypeInvalidRequest, "model", "model_not_found")
}

// A clock on which each word takes a second more than the one before.
func TestObserve(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		want metrics.Answer
	}{
		"streamed": {`{"stream":true,` + hello + `}`, metrics.Answer{Stream: true, FirstToken: time.Second, LongestGap: 4 * time.Second, Duration: 10 * time.Second, InputTokens: 2, OutputTokens: 4}},
		"whole":    {`{` + hello + `}`, metrics.Answer{FirstToken: time.Second, LongestGap: 4 * time.Second, Duration: 10 * time.Second, InputTokens: 2, OutputTokens: 4}},
		"failed":   {`{` + failing + `}`, metrics.Answer{FirstToken: time.Second, LongestGap: 3 * time.Second, Duration: 10 * time.Second, Error: "model_failed"}},
		"refused":  {`{"n":2,` + hello + `}`, metrics.Answer{Error: "invalid_request_error", ClientError: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Unix(1795299220, 0)
			now, step := start, time.Duration(0)
			var got metrics.Answer
			handler := NewHandler(Options{
				Models: []model.Model{echo.Model{Wait: func(context.Context, time.Duration) error {
					step += time.Second
					now = now.Add(step)
					return nil
				}}},
				Observe: func(_ context.Context, a metrics.Answer) { got = a }, Log: discard, Now: func() time.Time { return now },
			})
			serve(handler, chatRequestWith(test.body))
			test.want.Model, test.want.Start = echo.ID, start
			if got != test.want {
				t.Errorf("observed %+v, want %+v", got, test.want)
			}
		})
	}
}
