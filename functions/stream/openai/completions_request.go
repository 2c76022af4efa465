package openai

import (
	"encoding/json"
	"fmt"

	"github.com/streamfront/streamfront/functions/stream/model"
)

// completionRequest is the body of a request for a chat completion:
// https://platform.openai.com/docs/api-reference/chat/create.
type completionRequest struct {
	Model               string          `json:"model"`
	Messages            []message       `json:"messages"`
	Stream              bool            `json:"stream"`
	StreamOptions       *streamOptions  `json:"stream_options"`
	Temperature         *float64        `json:"temperature"`
	TopP                *float64        `json:"top_p"`
	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"` // replaces max_tokens
	Stop                stop            `json:"stop"`
	Tools               []tool          `json:"tools"`
	ToolChoice          choice          `json:"tool_choice"`
	ParallelToolCalls   *bool           `json:"parallel_tool_calls"`
	ResponseFormat      *responseFormat `json:"response_format"`
}

var completionNeutrals = map[string]neutral{
	"audio":              {`null`, leaveOut},
	"frequency_penalty":  {`0`, leaveOut},
	"function_call":      {`"none"`, "use tool_choice, which replaced it"},
	"functions":          {`[]`, "use tools, which replaced it"},
	"logit_bias":         {`{}`, leaveOut},
	"logprobs":           {`false`, leaveOut},
	"modalities":         {`["text"]`, `use ["text"]`},
	"moderation":         {`null`, leaveOut},
	"n":                  {`1`, "one answer is given to a request"},
	"presence_penalty":   {`0`, leaveOut},
	"reasoning_effort":   {`"none"`, leaveOut},
	"seed":               {`null`, leaveOut},
	"top_logprobs":       {`0`, leaveOut},
	"verbosity":          {`"medium"`, leaveOut},
	"web_search_options": {`null`, leaveOut},
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

type responseFormat struct {
	Type       string `json:"type"`
	JSONSchema format `json:"json_schema"`
}

type message struct {
	Role       string     `json:"role"`
	Content    content    `json:"content"`
	Refusal    string     `json:"refusal"` // instead of content
	ToolCalls  []toolCall `json:"tool_calls"`
	ToolCallID string     `json:"tool_call_id"`
}

type toolCall struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"` // "function"
	Function functionCall `json:"function"`
}

type functionCall struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

type tool struct {
	Type     string   `json:"type"`
	Function function `json:"function"`
}

// content is a string or a list of parts.
type content []part

type part struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Refusal string `json:"refusal"`
	File    struct {
		ID   string `json:"file_id"`
		Data string `json:"file_data"`
		Name string `json:"filename"`
	} `json:"file"`
	ImageURL struct {
		URL string `json:"url"`
	} `json:"image_url"`
}

func (c *content) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		*c = content{{Type: "text"}}
		return json.Unmarshal(data, &(*c)[0].Text)
	}
	if err := json.Unmarshal(data, (*[]part)(c)); err != nil {
		return model.Invalid("messages", "The content of a message must be a string or an array of parts.")
	}
	return nil
}

// stop is a string or a list of them.
type stop []string

func (s *stop) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		*s = stop{""}
		return json.Unmarshal(data, &(*s)[0])
	}
	if err := json.Unmarshal(data, (*[]string)(s)); err != nil {
		return model.Invalid("stop", "stop must be a string or an array of strings.")
	}
	return nil
}

func (s stop) set(r *model.Request) *model.Error {
	if len(s) > 4 {
		return model.Invalid("stop", "stop has %d sequences: want at most 4.", len(s))
	}
	for _, sequence := range s {
		if sequence == "" {
			return model.Invalid("stop", "stop has an empty sequence, which would end every answer at once.")
		}
	}
	r.Stop = s
	return nil
}

// readCompletion begins an exchange in chat completions.
func readCompletion(data []byte) (exchange, *model.Error) {
	c := new(completion)
	if err := decode(data, &c.completionRequest); err != nil {
		return nil, err
	}
	c.unsupported = checkParameters(data, &c.completionRequest, completionNeutrals)
	return c, nil
}

// completion is an exchange in chat completions.
type completion struct {
	completionRequest
	unsupported *model.Error // of the parameters, which comes after that of the model
}

func (c *completion) head() (string, bool) { return c.Model, c.Stream }

func (c *completion) oneCall() bool { return c.ParallelToolCalls != nil && !*c.ParallelToolCalls }

func (c *completion) request(files *contentReader) (*model.Request, *model.Error) {
	r := new(model.Request)
	for _, set := range []func(*model.Request) *model.Error{
		sampling{c.Temperature, c.TopP}.set, c.setMaxTokens, c.Stop.set, c.checkUnsupported, c.setFormat, c.setTools, c.ToolChoice.set,
	} {
		if err := set(r); err != nil {
			return nil, err
		}
	}
	var err *model.Error
	r.Messages, err = c.messages(files)
	return r, err
}

