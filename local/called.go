package local

import (
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/detour"
)

// called are the front doors and function URLs whose names functions and tasks have in their
// environment: a page that is rendered on the server asks the API beside it, as API_URL says. The
// variables keep AWS's names, since programs compare them with the header Origin, too.
func (c *Chain) called(g *generation, m *aws.Model) detour.Hosts {
	values := strings.ToLower(strings.Join(c.variables(m), "\n"))
	led := detour.Hosts{Secure: map[string]http.Handler{}, Plain: map[string]http.Handler{}}
	lead := func(hosts map[string]http.Handler, host string, port int, s *site) {
		if host = strings.ToLower(host); strings.Contains(values, host) {
			hosts[net.JoinHostPort(host, strconv.Itoa(port))] = s
		}
	}
	for _, d := range m.Distributions {
		for _, name := range d.Names() {
			lead(led.Secure, name, 443, g.sites[d.Name])
			lead(led.Plain, name, 80, g.sites[d.Name])
		}
	}
	for _, u := range m.URLs {
		lead(led.Secure, u.DomainName, 443, g.sites[u.Name])
	}
	for _, d := range openDoors(m) {
		hosts, port := led.Secure, 443
		if o, ok := d.(door.Origin); ok {
			if port = o.Port(); !o.Secure() {
				hosts = led.Plain
			}
		}
		for _, domain := range d.Domains() {
			lead(hosts, domain, port, g.sites[d.Name()])
		}
	}
	return led
}

// variables are the values of all variables that functions and tasks have.
func (c *Chain) variables(m *aws.Model) []string {
	values := slices.Collect(maps.Values(c.options.Environment))
	for _, t := range targets(m) {
		values = slices.AppendSeq(values, maps.Values(t.Function.Values()))
	}
	for _, d := range openDoors(m) {
		if front, ok := d.(door.Front); ok {
			for _, t := range front.Tasks() {
				values = slices.AppendSeq(values, maps.Values(t.Service.Container.Values()))
			}
		}
	}
	return values
}
