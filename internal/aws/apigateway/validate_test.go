package apigateway

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/streamfront/streamfront/internal/template"
)

// validated changes testdata/app so that GET /pets/{id} is open and has a validator, and POST's
// parameters and models as given.
func validated(p func(string) object, resources object, parameters, models object) {
	resources["Valid"] = object{"Type": "AWS::ApiGateway::RequestValidator", "Properties": object{
		"RestApiId": object{"Ref": api}, "ValidateRequestBody": true, "ValidateRequestParameters": "true",
	}}
	m := p(method)
	m["RequestValidatorId"], m["RequestParameters"], m["RequestModels"] = object{"Ref": "Valid"}, parameters, models
}

// model adds a model of the REST API, or of another.
func model(resources object, id, name string, schema any) {
	properties := object{"RestApiId": object{"Ref": api}, "ContentType": "application/json", "Schema": schema}
	if name != "" {
		properties["Name"] = name
	}
	resources[id] = object{"Type": "AWS::ApiGateway::Model", "Properties": properties}
}

var petSchema = object{
	"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": []any{"name"},
	"properties": object{
		"id":   object{"type": "integer"}, // not the id of a schema
		"name": object{"type": "string", "pattern": `^(?!x)\w+$`},
		"age":  object{"type": "number", "minimum": 0, "exclusiveMinimum": true},
		"tags": object{"type": "array", "uniqueItems": true, "items": object{"$ref": "#/definitions/tag"}},
	},
	"definitions": object{"tag": object{"type": "string"}},
}

// refersTo is a schema with a pet, as CDK writes the URL of a model.
func refersTo(model any) object {
	return object{"type": "object", "properties": object{"pet": object{"$ref": object{"Fn::Join": []any{"", []any{
		"https://apigateway.amazonaws.com/restapis/", object{"Ref": api}, "/models/", model,
	}}}}}}
}

