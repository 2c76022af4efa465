package apigateway

import (
	"strings"

	"github.com/streamfront/streamfront/internal/template"
)

// A Domain is a custom domain name, below which stages of APIs are.
type Domain struct {
	template.Place

	Name     string
	Mappings []*Mapping
	Log      *template.Log
}

// A Mapping is a stage below a path.
type Mapping struct {
	template.Place

	Path  string // "/v1"; "" for the root
	API   *API
	Stage string // "": it is the first part of the path that is left
}

// readDomains reads the custom domain names that lead to the APIs.
func (r *reading) readDomains(apis []*API) []*Domain {
	byName := map[string]*Domain{}
	var domains []*Domain
	for _, typ := range []string{"AWS::ApiGateway::DomainName", "AWS::ApiGatewayV2::DomainName"} {
		for _, res := range r.each(typ) {
			name, err := res.Attribute("")
			if err != nil {
				continue
			}
			d := &Domain{Place: template.Place{Resource: res}, Name: strings.ToLower(name), Log: &template.Log{}}
			template.Read(res, d.Log, func(of *template.Reader) {
				if typ == "AWS::ApiGateway::DomainName" && of.Has("MutualTlsAuthentication") {
					of.Unmodelled("MutualTlsAuthentication", "is not modelled by the local chain")
				}
				if of.Has("MutualTlsAuthentication") {
					of.Unmodelled("MutualTlsAuthentication", "is not modelled by the local chain")
				}
				of.SkipAll()
			})
			byName[d.Name] = d
			domains = append(domains, d)
		}
	}
	r.readMappings(byName, apis, "AWS::ApiGateway::BasePathMapping", "RestApiId", "BasePath")
	r.readMappings(byName, apis, "AWS::ApiGatewayV2::ApiMapping", "ApiId", "ApiMappingKey")
	var used []*Domain
	for _, d := range domains {
		if len(d.Mappings) > 0 {
			used = append(used, d)
		}
	}
	return used
}

func (r *reading) readMappings(domains map[string]*Domain, apis []*API, typ, apiProperty, pathProperty string) {
	for _, res := range r.each(typ) {
		template.Read(res, &template.Log{}, func(of *template.Reader) {
			defer of.SkipAll()
			d := domains[strings.ToLower(of.Text("DomainName").V)]
			if d == nil {
				return
			}
			path := strings.Trim(of.Text(pathProperty).V, "/")
			if path != "" {
				path = "/" + path
			}
			if path == "/(none)" { // how the API writes the root
				path = ""
			}
			id := of.Text(apiProperty).V
			for _, api := range apis {
				if api.ID == id {
					d.Mappings = append(d.Mappings, &Mapping{Place: template.Place{Resource: res}, Path: path, API: api, Stage: of.Text("Stage").V})
				}
			}
		})
	}
}

// find returns the mapping of the longest path that begins the path of a request, and the rest.
func (d *Domain) find(path string) (m *Mapping, rest string) {
	for _, one := range d.Mappings {
		after, ok := strings.CutPrefix(path, one.Path)
		if ok && (after == "" || after[0] == '/') && (m == nil || len(one.Path) > len(m.Path)) {
			m, rest = one, after
		}
	}
	if rest == "" {
		rest = "/"
	}
	return m, rest
}
