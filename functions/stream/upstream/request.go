package upstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/streamfront/streamfront/functions/stream/metrics"
	"github.com/streamfront/streamfront/functions/stream/model"
)

// protocol is what this package knows of a protocol.
type protocol struct {
	// limits are the parameters for the most tokens of an answer. The first is set if a
	// request has none of them.
	limits []string
	// last says of an event whether its stream is complete.
	last func(name, data string) bool
	// cut returns the events that end a stream for "length".
	cut func(seen *seen) []event
}

var protocols = map[string]protocol{
	"/chat/completions": {[]string{"max_completion_tokens", "max_tokens"}, lastChunk, cutChunks},
	"/responses":        {[]string{"max_output_tokens"}, lastOfResponse, cutResponse},
	"/embeddings":       {},
}

// head is what of a request this package looks at.
type head struct {
	Model      string `json:"model"`
	Stream     bool   `json:"stream"`
	N          *int   `json:"n"`
	Background bool   `json:"background"`
}

// readRequest returns the body to send, which has the limit of tokens in it.
func readRequest(r *http.Request, p protocol, maxTokens int) (h head, body []byte, refusal *model.Error) {
	data, err := io.ReadAll(r.Body)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		e := model.Invalid("", "The body is over %d bytes: send less.", tooLarge.Limit)
		e.Status = http.StatusRequestEntityTooLarge
		return h, nil, e
	}
	if err != nil {
		return h, nil, model.Invalid("", "The body could not be read.")
	}
	members, refusal := readMembers(data)
	if refusal != nil {
		return h, nil, refusal
	}
	if err := json.Unmarshal(data, &h); err != nil || h.Model == "" {
		return h, nil, model.Invalid("model", "The body must have a model, and model, stream, n and background of their types.")
	}
	switch {
	case h.N != nil && *h.N != 1 && len(p.limits) > 0:
		return h, nil, model.Invalid("n", "n is %d: a request gets one answer, because tokens are limited.", *h.N)
	case h.Background:
		return h, nil, model.Invalid("background", "background is true: the answer comes with the request, so leave it out.")
	}
	if len(p.limits) == 0 {
		return h, data, nil
	}
	limited := false
	for _, name := range p.limits {
		value, there := members[name]
		if !there || string(value) == "null" {
			continue
		}
		var wanted float64
		if err := json.Unmarshal(value, &wanted); err != nil || wanted < 1 {
			return h, nil, model.Invalid(name, "%s must be a number of at least 1.", name)
		}
		limited = true
		if wanted > float64(maxTokens) {
			members[name], _ = json.Marshal(maxTokens) // numbers can be encoded
		}
	}
	if !limited {
		members[p.limits[0]], _ = json.Marshal(maxTokens)
	}
	body, err = json.Marshal(members)
	if err != nil {
		return h, nil, model.Invalid("", "The body must be a JSON object.")
	}
	return h, body, nil
}

// exact are the names of head and of all limits, which other upstreams read by their exact
// spelling.
var exact = []string{"model", "stream", "n", "background", "max_completion_tokens", "max_tokens", "max_output_tokens"}

// readMembers reads an object. One that the upstream may read in another way is refused:
// encoding/json takes "Model" for model, and of two members with one name the last.
func readMembers(data []byte) (map[string]json.RawMessage, *model.Error) {
	noObject := model.Invalid("", "The body must be a JSON object.")
	if !json.Valid(data) {
		return nil, noObject
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return nil, noObject
	}
	members := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		name, ok := token.(string)
		var value json.RawMessage
		if err != nil || !ok || decoder.Decode(&value) != nil {
			return nil, noObject
		}
		if _, twice := members[name]; twice {
			return nil, model.Invalid("", "The body has the member %.100q twice: send it once.", name)
		}
		for _, known := range exact {
			if name != known && strings.EqualFold(name, known) {
				return nil, model.Invalid("", "The body has the member %.100q: write it as %q.", name, known)
			}
		}
		members[name] = value
	}
	return members, nil
}

// readUsage reads the tokens of an answer, or of an event.
func readUsage(data []byte, a *metrics.Answer) {
	type usage struct {
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
		Input      int `json:"input_tokens"`
		Output     int `json:"output_tokens"`
	}
	var answer struct {
		Usage    *usage
		Response struct{ Usage *usage }
	}
	if json.Unmarshal(data, &answer) != nil {
		return
	}
	for _, u := range []*usage{answer.Usage, answer.Response.Usage} {
		if u != nil {
			a.InputTokens, a.OutputTokens = u.Prompt+u.Input, u.Completion+u.Output
		}
	}
}
