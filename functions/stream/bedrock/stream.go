package bedrock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/streamfront/streamfront/functions/stream/model"
)

// event is the payload of any event of ConverseStream's that is used here.
type event struct {
	Index int `json:"contentBlockIndex"`
	Start struct {
		ToolUse *struct {
			ID   string `json:"toolUseId"`
			Name string `json:"name"`
		} `json:"toolUse"`
	} `json:"start"` // contentBlockStart
	Delta struct {
		Text    string `json:"text"`
		ToolUse *struct {
			Input string `json:"input"`
		} `json:"toolUse"`
	} `json:"delta"` // contentBlockDelta
	StopReason string `json:"stopReason"` // messageStop
	Usage      *struct {
		Input  int `json:"inputTokens"`
		Output int `json:"outputTokens"`
	} `json:"usage"` // metadata
}

// call is what is known of a call in the stream.
type call struct {
	index     int // among the calls
	arguments bool
}

// finish says in OpenAI's words why a message has ended.
var finish = map[string]model.Finish{
	"end_turn":                      model.FinishStop,
	"stop_sequence":                 model.FinishStop,
	"tool_use":                      model.FinishToolCalls,
	"max_tokens":                    model.FinishLength,
	"model_context_window_exceeded": model.FinishLength,
	"guardrail_intervened":          model.FinishContentFilter,
	"content_filtered":              model.FinishContentFilter,
}

// read yields what a stream says. It is complete with messageStop; one that ends before
// was cut. The metadata come after it.
func read(stream io.Reader) iter.Seq2[model.Delta, error] {
	return func(yield func(model.Delta, error) bool) {
		decoder, buffer := eventstream.NewDecoder(), make([]byte, 4<<10)
		calls := make(map[int]*call) // by the indexes of the content blocks
		stopped := false
		for {
			message, err := decoder.Decode(stream, buffer)
			if errors.Is(err, io.EOF) && stopped {
				return
			}
			if err != nil {
				yield(model.Delta{}, broken(err))
				return
			}
			delta, err := convert(message, calls)
			if err != nil {
				yield(model.Delta{}, err)
				return
			}
			stopped = stopped || delta.Finish != ""
			if delta != (model.Delta{}) && !yield(delta, nil) {
				return
			}
		}
	}
}

// broken is a stream that ends or cannot be read where it should go on.
func broken(err error) *model.Error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("the stream ended before messageStop: %w", err)
	}
	return &model.Error{
		Status: http.StatusBadGateway, Type: model.TypeServer, Code: "model_stream_broken",
		Message: "The answer of the model broke off. Try again.", Cause: fmt.Errorf("bedrock: %w", err),
	}
}

// convert reads a message of the stream. What is of no use here, such as reasoning, gives
// an empty delta.
func convert(m eventstream.Message, calls map[int]*call) (model.Delta, error) {
	var delta model.Delta
	switch header(m, ":message-type") {
	case "exception":
		return delta, streamException(header(m, ":exception-type"), m.Payload).public()
	case "error": // of the framing, without a payload
		return delta, (&exception{name: header(m, ":error-code"), message: header(m, ":error-message")}).public()
	case "event":
	default:
		return delta, nil
	}
	var e event
	if err := json.Unmarshal(m.Payload, &e); err != nil {
		return delta, broken(fmt.Errorf("event %s: %w", header(m, ":event-type"), err))
	}
	switch header(m, ":event-type") {
	case "contentBlockStart":
		if use := e.Start.ToolUse; use != nil {
			calls[e.Index] = &call{index: len(calls)}
			delta.ToolCall = &model.ToolCallDelta{Index: calls[e.Index].index, ID: use.ID, Name: use.Name}
		}
	case "contentBlockDelta":
		delta.Text = e.Delta.Text
		if use, c := e.Delta.ToolUse, calls[e.Index]; use != nil && c != nil && use.Input != "" {
			c.arguments = true
			delta.ToolCall = &model.ToolCallDelta{Index: c.index, Arguments: use.Input}
		}
	case "contentBlockStop":
		// A call without arguments comes without input; OpenAI's clients want an object.
		if c := calls[e.Index]; c != nil && !c.arguments {
			delta.ToolCall = &model.ToolCallDelta{Index: c.index, Arguments: "{}"}
		}
	case "messageStop":
		reason, ok := finish[e.StopReason]
		if !ok { // malformed_model_output, malformed_tool_use, and what is unknown
			return delta, (&exception{name: "ModelErrorException", message: "stop reason " + e.StopReason}).public()
		}
		delta.Finish = reason
	case "metadata":
		if e.Usage != nil {
			delta.Usage = &model.Usage{Input: e.Usage.Input, Output: e.Usage.Output}
		}
	}
	return delta, nil
}

func streamException(name string, payload []byte) *exception {
	var body struct{ Message string }
	_ = json.Unmarshal(payload, &body) // what is no JSON has no message
	if known, ok := inStream[name]; ok {
		name = known
	}
	return &exception{name: name, message: body.Message}
}

func header(m eventstream.Message, name string) string {
	if value := m.Headers.Get(name); value != nil {
		return value.String()
	}
	return ""
}
