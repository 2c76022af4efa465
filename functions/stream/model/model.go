// Package model is what the protocols of the sample and its models have in common: a
// conversation goes in, an answer comes out piece by piece. Protocols, such as OpenAI's,
// read a [Request] and write the [Delta] values; models know nothing of them.
package model

import (
	"context"
	"encoding/json"
	"iter"
	"strings"
)

// Model answers conversations.
type Model interface {
	// ID names the model in requests, answers and the list of models. It is public.
	ID() string
	// Start begins an answer. It returns when the model has accepted the request, so that
	// a refusal can still be answered with its own status: an [*Error] as it is, any other
	// error as a 500 that says nothing to the client. CloudFront waits that long without a
	// byte, so it has to end well within its read timeout.
	//
	// The sequence yields the answer as it comes and ends with the first error. It must
	// end soon after the context does, with the context's error, and needs not be used.
	Start(ctx context.Context, request *Request) (iter.Seq2[Delta, error], error)
}

// Request is a conversation to be continued. It has been validated.
type Request struct {
	Messages    []Message  // one at least
	Tools       []Tool     // that the model may call; names are unique
	ToolChoice  ToolChoice // the zero value leaves the choice to the model
	Temperature *float64   // 0 to 2; nil is the model's default
	TopP        *float64   // 0 to 1; nil is the model's default
	MaxTokens   int        // of the answer, at least 1
	Stop        []string   // at most 4, none empty; the answer ends before the first of them
	JSON        bool       // the answer is a JSON object; true if there is a Schema
	Schema      *Schema    // that the answer follows; nil is any object, or free text
}

// Schema is what an answer in JSON has to look like.
type Schema struct {
	Name        string          // letters, digits, _ and -, 64 at most
	Description string          // for the model
	JSON        json.RawMessage // JSON Schema, an object
}

// Role says who speaks. OpenAI's newer "developer" arrives as RoleSystem.
type Role string

// The roles of messages.
const (
	RoleSystem    Role = "system"
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool" // the result of a call
)

// Message is one turn of a conversation.
type Message struct {
	Role       Role
	Content    []Part     // may be empty if an assistant only called tools
	ToolCalls  []ToolCall // of an assistant
	ToolCallID string     // of a tool: the call that it answers
}

// Text returns the text of a message, without its images. Parts are joined by line breaks,
// lest the last word of one and the first of the next become one word.
func (m *Message) Text() string {
	var texts []string
	for _, part := range m.Content {
		if part.Image == nil {
			texts = append(texts, part.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// Part is a piece of a message: an image, or else text.
type Part struct {
	Text  string
	Image *Image
}

// Text returns content that is a text.
func Text(text string) []Part { return []Part{{Text: text}} }

// Image is a picture for the model to look at. Only messages of users and tools have them.
type Image struct {
	Format string // png, jpeg, gif or webp
	Data   []byte
}

// Tool is a function that the model may ask the client to call.
type Tool struct {
	Name        string          // letters, digits, _ and -, 64 at most
	Description string          // for the model
	Parameters  json.RawMessage // JSON Schema, an object; nil if it takes none
}

// ToolChoice says whether to call tools.
type ToolChoice struct {
	None     bool   // call none
	Required bool   // call one at least
	Name     string // call this one
}

// ToolCall is a call that the model has asked for.
type ToolCall struct {
	ID        string
	Name      string
	Arguments string // a JSON object, as the model wrote it
}

// Delta is a piece of an answer. Any of its fields may be empty.
type Delta struct {
	Text     string
	Refusal  string // the model says why it does not answer, instead of Text
	ToolCall *ToolCallDelta
	Finish   Finish // why the answer has ended
	Usage    *Usage
}

// ToolCallDelta is a piece of a call. The first one of an Index has ID and Name; the
// Arguments of all, joined, are the call's.
type ToolCallDelta struct {
	Index     int // from 0, in the order of the calls
	ID, Name  string
	Arguments string
}

// Finish says why an answer has ended, in OpenAI's words.
type Finish string

// The reasons to finish.
const (
	FinishStop          Finish = "stop"       // said what there was to say, or met a stop sequence
	FinishLength        Finish = "length"     // MaxTokens, or no time left
	FinishToolCalls     Finish = "tool_calls" // waits for their results
	FinishContentFilter Finish = "content_filter"
)

// Usage counts tokens, as the model does.
type Usage struct {
	Input, Output int
}