// A method with a validator takes what its parameters and models say, read from a template, and
// streams or buffers what it takes.
func TestValidation(t *testing.T) {
	t.Parallel()
	const invalid = `{"message":"Invalid request body"}`
	missing := func(names string) string { return `{"message":"Missing required request parameters: [` + names + `]"}` }
	parameters := object{"method.request.querystring.q": true, "method.request.header.X-Tenant": "true", "method.request.path.id": true, "method.request.header.Host": true, "method.request.querystring.optional": false}
	tenant := map[string]string{"X-Tenant": "t"}
	pets := object{"application/json": object{"Ref": "Pet"}, "application/vnd.list+json": "List", "text/plain": "Text"}
	for name, test := range map[string]struct {
		parameters, models object
		target, body       string
		headers            map[string]string
		want               string // "": the function's
	}{
		"all are there":                  {parameters, nil, "/pets/7?q=1", "", tenant, ""},
		"none is there":                  {parameters, nil, "/pets/7", "", nil, missing("X-Tenant, q")},
		"one is blank":                   {parameters, nil, "/pets/7?q=", "", tenant, missing("q")},
		"one is of spaces":               {parameters, nil, "/pets/%20?q=1", "", tenant, missing("id")},
		"a header of nothing":            {parameters, nil, "/pets/7?q=1", "", map[string]string{"X-Tenant": ""}, missing("X-Tenant")},
		"one of two is blank":            {parameters, nil, "/pets/7?q=&q=2", "", tenant, ""},
		"of another case":                {parameters, nil, "/pets/7?Q=1", "", tenant, missing("q")},
		"parameters before the body":     {parameters, pets, "/pets/7", "{}", tenant, missing("q")},
		"a body that fits":               {nil, pets, "/pets/7", `{"name":"rex","age":0.5,"tags":["a","b"]}`, nil, ""},
		"a body with a charset":          {nil, pets, "/pets/7", `{}`, map[string]string{"Content-Type": "Application/JSON; charset=utf-8"}, invalid},
		"a body without a type":          {nil, pets, "/pets/7", `{}`, nil, invalid},
		"no body":                        {nil, pets, "/pets/7", ``, nil, invalid},
		"no body that is required":       {nil, object{"$default": "Empty"}, "/pets/7", ``, nil, ""},
		"not JSON":                       {nil, pets, "/pets/7", `{`, nil, invalid},
		"two documents":                  {nil, pets, "/pets/7", `{"name":"a"}{}`, nil, invalid},
		"a limit of draft 4":             {nil, pets, "/pets/7", `{"name":"a","age":0}`, nil, invalid},
		"an expression of JavaScript":    {nil, pets, "/pets/7", `{"name":"xa"}`, nil, invalid},
		"twice the same":                 {nil, pets, "/pets/7", `{"name":"a","tags":["b","b"]}`, nil, invalid},
		"a part of the schema":           {nil, pets, "/pets/7", `{"name":"a","tags":[1]}`, nil, invalid},
		"a number that nothing holds":    {nil, pets, "/pets/7", `{"name":"a","age":1e999999999}`, nil, invalid},
		"a type that has no model":       {nil, pets, "/pets/7", `{}`, map[string]string{"Content-Type": "application/xml"}, ""},
		"a model that refers to others":  {nil, pets, "/pets/7", `{"pet":{}}`, map[string]string{"Content-Type": "application/vnd.list+json"}, invalid},
		"a model that refers, a fit":     {nil, pets, "/pets/7", `{"pet":{"name":"a"}}`, map[string]string{"Content-Type": "application/vnd.list+json"}, ""},
		"the model for all types":        {nil, object{"$default": "Pet", "text/plain": "Text"}, "/pets/7", `{}`, map[string]string{"Content-Type": "application/xml"}, invalid},
		"a type of its own, not for all": {nil, object{"$default": "Pet", "text/plain": "Text"}, "/pets/7", `"x"`, map[string]string{"Content-Type": "text/plain"}, ""},
		"the built-in model Empty":       {nil, object{"application/json": "Empty"}, "/pets/7", `[]`, nil, invalid},
		"the built-in model Error":       {nil, object{"application/json": "Error"}, "/pets/7", `{"message":1}`, nil, invalid},
		"no models":                      {nil, nil, "/pets/7", `{`, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, m := judged(t, func(p func(string) object, r object) {
				validated(p, r, test.parameters, test.models)
				model(r, "Pet", "Pet", petSchema)
				model(r, "List", "List", refersTo(object{"Ref": "Pet"}))
				model(r, "Text", "Text", `{"type":"string"}`)
				p(method)["ResourceId"] = object{"Ref": "Apipetsid0E86E8D2"}
				p(method)["HttpMethod"] = "POST"
			})
			read := m.APIs[0]
			i := slices.IndexFunc(read.Operations, func(o *Operation) bool { return o.Key == "POST /pets/{id}" })
			o := read.Operations[i]
			if unserved := o.Unserved(); len(unserved) > 0 || o.Validator == nil {
				t.Fatalf("not served: %v", unserved)
			}
			for _, f := range found {
				if f.Kind == template.Refused {
					t.Errorf("found %s", f.String())
				}
			}
			for _, streams := range []bool{false, true} {
				a := with(REST, "POST /pets/{id}")
				served := a.Operations[0]
				served.Validator, served.Required, served.Models = o.Validator, o.Required, o.Models
				say := &said{Parts: []string{`{"statusCode":200,"body":"ok"}`}}
				if streams {
					served.Integration.Mode = template.Of("STREAM")
					say = streamed("{}" + nuls + "ok")
				}
				s := serve(t, a, nil)
				r := s.request(t, "POST", "/prod"+test.target, test.body, say)
				for name, value := range test.headers {
					r.Header.Set(name, value)
				}
				resp, body, record := s.send(t, r)
				if test.want == "" {
					want(t, resp, body, 200, "ok")
					continue
				}
				want(t, resp, body, 400, test.want)
				if resp.Header.Get("X-Amzn-Errortype") != "BadRequestException" || record.Cause() != "request-invalid" {
					t.Errorf("error type %q, cause %q", resp.Header.Get("X-Amzn-Errortype"), record.Cause())
				}
			}
		})
	}
}

// A validator looks at what it says, and at nothing else.
func TestValidatorsOfOnePart(t *testing.T) {
	t.Parallel()
	a := with(REST, "POST /pets")
	o := a.Operations[0]
	o.Required = []Parameter{{In: "querystring", Name: "q"}}
	o.Models = map[string]*Schema{"$default": {Name: "Empty", compiled: compiledBuiltIn()["Empty"], Log: &template.Log{}}}
	for name, test := range map[string]struct {
		validator                *Validator
		status, statusWithParams int
	}{
		"nothing":    {&Validator{}, 200, 200},
		"parameters": {&Validator{Parameters: template.Of(true)}, 400, 200},
		"the body":   {&Validator{Body: template.Of(true)}, 400, 400},
	} {
		test.validator.Log = &template.Log{}
		o.Validator = test.validator
		s := serve(t, a, nil)
		for target, status := range map[string]int{"/prod/pets": test.status, "/prod/pets?q=1": test.statusWithParams} {
			resp, _, _ := s.send(t, s.request(t, "POST", target, "[]", &said{Parts: []string{`{"statusCode":200}`}}))
			if resp.StatusCode != status {
				t.Errorf("%s, %s: %d, want %d", name, target, resp.StatusCode, status)
			}
		}
	}
}

