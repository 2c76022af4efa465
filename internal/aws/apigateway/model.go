// Package apigateway serves REST APIs and HTTP APIs of Amazon API Gateway. It finds the stage and
// the method, checks keys, tokens and signatures, applies rate limits, turns the request into an
// event of payload format 1.0 or 2.0, and streams the function's answer or waits for all of it.
//
// REST APIs and HTTP APIs are one type [API], since they have the same parts under two sets of
// names; [Kind] says where they differ. An API that invokes no function is not read. If something
// of a method is not modelled, its path is answered with 501, so that nothing passes unchecked.
package apigateway

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/cors"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/template"
)

// A Kind is what an API is.
type Kind string

// The kinds of APIs.
const (
	REST Kind = "rest api"
	HTTP Kind = "http api"
)

// An API is a REST API or an HTTP API.
type API struct {
	template.Place

	Kind     Kind
	ID       string
	Region   string
	Account  string
	Disabled template.Bool // its own name is

	Operations []*Operation
	Stages     []*Stage
	Notes      []string

	// Of REST APIs.
	Types      template.Texts // EDGE, REGIONAL or PRIVATE
	Binary     template.Texts // media types
	KeySource  template.Text
	Responses  map[string]*Response // to what the API refuses, by type
	Schemas    map[string]*Schema   // its models, by name
	Validators []*Validator

	// Of HTTP APIs.
	CORS cors.Settings

	Log      *template.Log // what was found in it
	grants   []*lambda.Permission
	plans    []*Plan
	imported bool // from OpenAPI or another API, which is not read
}

// Domain is the API's own host name.
func (a *API) Domain() string { return a.ID + ".execute-api." + a.Region + ".amazonaws.com" }

// arn is the API's own, as for execute-api.
func (a *API) arn() string { return "arn:aws:execute-api:" + a.Region + ":" + a.Account + ":" + a.ID }

// Edge reports whether a REST API is reached through CloudFront, as it is where nothing says
// otherwise.
func (a *API) Edge() bool {
	return a.Kind == REST && (len(a.Types.Items) == 0 || a.Types.Has("EDGE"))
}

// An Operation is what an API does for one method and path: a method of a REST API or a route
// of an HTTP API.
type Operation struct {
	template.Place

	API    *API
	Method string // "ANY": all that have no operation of their own
	Path   string // such as /pets/{id} or /{proxy+}; "" for the route $default
	Key    string // the route's, such as "GET /pets/{id}"

	Authorization template.Text
	Authorizer    *Authorizer // nil: none
	Scopes        template.Texts
	KeyRequired   template.Bool
	Integration   *Integration // nil: none, or not of this assembly

	// Of methods of REST APIs.
	Validator *Validator // nil: none
	Required  []Parameter
	Models    map[string]*Schema // of bodies, by content type in small letters

	Log *template.Log // what was found in it
}

// Unserved are the findings about what of the operation is not modelled.
func (o *Operation) Unserved() []template.Finding {
	all := &template.Log{}
	all.Take(o.Log, template.Unmodelled)
	if o.Authorizer != nil {
		all.Take(o.Authorizer.Log, template.Unmodelled)
		if f := o.Authorizer.Function; f != nil && f.Definition != nil {
			all.Take(f.Definition.Log, template.Unmodelled)
		}
	}
	o.takeUnserved(all)
	if i := o.Integration; i != nil {
		all.Take(i.Log, template.Unmodelled)
		if i.Function != nil {
			all.Take(i.Function.Log, template.Unmodelled)
		}
	}
	return all.Findings()
}

// invokes reports whether the operation invokes a function of the assembly.
func (o *Operation) invokes() bool { return o.Integration != nil && o.Integration.Function != nil }

// A Stage is a stage of an API.
type Stage struct {
	template.Place

	Name      template.Text
	Settings  []*Setting
	Variables map[string]string
	Deployed  bool // there is a deployment that it serves

	CacheCluster template.Bool
}

// Model is what an assembly says of APIs.
type Model struct {
	APIs    []*API // those that invoke functions
	Domains []*Domain

	log *template.Log
}

// Read reads the APIs of the assembly that invoke functions.
func Read(a *assembly.Assembly, functions *lambda.Definitions) *Model {
	m := &Model{log: &template.Log{}}
	r := &reading{assembly: a, functions: functions, log: m.log, apis: map[string]*API{}}
	r.readREST()
	r.readHTTP()
	r.readGrants()
	for _, id := range r.order {
		if api := r.apis[id]; slices.ContainsFunc(api.Operations, (*Operation).invokes) {
			api.order()
			m.APIs = append(m.APIs, api)
			r.noteACL(api)
		}
	}
	m.Domains = r.readDomains(m.APIs)
	return m
}

// reading is what the reading of one assembly goes by.
type reading struct {
	assembly  *assembly.Assembly
	functions *lambda.Definitions
	log       *template.Log
	apis      map[string]*API // by id
	order     []string        // of the ids
}

func (r *reading) each(typ string) []*assembly.Resource { return template.Each(r.assembly, typ, r.log) }

// add adds an API, whose id is what refers to it.
func (r *reading) add(res *assembly.Resource, kind Kind) *API {
	id, err := res.Attribute("")
	if err != nil {
		return nil
	}
	api := &API{
		Place: template.Place{Resource: res}, Kind: kind, ID: id, Region: res.Stack.Region, Account: res.Stack.Account,
		Responses: map[string]*Response{}, Schemas: map[string]*Schema{}, Log: &template.Log{},
	}
	r.apis[id] = api
	r.order = append(r.order, id)
	return api
}

// parts calls take for each resource of a type that is a part of an API which is read. The
// reading goes to the log that take returns, before it reads more.
func (r *reading) parts(typ, property string, kind Kind, take func(api *API, res *assembly.Resource, of *template.Reader)) {
	for _, res := range r.each(typ) {
		var api *API
		template.Read(res, &template.Log{}, func(of *template.Reader) {
			api = r.apis[of.Text(property).V]
			of.SkipAll()
		})
		if api == nil || api.Kind != kind {
			continue
		}
		template.Read(res, api.Log, func(of *template.Reader) {
			of.Skip(property)
			take(api, res, of)
		})
	}
}

// noteACL notes that a web ACL stands before an API, which is not evaluated here.
func (r *reading) noteACL(api *API) {
	for _, res := range r.each("AWS::WAFv2::WebACLAssociation") {
		template.Read(res, &template.Log{}, func(of *template.Reader) {
			if arn := of.Text("ResourceArn"); strings.Contains(arn.V, "/"+api.ID+"/") {
				api.Notes = append(api.Notes, "its web ACL is not evaluated here")
			}
			of.SkipAll()
		})
	}
}

// order puts stages in the order of their names, but $default first.
func (a *API) order() {
	slices.SortStableFunc(a.Stages, func(x, y *Stage) int { return strings.Compare(x.Name.V, y.Name.V) })
}

// Doors are the front doors: custom domain names first, then the APIs whose own name is on.
func (m *Model) Doors() []door.Door {
	var doors []door.Door
	for _, d := range m.Domains {
		doors = append(doors, &domainDoor{d})
	}
	for _, a := range m.APIs {
		if !a.Disabled.Is(true) {
			doors = append(doors, &apiDoor{a})
		}
	}
	return doors
}
