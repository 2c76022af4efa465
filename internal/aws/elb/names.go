package elb

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/template"
)

// readNames finds the names that records of Route 53 give the load balancer.
func (r *reading) readNames(b *Balancer) {
	for _, res := range r.each("AWS::Route53::RecordSet") {
		template.Read(res, &template.Log{}, func(of *template.Reader) {
			name, alias := of.Text("Name").V, of.Object("AliasTarget").Text("DNSName").V
			of.SkipAll()
			alias = strings.TrimPrefix(strings.ToLower(strings.TrimSuffix(alias, ".")), "dualstack.")
			if name = strings.ToLower(strings.TrimSuffix(name, ".")); name != "" && alias == b.DNSName && !slices.Contains(b.Names, name) {
				b.Names = append(b.Names, name)
			}
		})
	}
}