// Authorization, keys and throttling come before validation, permissions after it; the API's own
// gateway responses shape the refusal.
func TestOrderOfValidation(t *testing.T) {
	t.Parallel()
	a := with(REST, "GET /pets")
	o := a.Operations[0]
	o.Validator = &Validator{Parameters: template.Of(true), Log: &template.Log{}}
	o.Required = []Parameter{{In: "querystring", Name: "q"}}
	a.grants = nil
	a.Responses["BAD_REQUEST_PARAMETERS"] = &Response{Status: template.Of("422"), Headers: map[string]string{"X-Own": "'yes'"}, Template: `{"error":$context.error.messageString}`}
	s := serve(t, a, nil)
	resp, body, _ := s.send(t, s.request(t, "GET", "/prod/pets", "", nil))
	want(t, resp, body, 422, `{"error":"Missing required request parameters: [q]"}`)
	if resp.Header.Get("X-Own") != "yes" {
		t.Errorf("headers = %v", resp.Header)
	}
	resp, body, _ = s.send(t, s.request(t, "GET", "/prod/pets?q=1", "", nil))
	want(t, resp, body, 500, internal)
	o.KeyRequired = template.Of(true)
	resp, body, _ = s.send(t, s.request(t, "GET", "/prod/pets", "", nil))
	want(t, resp, body, 403, `{"message":"Forbidden"}`)
}

// A gateway response may tell what is wrong with a body, and stays JSON whatever the body says.
func TestValidationErrorString(t *testing.T) {
	t.Parallel()
	a := with(REST, "POST /pets")
	o := a.Operations[0]
	o.Validator = &Validator{Body: template.Of(true), Log: &template.Log{}}
	o.Models = map[string]*Schema{"$default": {Name: "Error", compiled: compiledBuiltIn()["Error"], Log: &template.Log{}}}
	a.Responses["BAD_REQUEST_BODY"] = &Response{Template: `{"message":$context.error.messageString,"detail":"$context.error.validationErrorString"}`}
	s := serve(t, a, nil)
	for body, detail := range map[string]string{
		`{"message":1}`: "[at '/message': got number, want string]",
		`"`:             "[it is not JSON: unexpected end of JSON input]",
		"\"\"":          "[at '': got string, want object]",
	} {
		resp, got, _ := s.send(t, s.request(t, "POST", "/prod/pets", body, nil))
		want(t, resp, got, 400, `{"message":"Invalid request body","detail":"`+detail+`"}`)
	}
	o.Models["$default"] = &Schema{Name: "M", compiled: quoting(t), Log: &template.Log{}}
	if _, got, record := s.send(t, s.request(t, "POST", "/prod/pets", `"`+strings.Repeat("\u00e9", 1<<20)+`"`, nil)); len(got) > 1000 || !strings.Contains(got, "...]") || !utf8.ValidString(got) {
		t.Errorf("answer of %d bytes, cause %q", len(got), record.Cause())
	}
	f := &refusal{message: "m", validation: `a "b" \ ` + "\n"}
	if got := fill(`{"detail":"$context.error.validationErrorString"}`, f, ""); got != `{"detail":"[a \"b\" \\ \n]"}` {
		t.Errorf("filled: %s", got)
	}
}

// quoting is a schema whose errors quote the body.
func quoting(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := newCompiler()
	if err := c.AddResource("model:M", object{"pattern": "^x"}); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("model:M")
}

// An expression that a body makes slow ends, and does not match.
func TestSlowExpressions(t *testing.T) {
	t.Parallel()
	e, err := newExpression(`^(a+)+$`)
	if err != nil {
		t.Fatal(err)
	}
	if e.MatchString(strings.Repeat("a", 60) + "b") {
		t.Error("it matches")
	}
}

