// Package resources turns the resources on the path of a request into typed values:
// distributions, origin access controls, functions, function URLs and their grants, and the
// buckets that functions use.
//
// It reads strictly. A property that the local chain does not model is an error that
// names stack, logical id and property path, because ignoring it could answer 200 where
// AWS refuses. What is not on the path (tables, queues, other buckets) is never looked at.
package resources

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
)

// A reader takes the properties of one resource, or of one object in it, and at the end
// knows which ones nobody took. It resolves what is taken only: what a request cannot see
// may refer to anything.
type reader struct {
	stack   *assembly.Stack
	path    string         // "Stack/LogicalId: DistributionConfig.Origins[0]."
	values  map[string]any // unresolved
	taken   map[string]bool
	refused map[string]bool // one problem of a property is enough
	errs    *[]error
}

// read calls take with the properties of a resource and returns every problem at once.
func read(r *assembly.Resource, take func(*reader)) error {
	var errs []error
	root := newReader(r.Stack, r.Name()+": ", r.RawProperties(), &errs)
	take(root)
	root.finish()
	return errors.Join(errs...)
}

func newReader(s *assembly.Stack, path string, values map[string]any, errs *[]error) *reader {
	return &reader{stack: s, path: path, values: values, taken: map[string]bool{}, refused: map[string]bool{}, errs: errs}
}

// fail reports a problem of a property. The format goes on where the name ends.
func (r *reader) fail(name, format string, args ...any) {
	if r.refused[name] {
		return
	}
	r.refused[name] = true
	*r.errs = append(*r.errs, errors.New(r.path+name+fmt.Sprintf(format, args...)))
}

// finish reports what nobody took.
func (r *reader) finish() {
	for _, name := range slices.Sorted(maps.Keys(r.values)) {
		if r.taken[name] {
			continue
		}
		if _, ok := r.take(name); ok {
			r.fail(name, " is not modelled by the local chain; remove it or test this on AWS")
		}
	}
}

// take returns the value of a property, with what is inside of lists and objects
// unresolved.
func (r *reader) take(name string) (any, bool) {
	r.taken[name] = true
	return r.unwrap(name, r.values[name])
}

// takeMadeUp is take for values that are only carried around: the names of other resources
// that they hold may be made up.
func (r *reader) takeMadeUp(name string) (any, bool) {
	r.taken[name] = true
	v, err := r.stack.ResolveMadeUp(r.values[name])
	if err != nil {
		r.fail(name, ": %v", err)
	}
	return v, err == nil && v != nil
}

func (r *reader) unwrap(name string, raw any) (any, bool) {
	v, err := r.stack.Unwrap(raw)
	if err != nil {
		r.fail(name, ": %v", err)
	}
	return v, err == nil && v != nil
}

// without marks properties that change nothing a request could see.
func (r *reader) without(names ...string) {
	for _, name := range names {
		r.taken[name] = true
	}
}

func (r *reader) text(name, otherwise string) string {
	v, ok := r.take(name)
	if !ok {
		return otherwise
	}
	return r.scalar(name, v)
}

func (r *reader) scalar(name string, v any) string {
	switch v.(type) {
	case string, json.Number, bool: // CloudFormation converts scalars
	default:
		r.fail(name, " is %v: want text", v)
		return ""
	}
	text := fmt.Sprint(v)
	if strings.Contains(text, "{{resolve:") {
		r.fail(name, " is the dynamic reference %s, which only CloudFormation can resolve", text)
	}
	return text
}

func (r *reader) required(name string) string {
	text := r.text(name, "")
	if text == "" {
		r.fail(name, " is missing")
	}
	return text
}

// oneOf reads a text that has to be among the known values.
func (r *reader) oneOf(name, otherwise string, known ...string) string {
	text := r.text(name, otherwise)
	if !slices.Contains(known, text) {
		r.fail(name, " is %q: the local chain models %q", text, known)
	}
	return text
}

func (r *reader) number(name string, otherwise int) int {
	v, ok := r.take(name)
	if !ok {
		return otherwise
	}
	n, err := strconv.Atoi(fmt.Sprint(v))
	if err != nil {
		r.fail(name, " is %v: want a whole number", v)
	}
	return n
}

// between reads a number that AWS takes within bounds only.
func (r *reader) between(name string, otherwise, least, most int) int {
	n := r.number(name, otherwise)
	if n < least || n > most {
		r.fail(name, " is %d: AWS takes %d to %d", n, least, most)
	}
	return n
}

func (r *reader) boolean(name string) bool {
	v, ok := r.take(name)
	if !ok {
		return false
	}
	yes, err := strconv.ParseBool(fmt.Sprint(v))
	if err != nil {
		r.fail(name, " is %v: want true or false", v)
	}
	return yes
}

// never fails if the boolean is true.
func (r *reader) never(name, why string) {
	if r.boolean(name) {
		r.fail(name, " is true: %s", why)
	}
}

func (r *reader) object(name string) (*reader, bool) {
	v, ok := r.take(name)
	if !ok {
		return nil, false
	}
	return r.nested(name, name, v)
}

// needed is an object that has to be there.
func (r *reader) needed(name string) (*reader, bool) {
	o, ok := r.object(name)
	if !ok {
		r.fail(name, " is missing")
	}
	return o, ok
}

// objects calls each with every object of a list.
func (r *reader) objects(name string, each func(*reader)) {
	for i, item := range r.items(name) {
		if item == nil {
			continue
		}
		if o, ok := r.nested(name, fmt.Sprintf("%s[%d]", name, i), item); ok {
			each(o)
			o.finish()
		}
	}
}

func (r *reader) nested(name, path string, v any) (*reader, bool) {
	values, ok := v.(map[string]any)
	if !ok {
		r.fail(name, " is %v: want an object", v)
		return nil, false
	}
	return newReader(r.stack, r.path+path+".", values, r.errs), true
}

// items returns the items of a list, nil for those that are no value.
func (r *reader) items(name string) []any {
	v, ok := r.take(name)
	if !ok {
		return nil
	}
	raw, ok := v.([]any)
	if !ok {
		r.fail(name, " is %v: want a list", v)
	}
	items := make([]any, len(raw))
	for i, item := range raw {
		items[i], _ = r.unwrap(name, item)
	}
	return items
}

func (r *reader) texts(name string) []string {
	var out []string
	for _, item := range r.items(name) {
		if item != nil {
			out = append(out, r.scalar(name, item))
		}
	}
	return out
}
