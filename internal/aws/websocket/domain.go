package websocket

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// A Domain is a custom domain name, below which stages of APIs are.
type Domain struct {
	template.Place

	Name     string
	Mappings []*Mapping

	Log *template.Log // what was found in it, and in its mappings
}

// A Mapping is a stage below a path.
type Mapping struct {
	template.Place

	Path  string // "/chat"; "" for the root
	API   *API
	Stage string
}

// mappingKey is the form of the path of a mapping.
//
// Source: Amazon API Gateway Developer Guide, "Map API stages to a custom domain name for
// WebSocket APIs". Documented.
var mappingKey = template.Bounded{Regexp: regexp.MustCompile(`^[A-Za-z0-9$_.+!*'()/-]*$`), Most: 300}

// readDomains reads the custom domain names that lead to the APIs.
func (r *reading) readDomains(apis []*API) []*Domain {
	byName := map[string]*Domain{}
	var domains []*Domain
	for _, res := range r.each("AWS::ApiGatewayV2::DomainName") {
		name, err := res.Attribute("")
		if err != nil {
			continue
		}
		d := &Domain{Place: template.Place{Resource: res}, Name: strings.ToLower(name), Log: &template.Log{}}
		byName[d.Name] = d
		domains = append(domains, d)
	}
	others := r.otherAPIs()
	mixed := map[*Domain]string{} // those that lead to an API of another kind, and its name
	for _, res := range r.each("AWS::ApiGatewayV2::ApiMapping") {
		template.Read(res, &template.Log{}, func(of *template.Reader) {
			defer of.SkipAll()
			d, id := byName[strings.ToLower(of.Text("DomainName").V)], of.Text("ApiId").V
			api := r.apis[id]
			switch {
			case d == nil:
				return
			case others[id] != "":
				mixed[d] = others[id]
				return
			case !slices.Contains(apis, api):
				return
			}
			of.Into(d.Log)
			key := of.Text("ApiMappingKey", template.Matching(mappingKey, "letters, digits and $-_.+!*'()/"))
			m := &Mapping{Place: template.Place{Resource: res}, API: api, Stage: of.Text("Stage", template.Required).V}
			if path := strings.Trim(key.V, "/"); path != "" {
				m.Path = "/" + path
			}
			d.Mappings = append(d.Mappings, m)
		})
	}
	for d, other := range mixed {
		for _, m := range d.Mappings {
			d.Log.Add(template.Finding{
				Place: m.Place, Rule: causes.ValueRefused, Kind: template.Refused, Level: template.Error,
				Message: "maps a WebSocket API to " + d.Name + ", which leads to " + other + ", too: API Gateway accepts either WebSocket APIs or others there",
			})
		}
	}
	domains = slices.DeleteFunc(domains, func(d *Domain) bool { return len(d.Mappings) == 0 })
	for _, d := range domains {
		d.read()
	}
	return domains
}

// otherAPIs are the names of the APIs of other kinds, by their ids.
func (r *reading) otherAPIs() map[string]string {
	names := map[string]string{}
	for _, typ := range []string{"AWS::ApiGatewayV2::Api", "AWS::ApiGateway::RestApi"} {
		for _, res := range r.each(typ) {
			if id, err := res.Attribute(""); err == nil && r.apis[id] == nil {
				names[id] = res.Name()
			}
		}
	}
	return names
}

// read reads the domain name itself, which leads to an API.
func (d *Domain) read() {
	template.Read(d.Resource, d.Log, func(of *template.Reader) {
		if of.Has("MutualTlsAuthentication") {
			of.Unmodelled("MutualTlsAuthentication", "is not modelled by the local chain")
		}
		of.SkipAll()
	})
}

// find returns the mapping of the longest path that begins the path of a request, and the rest.
func (d *Domain) find(path string) (m *Mapping, rest string) {
	for _, one := range d.Mappings {
		after, ok := strings.CutPrefix(path, one.Path)
		if ok && (after == "" || after[0] == '/') && (m == nil || len(one.Path) > len(m.Path)) {
			m, rest = one, after
		}
	}
	return m, strings.TrimPrefix(rest, "/")
}

// A DomainDoor is a custom domain name.
type DomainDoor struct {
	secured

	Domain *Domain
	alone  bool // there is one API, and it has no door of its own
}

// Kind says what it is.
func (d *DomainDoor) Kind() string { return "custom domain" }

// Name is that of the resource.
func (d *DomainDoor) Name() string { return d.Domain.Resource.Name() }

// Domains are its host names.
func (d *DomainDoor) Domains() []string { return []string{d.Domain.Name} }

// Hosts are those that functions ask, for the management API.
func (d *DomainDoor) Hosts() []string { return d.Domains() }

// Path is that of the first mapping.
func (d *DomainDoor) Path() string { return d.Domain.Mappings[0].Path }

// Notes are none.
func (d *DomainDoor) Notes() []string { return nil }

// apis are those below the name.
func (d *DomainDoor) apis() []*API {
	var all []*API
	for _, m := range d.Domain.Mappings {
		if !slices.Contains(all, m.API) {
			all = append(all, m.API)
		}
	}
	return all
}

// Targets are the functions of the APIs.
func (d *DomainDoor) Targets() []door.Target {
	var all []door.Target
	for _, a := range d.apis() {
		all = append(all, a.targets()...)
	}
	return all
}

// Unserved are the findings about what is not modelled, of the APIs those that have no doors of
// their own.
func (d *DomainDoor) Unserved() (findings []template.Finding, closed bool) {
	all := &template.Log{}
	all.Take(d.Domain.Log, template.Unmodelled)
	own, served := len(all.Findings()) > 0, false
	for _, a := range d.apis() {
		of, shut := a.unserved()
		served = served || !shut
		if a.Disabled.Is(true) {
			for _, f := range of {
				all.Add(f)
			}
		}
	}
	return all.Findings(), own || !served
}

// Environment is where functions find the management API.
func (d *DomainDoor) Environment(address string) map[string]string {
	if !d.alone {
		return nil
	}
	return map[string]string{"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": address + d.Path()}
}

// Serve answers for the APIs below the name.
func (d *DomainDoor) Serve(h *door.Host) (http.Handler, error) {
	servers := map[*API]*server{}
	for _, a := range d.apis() {
		servers[a] = newServer(a, h, d.Domain.Name)
		servers[a].lowers = slices.ContainsFunc(d.Domain.Mappings, func(m *Mapping) bool { return strings.Count(m.Path, "/") > 1 })
	}
	lost := servers[d.Domain.Mappings[0].API]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, _, _ := strings.Cut(r.RequestURI, "?")
		m, rest := d.Domain.find(path)
		if m == nil {
			lost.refuse(w, r, causes.RouteUnknown, http.StatusForbidden, "Forbidden", "nothing is mapped to the path %s of %s", path, d.Domain.Name)
			return
		}
		servers[m.API].serve(w, r, m.API.stage(m.Stage), rest)
	}), nil
}
