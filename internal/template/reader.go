package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
)

// A Reader takes the properties of one resource, or of one object in it, and in the end
// knows which ones nobody took. It resolves what is taken only: what a request cannot see
// may refer to anything. A reader of an object that is not there reads nothing, quietly.
type Reader struct {
	Place
	Given bool  // the object is there, known or not
	Why   error // not nil: the object is not known

	log      *Log
	hushed   bool
	values   map[string]any // unresolved
	taken    map[string]bool
	children []*Reader
}

// Read calls take with the properties of a resource. What nobody takes is not modelled.
func Read(res *assembly.Resource, log *Log, take func(*Reader)) {
	r := newReader(Place{Resource: res}, log)
	r.values, r.Given = res.RawProperties(), true
	take(r)
	r.finish()
}

// Each returns the resources of a type that may be deployed, ordered by stack and logical
// id. That only a deployment could know whether one is, is a finding.
func Each(a *assembly.Assembly, typ string, log *Log) []*assembly.Resource {
	var found []*assembly.Resource
	for _, s := range a.Stacks {
		for _, id := range slices.Sorted(maps.Keys(s.Resources)) {
			res := s.Resources[id]
			if res.Type != typ {
				continue
			}
			exists, err := res.Exists()
			if err != nil {
				at := Place{Resource: res}
				log.Add(Finding{at, causes.ValueUnknown, Unknown, Warning, fmt.Sprintf("may or may not be deployed: %v", err)})
				log.Unmodelled(at, "%v", err)
			}
			if exists || err != nil {
				found = append(found, res)
			}
		}
	}
	return found
}

func newReader(at Place, log *Log) *Reader {
	return &Reader{Place: at, log: log, taken: map[string]bool{}}
}

// Into lets what is found from here on go to another log.
func (r *Reader) Into(log *Log) *Reader {
	r.log = log
	return r
}

// Hush makes Quiet of all that is read from here on.
func (r *Reader) Hush() { r.hushed = true }

// Known reports whether the object is known to be there, or not to be.
func (r *Reader) Known() bool { return r.Why == nil }

// Skip marks properties that change nothing that the rules or a request could see.
func (r *Reader) Skip(names ...string) {
	for _, name := range names {
		r.taken[name] = true
	}
}

// SkipAll marks all properties.
func (r *Reader) SkipAll() { r.values = nil }

// Has reports whether anything stands at the property, which it takes without resolving it.
func (r *Reader) Has(name string) bool {
	r.taken[name] = true
	return r.values[name] != nil
}

// Names are those of the properties that are there.
func (r *Reader) Names() []string { return slices.Sorted(maps.Keys(r.values)) }

// finish reports what nobody read.
func (r *Reader) finish() {
	for _, name := range r.Names() {
		if r.taken[name] {
			continue
		}
		v, err := r.Resource.Stack.Unwrap(r.values[name])
		switch {
		case err != nil:
			r.log.Unmodelled(r.At(name), ": %v", err)
		case v != nil:
			r.log.Unmodelled(r.At(name), unserved)
		}
	}
	for _, child := range r.children {
		child.finish()
	}
}

// Refuse reports a property that AWS does not accept. Of an object that is missing, or not
// known, it reports nothing.
func (r *Reader) Refuse(name string, format string, args ...any) {
	if !r.Given || !r.Known() {
		return
	}
	r.refuse(r.At(name), causes.ValueRefused, format, args...)
}

// RefuseAll reports an object, or a resource, that AWS does not accept as a whole.
func (r *Reader) RefuseAll(format string, args ...any) {
	r.refuse(r.Place, causes.ValueRefused, format, args...)
}

// Doubt reports a value of which no source says what AWS does with it: check warns, and the
// local chain does not serve it.
func (r *Reader) Doubt(at Place, format string, args ...any) { r.log.Unknown(at, format, args...) }

func (r *Reader) refuse(at Place, cause causes.ID, format string, args ...any) {
	r.log.Add(Finding{at, cause, Refused, Error, fmt.Sprintf(format, args...)})
}

// Unmodelled reports a property that the local chain cannot serve. No name stands for the
// object itself.
func (r *Reader) Unmodelled(name string, format string, args ...any) {
	if !r.Given || !r.Known() {
		return
	}
	at := r.Place
	if name != "" {
		at = r.At(name)
	}
	r.log.Unmodelled(at, format, args...)
}

// unknown reports a value that is not known before the deployment. The local chain cannot
// serve it.
func (r *Reader) unknown(at Place, s *spec, err error, unmodelled, told string) {
	if !s.spare {
		r.log.Unmodelled(at, "%s", unmodelled)
	}
	kind := Unknown
	if s.part {
		kind = Unseen
	}
	if !r.hushed && !s.quiet(err) && !errors.Is(err, assembly.ErrCircle) { // of which another rule is
		r.log.Add(Finding{at, causes.ValueUnknown, kind, Warning, told})
	}
}

// take returns what stands at a property, nil if nothing does, or why it is not known.
func (r *Reader) take(name string, s *spec) (any, error) {
	r.taken[name] = true
	if r.Why != nil {
		return nil, r.Why
	}
	v, err := r.unwrap(r.At(name), r.values[name], s)
	if err == nil && v == nil && s.required && r.Given {
		r.refuse(r.At(name), s.cause, "is missing")
		return nil, errMissing
	}
	if v != nil && s.unserved {
		r.log.Unmodelled(r.At(name), unserved)
	}
	return v, err
}

const unserved = "is not modelled by the local chain; remove it or test this on AWS"

