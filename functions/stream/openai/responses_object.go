package openai

import (
	"cmp"
	"encoding/json"

	"github.com/streamfront/streamfront/functions/stream/model"
)

// response is an answer as a whole, and in the first and last events of one that is
// streamed: https://platform.openai.com/docs/api-reference/responses/object. It has all
// members that OpenAI's schema requires, null or not.
type response struct {
	ID                 string             `json:"id"`
	Object             string             `json:"object"` // "response"
	CreatedAt          int64              `json:"created_at"`
	CompletedAt        *int64             `json:"completed_at"`
	Status             string             `json:"status"` // in_progress, then completed, incomplete or failed
	Background         bool               `json:"background"`
	Error              *responseError     `json:"error"`
	IncompleteDetails  *incompleteDetails `json:"incomplete_details"`
	Instructions       *string            `json:"instructions"`
	MaxOutputTokens    *int               `json:"max_output_tokens"`
	MaxToolCalls       *int               `json:"max_tool_calls"`
	Model              string             `json:"model"`
	Output             []*outputItem      `json:"output"`
	ParallelToolCalls  bool               `json:"parallel_tool_calls"`
	PreviousResponseID *string            `json:"previous_response_id"`
	Reasoning          responseReasoning  `json:"reasoning"`
	Store              bool               `json:"store"`
	Temperature        float64            `json:"temperature"`
	Text               json.RawMessage    `json:"text"`
	ToolChoice         json.RawMessage    `json:"tool_choice"`
	Tools              json.RawMessage    `json:"tools"`
	TopLogprobs        int                `json:"top_logprobs"`
	TopP               float64            `json:"top_p"`
	Truncation         string             `json:"truncation"` // "disabled"
	Usage              *responseUsage     `json:"usage"`
	User               *string            `json:"user"`
	Metadata           json.RawMessage    `json:"metadata"`
}

// sentParameters are repeated in the answer as they came.
type sentParameters struct {
	Text       json.RawMessage `json:"text"`
	ToolChoice json.RawMessage `json:"tool_choice"`
	Tools      json.RawMessage `json:"tools"`
	Metadata   json.RawMessage `json:"metadata"`
	User       *string         `json:"user"`
}

type responseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type incompleteDetails struct {
	Reason string `json:"reason"` // max_output_tokens or content_filter
}

type responseReasoning struct {
	Effort  *string `json:"effort"`
	Summary *string `json:"summary"`
}

type responseUsage struct {
	InputTokens        int           `json:"input_tokens"`
	InputTokensDetails inputDetails  `json:"input_tokens_details"`
	OutputTokens       int           `json:"output_tokens"`
	OutputDetails      outputDetails `json:"output_tokens_details"`
	TotalTokens        int           `json:"total_tokens"`
}

type inputDetails struct {
	CachedTokens     int `json:"cached_tokens"`
	CacheWriteTokens int `json:"cache_write_tokens"`
}

type outputDetails struct {
	ReasoningTokens int `json:"reasoning_tokens"`
}

// newResponse is the response before anything is said.
func (x *responses) newResponse(a *answer) *response {
	r := &response{
		ID: "resp_" + a.id, Object: "response", CreatedAt: a.created, Status: "in_progress", Model: a.model,
		MaxOutputTokens: x.MaxOutputTokens, ParallelToolCalls: !x.oneCall(), Output: []*outputItem{},
		Temperature: 1, TopP: 1, Truncation: "disabled", User: x.sent.User,
		Text:       orElse(x.sent.Text, `{"format":{"type":"text"}}`),
		ToolChoice: orElse(x.sent.ToolChoice, `"auto"`),
		Tools:      orElse(x.sent.Tools, `[]`),
		Metadata:   orElse(x.sent.Metadata, `{}`),
	}
	if x.Instructions != "" {
		r.Instructions = &x.Instructions
	}
	if x.Temperature != nil {
		r.Temperature = *x.Temperature
	}
	if x.TopP != nil {
		r.TopP = *x.TopP
	}
	return r
}

func orElse(sent json.RawMessage, otherwise string) json.RawMessage {
	if len(sent) == 0 || string(sent) == "null" {
		return json.RawMessage(otherwise)
	}
	return sent
}

// end closes the response as the answer has ended.
func (r *response) end(a *answer) {
	r.Status = "completed"
	if reason := incomplete[a.finish]; reason != "" {
		r.Status, r.IncompleteDetails = "incomplete", &incompleteDetails{reason}
	} else {
		completed := a.now().Unix()
		r.CompletedAt = &completed
	}
	r.Usage = &responseUsage{InputTokens: a.usage.Input, OutputTokens: a.usage.Output, TotalTokens: a.usage.Input + a.usage.Output}
}

var incomplete = map[model.Finish]string{
	model.FinishLength:        "max_output_tokens",
	model.FinishContentFilter: "content_filter",
}

// fail closes the response by an error. Its codes are those of OpenAI's schema; the error's
// own is in the event before it.
func (r *response) fail(e *model.Error) {
	code := "server_error"
	if e.Type == model.TypeRateLimit {
		code = "rate_limit_exceeded"
	}
	r.Status, r.Error = "failed", &responseError{code, cmp.Or(e.Message, code)}
}
