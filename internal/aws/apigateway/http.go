package apigateway

import (
	"math"
	"regexp"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/cors"
	"github.com/streamfront/streamfront/internal/template"
)

// corsMethods are those that an HTTP API takes for CORS.
var corsMethods = []string{"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "*"}

// corsAge takes any number of seconds from -1 on, by which nothing is kept. The API Reference
// ends at 86400, and public apps deploy the 10 days of CDK's own example (field report).
var corsAge = template.Between(-1, math.MaxInt32)

// routeKey is the form of the key of a route of an HTTP API.
//
// Source: Amazon API Gateway Developer Guide, "Create routes for HTTP APIs". Documented.
var routeKey = regexp.MustCompile(`^(\$default|(ANY|GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /\S*)$`)

// httpStageName is the form of the name of a stage of an HTTP API.
var httpStageName = template.Bounded{Regexp: regexp.MustCompile(`^(\$default|[A-Za-z0-9_-]+)$`), Most: 128}

// readHTTP reads the HTTP APIs with their parts.
func (r *reading) readHTTP() {
	for _, res := range r.each("AWS::ApiGatewayV2::Api") {
		http := false
		template.Read(res, &template.Log{}, func(of *template.Reader) {
			http = of.Text("ProtocolType", template.Default("HTTP")).Is("HTTP")
			of.SkipAll()
		})
		if !http {
			continue // a WebSocket API
		}
		if api := r.add(res, HTTP); api != nil {
			template.Read(res, api.Log, func(of *template.Reader) { readHTTPAPI(api, of) })
		}
	}
	authorizers := map[string]*Authorizer{}
	r.parts("AWS::ApiGatewayV2::Authorizer", "ApiId", HTTP, func(api *API, res *assembly.Resource, of *template.Reader) {
		if id, err := res.Attribute(""); err == nil {
			authorizers[id] = r.readHTTPAuthorizer(api, res, of)
		}
	})
	integrations := map[string]*Integration{}
	r.parts("AWS::ApiGatewayV2::Integration", "ApiId", HTTP, func(_ *API, res *assembly.Resource, of *template.Reader) {
		if id, err := res.Attribute(""); err == nil {
			integrations[id] = r.readHTTPIntegration(res, of)
		}
	})
	r.parts("AWS::ApiGatewayV2::Route", "ApiId", HTTP, func(api *API, res *assembly.Resource, of *template.Reader) {
		api.Operations = append(api.Operations, readRoute(api, res, of, integrations, authorizers))
	})
	deployed := map[string]bool{} // stages, by "API stage"
	r.parts("AWS::ApiGatewayV2::Deployment", "ApiId", HTTP, func(api *API, _ *assembly.Resource, of *template.Reader) {
		if name := of.Text("StageName", template.Quiet); name.V != "" {
			deployed[api.ID+" "+name.V] = true
		}
		of.Skip("Description")
	})
	r.parts("AWS::ApiGatewayV2::Stage", "ApiId", HTTP, func(api *API, res *assembly.Resource, of *template.Reader) {
		stage := &Stage{Place: template.Place{Resource: res}}
		stage.Name = of.Text("StageName", template.Required, template.Matching(httpStageName, "$default, or letters, digits, hyphens and underscores"))
		automatic := of.Bool("AutoDeploy")
		stage.Deployed = of.Has("DeploymentId") || automatic.V || !automatic.Known() || deployed[api.ID+" "+stage.Name.V]
		readHTTPSettings(stage, of)
		api.Stages = append(api.Stages, stage)
	})
}

func readHTTPAPI(api *API, of *template.Reader) {
	of.Skip("Name", "Description", "ProtocolType", "Tags", "Version", "RouteSelectionExpression", "FailOnWarnings",
		"DisableSchemaValidation", "ApiKeySelectionExpression", "IpAddressType", "BasePath")
	api.CORS = cors.Read(of.Object("CorsConfiguration"), corsAge, corsMethods...)
	api.Disabled = of.Bool("DisableExecuteApiEndpoint")
	for _, name := range []string{"Body", "BodyS3Location", "Target", "RouteKey", "CredentialsArn"} { // what is not in resources of its own
		of.Raw(name, template.Unserved, template.Quiet)
	}
}

func readRoute(api *API, res *assembly.Resource, of *template.Reader, integrations map[string]*Integration, authorizers map[string]*Authorizer) *Operation {
	o := &Operation{Place: template.Place{Resource: res}, API: api, Log: &template.Log{}}
	of.Into(o.Log)
	key := of.Text("RouteKey", template.Required, template.Matching(routeKey, "$default, or a method and a path such as GET /pets/{id}"))
	o.Key = key.V
	if o.Method, o.Path, _ = strings.Cut(key.V, " "); key.V == "$default" {
		o.Method = "ANY"
	}
	target := of.Text("Target", template.Quiet)
	if o.Integration = integrations[strings.TrimPrefix(target.V, "integrations/")]; o.Integration == nil && target.Known() {
		o.Log.Unmodelled(target.Place, "is not an integration of this cloud assembly")
	}
	o.Authorization = of.Text("AuthorizationType", template.Default("NONE"), template.OneOf("NONE", "AWS_IAM", "CUSTOM", "JWT"))
	o.Scopes = of.Texts("AuthorizationScopes", template.Quiet)
	o.setAuthorizer(of.Text("AuthorizerId", template.Quiet), authorizers)
	of.Skip("OperationName", "ModelSelectionExpression", "RequestModels", "RouteResponseSelectionExpression", "ApiKeyRequired")
	if of.Has("RequestParameters") {
		of.Unmodelled("RequestParameters", "is not modelled by the local chain")
	}
	return o
}

func readHTTPSettings(stage *Stage, of *template.Reader) {
	of.Skip("AccessLogSettings", "Description", "Tags", "ClientCertificateId", "AccessPolicyId")
	stage.Variables = texts(of.Object("StageVariables"))
	if all := of.Object("DefaultRouteSettings"); all.Given {
		all.Skip("DataTraceEnabled", "DetailedMetricsEnabled", "LoggingLevel")
		stage.Settings = append(stage.Settings, readSetting(all, "*", "*"))
	}
	routes := of.Object("RouteSettings")
	for _, key := range routes.Names() {
		one := routes.Object(key)
		one.Skip("DataTraceEnabled", "DetailedMetricsEnabled", "LoggingLevel")
		method, path, found := strings.Cut(key, " ")
		if !found {
			method, path = "ANY", ""
		}
		stage.Settings = append(stage.Settings, readSetting(one, path, method))
	}
}
