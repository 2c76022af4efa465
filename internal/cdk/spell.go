package cdk

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Spell writes a text in which code of the CDK, in the notation of this package, stands
// between backquotes, with that code in the language, and without the backquotes. An unknown
// language is TypeScript, which most readers read; CloudFormation has no such code. The error
// names what the CDK does not have, or what is not in the notation.
func Spell(text string, language Language) (string, error) {
	d, ok := dialects[language]
	switch {
	case language == "":
		d = dialects[TypeScript]
	case !ok:
		return "", fmt.Errorf("cdk: no code in %q", language)
	}
	parts := strings.Split(text, "`")
	if len(parts)%2 == 0 {
		return "", fmt.Errorf("cdk: %q has a backquote without a second one", text)
	}
	for i := 1; i < len(parts); i += 2 {
		s := &speller{dialect: d, java: language == Java, code: parts[i], rest: parts[i]}
		parts[i] = s.all()
		if s.err != nil {
			return "", s.err
		}
	}
	return strings.Join(parts, ""), nil
}

// A speller reads code in the notation and writes it in a dialect, in one pass.
type speller struct {
	*dialect
	java bool
	code string // all of it, for errors
	rest string
	err  error
}

func (s *speller) fail(format string, args ...any) string {
	if s.err == nil {
		s.err = fmt.Errorf("cdk: %s: %s", s.code, fmt.Sprintf(format, args...))
	}
	s.rest = ""
	return ""
}

func (s *speller) all() string {
	if s.code == "aws-cdk-lib" {
		return s.pack
	}
	out := s.value(false)
	if s.rest != "" {
		return s.fail("%q is not expected", s.rest)
	}
	return out
}

// take removes a token from what is left, if that begins with it.
func (s *speller) take(token string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(s.rest, " "), token)
	if ok {
		s.rest = rest
	}
	return ok
}

func (s *speller) want(token string) {
	if s.err == nil && !s.take(token) {
		s.fail("want %q before %q", token, s.rest)
	}
}

