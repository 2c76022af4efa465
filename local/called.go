package local

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/aws/door"
)

// called are the front doors and function URLs whose names functions and tasks have in their
// environment: a page that is rendered on the server asks the API beside it, as
// API_URL says. The variables keep AWS's names, since programs compare them with the header
// Origin, too.
func (c *Chain) called(g *generation, m *aws.Model) map[string]http.Handler {
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
	hosts := map[string]http.Handler{}
	lead := func(host string, s *site) {
		host = strings.ToLower(host)
		if slices.ContainsFunc(values, func(value string) bool { return strings.Contains(strings.ToLower(value), host) }) {
			hosts[host] = s
		}
	}
	for _, at := range g.served {
		lead(at.domain, at.site)
	}
	for _, d := range m.Distributions {
		for _, alias := range d.Aliases.Strings() {
			lead(alias, g.sites[d.Name])
		}
	}
	return hosts
}
