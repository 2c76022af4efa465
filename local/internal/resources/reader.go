// Package resources turns the resources on the path of a request into typed values:
// distributions, origin access controls, functions, function URLs and their grants.
//
// It reads strictly. A property that the local chain does not model is an error that
// names stack, logical id and property path, because ignoring it could answer 200 where
// AWS refuses. What is not on the path (tables, queues, roles) is never looked at.
package resources

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/streamfront/streamfront/local/internal/assembly"
)

// A reader takes the properties of one resource, or of one object in it, and at the end
// knows which ones nobody took.
type reader struct {
	path   string // "Stack/LogicalId: DistributionConfig.Origins[0]"
	values map[string]any
	taken  map[string]bool
	errs   *[]error
}

// read calls take with the resolved properties of a resource and returns every problem at
// once.
func read(r *assembly.Resource, take func(*reader)) error {
	var errs []error
	root := &reader{path: r.Name() + ": ", values: map[string]any{}, taken: map[string]bool{}, errs: &errs}
	for name, raw := range r.RawProperties() {
		v, err := r.Stack.Resolve(raw)
		if err != nil {
			root.fail("%s: %v", name, err)
			root.taken[name] = true
			continue
		}
		if v != nil {
			root.values[name] = v
		}
	}
	if len(errs) == 0 {
		take(root)
		root.finish()
	}
	return errors.Join(errs...)
}

func (r *reader) fail(format string, args ...any) {
	*r.errs = append(*r.errs, fmt.Errorf(r.path+format, args...))
}

// finish reports what nobody took.
func (r *reader) finish() {
	for _, name := range slices.Sorted(maps.Keys(r.values)) {
		if !r.taken[name] {
			r.fail("%s is not modelled by the local chain; remove it or test this on AWS", name)
		}
	}
}

func (r *reader) take(name string) (any, bool) {
	r.taken[name] = true
	v, ok := r.values[name]
	return v, ok
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
	switch v := v.(type) {
	case string:
		return v
	case float64, bool:
		return fmt.Sprint(v) // CloudFormation converts scalars
	}
	r.fail("%s is %v: want text", name, v)
	return otherwise
}

func (r *reader) required(name string) string {
	text := r.text(name, "")
	if text == "" {
		r.fail("%s is missing", name)
	}
	return text
}

// oneOf reads a text that has to be among the known values.
func (r *reader) oneOf(name, otherwise string, known ...string) string {
	text := r.text(name, otherwise)
	if !slices.Contains(known, text) {
		r.fail("%s is %q: the local chain models %q", name, text, known)
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
		r.fail("%s is %v: want a whole number", name, v)
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
		r.fail("%s is %v: want true or false", name, v)
	}
	return yes
}

// never fails if the boolean is true.
func (r *reader) never(name, why string) {
	if r.boolean(name) {
		r.fail("%s is true: %s", name, why)
	}
}

func (r *reader) object(name string) (*reader, bool) {
	v, ok := r.take(name)
	if !ok {
		return nil, false
	}
	return r.nested(name, v)
}

// objects calls each with every object of a list.
func (r *reader) objects(name string, each func(*reader)) {
	for i, item := range r.items(name) {
		if o, ok := r.nested(fmt.Sprintf("%s[%d]", name, i), item); ok {
			each(o)
			o.finish()
		}
	}
}

func (r *reader) nested(name string, v any) (*reader, bool) {
	values, ok := v.(map[string]any)
	if !ok {
		r.fail("%s is %v: want an object", name, v)
		return nil, false
	}
	return &reader{path: r.path + name + ".", values: values, taken: map[string]bool{}, errs: r.errs}, true
}

func (r *reader) items(name string) []any {
	v, ok := r.take(name)
	if !ok {
		return nil
	}
	items, ok := v.([]any)
	if !ok {
		r.fail("%s is %v: want a list", name, v)
	}
	return items
}

func (r *reader) texts(name string) []string {
	var out []string
	for _, item := range r.items(name) {
		out = append(out, fmt.Sprint(item))
	}
	return out
}