// word removes letters, digits and underscores from what is left.
func (s *speller) word() string {
	s.rest = strings.TrimLeft(s.rest, " ")
	end := strings.IndexFunc(s.rest, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end < 0 {
		end = len(s.rest)
	}
	word := s.rest[:end]
	s.rest = s.rest[end:]
	return word
}

// path is words with dots between them.
func (s *speller) path() []string {
	path := []string{s.word()}
	for !strings.HasPrefix(s.rest, "...") && s.take(".") {
		path = append(path, s.word())
	}
	return path
}

// value is any expression. A struct that is the last argument of a call may be lifted.
func (s *speller) value(last bool) string {
	switch {
	case s.take("..."):
		return "..."
	case s.take("'"):
		text, rest, ok := strings.Cut(s.rest, "'")
		if !ok {
			return s.fail("a text does not end")
		}
		s.rest = rest
		return fmt.Sprintf(s.text, text)
	case s.take("["):
		return s.elements()
	case s.take("new "):
		return s.creation()
	}
	path := s.path()
	switch first := path[0]; {
	case len(path) > 1:
	case first == "":
		return s.fail("want a value before %q", s.rest)
	case first == "true":
		return fmt.Sprintf(s.boolean, s.yes)
	case first == "this":
		return s.this
	case unicode.IsDigit(rune(first[0])):
		return fmt.Sprintf(s.number, first)
	case s.take("@"):
		return s.member(first)
	case unicode.IsLower(rune(first[0])):
		return s.variable(first)
	}
	t, k, path, ok := findType(path)
	switch {
	case !ok:
		return s.fail("%s.%s is not in names.json: if the CDK has it, add it to record.mjs", t.module, strings.Join(append([]string{t.name}, path...), "."))
	case k.isStruct():
		return s.structOrField(t, &k, path, last)
	case len(path) == 0:
		return s.modules[t.module] + t.name
	case len(path) > 1:
		return s.fail("%s has more after %s", t.name, path[0])
	case k.isEnum() && slices.Contains(k.Enum, path[0]):
		return fmt.Sprintf(s.enum, s.modules[t.module]+t.name, path[0])
	case slices.Contains(k.Constants, path[0]):
		return fmt.Sprintf(s.constant, s.modules[t.module]+t.name, path[0])
	case k.Statics[path[0]] != nil:
		return fmt.Sprintf(s.static, s.modules[t.module]+t.name, s.name(path[0])) + s.call(path[0], k.Statics[path[0]])
	}
	return s.fail("%s has no %s that is static", t.name, path[0])
}

// variable is the name of a variable: the fields of structs alone begin with a capital in Go
// and C#.
func (s *speller) variable(name string) string {
	if s.lifted {
		return s.name(name)
	}
	return name
}

// member is a method or a property of a variable, after its @.
func (s *speller) member(variable string) string {
	t, k, path, ok := findType(s.path())
	switch {
	case s.err != nil:
		return ""
	case !ok || len(path) != 1:
		return s.fail("want a type of names.json and a member of it after %s@", variable)
	case slices.Contains(k.Properties, path[0]):
		name := s.name(path[0])
		if s.java {
			name = getter(path[0])
		}
		return fmt.Sprintf(s.property, s.variable(variable), name)
	case k.Methods[path[0]] != nil:
		return s.variable(variable) + "." + s.name(path[0]) + s.call(path[0], k.Methods[path[0]])
	}
	return s.fail("%s has no %s", t.name, path[0])
}

// creation is what stands after new.
func (s *speller) creation() string {
	t, k, path, ok := findType(s.path())
	if !ok || len(path) > 0 || k.New == nil {
		return s.fail("%s is not a class of names.json", t.name)
	}
	arguments := strings.TrimSuffix(strings.TrimPrefix(s.call(t.name, k.New), "("), ")")
	return fmt.Sprintf(s.construct, s.modules[t.module], t.name, arguments)
}

// call is the arguments of a method, in parentheses; nothing if the method is only named.
func (s *speller) call(method string, parameters []string) string {
	if !s.take("(") {
		return ""
	}
	var arguments []string
	for !s.take(")") && s.err == nil {
		if len(arguments) > 0 {
			s.want(",")
		}
		arguments = append(arguments, s.value(true))
	}
	if slices.Contains(arguments, "...") {
		return "(" + strings.Join(arguments, ", ") + ")"
	}
	omitted, ok := fit(parameters, len(arguments))
	if !ok {
		return s.fail("%s takes %s, not %d arguments", method, strings.Join(parameters, ", "), len(arguments))
	}
	for range omitted {
		if s.omitted != "" {
			arguments = append(arguments, s.omitted)
		}
	}
	return "(" + strings.Join(arguments, ", ") + ")"
}

// structOrField is a struct with its fields in braces, or one field by itself.
func (s *speller) structOrField(t typeName, k *kind, path []string, last bool) string {
	name := s.modules[t.module] + t.name
	switch {
	case len(path) == 1 && slices.Contains(k.Struct, path[0]):
		if s.take(":") {
			return fmt.Sprintf(s.field, s.name(path[0]), s.value(false))
		}
		return s.name(path[0])
	case len(path) > 0:
		return s.fail("%s has no %s", t.name, strings.Join(path, "."))
	case !s.take("{"):
		return name
	}
	var fields []string
	for !s.take("}") && s.err == nil {
		if len(fields) > 0 {
			s.want(",")
		}
		if s.take("...") {
			fields = append(fields, "...")
			continue
		}
		field := s.word()
		if !slices.Contains(k.Struct, field) {
			return s.fail("%s has no %s", t.name, field)
		}
		s.want(":")
		fields = append(fields, fmt.Sprintf(s.field, s.name(field), s.value(false)))
	}
	if s.lifted && last {
		return strings.Join(fields, s.separator)
	}
	return fmt.Sprintf(s.structure, name, strings.Join(fields, s.separator))
}

// elements are those of a list, after its bracket. Go wants the type of them.
func (s *speller) elements() string {
	of, elements := "any", []string{}
	for !s.take("]") && s.err == nil {
		if len(elements) > 0 {
			s.want(",")
		}
		rest := strings.TrimLeft(s.rest, " ")
		if strings.HasPrefix(rest, "'") {
			of = "*string"
		} else if t, k, _, ok := findType((&speller{rest: rest}).path()); ok && k.isStruct() {
			of = "*" + s.modules[t.module] + t.name
		} else if ok && k.isEnum() {
			of = s.modules[t.module] + t.name
		}
		elements = append(elements, s.value(false))
	}
	return fmt.Sprintf(s.list, of, strings.Join(elements, ", "))
}
