package openai

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/stream/echo"
	"github.com/streamfront/streamfront/functions/stream/model"
)

const helloResponse = `"model":"streamfront-echo","input":"Hello there"`

func responseRequestWith(body string) *http.Request {
	return httptest.NewRequest("POST", "/v1/responses", strings.NewReader(body))
}

// requiredMembers are those that OpenAI's schema of a response requires, and some that
// clients look at.
var requiredMembers = []string{
	"id", "object", "created_at", "status", "error", "incomplete_details", "instructions", "metadata", "model", "output",
	"parallel_tool_calls", "temperature", "tool_choice", "tools", "top_p", "usage", "store", "previous_response_id", "text",
}

func TestResponseWhole(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body   string
		status string
		reason string
		output string // without ids
		usage  string
	}{
		"string": {
			`{` + helloResponse + `}`, "completed", "",
			`[{"type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"You said: Hello there","annotations":[],"logprobs":[]}]}]`,
			"2 4 6",
		},
		"items": {
			`{"model":"streamfront-echo","instructions":"Be brief.","input":[{"role":"user","content":"one"},
				{"type":"message","role":"assistant","id":"msg_1","status":"completed","content":[{"type":"output_text","text":"two","annotations":[]}]},
				{"role":"user","content":[{"type":"input_text","text":"three"}]}]}`, "completed", "",
			`[{"type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"You said: three","annotations":[],"logprobs":[]}]}]`,
			"5 3 8",
		},
		"out of tokens": {
			`{"max_output_tokens":3,` + helloResponse + `}`, "incomplete", "max_output_tokens",
			`[{"type":"message","status":"incomplete","role":"assistant","content":[{"type":"output_text","text":"You said: Hello","annotations":[],"logprobs":[]}]}]`,
			"2 3 5",
		},
		"refusal": {
			`{"model":"streamfront-echo","input":"[[refuse]]"}`, "completed", "",
			`[{"type":"message","status":"completed","role":"assistant","content":[{"type":"refusal","refusal":"The built-in model was told to refuse."}]}]`,
			"1 7 8",
		},
		"call": {
			`{"tools":[{"type":"function","name":"look_up","strict":true,"parameters":{"type":"object","properties":{"text":{"type":"string"}}}}],"tool_choice":"required",` + helloResponse + `}`, "completed", "",
			`[{"type":"function_call","status":"completed","call_id":"call_1","name":"look_up","arguments":"{\"text\":\"Hello there\"}"}]`,
			"2 3 5",
		},
		"JSON": {
			`{"text":{"format":{"type":"json_object"}},` + helloResponse + `}`, "completed", "",
			`[{"type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"{\"text\":\"Hello there\"}","annotations":[],"logprobs":[]}]}]`,
			"2 3 5",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := serve(newTestHandler(echo.Model{}), responseRequestWith(test.body))
			if answer.Code != http.StatusOK {
				t.Fatalf("status = %d: %s", answer.Code, answer.Body)
			}
			var members map[string]json.RawMessage
			if err := json.Unmarshal(answer.Body.Bytes(), &members); err != nil {
				t.Fatal(err)
			}
			for _, name := range requiredMembers {
				if _, ok := members[name]; !ok {
					t.Errorf("the response has no %s: %s", name, answer.Body)
				}
			}
			var got struct {
				ID, Object, Status string
				Store              bool
				IncompleteDetails  *struct{ Reason string } `json:"incomplete_details"`
				Output             []map[string]any
				Usage              struct {
					In    int `json:"input_tokens"`
					Out   int `json:"output_tokens"`
					Total int `json:"total_tokens"`
				}
			}
			if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			reason := ""
			if got.IncompleteDetails != nil {
				reason = got.IncompleteDetails.Reason
			}
			if !strings.HasPrefix(got.ID, "resp_") || got.Object != "response" || got.Status != test.status || got.Store || reason != test.reason {
				t.Errorf("response = %s, want the status %s for %q, not stored", answer.Body, test.status, test.reason)
			}
			if usage := fmt.Sprint(got.Usage.In, got.Usage.Out, got.Usage.Total); usage != test.usage {
				t.Errorf("usage = %s, want %s", usage, test.usage)
			}
			for _, item := range got.Output {
				if id, _ := item["id"].(string); len(id) < 10 {
					t.Errorf("item %v, want an id", item)
				}
				delete(item, "id")
			}
			var want []map[string]any
			if err := json.Unmarshal([]byte(test.output), &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got.Output, want) {
				t.Errorf("output = %v, want %v", got.Output, want)
			}
		})
	}
}

