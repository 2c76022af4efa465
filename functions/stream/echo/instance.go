package echo

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What is made for one schema has bounds: a few references can stand for millions of
// values.
const (
	maxValues = 10_000
	maxRead   = 16 << 20 // bytes of schemas, each as often as it is read
	maxText   = 1 << 20  // bytes of texts, besides what the user said once
)

var (
	anyObject    = json.RawMessage(`{"type":"object"}`)
	errTooLarge  = errors.New("its value would be too large")
	errUnmatched = errors.New("its limits contradict each other")
)

// instance makes a value that follows a JSON Schema:
// https://json-schema.org/draft/2020-12/json-schema-validation. Texts are what the user
// said, where they may be. Of optional properties it has those that it can make.
func instance(root json.RawMessage, said string) (json.RawMessage, error) {
	m := &maker{
		root: root, said: said, values: maxValues, read: maxRead, text: maxText + len(said),
		known: make(map[string]json.RawMessage), open: map[string]bool{"#": true},
	}
	return m.make(root)
}

type maker struct {
	root  json.RawMessage
	said  string
	known map[string]json.RawMessage // schemas by their references
	open  map[string]bool            // references that the value is in

	values, read, text int // that there may still be
}

func (m *maker) make(raw json.RawMessage) (json.RawMessage, error) {
	if m.values--; m.values < 0 {
		return nil, errTooLarge
	}
	s := new(schema)
	err := m.load(raw, s)
	defer func() {
		for _, ref := range s.entered {
			delete(m.open, ref)
		}
	}()
	if err != nil {
		return nil, err
	}
	if keyword := s.unsupported(); keyword != "" {
		return nil, fmt.Errorf("%s is not supported", keyword)
	}
	switch {
	case s.Const != nil:
		return s.Const, nil
	case len(s.Enum) > 0:
		return s.Enum[0], nil
	case len(s.AnyOf) > 0:
		return m.first(s.AnyOf)
	case len(s.OneOf) > 0:
		return m.first(s.OneOf)
	}
	return m.ofType(s)
}

// first makes a value for the first schema that it can do so for.
func (m *maker) first(schemas []json.RawMessage) (json.RawMessage, error) {
	var errs []error
	for _, schema := range schemas {
		value, err := m.make(schema)
		if err == nil || errors.Is(err, errTooLarge) {
			return value, err
		}
		errs = append(errs, err)
	}
	return nil, errs[0]
}

func (m *maker) ofType(s *schema) (json.RawMessage, error) {
	kind := ""
	switch {
	case len(s.Type) > 0:
		kind = s.Type[0]
		if kind == "null" && len(s.Type) > 1 {
			kind = s.Type[1]
		}
	case len(s.Properties) > 0 || len(s.Required) > 0:
		kind = "object"
	case s.Items != nil || s.PrefixItems != nil:
		kind = "array"
	default:
		kind = "string"
	}
	switch kind {
	case "object":
		return m.object(s)
	case "array":
		return m.array(s)
	case "string":
		return m.string(s)
	case "number", "integer":
		return number(s, kind == "integer")
	case "boolean":
		return json.RawMessage("true"), nil
	case "null":
		return json.RawMessage("null"), nil
	}
	return nil, fmt.Errorf("type is %q", kind)
}