func (r *Reader) unwrap(at Place, raw any, s *spec) (any, error) {
	v, err := any(nil), error(nil)
	if s.carried {
		v, s.made, err = r.Resource.Stack.ResolveMadeUp(raw)
	} else {
		v, err = r.Resource.Stack.Unwrap(raw)
	}
	if err != nil {
		r.unknown(at, s, err, ": "+err.Error(), fmt.Sprintf("is not known before the deployment: %v", err))
	}
	return v, err
}

// Text reads a text. CloudFormation makes one of every scalar.
func (r *Reader) Text(name string, options ...Option) Text {
	return value(r, name, options, "text", func(text string) (string, error) { return text, nil })
}

// Number reads a whole number.
func (r *Reader) Number(name string, options ...Option) Number {
	return value(r, name, options, "a whole number", number)
}

// Seconds reads a number of seconds.
func (r *Reader) Seconds(name string, options ...Option) Duration {
	n := r.Number(name, options...)
	return Duration{n.Place, time.Duration(n.V) * time.Second, n.Given, n.Why, n.MadeUp}
}

// Bool reads a truth value.
func (r *Reader) Bool(name string, options ...Option) Bool {
	return value(r, name, options, "true or false", truth)
}

// Raw reads a value that only has to be there.
func (r *Reader) Raw(name string, options ...Option) Raw {
	v, err := r.take(name, specOf(options))
	return Raw{r.At(name), v, v != nil || err != nil && r.Why == nil, err}
}

// Object reads an object.
func (r *Reader) Object(name string, options ...Option) *Reader {
	s := specOf(options)
	v, err := r.take(name, s)
	return r.object(r.At(name), v, err, s)
}

// Objects reads a list of objects, leaving out those that are no value.
func (r *Reader) Objects(name string, options ...Option) (items []*Reader, why error) {
	s := specOf(options)
	why = r.items(name, s, func(at Place, v any, err error) {
		items = append(items, r.object(at, v, err, s))
	})
	return items, why
}

// Texts reads a list of texts.
func (r *Reader) Texts(name string, options ...Option) Texts {
	s, t := specOf(options), Texts{Place: r.At(name)}
	t.Why = r.items(name, s, func(at Place, v any, err error) {
		item := Text{Place: at, Given: true, Why: err}
		if err == nil {
			parse(r, &item, s, v, "text", func(text string) (string, error) { return text, nil })
		}
		t.Items = append(t.Items, item)
	})
	t.Given = t.Items != nil || t.Why != nil && r.Why == nil || r.values[name] != nil && t.Why == nil
	return t
}

// items calls each with the items of a list. What is no list is one item, as CloudFormation
// has it.
func (r *Reader) items(name string, s *spec, each func(at Place, v any, err error)) error {
	v, err := r.take(name, s)
	if err != nil || v == nil {
		return err
	}
	raw, ok := v.([]any)
	if !ok {
		each(r.At(name), v, nil)
		return nil
	}
	for i, item := range raw {
		at := r.At(fmt.Sprintf("%s[%d]", name, i))
		if got, err := r.unwrap(at, item, s); got != nil || err != nil {
			each(at, got, err)
		}
	}
	return nil
}

func (r *Reader) object(at Place, v any, err error, s *spec) *Reader {
	o := newReader(at, r.log)
	o.hushed = r.hushed
	r.children = append(r.children, o)
	o.Given, o.Why = v != nil || err != nil && r.Why == nil && !errors.Is(err, errMissing), err
	if v == nil {
		return o
	}
	values, ok := v.(map[string]any)
	if !ok {
		r.refuse(at, s.cause, "is %s: want an object", brief(v))
		o.Why = errRefused
		return o
	}
	o.values = values
	return o
}

// value reads a scalar.
func value[T comparable](r *Reader, name string, options []Option, want string, convert func(string) (T, error)) Value[T] {
	s, v := specOf(options), Value[T]{Place: r.At(name)}
	raw, err := r.take(name, s)
	switch {
	case err != nil:
		v.Given, v.Why = r.Why == nil && !errors.Is(err, errMissing), err
	case raw == nil:
		v.V, _ = s.otherwise.(T)
	default:
		v.Given, v.MadeUp = true, strings.Join(s.made, ", ")
		if _, made := r.values[name].(map[string]any); made {
			s.forms = nil
		}
		parse(r, &v, s, raw, want, convert)
	}
	return v
}

// parse fills in the value, or why it is none.
func parse[T comparable](r *Reader, v *Value[T], s *spec, raw any, want string, convert func(string) (T, error)) {
	refuse := func(format string, args ...any) {
		r.refuse(v.Place, s.cause, format, args...)
		v.Why = errRefused
	}
	switch raw.(type) {
	case string, json.Number, bool:
	default:
		refuse("is %s: want %s", brief(raw), want)
		return
	}
	text := fmt.Sprint(raw)
	if strings.Contains(text, "{{resolve:") {
		told := fmt.Sprintf("is the dynamic reference %s, which only CloudFormation can resolve", text)
		v.Why = fmt.Errorf("it %s", told)
		r.unknown(v.Place, s, v.Why, told, told)
		return
	}
	got, err := convert(text)
	if err != nil {
		refuse("is %s: want %s", text, want)
		return
	}
	for _, takes := range slices.Concat(s.forms, s.takes) {
		if wrong := takes(got); wrong != "" {
			refuse("%s", wrong)
			return
		}
	}
	for _, models := range s.models {
		if wrong := models(got); wrong != "" {
			r.log.Unmodelled(v.Place, "%s", wrong)
		}
	}
	v.V = got
}

func number(text string) (int, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err == nil && f != float64(int(f)) {
		err = strconv.ErrSyntax
	}
	return int(f), err
}

func truth(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, strconv.ErrSyntax
}

// brief is a value on one line of a message.
func brief(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%T", v)
	}
	if len(text) > 80 {
		return string(text[:77]) + "..."
	}
	return string(text)
}