// scripted is a model that says what the test wants.
type scripted struct {
	echo.Model
	deltas []model.Delta
}

func (m scripted) Start(context.Context, *model.Request) (iter.Seq2[model.Delta, error], error) {
	return func(yield func(model.Delta, error) bool) {
		for _, delta := range m.deltas {
			if !yield(delta, nil) {
				return
			}
		}
	}, nil
}

// Each stream is the documented events in the documented order, numbered without a gap, and
// each item of the last response is the one that its events tell of.
func TestResponseStream(t *testing.T) {
	t.Parallel()
	const created, begun = "response.created", "response.in_progress"
	message := []string{"response.output_item.added", "response.content_part.added"}
	words := func(n int) []string { return slices.Repeat([]string{"response.output_text.delta"}, n) }
	endOfText := []string{"response.output_text.done", "response.content_part.done", "response.output_item.done"}
	arguments := []string{"response.function_call_arguments.delta", "response.function_call_arguments.delta"}
	endOfCall := []string{"response.function_call_arguments.done", "response.output_item.done"}
	call := func(index int, id, name, arguments string) model.Delta {
		return model.Delta{ToolCall: &model.ToolCallDelta{Index: index, ID: id, Name: name, Arguments: arguments}}
	}
	for name, test := range map[string]struct {
		model model.Model
		body  string
		want  []string
	}{
		"text": {
			echo.Model{},
			`{"stream":true,` + helloResponse + `}`,
			slices.Concat([]string{created, begun}, message, words(4), endOfText, []string{"response.completed"}),
		},
		"out of tokens": {
			echo.Model{},
			`{"stream":true,"max_output_tokens":2,` + helloResponse + `}`,
			slices.Concat([]string{created, begun}, message, words(2), endOfText, []string{"response.incomplete"}),
		},
		"refusal": {
			echo.Model{},
			`{"stream":true,"model":"streamfront-echo","input":"[[refuse]]"}`,
			slices.Concat([]string{created, begun}, message, slices.Repeat([]string{"response.refusal.delta"}, 7),
				[]string{"response.refusal.done", "response.content_part.done", "response.output_item.done", "response.completed"}),
		},
		"text and two calls": {
			scripted{deltas: []model.Delta{
				{Text: "Let me see."},
				call(0, "c1", "now", ""), call(0, "", "", "{"), call(0, "", "", "}"),
				call(1, "c2", "now", "{"), call(1, "", "", "}"),
				{Finish: model.FinishToolCalls, Usage: &model.Usage{Input: 1, Output: 2}},
			}},
			`{"stream":true,` + helloResponse + `}`,
			slices.Concat([]string{created, begun}, message, words(1), endOfText,
				[]string{"response.output_item.added"}, arguments, endOfCall,
				[]string{"response.output_item.added"}, arguments, endOfCall, []string{"response.completed"}),
		},
		"one call at most": {
			scripted{deltas: []model.Delta{call(0, "c1", "now", "{"), call(0, "", "", "}"), call(1, "c2", "now", "{}")}},
			`{"stream":true,"parallel_tool_calls":false,` + helloResponse + `}`,
			slices.Concat([]string{created, begun, "response.output_item.added"}, arguments, endOfCall, []string{"response.completed"}),
		},
		"a refusal after a text": {
			scripted{deltas: []model.Delta{{Text: "Well"}, {Refusal: "No"}, {Finish: model.FinishContentFilter}}},
			`{"stream":true,` + helloResponse + `}`,
			slices.Concat([]string{created, begun}, message, words(1), endOfText[:2],
				[]string{"response.content_part.added", "response.refusal.delta", "response.refusal.done", "response.content_part.done", "response.output_item.done", "response.incomplete"}),
		},
		"nothing": {scripted{}, `{"stream":true,` + helloResponse + `}`, []string{created, begun, "response.completed"}},
		"failure": {
			echo.Model{},
			`{"stream":true,"model":"streamfront-echo","input":"one [[fail]] two"}`,
			slices.Concat([]string{created, begun}, message, words(3), []string{"error", "response.failed"}),
		},
		"a call that goes on after its end": {
			scripted{deltas: []model.Delta{call(0, "c1", "now", "{"), call(1, "c2", "now", "{}"), call(0, "", "", "}")}},
			`{"stream":true,` + helloResponse + `}`,
			slices.Concat([]string{created, begun, "response.output_item.added"}, arguments[:1], endOfCall,
				[]string{"response.output_item.added"}, arguments[:1], []string{"error", "response.failed"}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := serve(newTestHandler(test.model), responseRequestWith(test.body))
			names, events := namedEvents(t, answer.Body)
			if !slices.Equal(names, test.want) {
				t.Fatalf("events:\n%s\nwant:\n%s", strings.Join(names, "\n"), strings.Join(test.want, "\n"))
			}
			checkStream(t, names, events)
		})
	}
}