func (m *maker) object(s *schema) (json.RawMessage, error) {
	if len(s.Properties) == 0 && len(s.Required) == 0 && string(s.Additional) != "false" {
		s.Properties = properties{{"text", json.RawMessage(`{"type":"string"}`)}}
	}
	text := []byte{'{'}
	for _, p := range s.Properties {
		value, err := m.make(p.schema)
		if err != nil && (slices.Contains(s.Required, p.name) || errors.Is(err, errTooLarge)) {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		if err == nil {
			text = appendMember(text, p.name, value)
		}
	}
	for _, name := range s.Required {
		if slices.ContainsFunc(s.Properties, func(p property) bool { return p.name == name }) {
			continue
		}
		value, err := m.make(additional(s))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		text = appendMember(text, name, value)
	}
	return append(text, '}'), nil
}

func additional(s *schema) json.RawMessage {
	if s.Additional == nil {
		return json.RawMessage("true")
	}
	return s.Additional
}

func appendMember(text []byte, name string, value json.RawMessage) []byte {
	if len(text) > 1 {
		text = append(text, ',')
	}
	return append(append(append(text, quote(name)...), ':'), value...)
}

// array has as few items as it may, one if it is not bound to have none.
func (m *maker) array(s *schema) (json.RawMessage, error) {
	length := max(s.MinItems, len(s.PrefixItems), 1)
	if s.MaxItems != nil {
		length = min(length, *s.MaxItems)
	}
	if length < s.MinItems {
		return nil, errUnmatched
	}
	items := s.Items
	if items == nil {
		items = json.RawMessage("true")
	}
	text := []byte{'['}
	for i := range length {
		item := items
		if i < len(s.PrefixItems) {
			item = s.PrefixItems[i]
		}
		if s.UniqueItems && i > 0 {
			return nil, errors.New("uniqueItems of more than one item is not supported")
		}
		value, err := m.make(item)
		if err != nil {
			if i >= s.MinItems && !errors.Is(err, errTooLarge) {
				break
			}
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, value...)
	}
	return append(text, ']'), nil
}

// formats are values for the formats of JSON Schema that structured outputs know.
var formats = map[string]string{
	"date-time": "2026-01-01T00:00:00Z",
	"date":      "2026-01-01",
	"time":      "00:00:00Z",
	"duration":  "PT1S",
	"email":     "user@example.com",
	"hostname":  "example.com",
	"ipv4":      "192.0.2.1",
	"ipv6":      "2001:db8::1",
	"uri":       "https://example.com/",
	"uuid":      "123e4567-e89b-42d3-a456-426614174000",
}

// string does not hold the value of a format to a pattern: the patterns of zod stand for
// the same and use what Go's regular expressions do not have.
func (m *maker) string(s *schema) (json.RawMessage, error) {
	if value, ok := formats[s.Format]; ok {
		return quote(value), nil
	}
	value := m.said
	if missing := s.MinLength - utf8.RuneCountInString(value); missing > 0 {
		if missing > m.text {
			return nil, errTooLarge
		}
		value += strings.Repeat(".", missing)
	}
	if s.MaxLength != nil && utf8.RuneCountInString(value) > *s.MaxLength {
		if *s.MaxLength < s.MinLength {
			return nil, errUnmatched
		}
		value = string([]rune(value)[:*s.MaxLength])
	}
	if s.Pattern != "" {
		pattern, err := regexp.Compile(s.Pattern)
		if err != nil || !pattern.MatchString(value) {
			return nil, fmt.Errorf("%q does not match the pattern %q", value, s.Pattern)
		}
	}
	if m.text -= len(value); m.text < 0 {
		return nil, errTooLarge
	}
	return quote(value), nil
}

// number is the one next to zero.
func number(s *schema, integer bool) (json.RawMessage, error) {
	step := 1.0
	if s.MultipleOf != nil && *s.MultipleOf > 0 {
		step = *s.MultipleOf
	}
	low, high := math.Inf(-1), math.Inf(1)
	if s.Minimum != nil {
		low = *s.Minimum
	}
	if s.Maximum != nil {
		high = *s.Maximum
	}
	fits := func(v float64) bool {
		return v >= low && v <= high && (s.ExclusiveMinimum == nil || v > *s.ExclusiveMinimum) &&
			(s.ExclusiveMaximum == nil || v < *s.ExclusiveMaximum) && (!integer || v == math.Trunc(v)) &&
			(s.MultipleOf == nil || v == math.Trunc(v/step)*step)
	}
	candidates := []float64{0}
	for _, bound := range []*float64{s.Minimum, s.ExclusiveMinimum, s.Maximum, s.ExclusiveMaximum} {
		if bound != nil {
			up, down := math.Ceil(*bound/step)*step, math.Floor(*bound/step)*step
			candidates = append(candidates, *bound, up, up+step, down, down-step)
		}
	}
	if s.ExclusiveMinimum != nil && s.ExclusiveMaximum != nil {
		candidates = append(candidates, (*s.ExclusiveMinimum+*s.ExclusiveMaximum)/2)
	}
	for _, v := range candidates {
		if fits(v) {
			return json.RawMessage(strconv.FormatFloat(v, 'f', -1, 64)), nil
		}
	}
	return nil, errUnmatched
}

func quote(text string) json.RawMessage {
	quoted, _ := json.Marshal(text) // strings can be encoded
	return quoted
}
