package openai

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"

	"github.com/streamfront/streamfront/functions/stream/model"
	"github.com/streamfront/streamfront/functions/streamhttp/sse"
)

func (x *responses) whole(a *answer) (any, error) {
	o := &output{response: x.newResponse(a), emit: func(string, event) error { return nil }}
	for delta, err := range a.pieces {
		if err != nil {
			return nil, err
		}
		if err := o.add(delta); err != nil {
			return nil, err
		}
	}
	o.response.end(a)
	return o.response, o.closeAll(o.response.Status)
}

func (x *responses) stream(events *sse.Writer, a *answer) error {
	number := 0
	emit := func(name string, e event) error {
		e.Type, e.SequenceNumber = name, number
		number++
		return send(events, sse.Event{Name: name, JSON: &e})
	}
	r := x.newResponse(a)
	o := &output{response: r, emit: emit}
	// At once, before the model has said anything.
	if err := o.lifecycle("created"); err != nil {
		return err
	}
	if err := o.lifecycle("in_progress"); err != nil {
		return err
	}
	for delta, err := range a.pieces {
		if errors.Is(err, context.Canceled) {
			return viewerLeft(err)
		}
		if err == nil {
			err = o.add(delta)
		}
		if errors.Is(err, errViewerLeft) {
			return err
		}
		if err != nil {
			return o.fail(public(err))
		}
	}
	r.end(a)
	if err := o.closeAll(r.Status); err != nil {
		return err
	}
	return o.lifecycle(r.Status)
}

// event is any event of a response that is streamed:
// https://platform.openai.com/docs/api-reference/responses-streaming. Each type has some of
// the members.
type event struct {
	Type           string      `json:"type"`
	SequenceNumber int         `json:"sequence_number"`
	Response       *response   `json:"response,omitempty"`
	OutputIndex    *int        `json:"output_index,omitempty"`
	Item           *outputItem `json:"item,omitempty"`
	ItemID         string      `json:"item_id,omitempty"`
	ContentIndex   *int        `json:"content_index,omitempty"`
	Part           *outputPart `json:"part,omitempty"`
	Delta          *string     `json:"delta,omitempty"`
	Text           *string     `json:"text,omitempty"`
	Refusal        *string     `json:"refusal,omitempty"`
	Arguments      *string     `json:"arguments,omitempty"`
	Name           string      `json:"name,omitempty"`
	Logprobs       []struct{}  `json:"logprobs,omitzero"`
	*failure
}

// failure is what the event "error" has. OpenAI documents code, message and param in the
// event itself, and sends them in an object, which is what clients look for.
type failure struct {
	Error   model.Object `json:"error"`
	Code    *string      `json:"code"`
	Message string       `json:"message"`
	Param   *string      `json:"param"`
}

// output makes items of the pieces of an answer, and the events about them.
type output struct {
	response *response
	emit     func(name string, e event) error
	open     *outputItem     // being written, the last one
	index    int             // of the open call among the calls
	said     strings.Builder // the text of the open part, or the arguments of the open call
}

func (o *output) lifecycle(name string) error {
	return o.emit("response."+name, event{Response: o.response})
}

// fail ends a stream, and returns what there is to log.
func (o *output) fail(e *model.Error) error {
	object := e.Object()
	if err := o.emit("error", event{failure: &failure{object, object.Code, object.Message, object.Param}}); err != nil {
		return err
	}
	o.response.fail(e)
	if err := o.lifecycle("failed"); err != nil {
		return err
	}
	return e
}

// add adds a piece. Texts and calls are items of their own, one after the other.
func (o *output) add(d model.Delta) error {
	if d.Text != "" {
		if err := o.say("output_text", d.Text); err != nil {
			return err
		}
	}
	if d.Refusal != "" {
		if err := o.say("refusal", d.Refusal); err != nil {
			return err
		}
	}
	if d.ToolCall != nil {
		return o.call(d.ToolCall)
	}
	return nil
}

