package elb

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/streamfront/streamfront/internal/template"
)

func TestConditions(t *testing.T) {
	t.Parallel()
	values := func(field string, values ...string) Condition {
		return Condition{Field: template.Of(field), Values: values}
	}
	request := httptest.NewRequest("GET", "/A/b%2Fc.png?Key=One+1&x", nil)
	request.RequestURI = "/A/b%2Fc.png?Key=One+1&x"
	request.Host = "Chat.Example.com:8080"
	request.Header = http.Header{"X-A": {"one", "Two"}}
	for name, test := range map[string]struct {
		condition Condition
		want      bool
	}{
		"path":                        {values("path-pattern", "/A/*.png"), true},
		"path in another case":        {values("path-pattern", "/a/*"), false},
		"path is as it came":          {values("path-pattern", "/A/b/c.png"), false},
		"path, one letter":            {values("path-pattern", "/?/*"), true},
		"host":                        {values("host-header", "x", "chat.example.com"), true},
		"host with a wildcard":        {values("host-header", "*.EXAMPLE.com"), true},
		"another host":                {values("host-header", "example.com"), false},
		"header, the second value":    {Condition{Field: template.Of("http-header"), Name: "x-a", Values: []string{"tw?"}}, true},
		"header that is not there":    {Condition{Field: template.Of("http-header"), Name: "x-b", Values: []string{"*"}}, false},
		"method":                      {values("http-request-method", "POST", "GET"), true},
		"method in another case":      {values("http-request-method", "get"), false},
		"query":                       {Condition{Field: template.Of("query-string"), Pairs: [][2]string{{"key", "one 1"}}}, true},
		"query, any name":             {Condition{Field: template.Of("query-string"), Pairs: [][2]string{{"", "on*"}}}, true},
		"query, another value":        {Condition{Field: template.Of("query-string"), Pairs: [][2]string{{"key", "two"}}}, false},
		"what is not modelled, holds": {Condition{Field: template.Of("source-ip"), unmodelled: true}, true},
	} {
		if got := test.condition.matches(request); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestWell(t *testing.T) {
	t.Parallel()
	for codes, well := range map[string][]int{"200": {200}, "200,204": {200, 204}, "200-299": {200, 204, 299}, "x,301": {301}, "": nil} {
		h := Health{Codes: codes}
		for _, status := range []int{199, 200, 204, 299, 300, 301} {
			want := false
			for _, one := range well {
				want = want || one == status
			}
			if h.well(status) != want {
				t.Errorf("%q: %d is well: %v, want %v", codes, status, !want, want)
			}
		}
	}
}

// Groups take turns in the proportion of their weights.
func TestTurns(t *testing.T) {
	t.Parallel()
	a, b, none := &Group{}, &Group{}, &Group{}
	count := map[*Group]int{}
	for turns, i := (&turn{}), 0; i < 40; i++ {
		count[turns.choose([]Weighted{{a, 3}, {none, 0}, {b, 1}})]++
	}
	if count[a] != 30 || count[b] != 10 || count[none] != 0 {
		t.Errorf("turns = %d, %d, %d, want 30, 10, 0", count[a], count[b], count[none])
	}
	if (&turn{}).choose([]Weighted{{a, 0}}) != nil || (&turn{}).choose(nil) != nil {
		t.Error("without a weight nobody has a turn")
	}
}
