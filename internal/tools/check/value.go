package check

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
)

// A value is a place in the properties of a resource, with what stands there.
type value struct {
	c       *checker
	res     *assembly.Resource
	path    string // such as "DistributionConfig.Origins[0]"
	v       any    // nil: nothing stands there, or it is not known
	unknown bool
}

// properties is where the properties of a resource begin.
func (c *checker) properties(res *assembly.Resource) value {
	v := value{c: c, res: res}
	if p := res.RawProperties(); p != nil {
		v.v = p
	}
	return v
}

// at goes to a property of an object. What is not known is told once, here.
func (v value) at(name string) value {
	next := value{c: v.c, res: v.res, path: strings.TrimPrefix(v.path+"."+name, "."), unknown: v.unknown}
	if v.v == nil {
		return next
	}
	object, ok := v.v.(map[string]any)
	if !ok {
		return v.unreadable("an object", next)
	}
	return next.unwrap(object[name])
}

// items are the items of a list, those that are no value left out. What is no list is one
// item, as CloudFormation has it.
func (v value) items() []value {
	if v.v == nil {
		return nil
	}
	list, ok := v.v.([]any)
	if !ok {
		return []value{v}
	}
	var items []value
	for i, raw := range list {
		item := value{c: v.c, res: v.res, path: fmt.Sprintf("%s[%d]", v.path, i)}.unwrap(raw)
		if item.v != nil || item.unknown {
			items = append(items, item)
		}
	}
	return items
}

func (v value) unwrap(raw any) value {
	got, err := v.res.Stack.Unwrap(raw)
	if err != nil {
		v.find(causes.ValueUnknown, Warning, "is not known before the deployment: %v", err)
		v.unknown = true
		return v
	}
	v.v = got
	return v
}

// text is a scalar as CloudFormation writes it; "" if there is none or it is not known.
func (v value) text() string {
	text := ""
	switch v.v.(type) {
	case nil:
		return ""
	case string, json.Number, bool:
		text = fmt.Sprint(v.v)
	default:
		v.unreadable("text", v)
		return ""
	}
	if strings.Contains(text, "{{resolve:") {
		v.find(causes.ValueUnknown, Warning, "is the dynamic reference %s, which only CloudFormation can resolve", text)
		return ""
	}
	return text
}

// or is text with a default.
func (v value) or(otherwise string) string {
	if text := v.text(); text != "" {
		return text
	}
	return otherwise
}

// texts are the items of a list as text.
func (v value) texts() []string {
	var texts []string
	for _, item := range v.items() {
		if text := item.text(); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// number is a whole number; otherwise if there is none or it is not known.
func (v value) number(otherwise int) int {
	text := v.text()
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		v.unreadable("a number", v)
		return otherwise
	}
	return int(n)
}

// yes tells whether a boolean is true.
func (v value) yes() bool { return strings.EqualFold(v.text(), "true") }

// there tells whether anything stands at the place, known or not.
func (v value) there() bool { return v.v != nil || v.unknown }

// filled tells whether there is more than an empty list or object.
func (v value) filled() bool {
	switch content := v.v.(type) {
	case []any:
		return len(content) > 0
	case map[string]any:
		return len(content) > 0
	}
	return v.there()
}

func (v value) unreadable(want string, then value) value {
	v.find(causes.ValueUnknown, Warning, "is %s: want %s", brief(v.v), want)
	then.unknown = true
	return then
}

// brief is a value on one line of a message.
func brief(v any) string {
	if v == nil {
		return "missing"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%T", v)
	}
	if len(text) > 80 {
		return string(text[:77]) + "..."
	}
	return string(text)
}
