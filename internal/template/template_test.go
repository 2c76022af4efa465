package template_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

type (
	object = map[string]any
	list   = []any
)

// read reads one resource with the properties and returns what was found, one line each:
// kind, rule and finding.
func read(t *testing.T, properties object, take func(*template.Reader)) []string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]object{
		"manifest.json": {"artifacts": object{"Site": object{
			"type": "aws:cloudformation:stack", "environment": "aws://111122223333/us-east-1",
			"properties": object{"templateFile": "Site.template.json"},
		}}},
		"Site.template.json": {
			"Parameters": object{"Unset": object{"Type": "String"}},
			"Resources":  object{"Thing": object{"Type": "AWS::Some::Thing", "Properties": properties}},
		},
	} {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, err := assembly.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	log := &template.Log{}
	template.Read(a.Stacks[0].Resources["Thing"], log, take)
	kinds := map[template.Kind]string{template.Refused: "refused", template.Hole: "hole", template.Unknown: "unknown", template.Unmodelled: "unmodelled"}
	var lines []string
	for _, f := range log.Findings() {
		lines = append(lines, kinds[f.Kind]+" "+f.String())
	}
	slices.Sort(lines)
	return lines
}

const unset = "Ref: parameter Unset (String) has no value here: give it with --parameter Site.Unset=VALUE"

func TestFindingsOfReading(t *testing.T) {
	t.Parallel()
	unknown := object{"Ref": "Unset"}
	for name, test := range map[string]struct {
		properties object
		take       func(*template.Reader)
		want       []string
	}{
		"nothing":       {object{}, func(r *template.Reader) { r.Text("A") }, nil},
		"missing":       {object{}, func(r *template.Reader) { r.Text("A", template.Required) }, []string{"refused Site/Thing: A is missing"}},
		"no value":      {object{"A": object{"Ref": "AWS::NoValue"}}, func(r *template.Reader) { r.Text("A", template.Required) }, []string{"refused Site/Thing: A is missing"}},
		"nobody's":      {object{"A": 1}, func(*template.Reader) {}, []string{"unmodelled Site/Thing: A is not modelled by the local chain; remove it or test this on AWS"}},
		"skipped":       {object{"A": unknown}, func(r *template.Reader) { r.Skip("A") }, nil},
		"not text":      {object{"A": list{}}, func(r *template.Reader) { r.Text("A") }, []string{"refused Site/Thing: A is []: want text"}},
		"not whole":     {object{"A": 1.5}, func(r *template.Reader) { r.Number("A") }, []string{"refused Site/Thing: A is 1.5: want a whole number"}},
		"not true":      {object{"A": "yes"}, func(r *template.Reader) { r.Bool("A") }, []string{"refused Site/Thing: A is yes: want true or false"}},
		"out of range":  {object{"A": "9"}, func(r *template.Reader) { r.Number("A", template.Between(1, 8)) }, []string{"refused Site/Thing: A is 9: AWS accepts 1 to 8"}},
		"another value": {object{"A": "c"}, func(r *template.Reader) { r.Text("A", template.OneOf("a", "b")) }, []string{"refused Site/Thing: A is c: AWS accepts a, b"}},
		"not served":    {object{"A": "b"}, func(r *template.Reader) { r.Text("A", template.OneOf("a", "b"), template.Models("a")) }, []string{"unmodelled Site/Thing: A is b: the local chain models a"}},
		"another form":  {object{"A": "-"}, func(r *template.Reader) { r.Text("A", template.Matching(regexp.MustCompile("^a"), "an a")) }, []string{`refused Site/Thing: A is "-": AWS accepts an a`}},
		"a form that is made up": {object{"A": object{"Fn::Sub": "-"}}, func(r *template.Reader) {
			r.Text("A", template.Matching(regexp.MustCompile("^a"), "an a"))
		}, nil},
		"too long":     {object{"A": "abc"}, func(r *template.Reader) { r.Text("A", template.AtMost(2)) }, []string{"refused Site/Thing: A has 3 bytes: AWS accepts 2"}},
		"not known":    {object{"A": unknown}, func(r *template.Reader) { r.Text("A") }, []string{"unknown Site/Thing: A is not known before the deployment: " + unset, "unmodelled Site/Thing: A: " + unset}},
		"quiet":        {object{"A": unknown}, func(r *template.Reader) { r.Text("A", template.Quiet) }, []string{"unmodelled Site/Thing: A: " + unset}},
		"spare":        {object{"A": unknown}, func(r *template.Reader) { r.Text("A", template.Spare) }, nil},
		"hushed":       {object{"A": unknown}, func(r *template.Reader) { r.Hush(); r.Text("A") }, []string{"unmodelled Site/Thing: A: " + unset}},
		"unserved":     {object{"A": 1}, func(r *template.Reader) { r.Number("A", template.Unserved) }, []string{"unmodelled Site/Thing: A is not modelled by the local chain; remove it or test this on AWS"}},
		"in a list":    {object{"A": list{"a", object{}}}, func(r *template.Reader) { r.Texts("A") }, []string{"refused Site/Thing: A[1] is {}: want text"}},
		"in objects":   {object{"A": list{object{"B": 1}}}, func(r *template.Reader) { _, _ = r.Objects("A") }, []string{"unmodelled Site/Thing: A[0].B is not modelled by the local chain; remove it or test this on AWS"}},
		"no object":    {object{"A": "x"}, func(r *template.Reader) { r.Object("A").Text("B", template.Required) }, []string{`refused Site/Thing: A is "x": want an object`}},
		"absent":       {object{}, func(r *template.Reader) { r.Object("A").Text("B", template.Required) }, nil},
		"dynamic":      {object{"A": "{{resolve:ssm:x}}"}, func(r *template.Reader) { r.Text("A", template.Quiet) }, []string{"unmodelled Site/Thing: A is the dynamic reference {{resolve:ssm:x}}, which only CloudFormation can resolve"}},
		"known inside": {object{"A": object{"B": 1, "C": unknown}}, func(r *template.Reader) { o := r.Object("A"); o.Number("B"); o.Skip("C") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := read(t, test.properties, test.take); !slices.Equal(got, test.want) {
				t.Errorf("findings = %q\nwant %q", got, test.want)
			}
		})
	}
}

