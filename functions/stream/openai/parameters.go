package openai

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/functions/stream/model"
)

// inert are parameters that both protocols ignore: they change nothing in an answer, or
// nothing that OpenAI promises.
var inert = []string{
	"metadata", "prediction", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
	"safety_identifier", "service_tier", "store", "user",
}

// A parameter that is not supported may still have the value that asks for nothing, since
// some clients send all parameters. Advice says what to do about another value.
type neutral struct {
	value  string // in JSON
	advice string
}

const leaveOut = "leave it out"

// checkParameters refuses what would give another answer than the one asked for: parameters
// that body, a pointer to a struct, has no field for. Null stands for a parameter that is
// left out.
func checkParameters(data []byte, body any, neutrals map[string]neutral) *model.Error {
	var sent map[string]json.RawMessage
	_ = json.Unmarshal(data, &sent) // it has been read as body already
	known := fields(body)
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		value := sent[name]
		if known[name] || string(value) == "null" || slices.Contains(inert, name) {
			continue
		}
		n, ok := neutrals[name]
		if !ok {
			return model.Invalid(name, "%.100q is not a parameter that is known here: leave it out.", name)
		}
		if !equal(value, n.value) {
			return model.Invalid(name, "%s is %s, which is not supported: %s.", name, excerpt(value), n.advice)
		}
	}
	return nil
}

// fields are the names of a struct's members in JSON.
func fields(body any) map[string]bool {
	names := make(map[string]bool)
	t := reflect.TypeOf(body).Elem()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names[name] = true
	}
	return names
}

// equal compares values, of which 0 and 0.0 are the same.
func equal(value json.RawMessage, want string) bool {
	var a, b any
	return json.Unmarshal(value, &a) == nil && json.Unmarshal([]byte(want), &b) == nil && reflect.DeepEqual(a, b)
}

// excerpt is the beginning of a value in one line.
func excerpt(value json.RawMessage) string {
	var line bytes.Buffer
	if json.Compact(&line, value) != nil || line.Len() > 60 {
		return string([]rune(line.String())[:min(40, len([]rune(line.String())))]) + "..."
	}
	return line.String()
}
