package apigateway

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/template"
)

// An apiDoor is an API by its own name.
type apiDoor struct{ api *API }

func (d *apiDoor) Kind() string                         { return string(d.api.Kind) }
func (d *apiDoor) Name() string                         { return d.api.Resource.Name() }
func (d *apiDoor) Domains() []string                    { return []string{d.api.Domain()} }
func (d *apiDoor) Notes() []string                      { return d.api.notes() }
func (d *apiDoor) Targets() []door.Target               { return d.api.targets() }
func (d *apiDoor) Path() string                         { return d.api.start() }
func (d *apiDoor) Unserved() ([]template.Finding, bool) { return d.api.unserved() }

func (d *apiDoor) Port() int     { return 443 }
func (d *apiDoor) Secure() bool  { return true }
func (d *apiDoor) AnyHost() bool { return false }

// Serve answers for the API by its own name, below which its stages are.
func (d *apiDoor) Serve(h *door.Host) (http.Handler, error) {
	s := newServer(d.api, h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := rawPath(r)
		stage, rest := d.api.stage(path)
		s.answer(w, r, &arrival{domain: d.api.Domain(), stage: stage, path: rest, event: eventPath(d.api, path, rest)})
	}), nil
}

// notes say where the API differs from AWS here.
func (a *API) notes() []string {
	var all []string
	for _, note := range a.Notes {
		all = append(all, a.Resource.Name()+": "+note)
	}
	for _, s := range a.Stages {
		for _, one := range s.Settings {
			if one.Caching.Is(true) && s.CacheCluster.Is(true) {
				all = append(all, fmt.Sprintf("%s: the cache of %s of the stage %s is not modelled: every request reaches the function here", a.Resource.Name(), one.Path, s.Name.V))
			}
		}
	}
	return all
}

// start is the path of the first stage.
func (a *API) start() string {
	for _, s := range a.Stages {
		if s.Name.V != "$default" && !slices.ContainsFunc(a.Stages, func(other *Stage) bool { return other.Name.V == "$default" }) {
			return "/" + s.Name.V
		}
	}
	return ""
}

// targets are the functions of the operations that are served, and of their authorizers.
func (a *API) targets() []door.Target {
	var all []door.Target
	for _, o := range a.Operations {
		if o.invokes() && len(o.Unserved()) == 0 {
			all = append(all, door.Target{Function: o.Integration.Function, ARN: o.Integration.ARN, Streams: o.Integration.Streams()})
			if a := o.Authorizer; a != nil && a.Function != nil {
				all = append(all, door.Target{Function: a.Function.Definition, ARN: a.Function.ARN})
			}
		}
	}
	return all
}

// unserved are the findings about what is not modelled. An API of which nothing that invokes a
// function is left is closed.
func (a *API) unserved() (findings []template.Finding, closed bool) {
	all := &template.Log{}
	all.Take(a.Log, template.Unmodelled)
	closed = len(all.Findings()) > 0 || len(a.targets()) == 0
	for _, o := range a.Operations {
		for _, f := range o.Unserved() {
			all.Add(f)
		}
	}
	return all.Findings(), closed
}

// A domainDoor is a custom domain name.
type domainDoor struct{ domain *Domain }

func (d *domainDoor) Kind() string      { return "custom domain" }
func (d *domainDoor) Name() string      { return d.domain.Resource.Name() }
func (d *domainDoor) Domains() []string { return []string{d.domain.Name} }
func (d *domainDoor) Path() string {
	m := d.domain.Mappings[0]
	if m.Stage == "" {
		return m.Path + m.API.start()
	}
	return m.Path
}

func (d *domainDoor) Port() int     { return 443 }
func (d *domainDoor) Secure() bool  { return true }
func (d *domainDoor) AnyHost() bool { return false }

// Notes are those of the APIs whose own names are off; the others have doors that tell them.
func (d *domainDoor) Notes() []string {
	var all []string
	for _, m := range d.domain.Mappings {
		if m.API.Disabled.Is(true) {
			all = append(all, m.API.notes()...)
		}
	}
	return all
}

func (d *domainDoor) Targets() []door.Target {
	var all []door.Target
	for _, m := range d.domain.Mappings {
		all = append(all, m.API.targets()...)
	}
	return all
}

func (d *domainDoor) Unserved() (findings []template.Finding, closed bool) {
	all := &template.Log{}
	all.Take(d.domain.Log, template.Unmodelled)
	closed = true
	for _, m := range d.domain.Mappings {
		of, shut := m.API.unserved()
		closed = closed && shut
		if m.API.Disabled.Is(true) { // else the API's own door tells
			for _, f := range of {
				all.Add(f)
			}
		}
	}
	own := &template.Log{}
	own.Take(d.domain.Log, template.Unmodelled)
	return all.Findings(), closed || len(own.Findings()) > 0
}

// Serve answers for the APIs below the name.
func (d *domainDoor) Serve(h *door.Host) (http.Handler, error) {
	servers := map[*API]*server{}
	for _, m := range d.domain.Mappings {
		if servers[m.API] == nil {
			servers[m.API] = newServer(m.API, h)
		}
	}
	lost := newServer(d.domain.Mappings[0].API, h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := rawPath(r)
		m, rest := d.domain.find(path)
		if m == nil {
			lost.answer(w, r, &arrival{domain: d.domain.Name, path: path})
			return
		}
		a := &arrival{domain: d.domain.Name, path: rest, event: path}
		if m.Stage == "" {
			a.stage, a.path = m.API.stage(rest)
		} else {
			a.stage = m.API.named(m.Stage)
		}
		servers[m.API].answer(w, r, a)
	}), nil
}
