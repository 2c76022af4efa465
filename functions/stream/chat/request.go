package chat

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
)

// body is the request of OpenAI's API, https://platform.openai.com/docs/api-reference/chat/create:
// the parameters that are known here. What is not among them is ignored, as a model
// without these abilities would.
type body struct {
	Model               string    `json:"model"`
	Messages            []message `json:"messages"`
	Stream              bool      `json:"stream"`
	StreamOptions       *options  `json:"stream_options"`
	Temperature         *float64  `json:"temperature"`
	TopP                *float64  `json:"top_p"`
	MaxTokens           *int      `json:"max_tokens"`
	MaxCompletionTokens *int      `json:"max_completion_tokens"` // replaces max_tokens
	Stop                stop      `json:"stop"`
	N                   *int      `json:"n"`
	Tools               []tool    `json:"tools"`
	ToolChoice          choice    `json:"tool_choice"`
	ResponseFormat      *format   `json:"response_format"`
	Logprobs            bool      `json:"logprobs"`
	Modalities          []string  `json:"modalities"`
	Functions           []any     `json:"functions"` // replaced by tools
}

type options struct {
	IncludeUsage bool `json:"include_usage"`
}

type format struct {
	Type       string `json:"type"`
	JSONSchema struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Schema      json.RawMessage `json:"schema"`
	} `json:"json_schema"` // its strict is ignored: the schema always holds
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
	Type     string `json:"type"`
	Function struct {
		Name        string          `json:"name"`
		Description string          `json:"description"`
		Parameters  json.RawMessage `json:"parameters"`
	} `json:"function"`
}

// content is a string or a list of parts.
type content []part

type part struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Refusal string `json:"refusal"`
	File    struct {
		ID string `json:"file_id"`
	} `json:"file"`
}

func (c *content) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		*c = content{{Type: "text"}}
		return json.Unmarshal(data, &(*c)[0].Text)
	}
	if err := json.Unmarshal(data, (*[]part)(c)); err != nil {
		return invalid("messages", "The content of a message must be a string or an array of parts.")
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
		return invalid("stop", "stop must be a string or an array of strings.")
	}
	return nil
}

// choice is a word, or names a function.
type choice struct {
	word, name string
}

func (c *choice) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &c.word)
	}
	var object struct {
		Type     string
		Function struct{ Name string }
	}
	if err := json.Unmarshal(data, &object); err != nil || string(data) != "null" && (object.Type != "function" || object.Function.Name == "") {
		return invalid("tool_choice", `tool_choice must be "none", "auto", "required" or {"type":"function","function":{"name":...}}.`)
	}
	c.name = object.Function.Name
	return nil
}

// readBody fails with what the client did wrong.
func readBody(r *http.Request) (*body, *Error) {
	data, err := io.ReadAll(r.Body)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		e := invalid("", "The body is over %d bytes: send less.", tooLarge.Limit)
		e.Status = http.StatusRequestEntityTooLarge
		return nil, e
	}
	if err != nil {
		return nil, invalid("", "The body could not be read.")
	}
	b := new(body)
	err = json.Unmarshal(data, b)
	if refusal := (*Error)(nil); errors.As(err, &refusal) { // of the types above
		return nil, refusal
	}
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		return nil, invalid(wrong.Field, "%s has a JSON %s where %s is wanted.", cmp.Or(wrong.Field, "The body"), wrong.Value, kind(wrong.Type))
	}
	if err != nil {
		return nil, invalid("", "The body is not valid JSON: %v.", err)
	}
	return b, nil
}

// kind names a type as JSON does.
func kind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "an integer"
	case reflect.Float64:
		return "a number"
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "an array"
	default:
		return "an object"
	}
}

