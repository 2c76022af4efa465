package websocket

import (
	"net/http"
	"slices"

	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/template"
)

// A Door is an API with its own name.
type Door struct {
	secured

	API   *API
	alone bool // there is no other one
}

// secured is what every name of an API has in common as an origin.
type secured struct{}

// Kind says what it is.
func (d *Door) Kind() string { return "websocket api" }

// Name is that of the resource.
func (d *Door) Name() string { return d.API.Resource.Name() }

// Domains are its host names.
func (d *Door) Domains() []string { return []string{d.API.Domain()} }

// Hosts are those that functions ask, for the management API.
func (d *Door) Hosts() []string { return d.Domains() }

// Port is that of HTTPS.
func (secured) Port() int { return 443 }

// Secure is true.
func (secured) Secure() bool { return true }

// AnyHost is false.
func (secured) AnyHost() bool { return false }

// Handshake are the headers of one.
func (secured) Handshake() []string { return []string{door.WebSocketKey, door.WebSocketVersion} }

// Path is that of the first stage.
func (d *Door) Path() string {
	for _, s := range d.API.Stages {
		if s.Deployed {
			return "/" + s.Name.V
		}
	}
	return ""
}

// Notes are none.
func (d *Door) Notes() []string { return nil }

// Targets are the functions of the routes that are served, and of the authorizer.
func (d *Door) Targets() []door.Target { return d.API.targets() }

func (a *API) targets() []door.Target {
	var all []door.Target
	for _, r := range a.Routes {
		if len(r.Unserved()) > 0 {
			continue
		}
		if r.invokes() {
			all = append(all, door.Target{Function: r.Integration.Function, ARN: r.Integration.ARN})
		}
		if a := r.Authorizer; a != nil {
			all = append(all, door.Target{Function: a.Function.Definition, ARN: a.Function.ARN})
		}
	}
	return all
}

// Unserved are the findings about what is not modelled. An API is closed if it is of the API
// itself, or if no route is left.
func (d *Door) Unserved() (findings []template.Finding, closed bool) { return d.API.unserved() }

func (a *API) unserved() (findings []template.Finding, closed bool) {
	all := &template.Log{}
	all.Take(a.Log, template.Unmodelled)
	closed = len(all.Findings()) > 0 || !slices.ContainsFunc(a.Routes, func(r *Route) bool { return r.invokes() && len(r.Unserved()) == 0 })
	for _, r := range a.Routes {
		for _, f := range r.Unserved() {
			all.Add(f)
		}
	}
	return all.Findings(), closed
}

// Environment is where functions find the management API, as the AWS SDKs want it: one API and
// one stage can be named. Code that makes the address of the event finds it by a detour.
func (d *Door) Environment(address string) map[string]string {
	if !d.alone {
		return nil
	}
	return map[string]string{"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": address + d.Path()}
}

// Serve answers for the API below its stages.
func (d *Door) Serve(h *door.Host) (http.Handler, error) {
	return newServer(d.API, h, d.API.Domain()), nil
}

// newServer answers for an API by one of its names. All of them know all of its connections.
func newServer(a *API, h *door.Host, domain string) *server {
	kept, _ := h.Lasting.LoadOrStore("connections of "+a.Resource.Name(), &registry{connections: map[string]*connection{}})
	s := &server{Host: h, api: a, domain: domain, connections: kept.(*registry), idle: idleTime, longest: longestTime}
	h.OnClose(s.close)
	return s
}
