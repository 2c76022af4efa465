package openai

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"

	"github.com/streamfront/streamfront/functions/stream/model"
)

// What requests of both protocols have in common.

// readBody fails with what the client did wrong.
func readBody(r *http.Request, read func([]byte) (exchange, *model.Error)) (exchange, *model.Error) {
	data, err := io.ReadAll(r.Body)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		e := model.Invalid("", "The body is over %d bytes: send less.", tooLarge.Limit)
		e.Status = http.StatusRequestEntityTooLarge
		return nil, e
	}
	if err != nil {
		return nil, model.Invalid("", "The body could not be read.")
	}
	return read(data)
}

// decode reads the body of a request, and says in the words of JSON what is wrong with it.
func decode(data []byte, body any) *model.Error {
	err := json.Unmarshal(data, body)
	if refusal := (*model.Error)(nil); errors.As(err, &refusal) { // of the types below
		return refusal
	}
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		return model.Invalid(wrong.Field, "%s has a JSON %s where %s is wanted.", cmp.Or(wrong.Field, "The body"), wrong.Value, kind(wrong.Type))
	}
	if err != nil {
		return model.Invalid("", "The body is not valid JSON: %v.", err)
	}
	return nil
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

// sampling are the parameters that choose among the words that a model may say.
type sampling struct {
	temperature, topP *float64
}

func (s sampling) set(r *model.Request) *model.Error {
	for _, p := range []struct {
		name  string
		value *float64
		most  float64
	}{{"temperature", s.temperature, 2}, {"top_p", s.topP, 1}} {
		if p.value != nil && (*p.value < 0 || *p.value > p.most) {
			return model.Invalid(p.name, "%s is %v: want 0 to %v.", p.name, *p.value, p.most)
		}
	}
	r.Temperature, r.TopP = s.temperature, s.topP
	return nil
}

// setMaxTokens takes what the request wants. The handler has a limit of its own.
func setMaxTokens(r *model.Request, param string, wanted *int) *model.Error {
	r.MaxTokens = math.MaxInt
	if wanted == nil {
		return nil
	}
	if *wanted < 1 {
		return model.Invalid(param, "%s is %d: want at least 1.", param, *wanted)
	}
	r.MaxTokens = *wanted
	return nil
}

// format is what an answer has to look like: "text", "json_object" or "json_schema".
type format struct {
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"schema"`
	// strict is ignored: the schema always holds.
}

// set takes the format, which is at param; its schema is at schemaParam.
func (f *format) set(r *model.Request, param, schemaParam string) *model.Error {
	switch f.Type {
	case "text":
		return nil
	case "json_object":
		r.JSON = true
		return nil
	case "json_schema":
	default:
		return model.Invalid(param+".type", "%s is of type %q: want \"text\", \"json_object\" or \"json_schema\".", param, f.Type)
	}
	switch {
	case !isName(f.Name):
		return model.Invalid(schemaParam+".name", "The schema has the name %q: want 1 to 64 letters, digits, _ and -.", f.Name)
	case len(f.Schema) == 0 || f.Schema[0] != '{':
		return model.Invalid(schemaParam+".schema", "%s.schema must be a JSON schema, which is an object.", schemaParam)
	}
	r.JSON, r.Schema = true, &model.Schema{Name: f.Name, Description: f.Description, JSON: f.Schema}
	return nil
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

// function is a tool of the type "function".
type function struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
}

// addTool takes the tool at index i, whose function is at param.
func addTool(r *model.Request, i int, kind, param string, f function) *model.Error {
	at := fmt.Sprintf("tools[%d]", i)
	switch {
	case kind != "function":
		return model.Invalid(at+".type", "%s is of type %q: only \"function\" is supported.", at, kind)
	case !isName(f.Name):
		return model.Invalid(param+".name", "%s has the name %q: want 1 to 64 letters, digits, _ and -.", at, f.Name)
	case hasTool(r, f.Name):
		return model.Invalid(param+".name", "%s has the name %q, which an earlier one has too.", at, f.Name)
	case len(f.Parameters) > 0 && f.Parameters[0] != '{' && string(f.Parameters) != "null":
		return model.Invalid(param+".parameters", "The parameters of %s must be a JSON schema, which is an object.", at)
	}
	if string(f.Parameters) == "null" {
		f.Parameters = nil
	}
	r.Tools = append(r.Tools, model.Tool(f))
	return nil
}

func hasTool(r *model.Request, name string) bool {
	for _, tool := range r.Tools {
		if tool.Name == name {
			return true
		}
	}
	return false
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
		Name     string                // of responses
		Function struct{ Name string } // of chat completions
	}
	err := json.Unmarshal(data, &object)
	c.name = cmp.Or(object.Name, object.Function.Name)
	if err != nil || string(data) != "null" && (object.Type != "function" || c.name == "") {
		return model.Invalid("tool_choice", `tool_choice must be "none", "auto", "required" or an object of the type "function" that names one.`)
	}
	return nil
}

// set takes the choice among the tools that the request has by now.
func (c choice) set(r *model.Request) *model.Error {
	switch {
	case c.name != "" && !hasTool(r, c.name):
		return model.Invalid("tool_choice", "tool_choice names %q, which is not among the tools.", c.name)
	case c.name != "":
		r.ToolChoice.Name = c.name
	case c.word == "required" && len(r.Tools) == 0:
		return model.Invalid("tool_choice", "tool_choice is \"required\", but there are no tools.")
	case c.word == "required":
		r.ToolChoice.Required = true
	case c.word == "none":
		r.ToolChoice.None = true
	case c.word != "auto" && c.word != "":
		return model.Invalid("tool_choice", "tool_choice is %q: want \"none\", \"auto\", \"required\" or a function.", c.word)
	}
	return nil
}

// checkCall validates a call of the conversation, at param, whose function is at inside.
func checkCall(param, inside string, call model.ToolCall) *model.Error {
	var arguments map[string]json.RawMessage
	switch {
	case call.ID == "" || !isName(call.Name):
		return model.Invalid(param, "%s must have an id and the function's name.", param)
	case call.Arguments != "" && (json.Unmarshal([]byte(call.Arguments), &arguments) != nil || arguments == nil):
		return model.Invalid(inside+".arguments", "The arguments of %s must be a JSON object in a string.", param)
	}
	return nil
}