func (c *completion) setMaxTokens(r *model.Request) *model.Error {
	if c.MaxCompletionTokens != nil {
		return setMaxTokens(r, "max_completion_tokens", c.MaxCompletionTokens)
	}
	return setMaxTokens(r, "max_tokens", c.MaxTokens)
}

func (c *completion) checkUnsupported(*model.Request) *model.Error {
	if c.StreamOptions != nil && !c.Stream {
		return model.Invalid("stream_options", "stream_options needs \"stream\": true.")
	}
	return c.unsupported
}

func (c *completion) setFormat(r *model.Request) *model.Error {
	if c.ResponseFormat == nil {
		return nil
	}
	f := c.ResponseFormat.JSONSchema
	f.Type = c.ResponseFormat.Type
	return f.set(r, "response_format", "response_format.json_schema")
}

func (c *completion) setTools(r *model.Request) *model.Error {
	for i, t := range c.Tools {
		if err := addTool(r, i, t.Type, fmt.Sprintf("tools[%d].function", i), t.Function); err != nil {
			return err
		}
	}
	return nil
}

// messages validates the messages and reads the files in them.
func (c *completion) messages(files *contentReader) ([]model.Message, *model.Error) {
	if len(c.Messages) == 0 {
		return nil, model.Invalid("messages", "messages must have at least one message.")
	}
	messages := make([]model.Message, 0, len(c.Messages))
	for i, m := range c.Messages {
		converted, err := m.convert(fmt.Sprintf("messages[%d]", i), files)
		if err != nil {
			return nil, err
		}
		messages = append(messages, converted)
	}
	return messages, nil
}

func (m *message) convert(param string, files *contentReader) (model.Message, *model.Error) {
	converted := model.Message{Role: model.Role(m.Role), ToolCallID: m.ToolCallID}
	if m.Role == "developer" {
		converted.Role = model.RoleSystem
	}
	if err := m.check(param, converted.Role); err != nil {
		return converted, err
	}
	for i, call := range m.ToolCalls {
		at := fmt.Sprintf("%s.tool_calls[%d]", param, i)
		if call.Type != "function" {
			return converted, model.Invalid(at, "%s must have an id, the type \"function\" and the function's name.", at)
		}
		c := model.ToolCall{ID: call.ID, Name: call.Function.Name, Arguments: call.Function.Arguments}
		if err := checkCall(at, at+".function", c); err != nil {
			return converted, err
		}
		converted.ToolCalls = append(converted.ToolCalls, c)
	}
	for i, p := range m.Content {
		at := fmt.Sprintf("%s.content[%d]", param, i)
		s, err := p.source(at)
		if err != nil {
			return converted, err
		}
		part, err := files.part(at, s)
		if err != nil {
			return converted, err
		}
		converted.Content = append(converted.Content, part)
	}
	if m.Refusal != "" {
		converted.Content = append(converted.Content, model.Part{Text: m.Refusal})
	}
	return converted, checkImages(param, converted.Role, converted.Content)
}

// check validates what depends on the role.
func (m *message) check(param string, role model.Role) *model.Error {
	switch role {
	case model.RoleSystem, model.RoleUser, model.RoleAssistant, model.RoleTool:
	default:
		return model.Invalid(param+".role", "%s has the role %q: want system, developer, user, assistant or tool.", param, m.Role)
	}
	switch {
	case role == model.RoleTool && m.ToolCallID == "":
		return model.Invalid(param+".tool_call_id", "%s is the result of a tool: want tool_call_id, the call that it answers.", param)
	case role != model.RoleTool && m.ToolCallID != "":
		return model.Invalid(param+".tool_call_id", "%s has tool_call_id, but its role is %q: want tool.", param, m.Role)
	case role != model.RoleAssistant && len(m.ToolCalls) > 0:
		return model.Invalid(param+".tool_calls", "%s has tool_calls, but its role is %q: want assistant.", param, m.Role)
	case m.Content == nil && role != model.RoleAssistant:
		return model.Invalid(param+".content", "%s has no content.", param)
	}
	return nil
}

func (p *part) source(param string) (source, *model.Error) {
	switch p.Type {
	case "text":
		return source{text: &p.Text}, nil
	case "refusal":
		return source{text: &p.Refusal}, nil
	case "file":
		return source{id: p.File.ID, data: p.File.Data, name: p.File.Name}, nil
	case "image_url":
		return source{imageURL: p.ImageURL.URL}, nil
	}
	return source{}, model.Invalid(param+".type", "%s is of type %q, which is not supported: use \"text\", \"image_url\" with a data URL, or \"file\".", param, p.Type)
}
