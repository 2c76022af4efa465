package golden

import (
	"slices"
	"testing"
)

func TestDifference(t *testing.T) {
	for name, test := range map[string]struct {
		from, to string
		want     []string
	}{
		"none":           {`{"a": [1, {"b": null}]}`, `{"a": [1, {"b": null}]}`, nil},
		"added":          {`{"Resources": {}}`, `{"Resources": {"P": {"Type": "T"}}}`, []string{`+ Resources.P {"Type":"T"}`}},
		"removed":        {`{"a": 1, "b": 2}`, `{"b": 2}`, []string{`- a 1`}},
		"changed":        {`{"a": {"b": [1, 2]}}`, `{"a": {"b": [1, 3]}}`, []string{`- a.b[1] 2`, `+ a.b[1] 3`}},
		"null and none":  {`{"a": null}`, `{}`, []string{`- a null`}},
		"list grows":     {`{"a": [1]}`, `{"a": [1, 2]}`, []string{`- a [1]`, `+ a [1,2]`}},
		"another type":   {`{"a": [1]}`, `{"a": {"0": 1}}`, []string{`- a [1]`, `+ a {"0":1}`}},
		"the whole":      {`1`, `2`, []string{`- 1`, `+ 2`}},
		"order alone":    {`{"a": 1, "b": 2}`, `{"b": 2, "a": 1}`, []string{"the order of the fields, or white space"}},
		"not JSON":       {"x\ny\n", "x\nz\n", []string{"- y", "+ z"}},
		"not JSON, same": {"x\n", "x\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := difference(test.from, test.to); !slices.Equal(got, test.want) {
				t.Errorf("Difference = %q, want %q", got, test.want)
			}
		})
	}
}
