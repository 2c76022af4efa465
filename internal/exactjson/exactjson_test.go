package exactjson_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/exactjson"
)

type inner struct {
	Key string `json:"key"`
}

// own has an UnmarshalJSON of its own.
type own struct{ text string }

func (o *own) UnmarshalJSON(data []byte) error { o.text = string(data); return nil }

type outer struct {
	inner
	Status  int                `json:"status"`
	Body    *string            `json:"body"`
	Headers map[string][]inner `json:"headers"`
	Raw     json.RawMessage    `json:"raw"`
	Own     own                `json:"own"`
	Plain   string
	Left    string `json:"-"`
}

func TestLetterCaseCounts(t *testing.T) {
	t.Parallel()
	body := "b<&\u2028"
	for text, want := range map[string]outer{
		`{"status":200,"body":"b<&\u2028","key":"k","Plain":"p"}`:      {Status: 200, Body: &body, inner: inner{"k"}, Plain: "p"},
		`{"Status":200,"BODY":"b","KEY":"k","plain":"p","left":"l"}`:   {},
		`{"Status":1,"status":2,"STATUS":3}`:                           {Status: 2},
		`{"ſtatus":1}`:                                                 {}, // which encoding/json folds, too
		`{"headers":{"A":[{"key":"1"},{"Key":"2"}],"a":[]}}`:           {Headers: map[string][]inner{"A": {{"1"}, {}}, "a": {}}},
		`{"raw":{"Status":1},"own":{"Status":1},"other":{"Status":1}}`: {Raw: json.RawMessage(`{"Status":1}`), Own: own{`{"Status":1}`}},
		`{"headers":null,"body":null}`:                                 {},
		`null`:                                                         {},
		" {\n\t\"status\" : 5 } ":                                      {Status: 5},
	} {
		var got outer
		if err := exactjson.Unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v, want %+v", text, got, err, want)
		}
	}
}

// What is wrong is said in the words of encoding/json.
func TestErrorsAreThoseOfJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{``, `{`, `[]`, `"a"`, `{"status":"a"}`, `{"headers":[]}`, `{"headers":{"a":1}}`, `{} {}`} {
		want := json.Unmarshal([]byte(text), &outer{})
		if err := exactjson.Unmarshal([]byte(text), &outer{}); err == nil || err.Error() != want.Error() {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
		for name, decode := range map[string]func([]byte, any) error{"Strict": exactjson.Strict, "Numbers": exactjson.Numbers} {
			if err := decode([]byte(text), &outer{}); err == nil {
				t.Errorf("%s takes %s", name, text)
			}
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	var got struct {
		Any map[string]any `json:"any"`
	}
	if err := exactjson.Numbers([]byte(`{"any":{"n":12345678901234567890},"Any":{"n":1}}`), &got); err != nil || got.Any["n"] != json.Number("12345678901234567890") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestStrict(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"status":1,"headers":{"a":[{"key":"1"}]}}`: "",
		`{"Status":1}`:                     `unknown field "Status"`,
		`{"headers":{"a":[{"Key":"1"}]}}`:  `unknown field "Key"`,
		`{"headers":{"a":[{"more":"1"}]}}`: `unknown field "more"`,
		`{"other":1}`:                      `unknown field "other"`,
	} {
		if err := exactjson.Strict([]byte(text), &outer{}); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
