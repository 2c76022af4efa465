package template

import (
	"errors"
	"strings"
	"time"
)

// A Value is what stands at a place.
type Value[T comparable] struct {
	Place
	// V is the value, or the default where nothing stands. It is the zero value where the
	// value is not known.
	V T
	// Given reports whether anything stands there, known or not.
	Given bool
	// Why is not nil if the value is not known: it depends on the deployment, or AWS does
	// not take it, which was found already. A rule concludes nothing from such a value.
	Why error
	// MadeUp names what was made up of a value that is only carried; "" if nothing was.
	MadeUp string
}

// Text is a value of text.
type Text = Value[string]

// Number is a value that is a whole number.
type Number = Value[int]

// Bool is a value that is true or false.
type Bool = Value[bool]

// Duration is a value that a template gives in seconds.
type Duration = Value[time.Duration]

// Of is a value that is known and stands nowhere, such as one of a policy that AWS manages.
func Of[T comparable](v T) Value[T] { return Value[T]{V: v, Given: true} }

// Known reports whether V is what AWS will have.
func (v Value[T]) Known() bool { return v.Why == nil }

// Is reports whether the value is known to be the other.
func (v Value[T]) Is(other T) bool { return v.Why == nil && v.V == other }

// IsNot reports whether the value is known to be anything else.
func (v Value[T]) IsNot(other T) bool { return v.Why == nil && v.V != other }

// Texts is a list of texts.
type Texts struct {
	Place
	Items []Text
	Given bool
	Why   error // the list as a whole is not known
}

// TextsOf is a list that stands nowhere.
func TextsOf(items ...string) Texts {
	t := Texts{Given: true}
	for _, item := range items {
		t.Items = append(t.Items, Of(item))
	}
	return t
}

// Known reports whether the list and each of its items are.
func (t Texts) Known() bool {
	for _, item := range t.Items {
		if !item.Known() {
			return false
		}
	}
	return t.Why == nil
}

// Strings are the items that are known.
func (t Texts) Strings() []string {
	var items []string
	for _, item := range t.Items {
		if item.Known() {
			items = append(items, item.V)
		}
	}
	return items
}

// Has reports whether the text is an item.
func (t Texts) Has(text string) bool {
	for _, item := range t.Items {
		if item.Is(text) {
			return true
		}
	}
	return false
}

// A Raw is a value whose content nobody reads: it matters only whether it is there.
type Raw struct {
	Place
	V     any
	Given bool
	Why   error
}

// Known reports whether it is known that the value is there, or is not.
func (r Raw) Known() bool { return r.Why == nil }

// Filled reports whether there is known to be more than an empty list, object or text.
func (r Raw) Filled() bool {
	if r.Why != nil {
		return false
	}
	switch v := r.V.(type) {
	case nil:
		return false
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	case string:
		return v != ""
	}
	return true
}

// What a value is that was found to be wrong.
var (
	errMissing = errors.New("it is missing")
	errRefused = errors.New("AWS does not take it")
)

// list writes the items of a list into a message.
func list(items []string) string { return strings.Join(items, ", ") }
