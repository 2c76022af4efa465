package exactjson

import (
	"bytes"
	"reflect"
	"strings"
	"sync"
)

// names are those of a type's fields and of all that is in them, by how they look in lower case.
type names map[string][]string

var allNames sync.Map // by type

func namesOf(t reflect.Type) names {
	if found, ok := allNames.Load(t); ok {
		return found.(names)
	}
	all := names{}
	all.add(t, map[reflect.Type]bool{})
	allNames.Store(t, all)
	return all
}

func (n names) add(t reflect.Type, seen map[reflect.Type]bool) {
	t = pointedTo(t)
	if seen[t] || decidesItself(t) {
		return
	}
	seen[t] = true
	switch {
	case t.Kind() == reflect.Struct:
		for name, field := range fieldsOf(t) {
			n[strings.ToLower(name)] = append(n[strings.ToLower(name)], name)
			n.add(field, seen)
		}
	case nested(t):
		n.add(t.Elem(), seen)
	}
}

// suspicious reports whether JSON may have a member that looks like one of the names and is none,
// which hardly any has. It reads over what is no name, and takes a fraction of the time of
// decoding.
func suspicious(data []byte, all names) bool {
	for {
		begin := bytes.IndexByte(data, '"')
		if begin < 0 {
			return false
		}
		data = data[begin+1:]
		text, rest, escaped, ok := cutString(data)
		if !ok {
			return false // it is not JSON
		}
		data = bytes.TrimLeft(rest, " \t\r\n")
		if len(data) == 0 || data[0] != ':' {
			continue
		}
		if escaped || all.resemble(text) {
			return true
		}
	}
}

// cutString cuts the string that the data begins with, without its first quotation mark.
func cutString(data []byte) (text, rest []byte, escaped, ok bool) {
	from := 0
	for {
		end := bytes.IndexByte(data[from:], '"')
		if end < 0 {
			return nil, nil, false, false
		}
		end += from
		backslashes := 0
		for at := end - 1; at >= from && data[at] == '\\'; at-- {
			backslashes++
		}
		if backslashes%2 == 0 {
			return data[:end], data[end+1:], bytes.IndexByte(data[:end], '\\') >= 0, true
		}
		from = end + 1
	}
}

func (n names) resemble(text []byte) bool {
	const longest = 64 // of lower case without an allocation
	var lower [longest]byte
	if len(text) > longest {
		return false
	}
	for i, c := range text {
		if c >= 0x80 {
			return true // which may fold to a letter
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	for _, name := range n[string(lower[:len(text)])] {
		if name != string(text) {
			return true
		}
	}
	return false
}
