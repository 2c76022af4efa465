package elb

import (
	"net/http"
	"slices"

	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/ecs"
	"github.com/streamfront/streamfront/internal/template"
)

// A listenerDoor is a listener: each has an address of its own here, as each has a port of the
// load balancer's on AWS.
type listenerDoor struct{ listener *Listener }

func (d *listenerDoor) Kind() string { return "load balancer" }
func (d *listenerDoor) Name() string { return d.listener.Resource.Name() }
func (d *listenerDoor) Path() string { return "" }

func (d *listenerDoor) Port() int     { return d.listener.Port.V }
func (d *listenerDoor) Secure() bool  { return d.listener.Secure() }
func (d *listenerDoor) AnyHost() bool { return true } // but for the conditions of its rules

// Domains are that of the load balancer, and those that rules ask for.
func (d *listenerDoor) Domains() []string {
	return append([]string{d.listener.Balancer.DNSName}, d.listener.names()...)
}

func (d *listenerDoor) Notes() []string {
	l := d.listener
	var notes []string
	if l.Balancer.Listeners[0] == l {
		notes = append(notes, l.Balancer.Notes...)
	}
	if l.Secure() {
		notes = append(notes, d.Name()+" speaks HTTPS on AWS: plain HTTP counts as it here, unless you ask for --tls")
	}
	return notes
}

// Targets are the functions of the rules that are served.
func (d *listenerDoor) Targets() []door.Target {
	var all []door.Target
	for _, r := range d.listener.Rules {
		if len(r.Unserved()) > 0 {
			continue
		}
		for _, g := range r.Groups() {
			if g.Function != nil {
				all = append(all, door.Target{Function: g.Function, ARN: g.Target.V})
			}
		}
	}
	return all
}

// Tasks are the services of the rules that are served.
func (d *listenerDoor) Tasks() []door.Task {
	var all []door.Task
	for _, r := range d.listener.Rules {
		if len(r.Unserved()) > 0 {
			continue
		}
		for _, g := range r.Groups() {
			if g.Tasks != nil {
				all = append(all, door.Task{Service: g.Tasks, Health: ecs.Health{Path: g.Health.Path, Well: g.Health.well}})
			}
		}
	}
	return all
}

// Unserved are the findings about what is not modelled. A listener is closed if that is of the
// load balancer or of itself, or if none of its rules is left.
func (d *listenerDoor) Unserved() (findings []template.Finding, closed bool) {
	l := d.listener
	all := &template.Log{}
	all.Take(l.Balancer.Log, template.Unmodelled)
	all.Take(l.Log, template.Unmodelled)
	closed = len(all.Findings()) > 0 || !slices.ContainsFunc(l.Rules, func(r *Rule) bool { return len(r.Unserved()) == 0 })
	for _, r := range l.Rules {
		for _, f := range r.Unserved() {
			all.Add(f)
		}
	}
	return all.Findings(), closed
}

// Serve answers the requests to the listener, and looks whether its functions are well.
func (d *listenerDoor) Serve(h *door.Host) (http.Handler, error) {
	d.listener.address = h.Address
	s := &server{Host: h, listener: d.listener}
	s.client = s.newTransport()
	h.OnClose(s.client.CloseIdleConnections)
	s.checkHealth()
	return s, nil
}