// checkStream checks what holds for any stream.
func checkStream(t *testing.T, names []string, events []map[string]any) {
	t.Helper()
	told := make(map[string]any) // what the events tell of an item, by its id
	for i, e := range events {
		if e["type"] != names[i] || e["sequence_number"] != float64(i) {
			t.Errorf("event %d is %v, want the type %s and this number", i, e, names[i])
		}
		if _, there := e["item_id"]; strings.Contains(names[i], "content_part") && !there {
			t.Errorf("%v has no item_id", e)
		}
		if names[i] == "response.output_item.done" {
			item := e["item"].(map[string]any)
			told[item["id"].(string)] = item
		}
	}
	last, ok := events[len(events)-1]["response"].(map[string]any)
	if !ok {
		t.Fatalf("the last event has no response: %v", events[len(events)-1])
	}
	if last["id"] != events[0]["response"].(map[string]any)["id"] {
		t.Error("the response has another id at its end")
	}
	if last["status"] == "failed" {
		if _, there := last["error"].(map[string]any)["code"]; !there {
			t.Errorf("the response failed without a code: %v", last)
		}
		return
	}
	if usage, ok := last["usage"].(map[string]any); !ok || usage["input_tokens_details"] == nil || usage["output_tokens_details"] == nil {
		t.Errorf("the response has the usage %v", last["usage"])
	}
	output := last["output"].([]any)
	for i, item := range output {
		if want := told[item.(map[string]any)["id"].(string)]; !reflect.DeepEqual(item, want) {
			t.Errorf("output[%d] = %v, but its last event said %v", i, item, want)
		}
	}
	if len(output) != len(told) {
		t.Errorf("%d items of output, and events told of %d", len(output), len(told))
	}
}

// namedEvents reads a stream of events that have names.
func namedEvents(t *testing.T, body io.Reader) (names []string, events []map[string]any) {
	t.Helper()
	scanner := bufio.NewScanner(body)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		if name, ok := strings.CutPrefix(scanner.Text(), "event: "); ok {
			names = append(names, name)
		}
		if data, ok := strings.CutPrefix(scanner.Text(), "data: "); ok {
			var e map[string]any
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				t.Fatalf("%s: %v", data, err)
			}
			events = append(events, e)
		}
	}
	if len(names) != len(events) || len(events) == 0 {
		t.Fatalf("%d names and %d events", len(names), len(events))
	}
	return names, events
}

// OpenAI documents the members of an error in the event, and sends them in an object.
func TestResponseError(t *testing.T) {
	t.Parallel()
	_, events := namedEvents(t, serve(newTestHandler(echo.Model{}), responseRequestWith(`{"stream":true,"model":"streamfront-echo","input":"[[fail]]"}`)).Body)
	e := events[len(events)-2]
	object := e["error"].(map[string]any)
	if e["type"] != "error" || e["code"] != "model_failed" || object["code"] != "model_failed" || object["type"] != "server_error" || e["message"] != object["message"] {
		t.Errorf("error = %v", e)
	}
	failed := events[len(events)-1]["response"].(map[string]any)["error"].(map[string]any)
	if failed["code"] != "server_error" || failed["message"] != e["message"] {
		t.Errorf("error of the response = %v", failed)
	}
}

// The first bytes are an event: clients exist that lose an error after a comment.
func TestStreamsBeginWithAnEvent(t *testing.T) {
	t.Parallel()
	for path, body := range map[string]string{
		"/v1/chat/completions": `{"stream":true,` + failing + `}`,
		"/v1/responses":        `{"stream":true,"model":"streamfront-echo","input":"[[fail]]"}`,
	} {
		got := serve(newTestHandler(echo.Model{}), httptest.NewRequest("POST", path, strings.NewReader(body))).Body.String()
		if !strings.HasPrefix(got, "data: {") && !strings.HasPrefix(got, "event: response.created\n") {
			t.Errorf("%s begins with %.40q", path, got)
		}
	}
}