// A value says where it stands and whether it is known; nothing is concluded from one that is
// not.
func TestValues(t *testing.T) {
	t.Parallel()
	read(t, object{"Known": 5, "Unknown": object{"Ref": "Unset"}, "Refused": 9}, func(r *template.Reader) {
		known, unknown, absent := r.Number("Known"), r.Number("Unknown", template.Default(1)), r.Seconds("Absent", template.Default(3))
		refused := r.Number("Refused", template.Between(1, 8), template.Blame(causes.EdgeFunctionUnfit))
		if !known.Given || !known.Is(5) || known.IsNot(5) || known.String() != "Site/Thing: Known" {
			t.Errorf("known = %+v at %s, want 5", known, known)
		}
		for _, v := range []template.Number{unknown, refused} {
			if !v.Given || v.Known() || v.V != 0 || v.Is(0) || v.IsNot(0) {
				t.Errorf("%s = %+v, want one from which nothing follows", v, v)
			}
		}
		if absent.Given || !absent.Is(3*time.Second) {
			t.Errorf("absent = %+v, want the default", absent)
		}
	})
}

// A rule's findings bear its id and kind, and each is told once.
func TestJudge(t *testing.T) {
	t.Parallel()
	log := &template.Log{}
	rules := []template.Rule[int]{{ID: causes.TLSOld, Kind: template.Hole, Level: template.Warning, Look: func(n int, r *template.Report) {
		r.Warn(template.Place{Property: "A"}, "is %d", n)
		r.Warn(template.Place{Property: "A"}, "is %d", n)
	}}}
	template.Judge(rules, 7, log)
	want := []template.Finding{{Place: template.Place{Property: "A"}, Rule: causes.TLSOld, Kind: template.Hole, Level: template.Warning, Message: "is 7"}}
	if !slices.Equal(log.Findings(), want) {
		t.Errorf("findings = %+v, want %+v", log.Findings(), want)
	}
	if got := template.Entries(rules); len(got) != 1 || got[0] != (template.Entry{ID: causes.TLSOld, Kind: template.Hole, Level: template.Warning}) {
		t.Errorf("entries = %+v", got)
	}
}

// A form with a bound counts characters, and takes as many as the bound.
func TestBounded(t *testing.T) {
	t.Parallel()
	form := template.Bounded{Regexp: regexp.MustCompile(`^é+$`), Most: 3}
	for text, want := range map[string]bool{"": false, "é": true, "ééé": true, "éééé": false, "ab": false} {
		if got := form.MatchString(text); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
}
