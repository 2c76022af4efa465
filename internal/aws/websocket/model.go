// Package websocket serves WebSocket APIs of Amazon API Gateway, by their own names and by custom
// domain names. It calls a Lambda authorizer or looks at a signature when a client connects,
// selects a route for each message, invokes the function of the route with an event, or its mock,
// and accepts what functions post to connections through the management API.
//
// An API that invokes no function is not read. If something of a route is not modelled, the
// messages that select it are refused; if it is $connect, connections are.
package websocket

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/authorizer"
	"github.com/streamfront/streamfront/internal/aws/throttle"
	"github.com/streamfront/streamfront/internal/template"
)

// service is the principal that API Gateway invokes functions as.
const service = authorizer.Service

// The routes that every API may have.
const (
	connectKey    = "$connect"
	disconnectKey = "$disconnect"
	defaultKey    = "$default"
)

// An API is a WebSocket API.
type API struct {
	template.Place

	ID        string
	Region    string
	Account   string
	Selection template.Text // RouteSelectionExpression
	Disabled  template.Bool // its own name is
	Routes    []*Route
	Stages    []*Stage

	Log         *template.Log // what was found in it
	permissions []*lambda.Permission
}

// Domain is the API's own host name.
func (a *API) Domain() string { return a.ID + ".execute-api." + a.Region + ".amazonaws.com" }

// arn is the API's own, as for execute-api.
func (a *API) arn() string { return "arn:aws:execute-api:" + a.Region + ":" + a.Account + ":" + a.ID }

// route returns the route of a key; nil if the API has none.
func (a *API) route(key string) *Route {
	for _, r := range a.Routes {
		if r.Key.V == key {
			return r
		}
	}
	return nil
}

// stage returns a stage that is deployed; nil if there is none of the name.
func (a *API) stage(name string) *Stage {
	for _, s := range a.Stages {
		if s.Name.V == name && s.Deployed {
			return s
		}
	}
	return nil
}

// A Route is one of an API's.
type Route struct {
	template.Place

	API           *API
	Key           template.Text
	Authorization template.Text
	Authorizer    *Authorizer // nil: none
	Replies       bool        // what the function returns goes to the client
	Integration   *Integration

	Log *template.Log // what was found in it
}

// Unserved are the findings about what of the route is not modelled.
func (r *Route) Unserved() []template.Finding {
	all := &template.Log{}
	all.Take(r.Log, template.Unmodelled)
	if a := r.Authorizer; a != nil {
		all.Take(a.Log, template.Unmodelled)
		if f := a.Function.Definition; f != nil {
			all.Take(f.Log, template.Unmodelled)
		}
	}
	if i := r.Integration; i != nil {
		all.Take(i.Log, template.Unmodelled)
		if i.Function != nil {
			all.Take(i.Function.Log, template.Unmodelled)
		}
	}
	return all.Findings()
}

// invokes reports whether the route invokes a function of the assembly.
func (r *Route) invokes() bool { return r.Integration != nil && r.Integration.Function != nil }

// An Integration is what a route does with a message.
type Integration struct {
	template.Place

	Type        template.Text
	URI         template.Text
	Timeout     template.Number
	Credentials template.Text      // of the role that invokes, in place of a permission
	ARN         string             // of the function, with the alias if it names one
	Function    *lambda.Definition // nil: not of this assembly
	Mock        *Mock              // that answers in its place; nil: none

	Log *template.Log // what was found in it
}

func (i *Integration) wait() time.Duration { return time.Duration(i.Timeout.V) * time.Millisecond }

// A Stage is a stage of an API.
type Stage struct {
	template.Place

	Name      template.Text
	Deployed  bool
	Variables map[string]string
	Limits    throttle.Limits            // of all routes
	Own       map[string]throttle.Limits // of some, by their keys
}

// limits are those of a route.
func (s *Stage) limits(key string) throttle.Limits {
	if own, ok := s.Own[key]; ok {
		return own
	}
	return s.Limits
}

// Model is what an assembly says of WebSocket APIs.
type Model struct {
	APIs    []*API // those that invoke functions
	Domains []*Domain
}

// reading is what the reading of one assembly goes by.
type reading struct {
	assembly  *assembly.Assembly
	functions *lambda.Definitions
	log       *template.Log
	apis      map[string]*API // by id
}

