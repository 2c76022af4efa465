package echo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// schema is what of a JSON Schema decides about a value that is made for it.
type schema struct {
	AnyOf            []json.RawMessage `json:"anyOf"`
	OneOf            []json.RawMessage `json:"oneOf"`
	Type             types             `json:"type"`
	Const            json.RawMessage   `json:"const"`
	Enum             []json.RawMessage `json:"enum"`
	Properties       properties        `json:"properties"`
	Required         required          `json:"required"`
	Additional       json.RawMessage   `json:"additionalProperties"`
	Items            json.RawMessage   `json:"items"`
	PrefixItems      []json.RawMessage `json:"prefixItems"`
	MinItems         int               `json:"minItems"`
	MaxItems         *int              `json:"maxItems"`
	UniqueItems      bool              `json:"uniqueItems"`
	Minimum          *float64          `json:"minimum"`
	Maximum          *float64          `json:"maximum"`
	ExclusiveMinimum *float64          `json:"exclusiveMinimum"`
	ExclusiveMaximum *float64          `json:"exclusiveMaximum"`
	MultipleOf       *float64          `json:"multipleOf"`
	MinLength        int               `json:"minLength"`
	MaxLength        *int              `json:"maxLength"`
	Pattern          string            `json:"pattern"`
	Format           string            `json:"format"`

	// What a value may break although it follows all of the above.
	Not               json.RawMessage `json:"not"`
	If                json.RawMessage `json:"if"`
	Contains          json.RawMessage `json:"contains"`
	PropertyNames     json.RawMessage `json:"propertyNames"`
	DependentRequired json.RawMessage `json:"dependentRequired"`
	DependentSchemas  json.RawMessage `json:"dependentSchemas"`
	MinProperties     json.RawMessage `json:"minProperties"`

	entered []string // references that led here
}

// unsupported names a keyword that is not looked at, if there is one.
func (s *schema) unsupported() string {
	for _, keyword := range []struct {
		name  string
		value json.RawMessage
	}{
		{"not", s.Not},
		{"if", s.If},
		{"contains", s.Contains},
		{"propertyNames", s.PropertyNames},
		{"dependentRequired", s.DependentRequired},
		{"dependentSchemas", s.DependentSchemas},
		{"minProperties", s.MinProperties},
	} {
		if keyword.value != nil {
			return keyword.name
		}
	}
	return ""
}

// types is a type or a list of them.
type types []string

func (t *types) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		*t = types{""}
		return json.Unmarshal(data, &(*t)[0])
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// properties are in the order of the schema, which answers keep. Those of several schemas
// that hold at once add up.
type properties []property

type property struct {
	name   string
	schema json.RawMessage
}

func (p *properties) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return errors.New("properties is not an object")
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		one := property{name: name.(string)}
		if err := decoder.Decode(&one.schema); err != nil {
			return err
		}
		*p = append(*p, one)
	}
	return nil
}

// required adds up as well.
type required []string

func (r *required) UnmarshalJSON(data []byte) error {
	var names []string
	if err := json.Unmarshal(data, &names); err != nil {
		return err
	}
	*r = append(*r, names...)
	return nil
}

// load reads a schema and those that it refers to into one.
func (m *maker) load(raw json.RawMessage, into *schema) error {
	var own struct {
		Ref   string            `json:"$ref"`
		AllOf []json.RawMessage `json:"allOf"`
	}
	if m.read -= len(raw); m.read < 0 {
		return errTooLarge
	}
	switch {
	case string(raw) == "true":
		return nil
	case string(raw) == "false":
		return errors.New("it is false, which no value follows")
	}
	if err := json.Unmarshal(raw, &own); err != nil {
		return fmt.Errorf("it is not a JSON Schema: %w", err)
	}
	if own.Ref != "" {
		if m.open[own.Ref] {
			return fmt.Errorf("%s has itself in it without an end", own.Ref)
		}
		target, err := m.resolve(own.Ref)
		if err != nil {
			return err
		}
		m.open[own.Ref] = true
		into.entered = append(into.entered, own.Ref)
		if err := m.load(target, into); err != nil {
			return err
		}
	}
	for _, part := range own.AllOf {
		if err := m.load(part, into); err != nil {
			return err
		}
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("it is not a JSON Schema: %w", err)
	}
	return nil
}

// resolve follows a JSON pointer within the schema (RFC 6901).
func (m *maker) resolve(ref string) (json.RawMessage, error) {
	if target, ok := m.known[ref]; ok {
		return target, nil
	}
	pointer, ok := strings.CutPrefix(ref, "#")
	if !ok || pointer != "" && pointer[0] != '/' {
		return nil, fmt.Errorf("$ref is %q: want one within the schema, such as #/$defs/name", ref)
	}
	target := m.root
	for _, token := range strings.Split(pointer, "/")[1:] {
		var members map[string]json.RawMessage
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		if json.Unmarshal(target, &members) != nil || members[token] == nil {
			return nil, fmt.Errorf("$ref is %q, and nothing is there", ref)
		}
		target = members[token]
		if m.read -= len(target); m.read < 0 {
			return nil, errTooLarge
		}
	}
	m.known[ref] = target
	return target, nil
}