func TestResponseRefusals(t *testing.T) {
	t.Parallel()
	with := func(parameters string) string { return `{` + parameters + `,` + helloResponse + `}` }
	input := func(items string) string { return `{"model":"streamfront-echo","input":[` + items + `]}` }
	for name, test := range map[string]struct {
		body   string
		param  string
		advice string // in the message
	}{
		"no input":             {`{"model":"streamfront-echo"}`, "input", ""},
		"input null":           {`{"model":"streamfront-echo","input":null}`, "input", ""},
		"input a number":       {`{"model":"streamfront-echo","input":1}`, "input", ""},
		"item a string":        {input(`"x"`), "input", ""},
		"previous_response_id": {with(`"previous_response_id":"resp_1"`), "previous_response_id", "send the whole conversation"},
		"conversation":         {with(`"conversation":"conv_1"`), "conversation", "send the whole conversation"},
		"background":           {with(`"background":true`), "background", ""},
		"prompt":               {with(`"prompt":{"id":"p"}`), "prompt", "instructions"},
		"truncation":           {with(`"truncation":"auto"`), "truncation", ""},
		"include":              {with(`"include":["message.output_text.logprobs"]`), "include", ""},
		"reasoning":            {with(`"reasoning":{"effort":"high"}`), "reasoning.effort", ""},
		"verbosity":            {with(`"text":{"verbosity":"low"}`), "text.verbosity", ""},
		"unknown":              {with(`"seed":1`), "seed", ""},
		"messages":             {with(`"messages":[]`), "messages", ""},
		"max_output_tokens":    {with(`"max_output_tokens":0`), "max_output_tokens", ""},
		"temperature":          {with(`"temperature":3`), "temperature", ""},
		"format":               {with(`"text":{"format":{"type":"xml"}}`), "text.format.type", ""},
		"schema":               {with(`"text":{"format":{"type":"json_schema","name":"s"}}`), "text.format.schema", ""},
		"tool of OpenAI's":     {with(`"tools":[{"type":"web_search"}]`), "tools[0].type", ""},
		"tool without name":    {with(`"tools":[{"type":"function"}]`), "tools[0].name", ""},
		"choice":               {with(`"tool_choice":{"type":"function","name":"f"}`), "tool_choice", ""},
		"item_reference":       {input(`{"type":"item_reference","id":"msg_1"}`), "input[0]", `store: false`},
		"unknown item":         {input(`{"type":"web_search_call"}`), "input[0].type", ""},
		"role":                 {input(`{"role":"tool","content":"x"}`), "input[0].role", ""},
		"no content":           {input(`{"role":"user"}`), "input[0].content", ""},
		"part":                 {input(`{"role":"user","content":[{"type":"input_audio"}]}`), "input[0].content[0].type", ""},
		"file by URL":          {input(`{"role":"user","content":[{"type":"input_file","file_url":"https://example.com/a"}]}`), "input[0].content[0]", "fetches nothing"},
		"image by URL":         {input(`{"role":"user","content":[{"type":"input_image","image_url":"https://example.com/a.png"}]}`), "input[0].content[0]", "fetches nothing"},
		"image of a system":    {input(`{"role":"system","content":[{"type":"input_image","image_url":"data:image/gif;base64,R0lGODlhAQABAAAAACw="}]}`), "input[0]", ""},
		"call without id":      {input(`{"type":"function_call","name":"f","arguments":"{}"}`), "input[0]", ""},
		"arguments":            {input(`{"type":"function_call","call_id":"1","name":"f","arguments":"x"}`), "input[0].arguments", ""},
		"output of no call":    {input(`{"type":"function_call_output","output":"x"}`), "input[0].call_id", ""},
		"no output":            {input(`{"type":"function_call_output","call_id":"1"}`), "input[0].output", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := serve(newTestHandler(echo.Model{}), responseRequestWith(test.body))
			if answer.Code != http.StatusBadRequest {
				t.Errorf("status = %d, want 400: %s", answer.Code, answer.Body)
			}
			wantError(t, answer.Body.Bytes(), model.TypeInvalidRequest, test.param, "")
			if !strings.Contains(answer.Body.String(), test.advice) {
				t.Errorf("answer = %s, want %q in it", answer.Body, test.advice)
			}
		})
	}
}

