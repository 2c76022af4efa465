package openai

import (
	"encoding/json"
	"fmt"

	"github.com/streamfront/streamfront/functions/stream/model"
)

// responseRequest is the body of a request for a response:
// https://platform.openai.com/docs/api-reference/responses/create.
type responseRequest struct {
	Model             string          `json:"model"`
	Input             input           `json:"input"`
	Instructions      string          `json:"instructions"`
	Stream            bool            `json:"stream"`
	StreamOptions     json.RawMessage `json:"stream_options"` // obfuscation, of which there is none
	Temperature       *float64        `json:"temperature"`
	TopP              *float64        `json:"top_p"`
	MaxOutputTokens   *int            `json:"max_output_tokens"`
	Tools             []responseTool  `json:"tools"`
	ToolChoice        choice          `json:"tool_choice"`
	ParallelToolCalls *bool           `json:"parallel_tool_calls"`
	Text              responseText    `json:"text"`
	Include           []string        `json:"include"`
	Reasoning         reasoning       `json:"reasoning"`
}

const sendAll = "nothing is stored here, so send the whole conversation as input"

var responseNeutrals = map[string]neutral{
	"access_programs":      {`null`, leaveOut},
	"background":           {`false`, "the answer comes with the request, so " + leaveOut},
	"background_options":   {`null`, leaveOut},
	"context_management":   {`[]`, leaveOut},
	"conversation":         {`null`, sendAll},
	"image":                {`null`, leaveOut},
	"max_tool_calls":       {`null`, "it bounds OpenAI's own tools, so " + leaveOut},
	"moderation":           {`null`, leaveOut},
	"previous_response_id": {`null`, sendAll},
	"prompt":               {`null`, "send its text as instructions"},
	"top_logprobs":         {`0`, leaveOut},
	"truncation":           {`"disabled"`, leaveOut},
}

type responseTool struct {
	Type string `json:"type"`
	function
}

type responseText struct {
	Format    *format `json:"format"`
	Verbosity string  `json:"verbosity"`
}

type reasoning struct {
	Effort string `json:"effort"`
}

// input is a string or a list of items.
type input []item

// item is one of several types; a message may leave its type out.
type item struct {
	Type      string          `json:"type"`
	Role      string          `json:"role"`      // of a message
	Content   responseContent `json:"content"`   // of a message
	CallID    string          `json:"call_id"`   // of a call and its output
	Name      string          `json:"name"`      // of a call
	Arguments string          `json:"arguments"` // of a call
	Output    responseContent `json:"output"`    // of a call
}

func (in *input) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		*in = input{{Role: "user"}}
		return (*in)[0].Content.UnmarshalJSON(data)
	}
	if data[0] != '[' && string(data) != "null" {
		return model.Invalid("input", "input must be a string or an array of items.")
	}
	return json.Unmarshal(data, (*[]item)(in))
}

// responseContent is a string or a list of parts.
type responseContent []responsePart

type responsePart struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Refusal  string `json:"refusal"`
	FileID   string `json:"file_id"`
	FileData string `json:"file_data"`
	FileURL  string `json:"file_url"`
	Filename string `json:"filename"`
	ImageURL string `json:"image_url"`
}

func (c *responseContent) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		*c = responseContent{{Type: "input_text"}}
		return json.Unmarshal(data, &(*c)[0].Text)
	}
	if err := json.Unmarshal(data, (*[]responsePart)(c)); err != nil {
		return model.Invalid("input", "The content of an item must be a string or an array of parts.")
	}
	return nil
}

// readResponse begins an exchange in responses.
func readResponse(data []byte) (exchange, *model.Error) {
	x := new(responses)
	if err := decode(data, &x.responseRequest); err != nil {
		return nil, err
	}
	x.unsupported = checkParameters(data, &x.responseRequest, responseNeutrals)
	// The answer repeats these as they came.
	_ = json.Unmarshal(data, &x.sent) // it has been read as a request
	return x, nil
}

// responses is an exchange in responses.
type responses struct {
	responseRequest
	sent        sentParameters
	unsupported *model.Error // of the parameters, which comes after that of the model
}

func (x *responses) head() (string, bool) { return x.Model, x.Stream }

func (x *responses) oneCall() bool { return x.ParallelToolCalls != nil && !*x.ParallelToolCalls }

