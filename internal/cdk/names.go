package cdk

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

//go:embed names.json
var recorded []byte

// A kind is a type of the CDK: an enumeration, a struct of properties, or a class. A parameter
// is its name, "?" if it may be left out, and "{}" if it is a struct.
type kind struct {
	Enum       []string
	Struct     []string
	New        []string
	Constants  []string
	Statics    map[string][]string
	Properties []string
	Methods    map[string][]string
}

// types are the types that were recorded, by module and name.
var types = sync.OnceValue(func() map[string]kind {
	var file struct{ Types map[string]kind }
	if err := json.Unmarshal(recorded, &file); err != nil {
		panic("cdk: names.json: " + err.Error()) // it is part of this program, and a test reads it
	}
	return file.Types
})

// A typeName is a type as the notation writes it, such as cloudfront.EdgeLambda.
type typeName struct{ module, name string }

// findType splits a path at its type. The types of the core module have no module in the
// notation, as in the CDK itself.
func findType(path []string) (typeName, kind, []string, bool) {
	if len(path) > 1 {
		if k, ok := types()[path[0]+"."+path[1]]; ok && path[0] != "core" {
			return typeName{path[0], path[1]}, k, path[2:], true
		}
	}
	k, ok := types()["core."+path[0]]
	return typeName{"core", path[0]}, k, path[1:], ok
}

func (k *kind) isEnum() bool   { return k.Enum != nil }
func (k *kind) isStruct() bool { return k.Struct != nil }

// fit reports whether the parameters take that many arguments, and how many may be left out.
func fit(parameters []string, arguments int) (omitted int, ok bool) {
	if arguments > len(parameters) {
		return 0, false
	}
	rest := parameters[arguments:]
	return len(rest), !slices.ContainsFunc(rest, func(p string) bool { return !strings.Contains(p, "?") })
}
