package apptest

import (
	"encoding/json"
	"os"
	"testing"
)

// A Template is one of an assembly.
type Template struct {
	Text      string
	Resources map[string]*Resource
	Outputs   map[string]any
}

// A Resource is one of a template.
type Resource struct {
	ID                                        string `json:"-"`
	Type, DeletionPolicy, UpdateReplacePolicy string
	DependsOn                                 any
	UpdatePolicy                              map[string]any
	Properties                                map[string]any
}

// Read reads a template.
func Read(file string) *Template {
	text, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	t := &Template{Text: string(text)}
	if err := json.Unmarshal(text, t); err != nil {
		panic(err)
	}
	for id, r := range t.Resources {
		r.ID = id
	}
	return t
}

// All returns the resources of a type.
func (t *Template) All(typ string) []*Resource {
	var found []*Resource
	for _, r := range t.Resources {
		if r.Type == typ {
			found = append(found, r)
		}
	}
	return found
}

// Only returns the one resource of a type.
func (t *Template) Only(tb testing.TB, typ string) *Resource {
	tb.Helper()
	found := t.All(typ)
	if len(found) != 1 {
		tb.Fatalf("%d resources of type %s, want 1", len(found), typ)
	}
	return found[0]
}

// OnlyWith returns the one resource of a type that has a property with a value.
func (t *Template) OnlyWith(tb testing.TB, typ, property string, value any) *Resource {
	tb.Helper()
	var found []*Resource
	for _, r := range t.All(typ) {
		if asJSON(r.Properties[property]) == asJSON(value) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		tb.Fatalf("%d resources of type %s with %s %v, want 1", len(found), typ, property, value)
	}
	return found[0]
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Refers returns the resource that a Ref or Fn::GetAtt names.
func (t *Template) Refers(tb testing.TB, value any) *Resource {
	tb.Helper()
	reference, _ := value.(map[string]any)
	id, _ := reference["Ref"].(string)
	if attribute, ok := reference["Fn::GetAtt"].([]any); ok {
		id, _ = attribute[0].(string)
	}
	if t.Resources[id] == nil {
		tb.Fatalf("%v names no resource of the template", value)
	}
	return t.Resources[id]
}

// At follows keys and indices into a property.
func (r *Resource) At(tb testing.TB, path ...any) any {
	tb.Helper()
	var v any = r.Properties
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := v.(map[string]any)
			v = object[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				tb.Fatalf("%s has no %v", r.ID, path)
			}
			v = list[step]
		}
	}
	return v
}
