package template

import (
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/streamfront/streamfront/internal/causes"
)

// An Option says more of the reading of a property.
type Option func(*spec)

// A spec is what the options of a reading say.
type spec struct {
	otherwise any
	required  bool
	carried   bool
	part      bool
	unserved  bool
	spare     bool
	quiet     func(error) bool
	cause     causes.ID
	forms     []func(any) string // what is wrong with a literal
	made      []string           // what was made up, of a value that is carried
	takes     []func(any) string // what is wrong with the value; "" if nothing is
	models    []func(any) string
}

func specOf(options []Option) *spec {
	s := &spec{cause: causes.ValueRefused, quiet: func(error) bool { return false }}
	for _, o := range options {
		o(s)
	}
	return s
}

// Required is a property that AWS wants.
func Required(s *spec) { s.required = true }

// Quiet is a property that no rule is about: that it is not known stops the local chain, and
// is not a finding of the check.
func Quiet(s *spec) { s.quiet = func(error) bool { return true } }

// Part is a property that names, or is, a part of the way of a request: where it is not
// known, that part cannot be looked at.
func Part(s *spec) { s.part = true }

// Unserved is a property that rules look at, and that the local chain does not model.
func Unserved(s *spec) { s.unserved = true }

// Spare is a property that the local chain can do without: that it is not known stops
// nothing. Its reader looks at its Why.
func Spare(s *spec) { s.spare = true; Quiet(s) }

// QuietIf is Quiet for some reasons.
func QuietIf(quiet func(error) bool) Option { return func(s *spec) { s.quiet = quiet } }

// Carried is a property that is only carried around, such as a variable of a function: what
// only a deployment could know of it is made up.
func Carried(s *spec) { s.carried = true; Quiet(s) }

// Default is what AWS takes where nothing stands.
func Default(v any) Option { return func(s *spec) { s.otherwise = v } }

// Blame is the cause that is reported where AWS refuses the value, if there is a better one than
// causes.ValueRefused.
func Blame(id causes.ID) Option { return func(s *spec) { s.cause = id } }

// OneOf is an enumeration.
func OneOf(values ...string) Option {
	return Takes(func(v any) string {
		if slices.Contains(values, fmt.Sprint(v)) {
			return ""
		}
		return fmt.Sprintf("is %v: AWS accepts %s", v, list(values))
	})
}

// Between is a number within bounds.
func Between(least, most int) Option {
	return Takes(func(v any) string {
		if n := v.(int); n < least || n > most {
			return fmt.Sprintf("is %d: AWS accepts %d to %d", n, least, most)
		}
		return ""
	})
}

// A Bounded is a form, and the most characters that a text of it may have. In the form itself
// the bound would cost each start of a program time and memory: Go's package regexp unfolds it.
type Bounded struct {
	*regexp.Regexp
	Most int
}

// MatchString reports whether the text has the form, and is not too long.
func (b Bounded) MatchString(text string) bool {
	return utf8.RuneCountInString(text) <= b.Most && b.Regexp.MatchString(text)
}

// Matching is a text of a form, which what names in words. A text that an intrinsic function
// made passes: the identifiers of resources are made up here, and may not have AWS's form.
func Matching(form interface{ MatchString(string) bool }, what string) Option {
	return func(s *spec) {
		s.forms = append(s.forms, func(v any) string {
			if form.MatchString(v.(string)) {
				return ""
			}
			return fmt.Sprintf("is %s: AWS accepts %s", brief(v), what)
		})
	}
}

// AtMost is a text of so many bytes.
func AtMost(bytes int) Option {
	return Takes(func(v any) string {
		if n := len(v.(string)); n > bytes {
			return fmt.Sprintf("has %d bytes: AWS accepts %d", n, bytes)
		}
		return ""
	})
}

// Takes is any other condition of AWS: the function says what is wrong, "" if nothing is.
func Takes(wrong func(v any) string) Option {
	return func(s *spec) { s.takes = append(s.takes, wrong) }
}

// Models are the values that the local chain serves, of those that AWS takes.
func Models(values ...string) Option {
	return func(s *spec) {
		s.models = append(s.models, func(v any) string {
			if slices.Contains(values, fmt.Sprint(v)) {
				return ""
			}
			return fmt.Sprintf("is %v: the local chain models %s", v, list(values))
		})
	}
}
