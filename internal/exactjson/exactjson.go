// Package exactjson decodes JSON as the services of AWS do: the letter case of names counts.
// encoding/json takes StatusCode for statusCode, so that an answer which AWS refuses would pass.
package exactjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// Unmarshal is json.Unmarshal, but ignores members whose names differ from those of the fields
// in letter case.
func Unmarshal(data []byte, into any) error {
	exact, err := only(data, reflect.TypeOf(into), false)
	if err != nil {
		return err
	}
	return json.Unmarshal(exact, into)
}

// Numbers is Unmarshal, but what is decoded into an interface has json.Number for numbers.
func Numbers(data []byte, into any) error {
	exact, err := only(data, reflect.TypeOf(into), false)
	if err != nil {
		return err
	}
	if !json.Valid(exact) { // a decoder stops after the first value
		return json.Unmarshal(exact, into)
	}
	decoder := json.NewDecoder(bytes.NewReader(exact))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// Strict is Unmarshal, but an unknown member is an error, whatever its letter case.
func Strict(data []byte, into any) error {
	if _, err := only(data, reflect.TypeOf(into), true); err != nil {
		return err
	}
	if !json.Valid(data) { // a decoder stops after the first value
		return json.Unmarshal(data, into)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// only returns the value without members that encoding/json would take for others. What is not
// JSON or of another type stays as it is: json.Unmarshal says so in its own words. Types with an
// UnmarshalJSON of their own decide for themselves.
func only(data []byte, t reflect.Type, strict bool) ([]byte, error) {
	if !suspicious(data, namesOf(t)) {
		return data, nil
	}
	return value(data, t, strict)
}

func value(data []byte, t reflect.Type, strict bool) ([]byte, error) {
	t = pointedTo(t)
	switch {
	case decidesItself(t):
		return data, nil
	case t.Kind() == reflect.Struct:
		return members(data, t, strict)
	case nested(t):
		return each(data, t.Elem(), strict)
	}
	return data, nil
}

func pointedTo(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func decidesItself(t reflect.Type) bool { return reflect.PointerTo(t).Implements(unmarshaler) }

func members(data []byte, t reflect.Type, strict bool) ([]byte, error) {
	var all map[string]json.RawMessage
	if !decodes(data, &all) {
		return data, nil
	}
	fields := fieldsOf(t)
	changed := false
	for name, given := range all {
		field, ok := fields[name]
		switch {
		case ok:
			exact, err := value(given, field, strict)
			if err != nil {
				return nil, err
			}
			changed = changed || !bytes.Equal(exact, given)
			all[name] = exact
		case taken(name, fields) && strict:
			return nil, fmt.Errorf("unknown field %q: its letter case counts", name)
		case taken(name, fields):
			delete(all, name)
			changed = true
		}
	}
	if !changed {
		return data, nil
	}
	return json.Marshal(all)
}

// each looks at the values of a map or the elements of a list.
func each(data []byte, t reflect.Type, strict bool) ([]byte, error) {
	var list []json.RawMessage
	var byName map[string]json.RawMessage
	if !nested(t) || !decodes(data, &list) && !decodes(data, &byName) {
		return data, nil
	}
	changed := false
	look := func(given json.RawMessage) (json.RawMessage, error) {
		exact, err := value(given, t, strict)
		changed = changed || !bytes.Equal(exact, given)
		return exact, err
	}
	var err error
	for i, given := range list {
		if list[i], err = look(given); err != nil {
			return nil, err
		}
	}
	for name, given := range byName {
		if byName[name], err = look(given); err != nil {
			return nil, err
		}
	}
	switch {
	case !changed:
		return data, nil
	case list != nil:
		return json.Marshal(list)
	default:
		return json.Marshal(byName)
	}
}

func decodes(data []byte, into any) bool { return json.Unmarshal(data, into) == nil }

// nested reports whether values of the type can have members.
func nested(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array, reflect.Pointer:
		return true
	}
	return false
}

// known are the fields of types that were asked for before.
var known sync.Map

// fieldsOf are the types of a struct's fields by their names in JSON.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	if found, ok := known.Load(t); ok {
		return found.(map[string]reflect.Type)
	}
	fields := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && !f.Anonymous && name != "-" {
			if name == "" {
				name = f.Name
			}
			fields[name] = f.Type
		}
	}
	known.Store(t, fields)
	return fields
}

// taken reports whether encoding/json would take the name for one of the fields.
func taken(name string, fields map[string]reflect.Type) bool {
	for field := range fields {
		if strings.EqualFold(name, field) {
			return true
		}
	}
	return false
}
