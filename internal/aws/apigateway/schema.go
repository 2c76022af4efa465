package apigateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// A Schema is a model of a REST API: the JSON schema of a body.
type Schema struct {
	template.Place

	Name        string
	ContentType template.Text

	document any // the schema as JSON; nil: not known
	compiled *jsonschema.Schema

	Log *template.Log // what was found in it
}

// The names of the models that every REST API has.
//
// Source: AWS CDK API Reference, "EmptyModel" and "ErrorModel"; their schemas are those that the
// API Gateway console shows (field report).
var builtIn = map[string]map[string]any{
	"Empty": {"title": "Empty Schema", "type": "object"},
	"Error": {"title": "Error Schema", "type": "object", "properties": map[string]any{"message": map[string]any{"type": "string"}}},
}

// compiledBuiltIn has the built-in models ready to validate.
var compiledBuiltIn = sync.OnceValue(func() map[string]*jsonschema.Schema {
	all := map[string]*jsonschema.Schema{}
	c := newCompiler()
	for name, document := range builtIn {
		if err := c.AddResource("model:"+name, document); err != nil {
			panic(err) // it is written above
		}
		all[name] = c.MustCompile("model:" + name)
	}
	return all
})

func newCompiler() *jsonschema.Compiler {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	c.UseLoader(nowhere{})
	return c
}

// modelName is the form of the name of a model.
//
// Source: Amazon API Gateway API Reference, "CreateModel". Documented.
var modelName = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// readSchemas reads the models of REST APIs.
func (r *reading) readSchemas() {
	for _, api := range r.apis {
		for name, document := range builtIn {
			api.Schemas[name] = &Schema{Place: api.Place, Name: name, document: document, compiled: compiledBuiltIn()[name], Log: &template.Log{}}
		}
	}
	r.parts("AWS::ApiGateway::Model", "RestApiId", REST, func(api *API, res *assembly.Resource, of *template.Reader) {
		s := &Schema{Place: template.Place{Resource: res}, Log: &template.Log{}}
		of.Into(s.Log)
		of.Skip("Description")
		s.ContentType = of.Text("ContentType", template.Spare, template.Default("application/json"))
		of.Text("Name", template.Spare, template.Matching(modelName, "letters and digits"))
		s.read(of.Raw("Schema", template.Spare))
		if name, err := res.Attribute(""); err == nil {
			s.Name = name
			api.Schemas[name] = s
		}
	})
	for _, api := range r.apis {
		api.compileSchemas()
	}
}

// read reads the schema, which may be JSON or a text of JSON.
func (s *Schema) read(raw template.Raw) {
	if !raw.Given {
		return
	}
	document, err := raw.V, raw.Why
	if err == nil {
		document, err = s.Resource.Stack.Resolve(document)
	}
	if err != nil {
		s.Log.Unmodelled(raw.Place, "is not known before the deployment: %v", err)
		return
	}
	text, ok := document.(string)
	content := []byte(text)
	if !ok {
		if content, err = json.Marshal(document); err != nil {
			s.Log.Unmodelled(raw.Place, "cannot be read: %v", err)
			return
		}
	}
	if s.document, err = decodeJSON(content); err != nil {
		s.refuse(raw.Place, "is not JSON: %v", err)
		return
	}
	if _, ok := s.document.(map[string]any); !ok {
		s.refuse(raw.Place, "is not an object, as a JSON schema is")
		s.document = nil
	}
}

// decodeJSON decodes JSON. A number that no float64 holds is an error, since the arithmetic of
// schemas would need memory for all of its digits.
func decodeJSON(text []byte) (document any, err error) {
	err = json.Unmarshal(text, &document)
	return document, err
}

// modelURL is what the URLs of models begin with, for an API.
//
// Source: Amazon API Gateway Developer Guide, "Data models for REST APIs". Documented.
func (a *API) modelURL() string {
	return "https://apigateway.amazonaws.com/restapis/" + a.ID + "/models/"
}