// Read reads the WebSocket APIs of the assembly that invoke functions.
func Read(a *assembly.Assembly, functions *lambda.Definitions) *Model {
	r := &reading{assembly: a, functions: functions, log: &template.Log{}, apis: map[string]*API{}}
	m := &Model{}
	permissions := lambda.Permissions(a, service)
	var all []*API
	for _, res := range r.each("AWS::ApiGatewayV2::Api") {
		if api := readAPI(res); api != nil {
			api.permissions = permissions
			r.apis[api.ID] = api
			all = append(all, api)
		}
	}
	if len(all) == 0 {
		return m
	}
	authorizers := map[string]*Authorizer{}
	r.parts("AWS::ApiGatewayV2::Authorizer", func(_ *API, res *assembly.Resource, of *template.Reader) {
		if id, err := res.Attribute(""); err == nil {
			authorizers[id] = r.readAuthorizer(res, of)
		}
	})
	integrations := map[string]*Integration{}
	r.parts("AWS::ApiGatewayV2::Integration", func(_ *API, res *assembly.Resource, of *template.Reader) {
		if id, err := res.Attribute(""); err == nil {
			integrations[id] = r.readIntegration(res, of)
		}
	})
	r.readIntegrationResponses(integrations)
	r.parts("AWS::ApiGatewayV2::Route", func(api *API, res *assembly.Resource, of *template.Reader) {
		api.Routes = append(api.Routes, readRoute(api, res, of, integrations, authorizers))
	})
	r.parts("AWS::ApiGatewayV2::RouteResponse", func(api *API, _ *assembly.Resource, of *template.Reader) {
		id := of.Text("RouteId", template.Quiet).V
		of.SkipAll()
		for _, route := range api.Routes {
			if own, err := route.Resource.Attribute(""); err == nil && own == id {
				route.Replies = true
			}
		}
	})
	r.readStages()
	for _, api := range all {
		for _, route := range api.Routes {
			route.speechless()
		}
		if slices.ContainsFunc(api.Routes, (*Route).invokes) {
			slices.SortFunc(api.Routes, func(x, y *Route) int { return strings.Compare(x.Key.V, y.Key.V) })
			slices.SortFunc(api.Stages, func(x, y *Stage) int { return strings.Compare(x.Name.V, y.Name.V) })
			m.APIs = append(m.APIs, api)
		}
	}
	m.Domains = r.readDomains(m.APIs)
	return m
}

func (r *reading) each(typ string) []*assembly.Resource { return template.Each(r.assembly, typ, r.log) }

// parts calls take for each resource of a type that is a part of an API.
func (r *reading) parts(typ string, take func(api *API, res *assembly.Resource, of *template.Reader)) {
	for _, res := range r.each(typ) {
		var api *API
		template.Read(res, &template.Log{}, func(of *template.Reader) {
			api = r.apis[of.Text("ApiId").V]
			of.SkipAll()
		})
		if api == nil {
			continue
		}
		template.Read(res, api.Log, func(of *template.Reader) {
			of.Skip("ApiId")
			take(api, res, of)
		})
	}
}

// readAPI returns nil for an HTTP API.
func readAPI(res *assembly.Resource) *API {
	id, err := res.Attribute("")
	if err != nil {
		return nil
	}
	api := &API{Place: template.Place{Resource: res}, ID: id, Region: res.Stack.Region, Account: res.Stack.Account, Log: &template.Log{}}
	mine := false
	template.Read(res, api.Log, func(of *template.Reader) {
		if mine = of.Text("ProtocolType", template.Spare).Is("WEBSOCKET"); !mine {
			of.SkipAll()
			return
		}
		of.Skip("Name", "Description", "Tags", "Version", "ApiKeySelectionExpression", "DisableSchemaValidation", "FailOnWarnings", "IpAddressType")
		api.Selection = of.Text("RouteSelectionExpression", template.Required)
		if api.Selection.Known() && api.Selection.V != "" && !selection.MatchString(api.Selection.V) {
			of.Unmodelled("RouteSelectionExpression", "is %s: the local chain models $request.body.PROPERTY, and texts with ${request.body.PROPERTY} in them", api.Selection.V)
		}
		api.Disabled = of.Bool("DisableExecuteApiEndpoint")
		for _, name := range []string{"Body", "BodyS3Location", "Target", "RouteKey", "CredentialsArn"} { // what is not in resources of its own
			of.Raw(name, template.Unserved, template.Quiet)
		}
	})
	if !mine {
		return nil
	}
	return api
}

func (r *reading) readIntegration(res *assembly.Resource, of *template.Reader) *Integration {
	i := &Integration{Place: template.Place{Resource: res}, Log: &template.Log{}}
	of.Into(i.Log)
	i.Type = of.Text("IntegrationType", template.Required, template.OneOf("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"), template.Models("AWS_PROXY", "MOCK"))
	i.URI = of.Text("IntegrationUri", template.Quiet)
	i.Timeout = of.Number("TimeoutInMillis", template.Default(maxTimeout), template.Between(minTimeout, maxTimeout))
	i.Credentials = of.Text("CredentialsArn", template.Quiet)
	of.Skip("Description", "IntegrationMethod", "PassthroughBehavior", "ConnectionType", "PayloadFormatVersion", "TemplateSelectionExpression")
	if i.Type.Is("MOCK") {
		i.Mock = readMock(of)
		return i
	}
	if !i.Type.Is("AWS_PROXY") {
		of.SkipAll()
		return i
	}
	for _, name := range []string{"ContentHandlingStrategy", "RequestParameters", "RequestTemplates", "ConnectionId", "TlsConfig", "IntegrationSubtype", "ResponseParameters"} {
		if of.Has(name) {
			of.Unmodelled(name, "is not modelled by the local chain")
		}
	}
	if i.URI.Known() {
		var streaming bool
		if i.ARN, streaming = lambda.ParseURI(i.URI.V); i.ARN == "" || streaming {
			i.Log.Unmodelled(i.URI.Place, "is %s: the local chain models Lambda functions", i.URI.V)
			return i
		}
		i.Function = r.functions.Invoked(i.ARN, i.URI.Place, i.Log)
	}
	return i
}

