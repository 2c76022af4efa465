package script

import (
	"os"
	"testing"
)

func TestReach(t *testing.T) {
	t.Parallel()
	ours, err := os.ReadFile("../../../../functions/viewer/index.js")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		source     string
		everything bool
		has        string // a name that it reaches
		not        string
	}{
		"the project's own":   {string(ours), false, "forEach", "repeat"},
		"nothing":             {returning("1"), false, "", "join"},
		"a member":            {returning("[].map"), false, "map", "join"},
		"a text":              {returning("[]['map']"), false, "map", "join"},
		"an escape":           {returning(`[].m\u0061p`), false, "map", "join"},
		"a pattern":           {"function handler({ map }) {}", false, "map", "join"},
		"a pattern, renamed":  {"function handler({ map: m }) {}", false, "map", "join"},
		"a part of a text":    {returning("`map`"), false, "map", "join"},
		"an index":            {returning("event[0]"), false, "", "join"},
		"a value put there":   {"function handler(e) { e[e.n] = 1 }", false, "n", "join"},
		"a value taken away":  {"function handler(e) { delete e[e.n] }", false, "n", "join"},
		"a module in Go":      {"import cf from 'cloudfront'; " + returning("require('crypto')"), false, "", "join"},
		"what has its name":   {returning("event.request.querystring"), false, "querystring", "join"},
		"a name that is made": {returning("event[event.n]"), true, "", ""},
		"if there is one":     {returning("event?.[event.n]"), true, "", ""},
		"put there and read":  {returning("event[event.n] ||= 1"), true, "", ""},
		"in a pattern":        {"function handler({ [1 + 1]: a }) {}", true, "", ""},
		"of a class":          {"class A extends Array { f(n) { return super[n] } } " + returning("1"), true, "", ""},
		"all there are":       {returning("Object.getOwnPropertyDescriptors([])"), true, "", ""},
		"a module in itself":  {returning("require('querystring')"), true, "", ""},
		"a module of a name":  {returning("require(event.n)"), true, "", ""},
		"what loads modules":  {returning("[require]"), true, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := Compile(test.source, Options{Runtime: Runtime2})
			if err != nil {
				t.Fatal(err)
			}
			r := f.reach
			if r.everything != test.everything || test.has != "" && !r.has(test.has) || test.not != "" && r.has(test.not) {
				t.Errorf("reaches everything: %v, %v; want %v, with %q and without %q", r.everything, r.names, test.everything, test.has, test.not)
			}
		})
	}
}