func (x *responses) request(files *contentReader) (*model.Request, *model.Error) {
	r := new(model.Request)
	for _, set := range []func(*model.Request) *model.Error{
		sampling{x.Temperature, x.TopP}.set, x.setMaxTokens, x.checkUnsupported, x.setFormat, x.setTools, x.ToolChoice.set,
	} {
		if err := set(r); err != nil {
			return nil, err
		}
	}
	if x.Instructions != "" {
		r.Messages = []model.Message{{Role: model.RoleSystem, Content: model.Text(x.Instructions)}}
	}
	if len(x.Input) == 0 {
		return nil, model.Invalid("input", "input must be a text or have at least one item.")
	}
	for i := range x.Input {
		if x.Input.introducesCall(i) {
			continue
		}
		if err := x.Input[i].add(r, fmt.Sprintf("input[%d]", i), files); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// introducesCall says of an item that it refers to what an assistant said before its calls,
// "Let me see.". Nothing is stored, but the calls are there and say more: by its default
// settings the AI SDK sends calls whole and texts as references.
func (in input) introducesCall(i int) bool {
	return in[i].Type == "item_reference" && i+1 < len(in) && in[i+1].Type == "function_call"
}

func (x *responses) setMaxTokens(r *model.Request) *model.Error {
	return setMaxTokens(r, "max_output_tokens", x.MaxOutputTokens)
}

func (x *responses) checkUnsupported(*model.Request) *model.Error {
	for _, what := range x.Include {
		if what != "reasoning.encrypted_content" { // of reasoning, of which there is none
			return model.Invalid("include", "include has %.100q, which is not supported: leave it out.", what)
		}
	}
	if e := x.Reasoning.Effort; e != "" && e != "none" {
		return model.Invalid("reasoning.effort", "reasoning.effort is %.100q, which is not supported: leave it out.", e)
	}
	if v := x.Text.Verbosity; v != "" && v != "medium" {
		return model.Invalid("text.verbosity", "text.verbosity is %.100q, which is not supported: leave it out.", v)
	}
	return x.unsupported
}

func (x *responses) setFormat(r *model.Request) *model.Error {
	if x.Text.Format == nil {
		return nil
	}
	return x.Text.Format.set(r, "text.format", "text.format")
}

func (x *responses) setTools(r *model.Request) *model.Error {
	for i, t := range x.Tools {
		if err := addTool(r, i, t.Type, fmt.Sprintf("tools[%d]", i), t.function); err != nil {
			return err
		}
	}
	return nil
}

// add adds the item at param to the conversation.
func (it *item) add(r *model.Request, param string, files *contentReader) *model.Error {
	switch it.Type {
	case "", "message":
		return it.addMessage(r, param, files)
	case "function_call":
		call := model.ToolCall{ID: it.CallID, Name: it.Name, Arguments: it.Arguments}
		if err := checkCall(param, param, call); err != nil {
			return err
		}
		// An assistant's calls follow what it said, as items of their own.
		last := len(r.Messages) - 1
		if last < 0 || r.Messages[last].Role != model.RoleAssistant {
			r.Messages = append(r.Messages, model.Message{Role: model.RoleAssistant})
			last++
		}
		r.Messages[last].ToolCalls = append(r.Messages[last].ToolCalls, call)
		return nil
	case "function_call_output":
		if it.CallID == "" {
			return model.Invalid(param+".call_id", "%s is the output of a call: want call_id, the call that it answers.", param)
		}
		if it.Output == nil {
			return model.Invalid(param+".output", "%s has no output.", param)
		}
		content, err := it.Output.read(param+".output", files)
		r.Messages = append(r.Messages, model.Message{Role: model.RoleTool, ToolCallID: it.CallID, Content: content})
		return err
	case "reasoning":
		return nil // of another model: none here has it
	case "item_reference":
		return model.Invalid(param, "%s refers to an item of an earlier response, but nothing is stored here: send the item itself. "+
			"Clients do so with \"store\": false; in the AI SDK, providerOptions: { openai: { store: false } }.", param)
	}
	return model.Invalid(param+".type", "%s is of type %.100q, which is not supported: use messages, function_call and function_call_output.", param, it.Type)
}

func (it *item) addMessage(r *model.Request, param string, files *contentReader) *model.Error {
	role := model.Role(it.Role)
	switch it.Role {
	case "developer":
		role = model.RoleSystem
	case "system", "user", "assistant":
	default:
		return model.Invalid(param+".role", "%s has the role %.100q: want system, developer, user or assistant.", param, it.Role)
	}
	if it.Content == nil {
		return model.Invalid(param+".content", "%s has no content.", param)
	}
	content, err := it.Content.read(param+".content", files)
	if err != nil {
		return err
	}
	r.Messages = append(r.Messages, model.Message{Role: role, Content: content})
	return checkImages(param, role, content)
}

// read reads the parts at param.
func (c responseContent) read(param string, files *contentReader) ([]model.Part, *model.Error) {
	var content []model.Part
	for i, p := range c {
		at := fmt.Sprintf("%s[%d]", param, i)
		s, err := p.source(at)
		if err != nil {
			return nil, err
		}
		part, err := files.part(at, s)
		if err != nil {
			return nil, err
		}
		content = append(content, part)
	}
	return content, nil
}

func (p *responsePart) source(param string) (source, *model.Error) {
	switch p.Type {
	case "input_text", "output_text":
		return source{text: &p.Text}, nil
	case "refusal":
		return source{text: &p.Refusal}, nil
	case "input_image":
		return source{id: p.FileID, imageURL: p.ImageURL}, nil
	case "input_file":
		if p.FileURL != "" {
			return source{}, model.Invalid(param, "%s is at %.40q, but this function fetches nothing from elsewhere: send file_data, or the file_id of an upload.", param, p.FileURL)
		}
		return source{id: p.FileID, data: p.FileData, name: p.Filename}, nil
	}
	return source{}, model.Invalid(param+".type", "%s is of type %.100q, which is not supported: use \"input_text\", \"input_image\" or \"input_file\".", param, p.Type)
}