func readRoute(api *API, res *assembly.Resource, of *template.Reader, integrations map[string]*Integration, authorizers map[string]*Authorizer) *Route {
	route := &Route{Place: template.Place{Resource: res}, API: api, Log: &template.Log{}}
	of.Into(route.Log)
	route.Key = of.Text("RouteKey", template.Required)
	target := of.Text("Target", template.Quiet)
	if route.Integration = integrations[strings.TrimPrefix(target.V, "integrations/")]; route.Integration == nil && target.Known() {
		route.Log.Unmodelled(target.Place, "is not an integration of this cloud assembly")
	}
	route.Authorization = of.Text("AuthorizationType", template.Default("NONE"), template.OneOf("NONE", "AWS_IAM", "CUSTOM"))
	id := of.Text("AuthorizerId", template.Quiet)
	if route.Authorizer = authorizers[id.V]; route.Authorizer == nil && route.Authorization.Is("CUSTOM") && id.Known() {
		route.Log.Unmodelled(id.Place, "is not an authorizer of this cloud assembly")
	}
	if route.Key.Known() && route.Key.V != connectKey && route.Authorization.IsNot("NONE") {
		of.Refuse("AuthorizationType", "is %s: a WebSocket API accepts authorization for $connect alone", route.Authorization.V)
	}
	if of.Bool("ApiKeyRequired").V {
		of.Unmodelled("ApiKeyRequired", "is true, which is not modelled by the local chain")
	}
	of.Skip("OperationName", "ModelSelectionExpression", "RequestModels", "RouteResponseSelectionExpression", "RequestParameters", "AuthorizationScopes")
	return route
}

// stageName is the form of the name of a stage.
var stageName = template.Bounded{Regexp: regexp.MustCompile(`^[A-Za-z0-9_-]+$`), Most: 128}

func (r *reading) readStages() {
	deployed := map[string]bool{} // stages, by "API stage"
	r.parts("AWS::ApiGatewayV2::Deployment", func(api *API, _ *assembly.Resource, of *template.Reader) {
		if name := of.Text("StageName", template.Quiet); name.V != "" {
			deployed[api.ID+" "+name.V] = true
		}
		of.Skip("Description")
	})
	r.parts("AWS::ApiGatewayV2::Stage", func(api *API, res *assembly.Resource, of *template.Reader) {
		s := &Stage{Place: template.Place{Resource: res}, Variables: map[string]string{}, Own: map[string]throttle.Limits{}}
		s.Name = of.Text("StageName", template.Required, template.Matching(stageName, "letters, digits, hyphens and underscores"))
		automatic := of.Bool("AutoDeploy")
		s.Deployed = of.Has("DeploymentId") || automatic.V || !automatic.Known() || deployed[api.ID+" "+s.Name.V]
		of.Skip("AccessLogSettings", "Description", "Tags", "ClientCertificateId", "AccessPolicyId")
		variables := of.Object("StageVariables")
		for _, name := range variables.Names() {
			s.Variables[name] = variables.Text(name, template.Carried).V
		}
		s.Limits = readLimits(of.Object("DefaultRouteSettings"))
		routes := of.Object("RouteSettings")
		for _, key := range routes.Names() {
			s.Own[key] = readLimits(routes.Object(key))
		}
		api.Stages = append(api.Stages, s)
	})
}

func readLimits(of *template.Reader) throttle.Limits {
	of.Skip("DataTraceEnabled", "DetailedMetricsEnabled", "LoggingLevel")
	return throttle.Read(of, "ThrottlingRateLimit", "ThrottlingBurstLimit")
}

// Doors are the front doors.
func (m *Model) Doors() []door.Door {
	var doors []door.Door
	for _, a := range m.APIs {
		if !a.Disabled.Is(true) {
			doors = append(doors, &Door{API: a, alone: len(m.APIs) == 1})
		}
	}
	for _, d := range m.Domains {
		doors = append(doors, &DomainDoor{Domain: d, alone: len(m.APIs) == 1 && m.APIs[0].Disabled.Is(true)})
	}
	return doors
}