// say adds to the part of a message that is open, or begins one.
func (o *output) say(kind, piece string) error {
	if o.open == nil || o.open.Type != "message" {
		if err := o.begin(&outputItem{ID: "msg_" + rand.Text(), Type: "message", outputMessage: &outputMessage{Role: model.RoleAssistant, Content: []*outputPart{}}}); err != nil {
			return err
		}
	}
	if part := o.open.part(); part == nil || part.Type != kind {
		if err := o.closePart(); err != nil {
			return err
		}
		o.said.Reset()
		o.open.Content = append(o.open.Content, &outputPart{Type: kind})
		if err := o.emitPart("response.content_part.added", event{Part: o.open.part()}); err != nil {
			return err
		}
	}
	part := o.open.part()
	o.said.WriteString(piece)
	part.said = o.said.String()
	e := event{Delta: &piece}
	if kind == "output_text" {
		e.Logprobs = []struct{}{}
	}
	return o.emitPart("response."+kind+".delta", e)
}

// call begins a call, or adds to the arguments of the one that is open.
func (o *output) call(d *model.ToolCallDelta) error {
	if o.open == nil || o.open.Type != "function_call" || o.index != d.Index {
		if d.ID == "" {
			return failed(errors.New("openai: the model continues a call that it had ended"))
		}
		if err := o.begin(&outputItem{ID: "fc_" + rand.Text(), Type: "function_call", outputCall: &outputCall{CallID: d.ID, Name: d.Name}}); err != nil {
			return err
		}
		o.index = d.Index
		o.said.Reset()
	}
	if d.Arguments == "" {
		return nil
	}
	o.said.WriteString(d.Arguments)
	o.open.Arguments = o.said.String()
	return o.emitItem("response.function_call_arguments.delta", event{ItemID: o.open.ID, Delta: &d.Arguments})
}

// begin opens an item, and closes the one before it.
func (o *output) begin(item *outputItem) error {
	if err := o.closeAll("completed"); err != nil {
		return err
	}
	item.Status = "in_progress"
	o.open = item
	o.response.Output = append(o.response.Output, item)
	return o.emitItem("response.output_item.added", event{Item: item})
}

// closeAll closes what is open. An item has the status of the response that ends with it.
func (o *output) closeAll(status string) error {
	if o.open == nil {
		return nil
	}
	if o.open.outputCall != nil {
		if err := o.emitItem("response.function_call_arguments.done", event{ItemID: o.open.ID, Name: o.open.Name, Arguments: &o.open.Arguments}); err != nil {
			return err
		}
	} else if err := o.closePart(); err != nil {
		return err
	}
	o.open.Status = status
	err := o.emitItem("response.output_item.done", event{Item: o.open})
	o.open = nil
	return err
}

func (o *output) closePart() error {
	part := o.open.part()
	if part == nil {
		return nil
	}
	e := event{Refusal: &part.said}
	if part.Type == "output_text" {
		e = event{Text: &part.said, Logprobs: []struct{}{}}
	}
	if err := o.emitPart("response."+part.Type+".done", e); err != nil {
		return err
	}
	return o.emitPart("response.content_part.done", event{Part: part})
}

func (o *output) emitItem(name string, e event) error {
	index := len(o.response.Output) - 1
	e.OutputIndex = &index
	return o.emit(name, e)
}

func (o *output) emitPart(name string, e event) error {
	index := len(o.open.Content) - 1
	e.ItemID, e.ContentIndex = o.open.ID, &index
	return o.emitItem(name, e)
}

// outputItem is a message or a call.
type outputItem struct {
	ID     string `json:"id"`
	Type   string `json:"type"`   // message or function_call
	Status string `json:"status"` // in_progress, then completed or incomplete
	*outputMessage
	*outputCall
}

type outputMessage struct {
	Role    model.Role    `json:"role"`
	Content []*outputPart `json:"content"`
}

type outputCall struct {
	CallID    string `json:"call_id"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// part returns the part of a message that is written.
func (it *outputItem) part() *outputPart {
	if len(it.Content) == 0 {
		return nil
	}
	return it.Content[len(it.Content)-1]
}

// outputPart is a part of a message, output_text or refusal.
type outputPart struct {
	Type string
	said string
}

// MarshalJSON writes the members that the part's type has.
func (p *outputPart) MarshalJSON() ([]byte, error) {
	if p.Type == "refusal" {
		return json.Marshal(struct {
			Type    string `json:"type"`
			Refusal string `json:"refusal"`
		}{p.Type, p.said})
	}
	return json.Marshal(struct {
		Type        string     `json:"type"`
		Text        string     `json:"text"`
		Annotations []struct{} `json:"annotations"`
		Logprobs    []struct{} `json:"logprobs"`
	}{p.Type, p.said, []struct{}{}, []struct{}{}})
}
