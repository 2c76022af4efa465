package apigateway

import (
	"maps"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
)

// A Validator says what of a request a REST API validates.
type Validator struct {
	template.Place

	API        *API
	Body       template.Bool
	Parameters template.Bool

	Log *template.Log // what was found in it
}

// A Parameter is a parameter of a request that a method requires.
type Parameter struct {
	template.Place

	In   string // path, querystring or header
	Name string
}

// readValidators reads the request validators, by their ids.
func (r *reading) readValidators() map[string]*Validator {
	validators := map[string]*Validator{}
	r.parts("AWS::ApiGateway::RequestValidator", "RestApiId", REST, func(api *API, res *assembly.Resource, of *template.Reader) {
		v := &Validator{Place: template.Place{Resource: res}, API: api, Log: &template.Log{}}
		of.Into(v.Log)
		of.Skip("Name")
		v.Body = of.Bool("ValidateRequestBody", template.Quiet)
		v.Parameters = of.Bool("ValidateRequestParameters", template.Quiet)
		api.Validators = append(api.Validators, v)
		if id, err := res.Attribute(""); err == nil {
			validators[id] = v
		}
	})
	return validators
}

// readValidation reads what a method says of the requests that it takes. It matters if the method
// has a validator.
func (o *Operation) readValidation(of *template.Reader, validators map[string]*Validator) {
	id := of.Text("RequestValidatorId", template.Quiet)
	if id.Given && id.Known() && id.V != "" {
		switch v := validators[id.V]; {
		case v == nil:
			o.Log.Unmodelled(id.Place, "is not a request validator of this cloud assembly")
		case v.API != o.API:
			of.Refuse("RequestValidatorId", "is %s, which is a validator of another API: a method takes those of its own", v.Resource.Name())
		default:
			o.Validator = v
		}
	}
	o.readParameters(of.Object("RequestParameters", template.Spare))
	o.readModels(of.Object("RequestModels", template.Spare))
}

// readParameters reads which parameters are required.
//
// Source: Amazon API Gateway API Reference, "PutMethod": the form of the names. Documented.
func (o *Operation) readParameters(of *template.Reader) {
	if !of.Known() && o.Validator != nil && !o.Validator.Parameters.Is(false) {
		o.Log.Unmodelled(of.Place, "is not known before the deployment: %v", of.Why)
	}
	for _, key := range of.Names() {
		required := of.Bool(key, template.Spare)
		parts := strings.SplitN(key, ".", 4)
		if len(parts) < 4 || parts[0] != "method" || parts[1] != "request" || parts[3] == "" || !slices.Contains([]string{"path", "querystring", "header"}, parts[2]) {
			of.Refuse(key, "is not a parameter of a request: want method.request.path.NAME, method.request.querystring.NAME or method.request.header.NAME")
			continue
		}
		switch {
		case required.Is(true):
			o.Required = append(o.Required, Parameter{required.Place, parts[2], parts[3]})
		case !required.Known() && o.Validator != nil && !o.Validator.Parameters.Is(false):
			o.Log.Unmodelled(required.Place, "is not known before the deployment: %v", required.Why)
		}
	}
}

// readModels reads the models of bodies, by content type.
//
// Source: Amazon API Gateway API Reference, "PutMethod". Documented; that a model has to be there
// is a field report (dod-ccpo/atat-web-api#350: "Invalid model identifier specified").
func (o *Operation) readModels(of *template.Reader) {
	unknown := func(at template.Place, why error) {
		if o.Validator != nil && !o.Validator.Body.Is(false) {
			o.Log.Unmodelled(at, "is not known before the deployment: %v", why)
		}
	}
	if !of.Known() {
		unknown(of.Place, of.Why)
	}
	for _, contentType := range of.Names() {
		name := of.Text(contentType, template.Spare)
		switch s := o.API.Schemas[name.V]; {
		case !name.Known():
			unknown(name.Place, name.Why)
		case s != nil:
			if o.Models == nil {
				o.Models = map[string]*Schema{}
			}
			o.Models[strings.ToLower(contentType)] = s
		case !o.API.imported: // what is imported may have models, too
			of.Refuse(contentType, "is %q, and the API has no model of this name: it has %s", name.V, strings.Join(slices.Sorted(maps.Keys(o.API.Schemas)), ", "))
		}
	}
}

// takeUnserved takes what is not modelled of the validation of an operation.
func (o *Operation) takeUnserved(log *template.Log) {
	if o.Validator == nil {
		return
	}
	log.Take(o.Validator.Log, template.Unmodelled)
	if o.Validator.Body.Is(true) {
		for _, contentType := range slices.Sorted(maps.Keys(o.Models)) {
			log.Take(o.Models[contentType].Log, template.Unmodelled)
		}
	}
}
