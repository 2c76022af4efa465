package apigateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

// readApp reads testdata/app.
func readApp(t *testing.T) *Model {
	t.Helper()
	a, err := assembly.Load("testdata/app")
	if err != nil {
		t.Fatal(err)
	}
	return Read(a, lambda.NewDefinitions(a))
}

// What CDK writes is read: every operation with its path, authorizer and function, and what is
// not modelled of it.
func TestReadApp(t *testing.T) {
	t.Parallel()
	m := readApp(t)
	var got []string
	for _, a := range m.APIs {
		for _, o := range a.Operations {
			line := fmt.Sprintf("%s %s: %s %s", a.Kind, a.Resource.LogicalID, o.Key, o.Authorization.V)
			if o.Authorizer != nil {
				line += " " + o.Authorizer.Type.V
			}
			if o.KeyRequired.V {
				line += " key"
			}
			if len(o.Scopes.Items) > 0 {
				line += " " + strings.Join(o.Scopes.Strings(), ",")
			}
			switch i := o.Integration; {
			case i == nil:
				line += " -> nothing"
			case i.Mock != nil:
				line += fmt.Sprintf(" -> mock %d", i.Mock.Status)
			case i.Function != nil:
				line += " -> " + i.Function.Name
			}
			if n := len(o.Unserved()); n > 0 {
				line += fmt.Sprintf(", %d not modelled", n)
			}
			got = append(got, line)
		}
	}
	slices.Sort(got)
	const fn = "App/Fn9270CBC0"
	want := []string{
		"http api Http36EFD62B: ANY /{proxy+} JWT JWT -> " + fn,
		"http api Http36EFD62B: GET /iam AWS_IAM -> " + fn,
		"http api Http36EFD62B: GET /lam CUSTOM REQUEST -> " + fn,
		"http api Http36EFD62B: GET /pets/{id} JWT JWT x -> " + fn,
		"rest api ApiF70053CD: DELETE /pets/{id} CUSTOM TOKEN -> " + fn,
		"rest api ApiF70053CD: GET /keyed NONE key -> " + fn,
		"rest api ApiF70053CD: GET /mock NONE -> mock 200",
		"rest api ApiF70053CD: GET /pets NONE -> " + fn,
		"rest api ApiF70053CD: GET /pets/{id} COGNITO_USER_POOLS COGNITO_USER_POOLS -> " + fn,
		"rest api ApiF70053CD: OPTIONS / NONE -> mock 204",
		"rest api ApiF70053CD: OPTIONS /keyed NONE -> mock 204",
		"rest api ApiF70053CD: OPTIONS /mock NONE -> mock 204",
		"rest api ApiF70053CD: OPTIONS /pets NONE -> mock 204",
		"rest api ApiF70053CD: OPTIONS /pets/{id} NONE -> mock 204",
		"rest api ApiF70053CD: PATCH /pets/{id} AWS_IAM -> " + fn,
		"rest api ApiF70053CD: PUT /pets/{id} COGNITO_USER_POOLS COGNITO_USER_POOLS a/b -> " + fn,
		"rest api LR27FA5394: ANY / NONE -> " + fn,
		"rest api LR27FA5394: ANY /{proxy+} NONE -> " + fn,
		"rest api LR27FA5394: OPTIONS / NONE -> mock 204",
		"rest api LR27FA5394: OPTIONS /{proxy+} NONE -> mock 204",
	}
	if !slices.Equal(got, want) {
		t.Errorf("operations =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	log := &template.Log{}
	m.Judge(log)
	if found := log.Findings(); len(found) > 0 {
		t.Errorf("%d findings, want none: %s", len(found), found[0].String())
	}
}

// Doors have their names, stages and paths; custom domain names come first.
func TestDoors(t *testing.T) {
	t.Parallel()
	var got []string
	for _, d := range readApp(t).Doors() {
		got = append(got, fmt.Sprintf("%s %s%s %s", d.Kind(), d.Domains()[0], d.Path(), strings.Join(d.Notes(), "; ")))
	}
	key := "API Gateway makes the value of the API key App/ApiKey679C99C7; here it is "
	for i, want := range []string{"custom domain api.example.com/v1 ", "custom domain http.example.com/k ", "rest api ", "rest api ", "http api "} {
		if i >= len(got) || !strings.HasPrefix(got[i], want) {
			t.Fatalf("doors = %s", strings.Join(got, "\n"))
		}
	}
	if len(got) != 5 || !strings.Contains(got[2], ".execute-api.us-east-1.amazonaws.com/prod App/ApiF70053CD: "+key) || strings.Contains(got[4], "/prod") {
		t.Errorf("doors = %s", strings.Join(got, "\n"))
	}
}

// A name of one's own leads to the stage of the longest path that fits.
func TestMappings(t *testing.T) {
	t.Parallel()
	one, other := &API{ID: "one"}, &API{ID: "other"}
	d := &Domain{Mappings: []*Mapping{{API: one}, {Path: "/v1", API: other}, {Path: "/v1/x", API: one}}}
	for path, want := range map[string]string{"/": "one /", "/v1": "other /", "/v1/": "other /", "/v1/y": "other /y", "/v12": "one /v12", "/v1/x/y": "one /y"} {
		m, rest := d.find(path)
		if got := m.API.ID + " " + rest; got != want {
			t.Errorf("%s leads to %s, want %s", path, got, want)
		}
	}
	d.Mappings = d.Mappings[1:]
	if m, _ := d.find("/v2"); m != nil {
		t.Errorf("/v2 leads to %v", m)
	}
}

// The methods of the REST API are permitted as CDK writes it, for the API's own stage alone.
func TestGrantsOfApp(t *testing.T) {
	t.Parallel()
	for _, a := range readApp(t).APIs {
		for _, o := range a.Operations {
			if !o.invokes() {
				continue
			}
			method := o.verbs()[0]
			if !o.allowed(a.Stages[0].Name.V, method, "/pets/7") && !o.allowed(a.Stages[0].Name.V, method, o.Path) {
				t.Errorf("%s is not permitted", o.Key)
			}
			if a.Kind == REST && o.allowed("other", method, o.Path) {
				t.Errorf("%s is permitted for another stage", o.Key)
			}
		}
	}
}
