package local

import (
	"maps"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
)

// addresses puts the addresses that things have here into a text, in place of those that
// they have on AWS.
func (g *generation) addresses() *strings.Replacer {
	var addresses []string // pairs for the replacer
	for _, at := range g.served {
		webSocket := strings.Replace(at.site.url, "http", "ws", 1)
		addresses = append(addresses, "https://"+at.domain, at.site.url, "http://"+at.domain, at.site.url,
			"wss://"+at.domain, webSocket, "ws://"+at.domain, webSocket, at.domain, withoutScheme(at.site.url))
	}
	for _, p := range g.pools {
		if domain := p.server.Pool.Domain; domain != "" {
			addresses = append(addresses, "https://"+domain, p.server.URL, domain, withoutScheme(p.server.URL))
		}
	}
	return strings.NewReplacer(addresses...)
}

// translate returns what the stacks put out, with the addresses that it has here.
func (g *generation) translate(a *assembly.Assembly) []Output {
	here := g.addresses()
	var outputs []Output
	for _, s := range a.Stacks {
		if s.Parent != nil {
			continue // its parent puts out what is for others
		}
		known := s.Outputs()
		for _, name := range slices.Sorted(maps.Keys(known)) {
			if value := here.Replace(known[name]); value != known[name] {
				outputs = append(outputs, Output{Name: s.Name + "." + name, Value: value})
			}
		}
	}
	return outputs
}

func withoutScheme(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	return rest
}
