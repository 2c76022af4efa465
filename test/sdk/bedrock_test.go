package sdk

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/streamfront/streamfront/functions/stream/awsenv"
	"github.com/streamfront/streamfront/functions/stream/bedrock"
	"github.com/streamfront/streamfront/functions/stream/model"
)

const profile = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0"

// The same conversation, for us and for the SDK.
var (
	temperature = 0.5
	request     = &model.Request{
		Messages: []model.Message{
			{Role: model.RoleSystem, Content: model.Text("Be brief.")},
			{Role: model.RoleUser, Content: model.Text("What is the weather in Rome?")},
			{Role: model.RoleAssistant, Content: model.Text("Let me see."), ToolCalls: []model.ToolCall{{ID: "call-1", Name: "weather", Arguments: `{"city":"Rome"}`}}},
			{Role: model.RoleTool, Content: model.Text("sunny"), ToolCallID: "call-1"},
			{Role: model.RoleUser, Content: []model.Part{{Text: "<b>And</b> in Zürich & Genève?"}, {Image: &model.Image{Format: "png", Data: []byte("\x89PNG")}}}},
		},
		Tools:       []model.Tool{{Name: "weather", Description: "Weather of a city", Parameters: json.RawMessage(`{"type":"object","properties":{"city":{"type":"string"}}}`)}},
		ToolChoice:  model.ToolChoice{Required: true},
		Temperature: &temperature, MaxTokens: 100, Stop: []string{"END"},
		JSON: true, Schema: &model.Schema{Name: "answer", Description: "What to say", JSON: json.RawMessage(`{"type":"object","required":["<b>"]}`)},
	}
	input = &bedrockruntime.ConverseStreamInput{
		ModelId: aws.String(profile),
		System:  []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: "Be brief."}},
		Messages: []types.Message{
			{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "What is the weather in Rome?"}}},
			{Role: types.ConversationRoleAssistant, Content: []types.ContentBlock{
				&types.ContentBlockMemberText{Value: "Let me see."},
				&types.ContentBlockMemberToolUse{Value: types.ToolUseBlock{
					ToolUseId: aws.String("call-1"), Name: aws.String("weather"), Input: document.NewLazyDocument(map[string]any{"city": "Rome"}),
				}},
			}},
			{Role: types.ConversationRoleUser, Content: []types.ContentBlock{
				&types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{
					ToolUseId: aws.String("call-1"), Content: []types.ToolResultContentBlock{&types.ToolResultContentBlockMemberText{Value: "sunny"}},
				}},
				&types.ContentBlockMemberText{Value: "<b>And</b> in Zürich & Genève?"},
				&types.ContentBlockMemberImage{Value: types.ImageBlock{Format: types.ImageFormatPng, Source: &types.ImageSourceMemberBytes{Value: []byte("\x89PNG")}}},
			}},
		},
		InferenceConfig: &types.InferenceConfiguration{Temperature: aws.Float32(0.5), MaxTokens: aws.Int32(100), StopSequences: []string{"END"}},
		ToolConfig: &types.ToolConfiguration{
			Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
				Name: aws.String("weather"), Description: aws.String("Weather of a city"),
				InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(map[string]any{
					"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}},
				})},
			}}},
			ToolChoice: &types.ToolChoiceMemberAny{},
		},
		OutputConfig: &types.OutputConfig{TextFormat: &types.OutputFormat{
			Type: types.OutputFormatTypeJsonSchema,
			Structure: &types.OutputFormatStructureMemberJsonSchema{Value: types.JsonSchemaDefinition{
				Name: aws.String("answer"), Description: aws.String("What to say"), Schema: aws.String(`{"type":"object","required":["<b>"]}`),
			}},
		}},
	}
)

