package echo

import (
	"strconv"
	"strings"
	"testing"
)

func TestInstance(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ schema, want string }{
		"any object":           {`{"type":"object"}`, `{"text":"said"}`},
		"no members":           {`{"type":"object","properties":{},"additionalProperties":false}`, `{}`},
		"order of the schema":  {`{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"integer"},"m":{"type":"boolean"}}}`, `{"z":"said","a":0,"m":true}`},
		"required alone":       {`{"type":"object","required":["a"]}`, `{"a":"said"}`},
		"record":               {`{"type":"object","required":["a"],"additionalProperties":{"type":"number"}}`, `{"a":0}`},
		"nested":               {`{"properties":{"a":{"properties":{"b":{"type":"null"}}}}}`, `{"a":{"b":null}}`},
		"enum and const":       {`{"properties":{"a":{"enum":["x","y"]},"b":{"const":7}}}`, `{"a":"x","b":7}`},
		"nullable":             {`{"properties":{"a":{"type":["null","integer"]},"b":{"anyOf":[{"type":"integer"},{"type":"null"}]}}}`, `{"a":0,"b":0}`},
		"array":                {`{"type":"array","items":{"type":"string"}}`, `["said"]`},
		"array of many":        {`{"type":"array","items":{"type":"integer"},"minItems":3}`, `[0,0,0]`},
		"array of none":        {`{"type":"array","maxItems":0}`, `[]`},
		"tuple":                {`{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}]}`, `["said",0]`},
		"numbers":              {`{"type":"array","prefixItems":[{"type":"number","minimum":2.5},{"type":"integer","minimum":2.5},{"type":"integer","maximum":-3},{"type":"integer","exclusiveMinimum":0},{"type":"number","multipleOf":5,"minimum":7},{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}]}`, `[2.5,3,-3,1,10,0.5]`},
		"lengths":              {`{"type":"array","prefixItems":[{"type":"string","maxLength":2},{"type":"string","minLength":6},{"type":"string","pattern":"^sa"}]}`, `["sa","said..","said"]`},
		"formats":              {`{"type":"array","prefixItems":[{"type":"string","format":"date"},{"type":"string","format":"email","pattern":"^(?!x).*$"}]}`, `["2026-01-01","user@example.com"]`},
		"references":           {`{"$ref":"#/$defs/a","$defs":{"a":{"properties":{"b":{"$ref":"#/$defs/b~1c"}}},"b/c":{"type":"integer"}}}`, `{"b":0}`},
		"all of":               {`{"allOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"b":{"type":"integer"}}}]}`, `{"a":0,"b":0}`},
		"list of itself":       {`{"properties":{"value":{"type":"integer"},"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["value","next"]}`, `{"value":0,"next":null}`},
		"tree of itself":       {`{"$ref":"#/$defs/t","$defs":{"t":{"properties":{"children":{"type":"array","items":{"$ref":"#/$defs/t"}}}}}}`, `{"children":[]}`},
		"optional of itself":   {`{"properties":{"value":{"type":"integer"},"next":{"$ref":"#"}}}`, `{"value":0}`},
		"twice the same":       {`{"properties":{"a":{"$ref":"#/$defs/i"},"b":{"$ref":"#/$defs/i"}},"$defs":{"i":{"type":"integer"}}}`, `{"a":0,"b":0}`},
		"of zod's, with words": {`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","title":"t","description":"d","default":{},"properties":{"a":{"type":"integer","minimum":-9007199254740991,"maximum":9007199254740991}},"required":["a"],"additionalProperties":false}`, `{"a":0}`},
	} {
		got, err := instance([]byte(test.schema), "said")
		if err != nil || string(got) != test.want {
			t.Errorf("%s: instance = %s, %v, want %s", name, got, err, test.want)
		}
	}
}

func TestNoInstance(t *testing.T) {
	t.Parallel()
	// Each of 60 names stands for twice the one before it.
	bomb := `{"$ref":"#/$defs/60","$defs":{"0":{"type":"integer"}`
	for i := 1; i <= 60; i++ {
		one := `{"$ref":"#/$defs/` + strconv.Itoa(i-1) + `"}`
		bomb += `,"` + strconv.Itoa(i) + `":{"properties":{"a":` + one + `,"b":` + one + `}}`
	}
	bomb += `}}`
	for name, test := range map[string]struct{ schema, want string }{
		"no schema":             {`{"type":1}`, "not a JSON Schema"},
		"unknown type":          {`{"type":"date"}`, `type is "date"`},
		"false":                 {`{"properties":{"a":false},"required":["a"]}`, "a: it is false"},
		"pattern":               {`{"properties":{"a":{"type":"string","pattern":"^[0-9]+$"}},"required":["a"]}`, `a: "said" does not match`},
		"not":                   {`{"not":{}}`, "not is not supported"},
		"contradiction":         {`{"type":"integer","minimum":3,"maximum":1}`, "contradict"},
		"lengths contradict":    {`{"type":"string","minLength":9,"maxLength":1}`, "contradict"},
		"a reference outside":   {`{"$ref":"https://example.com/s"}`, "within the schema"},
		"a reference nowhere":   {`{"$ref":"#/$defs/a"}`, "nothing is there"},
		"itself without end":    {`{"properties":{"a":{"$ref":"#"}},"required":["a"]}`, "without an end"},
		"itself at once":        {`{"$ref":"#"}`, "without an end"},
		"a circle":              {`{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}`, "without an end"},
		"millions of values":    {bomb, "too large"},
		"a long array":          {`{"type":"array","minItems":1000000,"items":{"type":"integer"}}`, "too large"},
		"a long text":           {`{"type":"string","minLength":1000000000}`, "too large"},
		"much of what is said":  {`{"type":"array","minItems":2000,"items":{"type":"string","minLength":1000}}`, "too large"},
		"schemas read often":    {`{"type":"array","minItems":5000,"items":{"type":"integer","description":"` + strings.Repeat("x", 10_000) + `"}}`, "too large"},
		"unique items":          {`{"type":"array","uniqueItems":true,"minItems":2}`, "uniqueItems"},
		"properties, no object": {`{"properties":[]}`, "not a JSON Schema"},
	} {
		got, err := instance([]byte(test.schema), "said")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: instance = %.80s, %v, want an error with %q", name, got, err, test.want)
		}
	}
}
