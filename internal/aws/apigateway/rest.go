package apigateway

import (
	"regexp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
)

// methods are those that a method of a REST API may be for.
var methods = []string{"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

// pathPart is the form of a resource's part of the path.
//
// Source: Amazon API Gateway API Reference, "CreateResource": letters, digits, hyphen, period,
// comma, colon and underscore, or a parameter in braces, greedy with a plus. Documented.
var pathPart = regexp.MustCompile(`^([A-Za-z0-9._,:$~!*'()@&=;%-]+|\{[A-Za-z0-9._,:-]+\+?\})$`)

// stageName is the form of the name of a stage.
var stageName = template.Bounded{Regexp: regexp.MustCompile(`^[A-Za-z0-9_-]+$`), Most: 128}

// readREST reads the REST APIs with their parts.
func (r *reading) readREST() {
	for _, res := range r.each("AWS::ApiGateway::RestApi") {
		if api := r.add(res, REST); api != nil {
			template.Read(res, api.Log, func(of *template.Reader) { readRESTAPI(api, of) })
		}
	}
	authorizers := map[string]*Authorizer{}
	r.parts("AWS::ApiGateway::Authorizer", "RestApiId", REST, func(api *API, res *assembly.Resource, of *template.Reader) {
		if id, err := res.Attribute(""); err == nil {
			authorizers[id] = r.readRESTAuthorizer(api, res, of)
		}
	})
	paths := r.restPaths()
	r.readSchemas()
	validators := r.readValidators()
	r.parts("AWS::ApiGateway::Method", "RestApiId", REST, func(api *API, res *assembly.Resource, of *template.Reader) {
		o := r.readMethod(api, res, of, paths, authorizers)
		o.readValidation(of, validators)
		api.Operations = append(api.Operations, o)
	})
	r.parts("AWS::ApiGateway::Deployment", "RestApiId", REST, func(api *API, res *assembly.Resource, of *template.Reader) {
		of.Into(&template.Log{})
		if name := of.Text("StageName"); name.Given {
			stage := &Stage{Place: template.Place{Resource: res}, Name: name, Deployed: true}
			readStageSettings(stage, of.Object("StageDescription"))
			api.Stages = append(api.Stages, stage)
		}
		of.SkipAll()
	})
	r.parts("AWS::ApiGateway::Stage", "RestApiId", REST, func(api *API, res *assembly.Resource, of *template.Reader) {
		stage := &Stage{Place: template.Place{Resource: res}, Deployed: true}
		stage.Name = of.Text("StageName", template.Required, template.Matching(stageName, "letters, digits, hyphens and underscores"))
		of.Skip("DeploymentId")
		readStageSettings(stage, of)
		api.Stages = append(api.Stages, stage)
	})
	r.parts("AWS::ApiGateway::GatewayResponse", "RestApiId", REST, func(api *API, res *assembly.Resource, of *template.Reader) {
		if response := readResponse(res, of); response.Type.Known() {
			api.Responses[response.Type.V] = response
		}
	})
	r.readPlans()
}

func readRESTAPI(api *API, of *template.Reader) {
	of.Skip("Name", "Description", "Tags", "FailOnWarnings", "Parameters", "Mode", "SecurityPolicy", "EndpointAccessMode")
	configuration := of.Object("EndpointConfiguration")
	api.Types = configuration.Texts("Types", template.OneOf("EDGE", "REGIONAL", "PRIVATE"))
	configuration.Skip("VpcEndpointIds", "IpAddressType")
	api.Binary = of.Texts("BinaryMediaTypes", template.Quiet)
	api.Disabled = of.Bool("DisableExecuteApiEndpoint")
	api.KeySource = of.Text("ApiKeySourceType", template.Default("HEADER"), template.OneOf("HEADER", "AUTHORIZER"))
	for _, name := range []string{"Body", "BodyS3Location", "CloneFrom"} {
		of.Raw(name, template.Unserved, template.Quiet)
		api.imported = api.imported || of.Has(name)
	}
	// Who may call depends on it.
	of.Raw("Policy", template.Unserved, template.Quiet)
	if of.Has("MinimumCompressionSize") {
		api.Notes = append(api.Notes, "MinimumCompressionSize: answers are not compressed here")
	}
	if api.Types.Has("PRIVATE") {
		api.Notes = append(api.Notes, "it is private on AWS: only its VPC reaches it")
	}
}

// restPaths are the paths of the resources of REST APIs, by the ids of API and resource.
func (r *reading) restPaths() map[[2]string]string {
	type node struct{ parent, part string }
	nodes := map[[2]string]node{}
	paths := map[[2]string]string{}
	for id, api := range r.apis {
		if root, err := api.Resource.Attribute("RootResourceId"); err == nil && api.Kind == REST {
			paths[[2]string{id, root}] = "/"
		}
	}
	r.parts("AWS::ApiGateway::Resource", "RestApiId", REST, func(api *API, res *assembly.Resource, of *template.Reader) {
		part := of.Text("PathPart", template.Required, template.Matching(pathPart, "a part of a path without slashes, or a parameter such as {id} or {proxy+}"))
		parent := of.Text("ParentId", template.Required)
		if id, err := res.Attribute(""); err == nil && part.Known() && parent.Known() {
			nodes[[2]string{api.ID, id}] = node{parent.V, part.V}
		}
	})
	var path func(api, id string, depth int) string
	path = func(api, id string, depth int) string {
		if known, ok := paths[[2]string{api, id}]; ok {
			return known
		}
		n, ok := nodes[[2]string{api, id}]
		if !ok || depth > len(nodes) {
			return ""
		}
		parent := path(api, n.parent, depth+1)
		if parent == "" {
			return ""
		}
		return strings.TrimSuffix(parent, "/") + "/" + n.part
	}
	for key := range nodes {
		if found := path(key[0], key[1], 0); found != "" {
			paths[key] = found
		}
	}
	return paths
}

func (r *reading) readMethod(api *API, res *assembly.Resource, of *template.Reader, paths map[[2]string]string, authorizers map[string]*Authorizer) *Operation {
	o := &Operation{Place: template.Place{Resource: res}, API: api, Log: &template.Log{}}
	of.Into(o.Log)
	method := of.Text("HttpMethod", template.Required, template.OneOf(methods...))
	o.Method = method.V
	resource := of.Text("ResourceId", template.Required)
	if o.Path = paths[[2]string{api.ID, resource.V}]; o.Path == "" && resource.Known() {
		o.Log.Unmodelled(resource.Place, "is not a resource of this cloud assembly")
	}
	o.Key = o.Method + " " + o.Path
	o.Authorization = of.Text("AuthorizationType", template.Default("NONE"), template.OneOf("NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"))
	o.Scopes = of.Texts("AuthorizationScopes", template.Quiet)
	o.KeyRequired = of.Bool("ApiKeyRequired")
	o.setAuthorizer(of.Text("AuthorizerId", template.Quiet), authorizers)
	of.Skip("MethodResponses", "OperationName")
	integration := of.Object("Integration")
	if integration.Given {
		o.Integration = r.readRESTIntegration(integration)
	} else {
		o.Log.Unmodelled(o.Place, "has no Integration")
	}
	return o
}

// setAuthorizer finds the authorizer of an operation. One that is not here lets nobody through.
func (o *Operation) setAuthorizer(id template.Text, authorizers map[string]*Authorizer) {
	switch o.Authorization.V {
	case "NONE", "AWS_IAM", "":
		return
	}
	if o.Authorizer = authorizers[id.V]; o.Authorizer == nil {
		o.Log.Unmodelled(id.Place, "is not an authorizer of this cloud assembly")
		return
	}
	if a := o.Authorizer; a.Type.Known() && (a.Function != nil) != o.Authorization.Is("CUSTOM") {
		o.Log.Unmodelled(id.Place, "is an authorizer of the type %s, which does not go with the AuthorizationType %s", a.Type.V, o.Authorization.V)
	}
}

func readStageSettings(stage *Stage, of *template.Reader) {
	of.Skip("AccessLogSetting", "Description", "TracingEnabled", "Tags", "DocumentationVersion", "ClientCertificateId",
		"CacheClusterSize", "CacheDataEncrypted", "CacheTtlInSeconds", "DataTraceEnabled", "LoggingLevel", "MetricsEnabled")
	stage.CacheCluster = of.Bool("CacheClusterEnabled", template.Quiet)
	if of.Has("CanarySetting") {
		of.Unmodelled("CanarySetting", "is not modelled by the local chain")
	}
	stage.Variables = texts(of.Object("Variables"))
	if of.Given && (of.Has("ThrottlingRateLimit") || of.Has("ThrottlingBurstLimit")) { // of a deployment's stage
		stage.Settings = append(stage.Settings, readSetting(of, "/*", "*"))
	}
	settings, _ := of.Objects("MethodSettings")
	for _, s := range settings {
		path, method := s.Text("ResourcePath"), s.Text("HttpMethod")
		s.Skip("CacheDataEncrypted", "CacheTtlInSeconds", "DataTraceEnabled", "LoggingLevel", "MetricsEnabled")
		stage.Settings = append(stage.Settings, readSetting(s, unescape(path.V), method.V))
	}
}

// unescape is the path of a method setting, whose slashes are written as ~1. CDK's begins with
// a slash too many.
//
// Source: Amazon API Gateway API Reference, "MethodSetting". Documented.
func unescape(path string) string {
	path = strings.ReplaceAll(path, "~1", "/")
	if path != "/" {
		path = strings.TrimPrefix(path, "/")
	}
	return "/" + strings.TrimPrefix(path, "/")
}

// texts are the values of an object, those that are known.
func texts(of *template.Reader) map[string]string {
	var values map[string]string
	for _, name := range of.Names() {
		if v := of.Text(name, template.Carried); v.Given {
			if values == nil {
				values = map[string]string{}
			}
			values[name] = v.V
		}
	}
	return values
}

// binary reports whether a media type is one of those that a REST API takes for binary.
func (a *API) binary(mediaType string) bool {
	mediaType, _, _ = strings.Cut(strings.ToLower(mediaType), ";")
	mediaType = strings.TrimSpace(mediaType)
	major, _, _ := strings.Cut(mediaType, "/")
	return slices.ContainsFunc(a.Binary.Strings(), func(listed string) bool {
		listed = strings.ToLower(strings.TrimSpace(listed))
		return listed == "*/*" || listed == mediaType || listed == major+"/*"
	})
}