// stream is an answer of Bedrock's.
func stream(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, event := range [][2]string{
		{"messageStart", `{"role":"assistant"}`},
		{"contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"Let me "}}`},
		{"contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"see."}}`},
		{"contentBlockStop", `{"contentBlockIndex":0}`},
		{"contentBlockStart", `{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"call-2","name":"weather"}}}`},
		{"contentBlockDelta", `{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"city\":"}}}`},
		{"contentBlockDelta", `{"contentBlockIndex":1,"delta":{"toolUse":{"input":"\"Zürich\"}"}}}`},
		{"contentBlockStop", `{"contentBlockIndex":1}`},
		{"messageStop", `{"stopReason":"tool_use"}`},
		{"metadata", `{"metrics":{"latencyMs":411},"usage":{"inputTokens":12,"outputTokens":34,"totalTokens":46}}`},
	} {
		message := eventstream.Message{Payload: []byte(event[1])}
		message.Headers.Set(":message-type", eventstream.StringValue("event"))
		message.Headers.Set(":event-type", eventstream.StringValue(event[0]))
		message.Headers.Set(":content-type", eventstream.StringValue("application/json"))
		if err := eventstream.NewEncoder().Encode(&out, message); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// call is what arrived at the endpoint.
type call struct {
	method, target, contentType, authorization string
	body                                       any
}

// said is what a client understood of the answer.
type said struct {
	text, id, name, arguments, finish string
	in, out                           int
}

func TestConverseStreamIsThatOfTheSDK(t *testing.T) {
	calls := make(chan call, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := call{method: r.Method, target: r.RequestURI, contentType: r.Header.Get("Content-Type"), authorization: scope(r.Header.Get("Authorization"))}
		if err := json.NewDecoder(r.Body).Decode(&c.body); err != nil {
			t.Error(err)
		}
		calls <- c
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		_, _ = w.Write(stream(t))
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
		"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.URL,
	} {
		t.Setenv(name, value)
	}
	config, err := awsenv.Config()
	if err != nil {
		t.Fatal(err)
	}

	theirs := bySDK(t, config)
	want := <-calls
	ours := byUs(t, config)
	got := <-calls
	if want.authorization == "" {
		t.Error("the call of the SDK has no scope of a signature")
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("call = %+v\nthat of the SDK is %+v", got, want)
	}
	if ours != theirs {
		t.Errorf("understood %+v\nthe SDK understood %+v", ours, theirs)
	}
	if theirs.finish == "" || theirs.arguments != `{"city":"Zürich"}` || theirs.out != 34 {
		t.Errorf("the SDK understood %+v, want all that was said", theirs)
	}
}

// scope leaves out what differs with the time, and the headers of the SDK's own.
func scope(authorization string) string {
	return regexp.MustCompile(`Credential=([^/]+)/\d{8}(/\S+),`).FindString(
		regexp.MustCompile(`/\d{8}/`).ReplaceAllString(authorization, "/00000000/"))
}

func bySDK(t *testing.T, config aws.Config) said {
	t.Helper()
	output, err := bedrockruntime.NewFromConfig(config).ConverseStream(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	var s said
	for event := range output.GetStream().Events() {
		switch e := event.(type) {
		case *types.ConverseStreamOutputMemberContentBlockStart:
			use := e.Value.Start.(*types.ContentBlockStartMemberToolUse).Value
			s.id, s.name = *use.ToolUseId, *use.Name
		case *types.ConverseStreamOutputMemberContentBlockDelta:
			switch delta := e.Value.Delta.(type) {
			case *types.ContentBlockDeltaMemberText:
				s.text += delta.Value
			case *types.ContentBlockDeltaMemberToolUse:
				s.arguments += *delta.Value.Input
			}
		case *types.ConverseStreamOutputMemberMessageStop:
			if e.Value.StopReason == types.StopReasonToolUse {
				s.finish = "tool_calls"
			}
		case *types.ConverseStreamOutputMemberMetadata:
			s.in, s.out = int(*e.Value.Usage.InputTokens), int(*e.Value.Usage.OutputTokens)
		}
	}
	if err := output.GetStream().Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

func byUs(t *testing.T, config aws.Config) said {
	t.Helper()
	answer, err := bedrock.New(config, profile).Start(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	var s said
	for delta, err := range answer {
		if err != nil {
			t.Fatal(err)
		}
		s.text += delta.Text
		if c := delta.ToolCall; c != nil {
			s.id += c.ID
			s.name += c.Name
			s.arguments += c.Arguments
		}
		if delta.Finish != "" {
			s.finish = string(delta.Finish)
		}
		if delta.Usage != nil {
			s.in, s.out = delta.Usage.Input, delta.Usage.Output
		}
	}
	return s
}

// Both call the endpoint that the environment names.
func TestEndpointsOfTheSDK(t *testing.T) {
	called := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		called <- r.Header.Get("Authorization")
		w.WriteHeader(http.StatusBadRequest)
	}))
	t.Cleanup(server.Close)
	const nowhere = "http://127.0.0.1:1"
	for name, endpoints := range map[string]map[string]string{
		"of the service":   {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.URL},
		"of all":           {"AWS_ENDPOINT_URL": server.URL},
		"the service wins": {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.URL, "AWS_ENDPOINT_URL": nowhere},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("AWS_REGION", "eu-west-1")
			t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
			for variable, url := range endpoints {
				t.Setenv(variable, url)
			}
			config, err := awsenv.Config()
			if err != nil {
				t.Fatal(err)
			}
			for client, call := range map[string]func() error{
				"SDK": func() error {
					_, err := bedrockruntime.NewFromConfig(config).ConverseStream(t.Context(), input)
					return err
				},
				"ours": func() error {
					_, err := bedrock.New(config, profile).Start(t.Context(), request)
					return err
				},
			} {
				if err := call(); err == nil {
					t.Errorf("%s: the call succeeds, want the error of the server", client)
				}
				select {
				case got := <-called:
					if !strings.Contains(got, "AKIDEXAMPLE/") || !strings.Contains(got, "/eu-west-1/bedrock/aws4_request") {
						t.Errorf("%s: Authorization = %q, want a signature for the region", client, got)
					}
				default:
					t.Errorf("%s: the endpoint was not called", client)
				}
			}
		})
	}
}