// request validates all but the model, and what is in files.
func (b *body) request(maxTokens int) (*Request, *Error) {
	r := &Request{Temperature: b.Temperature, TopP: b.TopP, MaxTokens: maxTokens, Stop: b.Stop}
	for _, check := range []func(*Request) *Error{b.checkSampling, b.setMaxTokens, b.checkStop, b.checkUnsupported, b.setSchema, b.setTools} {
		if err := check(r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (b *body) checkSampling(*Request) *Error {
	for _, p := range []struct {
		name  string
		value *float64
		most  float64
	}{{"temperature", b.Temperature, 2}, {"top_p", b.TopP, 1}} {
		if p.value != nil && (*p.value < 0 || *p.value > p.most) {
			return invalid(p.name, "%s is %v: want 0 to %v.", p.name, *p.value, p.most)
		}
	}
	return nil
}

// setMaxTokens takes what the request wants, up to what the function allows.
func (b *body) setMaxTokens(r *Request) *Error {
	param, wanted := "max_completion_tokens", b.MaxCompletionTokens
	if wanted == nil {
		param, wanted = "max_tokens", b.MaxTokens
	}
	if wanted == nil {
		return nil
	}
	if *wanted < 1 {
		return invalid(param, "%s is %d: want at least 1.", param, *wanted)
	}
	r.MaxTokens = min(r.MaxTokens, *wanted)
	return nil
}

func (b *body) checkStop(*Request) *Error {
	if len(b.Stop) > 4 {
		return invalid("stop", "stop has %d sequences: want at most 4.", len(b.Stop))
	}
	for _, sequence := range b.Stop {
		if sequence == "" {
			return invalid("stop", "stop has an empty sequence, which would end every answer at once.")
		}
	}
	return nil
}

// checkUnsupported refuses what would give another answer than the one asked for.
func (b *body) checkUnsupported(*Request) *Error {
	switch {
	case b.N != nil && *b.N != 1:
		return invalid("n", "n is %d: one answer is given to a request, so want 1.", *b.N)
	case b.Logprobs:
		return invalid("logprobs", "logprobs is not supported: leave it out.")
	case slices.Contains(b.Modalities, "audio"):
		return invalid("modalities", "modalities has \"audio\", which is not supported: use [\"text\"].")
	case len(b.Functions) > 0:
		return invalid("functions", "functions is not supported: use tools, which replaced it.")
	case b.StreamOptions != nil && !b.Stream:
		return invalid("stream_options", "stream_options needs \"stream\": true.")
	}
	return nil
}

// setSchema takes the JSON schema that the answer has to follow.
func (b *body) setSchema(r *Request) *Error {
	if b.ResponseFormat == nil || b.ResponseFormat.Type == "text" {
		return nil
	}
	const param = "response_format.json_schema"
	switch s := b.ResponseFormat.JSONSchema; {
	case b.ResponseFormat.Type != "json_schema":
		return invalid("response_format", "response_format is of type %q: want \"text\", or \"json_schema\" with a schema.", b.ResponseFormat.Type)
	case !isName(s.Name):
		return invalid(param+".name", "The schema has the name %q: want 1 to 64 letters, digits, _ and -.", s.Name)
	case len(s.Schema) == 0 || s.Schema[0] != '{':
		return invalid(param+".schema", "%s.schema must be a JSON schema, which is an object.", param)
	default:
		r.Schema = &Schema{s.Name, s.Description, s.Schema}
		return nil
	}
}

// isName follows OpenAI's rule for names of tools and schemas, which for tools is also that
// of Bedrock's Converse. To compile a regular expression for it would take a tenth of the
// time in which the function starts.
func isName(name string) bool {
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-':
		default:
			return false
		}
	}
	return len(name) >= 1 && len(name) <= 64
}

func (b *body) setTools(r *Request) *Error {
	names := make(map[string]bool)
	for i, t := range b.Tools {
		param, f := fmt.Sprintf("tools[%d]", i), t.Function
		switch {
		case t.Type != "function":
			return invalid(param+".type", "%s is of type %q: only \"function\" is supported.", param, t.Type)
		case !isName(f.Name):
			return invalid(param+".function.name", "%s has the name %q: want 1 to 64 letters, digits, _ and -.", param, f.Name)
		case names[f.Name]:
			return invalid(param+".function.name", "%s has the name %q, as one before it.", param, f.Name)
		case len(f.Parameters) > 0 && f.Parameters[0] != '{' && string(f.Parameters) != "null":
			return invalid(param+".function.parameters", "The parameters of %s must be a JSON schema, which is an object.", param)
		}
		names[f.Name] = true
		if string(f.Parameters) == "null" {
			f.Parameters = nil
		}
		r.Tools = append(r.Tools, Tool(f))
	}
	switch c := b.ToolChoice; {
	case c.name != "" && !names[c.name]:
		return invalid("tool_choice", "tool_choice names %q, which is not among the tools.", c.name)
	case c.name != "":
		r.ToolChoice.Name = c.name
	case c.word == "required" && len(names) == 0:
		return invalid("tool_choice", "tool_choice is \"required\", but there are no tools.")
	case c.word == "required":
		r.ToolChoice.Required = true
	case c.word == "none":
		r.ToolChoice.None = true
	case c.word != "auto" && c.word != "":
		return invalid("tool_choice", "tool_choice is %q: want \"none\", \"auto\", \"required\" or a function.", c.word)
	}
	return nil
}
