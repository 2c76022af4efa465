package bedrock

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/streamfront/streamfront/functions/stream/model"
)

// The types below are those parts of Converse's request that are used. In a union exactly
// one member is set.

type converseRequest struct {
	Messages        []message        `json:"messages"`
	System          []systemBlock    `json:"system,omitempty"`
	InferenceConfig *inferenceConfig `json:"inferenceConfig"`
	ToolConfig      *toolConfig      `json:"toolConfig,omitempty"`
	OutputConfig    *outputConfig    `json:"outputConfig,omitempty"`
}

type message struct {
	Role    string  `json:"role"` // user or assistant
	Content []block `json:"content"`
}

type systemBlock struct {
	Text string `json:"text"`
}

type block struct { // union
	Text       string      `json:"text,omitempty"`
	Image      *image      `json:"image,omitempty"`
	ToolUse    *toolUse    `json:"toolUse,omitempty"`
	ToolResult *toolResult `json:"toolResult,omitempty"`
}

type image struct {
	Format string      `json:"format"` // png, jpeg, gif or webp
	Source imageSource `json:"source"`
}

type imageSource struct { // union
	Bytes []byte `json:"bytes"`
}

type toolUse struct {
	ID    string          `json:"toolUseId"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`
}

type toolResult struct {
	ID      string  `json:"toolUseId"`
	Content []block `json:"content"`
}

type inferenceConfig struct {
	MaxTokens     int      `json:"maxTokens"`
	Temperature   *float64 `json:"temperature,omitempty"`
	TopP          *float64 `json:"topP,omitempty"`
	StopSequences []string `json:"stopSequences,omitempty"`
}

type toolConfig struct {
	Tools      []tool      `json:"tools"`
	ToolChoice *toolChoice `json:"toolChoice,omitempty"`
}

type tool struct { // union
	Spec toolSpec `json:"toolSpec"`
}

type toolSpec struct {
	Name        string      `json:"name"`
	Description string      `json:"description,omitempty"`
	InputSchema inputSchema `json:"inputSchema"`
}

type inputSchema struct { // union
	JSON json.RawMessage `json:"json"`
}

type toolChoice struct { // union
	Any  *struct{}   `json:"any,omitempty"`
	Tool *namedTools `json:"tool,omitempty"`
}

type namedTools struct {
	Name string `json:"name"`
}

type outputConfig struct {
	TextFormat textFormat `json:"textFormat"`
}

type textFormat struct {
	Type      string    `json:"type"` // json_schema
	Structure structure `json:"structure"`
}

type structure struct { // union
	JSONSchema jsonSchema `json:"jsonSchema"`
}

type jsonSchema struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Schema      string `json:"schema"` // the text of it
}

// encode makes Converse's request of a conversation. Its error is a *model.Error.
func encode(r *model.Request) ([]byte, error) {
	if r.Temperature != nil && *r.Temperature > 1 {
		return nil, model.Invalid("temperature", "temperature is %v: the model accepts 0 to 1.", *r.Temperature)
	}
	if err := checkImages(r.Messages); err != nil {
		return nil, err
	}
	c := converseRequest{
		InferenceConfig: &inferenceConfig{MaxTokens: r.MaxTokens, Temperature: r.Temperature, TopP: r.TopP, StopSequences: r.Stop},
		ToolConfig:      tools(r),
	}
	if s := r.Schema; s != nil {
		c.OutputConfig = &outputConfig{textFormat{"json_schema", structure{jsonSchema{s.Name, s.Description, string(s.JSON)}}}}
	}
	if r.JSON && r.Schema == nil {
		c.System = append(c.System, systemBlock{jsonOnly})
	}
	for i, m := range r.Messages {
		if m.Role == model.RoleSystem {
			if len(c.Messages) > 0 {
				return nil, model.Invalid(fmt.Sprintf("messages[%d].role", i), "The model accepts system and developer messages only before all others.")
			}
			if text := m.Text(); !blank(text) {
				c.System = append(c.System, systemBlock{text})
			}
			continue
		}
		c.add(m)
	}
	if len(c.Messages) == 0 || c.Messages[0].Role != "user" {
		return nil, model.Invalid("messages", "The conversation must begin with a message of the user.")
	}
	return json.Marshal(c)
}