// compileSchemas makes validators of the API's models.
func (a *API) compileSchemas() {
	names := slices.Sorted(maps.Keys(a.Schemas))
	for _, name := range names {
		s := a.Schemas[name]
		if s.document == nil || s.compiled != nil {
			continue
		}
		if wrong := a.foreign(s.document); wrong != "" {
			s.refuse(s.At("Schema"), "%s", wrong)
			continue
		}
		bad := ""
		c := newCompiler()
		c.UseRegexpEngine(func(text string) (jsonschema.Regexp, error) {
			e, err := newExpression(text)
			if err != nil {
				bad = fmt.Sprintf("has the expression %q, which the local chain cannot read: %v", text, err)
			}
			return e, nil
		})
		for _, other := range names {
			if document := a.Schemas[other].document; document != nil {
				_ = c.AddResource(a.modelURL()+other, document) // fails below, of the model that has it
			}
		}
		var err error
		s.compiled, err = c.Compile(a.modelURL() + name)
		var invalid *jsonschema.SchemaValidationError
		switch {
		case bad != "":
			s.Log.Unmodelled(s.At("Schema"), "%s", bad)
		case errors.As(err, &invalid):
			s.refuse(s.At("Schema"), "is not a JSON schema: %s", brief(invalid.Err))
		case err != nil:
			s.Log.Unmodelled(s.At("Schema"), "is a schema that the local chain cannot read: %v", err)
		}
	}
}

// refuse finds a schema that AWS refuses. Of a model that is not for JSON it asks no JSON schema,
// and what such a model does to a body is not known.
//
// Source: Amazon API Gateway API Reference, "CreateModel". Documented.
func (s *Schema) refuse(at template.Place, format string, args ...any) {
	if t := strings.ToLower(s.ContentType.V); !s.ContentType.Known() || !strings.HasPrefix(t, "application/json") && !strings.HasSuffix(t, "+json") {
		s.Log.Unmodelled(at, "%s, and its ContentType is not JSON", fmt.Sprintf(format, args...))
		return
	}
	s.Log.Add(template.Finding{Place: at, Rule: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Message: fmt.Sprintf(format, args...)})
}

// foreign says what is wrong with the references of a schema: they name a part of it, or a
// model of the same API.
//
// Sources: Amazon API Gateway Developer Guide, "Data models for REST APIs". That the deployment
// fails is a field report (Dropsource/serverless-todo-api-example-complete#3).
func (a *API) foreign(document any) (wrong string) {
	switch v := document.(type) {
	case []any:
		for _, item := range v {
			if wrong == "" {
				wrong = a.foreign(item)
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			ref, isText := v[key].(string)
			switch {
			case wrong != "":
			case key != "$ref" || !isText:
				wrong = a.foreign(v[key])
			case strings.HasPrefix(ref, "#"):
			default:
				name, ok := strings.CutPrefix(ref, a.modelURL())
				name, _, _ = strings.Cut(name, "#")
				if !ok {
					wrong = fmt.Sprintf("refers to %s: API Gateway takes #/... and %s with the name of a model of the same API", ref, a.modelURL())
				} else if a.Schemas[name] == nil {
					wrong = fmt.Sprintf("refers to the model %s, which the API does not have", name)
				}
			}
		}
	}
	return wrong
}

// nowhere is where the schemas are that are not models of the API.
type nowhere struct{}

func (nowhere) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s is not a model of the API", url)
}

// maxMatch bounds a regular expression of a schema, which a body may make slow.
const maxMatch = time.Second

// An expression is a regular expression of a schema, in the language of JavaScript, as JSON
// schemas have it.
type expression struct {
	text string
	*regexp2.Regexp
}

func newExpression(text string) (*expression, error) {
	compiled, err := regexp2.Compile(text, regexp2.ECMAScript)
	if err != nil {
		return &expression{text: text}, err
	}
	compiled.MatchTimeout = maxMatch
	return &expression{text, compiled}, nil
}

func (e *expression) String() string { return e.text }

// MatchString reports whether the expression matches; one that takes too long does not.
func (e *expression) MatchString(text string) bool {
	if e.Regexp == nil {
		return false
	}
	matches, err := e.Regexp.MatchString(text)
	return matches && err == nil
}

// How many of the things that are wrong with a document are told, and in how many bytes: they may
// quote the document.
const (
	maxTold = 3
	maxLine = 200
)

// brief is what is wrong with a document, in one line.
func brief(err error) string {
	lines := strings.Split(err.Error(), "\n")
	if len(lines) > 1 { // the first names the schema
		lines = lines[1:]
	}
	var told []string
	for _, line := range lines[:min(len(lines), maxTold)] {
		line = strings.TrimPrefix(strings.TrimSpace(line), "- ")
		if len(line) > maxLine {
			line = strings.ToValidUTF8(line[:maxLine], "") + "..."
		}
		told = append(told, line)
	}
	return strings.Join(told, "; ")
}