// What AWS refuses of validators and models is found, each once and at its place.
func TestRefusedValidation(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(p func(string) object, r object)
		kind   template.Kind
		want   string
	}{
		"a model that is not there":   {func(p func(string) object, r object) { validated(p, r, nil, object{"application/json": "Nope"}) }, template.Refused, method + `: RequestModels.application/json is "Nope", and the API has no model of this name: it has Empty, Error`},
		"a name of a parameter":       {func(p func(string) object, r object) { validated(p, r, object{"request.query.q": true}, nil) }, template.Refused, method + ": RequestParameters.request.query.q is not a parameter of a request"},
		"a parameter of another path": {func(p func(string) object, r object) { validated(p, r, object{"method.request.path.id": true}, nil) }, template.Hole, method + ": RequestParameters.method.request.path.id is true, and the path /pets has no {id}"},
		"a validator of another API": {func(p func(string) object, r object) {
			validated(p, r, nil, nil)
			p("Valid")["RestApiId"] = object{"Ref": "LR27FA5394"}
		}, template.Refused, method + ": RequestValidatorId is App/Valid, which is a validator of another API"},
		"a schema that is not JSON":    {func(_ func(string) object, r object) { model(r, "M", "M", "{") }, template.Refused, "M: Schema is not JSON"},
		"a schema that is no object":   {func(_ func(string) object, r object) { model(r, "M", "M", "[]") }, template.Refused, "M: Schema is not an object"},
		"a schema that is no schema":   {func(_ func(string) object, r object) { model(r, "M", "M", object{"type": "text"}) }, template.Refused, "M: Schema is not a JSON schema"},
		"a schema of draft 6":          {func(_ func(string) object, r object) { model(r, "M", "M", object{"exclusiveMinimum": 1}) }, template.Refused, "M: Schema is not a JSON schema"},
		"a reference to another place": {func(_ func(string) object, r object) { model(r, "M", "M", object{"$ref": "file:///etc/passwd"}) }, template.Refused, "M: Schema refers to file:///etc/passwd: API Gateway takes #/"},
		"a reference to the other model": {func(_ func(string) object, r object) {
			model(r, "M", "M", object{"items": []any{object{"$ref": "Empty"}}})
		}, template.Refused, "M: Schema refers to Empty: API Gateway takes #/"},
		"a reference to no model": {func(_ func(string) object, r object) { model(r, "M", "M", refersTo("Nope")) }, template.Refused, "M: Schema refers to the model Nope, which the API does not have"},
		"a name with a hyphen":    {func(_ func(string) object, r object) { model(r, "M", "a-b", object{}) }, template.Refused, `M: Name is "a-b"`},
		"a validator that is not a truth": {func(p func(string) object, r object) {
			validated(p, r, nil, nil)
			p("Valid")["ValidateRequestBody"] = "maybe"
		}, template.Refused, "Valid: ValidateRequestBody is maybe"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, _ := judged(t, test.change)
			if len(found) != 1 || found[0].Kind != test.kind || !strings.HasPrefix(found[0].String(), "App/"+test.want) {
				t.Fatalf("found %v, want one: %s", found, test.want)
			}
		})
	}
}

// What is not known of a validation is not let through; without a validator it does not matter.
func TestUnknownValidation(t *testing.T) {
	t.Parallel()
	unknown := object{"Fn::GetAtt": []any{"Custom", "Value"}}
	for name, change := range map[string]func(p func(string) object, r object){
		"a parameter": func(p func(string) object, r object) {
			validated(p, r, object{"method.request.querystring.q": unknown}, nil)
		},
		"a model": func(p func(string) object, r object) { validated(p, r, nil, object{"application/json": unknown}) },
		"a schema": func(p func(string) object, r object) {
			validated(p, r, nil, object{"application/json": "M"})
			model(r, "M", "M", object{"title": unknown})
		},
		"a schema that another refers to": func(p func(string) object, r object) {
			validated(p, r, nil, object{"application/json": "N"})
			model(r, "M", "M", object{"title": unknown})
			model(r, "N", "N", refersTo("M"))
		},
		"an expression of Java": func(p func(string) object, r object) {
			validated(p, r, nil, object{"application/json": "M"})
			model(r, "M", "M", object{"pattern": `a++`})
		},
		"a schema that is for XML": func(p func(string) object, r object) {
			validated(p, r, nil, object{"application/xml": "M"})
			model(r, "M", "M", "<schema/>")
			p("M")["ContentType"] = "application/xml"
		},
		"what is validated": func(p func(string) object, r object) {
			validated(p, r, nil, nil)
			p("Valid")["ValidateRequestBody"] = unknown
		},
		"the validator": func(p func(string) object, r object) {
			validated(p, r, nil, nil)
			p(method)["RequestValidatorId"] = unknown
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, validator := range []bool{true, false} {
				found, m := judged(t, func(p func(string) object, r object) {
					r["Custom"] = object{"Type": "Custom::Value", "Properties": object{}}
					change(p, r)
					if !validator {
						delete(p(method), "RequestValidatorId")
					}
				})
				for _, f := range found {
					if f.Kind == template.Refused {
						t.Errorf("found %s", f.String())
					}
				}
				i := slices.IndexFunc(m.APIs[0].Operations, func(o *Operation) bool { return o.Key == "GET /pets" })
				if unserved := m.APIs[0].Operations[i].Unserved(); (len(unserved) > 0) != validator {
					t.Errorf("with a validator %v: %v", validator, unserved)
				}
			}
		})
	}
}

// The chain loads no schema from anywhere.
func TestSchemasAreLoadedFromNowhere(t *testing.T) {
	t.Parallel()
	if _, err := (nowhere{}).Load("https://example.com/schema"); err == nil {
		t.Error("it was loaded")
	}
	c := newCompiler()
	if err := c.AddResource("model:M", object{"$ref": "file:///etc/hostname"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Compile("model:M"); err == nil || !strings.Contains(err.Error(), "is not a model of the API") {
		t.Errorf("compiled with %v", err)
	}
}