// jsonOnly asks for what Converse has no parameter for: JSON without a schema. OpenAI's
// json_object wants the conversation to ask for it, too, so that it only repeats it.
const jsonOnly = "Answer with one JSON object and nothing else: no words before or after it, and no code fence around it."

// maxImageBytes is Converse's limit for an image (documented): 3.75 MB.
const maxImageBytes = 3_750_000

func checkImages(messages []model.Message) error {
	for i, m := range messages {
		for j, part := range m.Content {
			if part.Image != nil && len(part.Image.Data) > maxImageBytes {
				return model.Invalid(fmt.Sprintf("messages[%d].content[%d]", i, j), "An image has %d bytes: the model accepts %d.", len(part.Image.Data), maxImageBytes)
			}
		}
	}
	return nil
}

// add joins a message to the one before it if they are of one role.
func (c *converseRequest) add(m model.Message) {
	role, blocks := "user", blocks(m)
	if m.Role == model.RoleAssistant {
		role = "assistant"
	}
	if len(blocks) == 0 {
		return // Converse takes no empty messages
	}
	if last := len(c.Messages) - 1; last >= 0 && c.Messages[last].Role == role {
		c.Messages[last].Content = append(c.Messages[last].Content, blocks...)
		return
	}
	c.Messages = append(c.Messages, message{role, blocks})
}

// blank says that Converse would not take a text (field reports: a ValidationException,
// "text content blocks must contain non-whitespace text").
func blank(text string) bool { return strings.TrimSpace(text) == "" }

func blocks(m model.Message) []block {
	var blocks []block
	for _, part := range m.Content {
		switch {
		case part.Image != nil:
			blocks = append(blocks, block{Image: &image{part.Image.Format, imageSource{part.Image.Data}}})
		case !blank(part.Text):
			blocks = append(blocks, block{Text: part.Text})
		}
	}
	if m.Role == model.RoleTool {
		if len(blocks) == 0 {
			blocks = []block{{Text: "(no output)"}} // a result must have content
		}
		return []block{{ToolResult: &toolResult{ID: m.ToolCallID, Content: blocks}}}
	}
	for _, call := range m.ToolCalls {
		blocks = append(blocks, block{ToolUse: &toolUse{call.ID, call.Name, json.RawMessage(cmp.Or(call.Arguments, "{}"))}})
	}
	return blocks
}

// noParameters is the schema of a tool that takes none; Converse wants one.
var noParameters = json.RawMessage(`{"type":"object","properties":{}}`)

func tools(r *model.Request) *toolConfig {
	declared, called := r.Tools, called(r.Messages)
	if len(declared) == 0 {
		declared = called
	}
	if len(declared) == 0 || r.ToolChoice.None && len(called) == 0 {
		return nil
	}
	c := new(toolConfig)
	for _, t := range declared {
		schema := t.Parameters
		if schema == nil {
			schema = noParameters
		}
		c.Tools = append(c.Tools, tool{toolSpec{t.Name, t.Description, inputSchema{schema}}})
	}
	switch {
	case r.ToolChoice.Name != "":
		c.ToolChoice = &toolChoice{Tool: &namedTools{r.ToolChoice.Name}}
	case r.ToolChoice.Required:
		c.ToolChoice = &toolChoice{Any: &struct{}{}}
	}
	return c
}

// called returns the tools that a conversation calls, each once. Converse refuses calls if
// it knows of no tools (field reports); agents leave them out where they have a
// conversation summarized.
func called(messages []model.Message) []model.Tool {
	var tools []model.Tool
	known := make(map[string]bool)
	for _, m := range messages {
		for _, call := range m.ToolCalls {
			if !known[call.Name] {
				known[call.Name] = true
				tools = append(tools, model.Tool{Name: call.Name})
			}
		}
	}
	return tools
}