// Both protocols ask the model the same.
func TestBothProtocolsAskTheSame(t *testing.T) {
	t.Parallel()
	ofCompletions, ofResponses := new(asked), new(asked)
	const picture = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
	completions := `{"model":"streamfront-echo","temperature":0.5,"top_p":0.25,"max_completion_tokens":9,
		"tools":[{"type":"function","function":{"name":"now","description":"Time","parameters":{"type":"object"}}}],"tool_choice":{"type":"function","function":{"name":"now"}},
		"response_format":{"type":"json_schema","json_schema":{"name":"city","schema":{"type":"object"}}},
		"messages":[{"role":"system","content":"s"},
			{"role":"user","content":[{"type":"text","text":"u"},{"type":"image_url","image_url":{"url":"` + picture + `"}},{"type":"file","file":{"file_id":"file-1"}}]},
			{"role":"assistant","content":"a","tool_calls":[{"id":"1","type":"function","function":{"name":"now","arguments":"{}"}}]},
			{"role":"tool","tool_call_id":"1","content":"noon"}]}`
	responses := `{"model":"streamfront-echo","temperature":0.5,"top_p":0.25,"max_output_tokens":9,"instructions":"s",
		"tools":[{"type":"function","name":"now","description":"Time","parameters":{"type":"object"}}],"tool_choice":{"type":"function","name":"now"},
		"text":{"format":{"type":"json_schema","name":"city","schema":{"type":"object"}}},
		"input":[
			{"role":"user","content":[{"type":"input_text","text":"u"},{"type":"input_image","detail":"auto","image_url":"` + picture + `"},{"type":"input_file","file_id":"file-1"}]},
			{"type":"reasoning","id":"rs_1","summary":[]},
			{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"}]},
			{"type":"function_call","call_id":"1","name":"now","arguments":"{}"},
			{"type":"function_call_output","call_id":"1","output":"noon"}]}`
	for m, r := range map[*asked]*http.Request{ofCompletions: chatRequestWith(completions), ofResponses: responseRequestWith(responses)} {
		handler := NewHandler(Options{Models: []model.Model{m}, Log: discard, OpenFile: openFile})
		if answer := serve(handler, r); answer.Code != http.StatusOK {
			t.Fatalf("status = %d: %s", answer.Code, answer.Body)
		}
	}
	if !reflect.DeepEqual(ofCompletions.request, ofResponses.request) {
		t.Errorf("responses ask %+v, chat completions %+v", ofResponses.request, ofCompletions.request)
	}
	if image := ofResponses.request.Messages[1].Content[1].Image; image == nil || image.Format != "gif" || len(image.Data) == 0 {
		t.Errorf("image = %+v", image)
	}
}

// The AI SDK sends back a call as it is, and the words before it as a reference.
func TestReferencesBeforeCalls(t *testing.T) {
	t.Parallel()
	const call = `{"type":"function_call","call_id":"1","name":"now","arguments":"{}"},{"type":"function_call_output","call_id":"1","output":"noon"}`
	m := new(asked)
	answer := serve(newTestHandler(m), responseRequestWith(`{"model":"streamfront-echo","input":[{"role":"user","content":"u"},{"type":"item_reference","id":"msg_1"},`+call+`]}`))
	if answer.Code != http.StatusOK || len(m.request.Messages) != 3 || len(m.request.Messages[1].ToolCalls) != 1 {
		t.Errorf("answer = %d %s, request = %+v, want the call without the words", answer.Code, answer.Body, m.request)
	}
	answer = serve(newTestHandler(m), responseRequestWith(`{"model":"streamfront-echo","input":[{"role":"user","content":"u"},`+call+`,{"type":"item_reference","id":"msg_1"},{"role":"user","content":"v"}]}`))
	if answer.Code != http.StatusBadRequest {
		t.Errorf("a reference to an answer: status = %d, want 400", answer.Code)
	}
}

// What a client sends back of an answer is read again.
func TestResponsesCanBeSentBack(t *testing.T) {
	t.Parallel()
	body := `{"model":"streamfront-echo","tools":[{"type":"function","name":"now"}],"tool_choice":"required","input":"What time is it?"}`
	answer := serve(newTestHandler(echo.Model{}), responseRequestWith(body))
	var first struct{ Output []json.RawMessage }
	if err := json.Unmarshal(answer.Body.Bytes(), &first); err != nil || len(first.Output) != 1 {
		t.Fatalf("%v: %s", err, answer.Body)
	}
	next := `{"model":"streamfront-echo","input":[{"role":"user","content":"What time is it?"},` + string(first.Output[0]) + `,{"type":"function_call_output","call_id":"call_1","output":"noon"}]}`
	if answer := serve(newTestHandler(echo.Model{}), responseRequestWith(next)); answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), "You said: What time is it?") {
		t.Errorf("answer = %d %s", answer.Code, answer.Body)
	}
}
