package cloudfront

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
)

// find finds the certificate among the resources of the assembly.
func (c *Certificate) find(a *assembly.Assembly) {
	if c.own.V != "" {
		c.res, _ = a.Find("AWS::CertificateManager::Certificate", "", c.own.V)
	}
}

// unfitCertificate finds what does not go together of certificates, protocols and names.
//
// Sources: Amazon CloudFront API Reference, "ViewerCertificate"; Amazon CloudFront Developer
// Guide, "Requirements for using SSL/TLS certificates with CloudFront" and "Requirements for
// using alternate domain names". Documented.
func unfitCertificate(d *Distribution, r *template.Report) {
	c := &d.Certificate
	if c.Default.Is(true) && (c.own.Given || c.server.Given) {
		r.Error(c.Default.Place, "is true, and there is a certificate beside it: CloudFront accepts one of them")
	}
	if c.own.Given && c.server.Given {
		r.Error(c.server.Place, "is set beside AcmCertificateArn: CloudFront accepts one of them")
	}
	if c.method.Is("sni-only") && c.Minimum.Is("SSLv3") {
		r.Error(c.Minimum.Place, "is SSLv3: CloudFront accepts TLSv1 and later with sni-only")
	}
	if c.res == nil {
		return
	}
	if s := c.res.Stack; s.Region != "us-east-1" && !s.AnyRegion {
		r.Error(c.own.Place, "is %s, a certificate in %s: CloudFront accepts those of us-east-1", c.res.Name(), s.Region)
	}
	names, known := c.names()
	for _, alias := range d.Aliases.Items {
		if known && alias.V != "" && !slices.ContainsFunc(names, func(name string) bool { return isName(name, alias.V) }) {
			r.Error(alias.Place, "is %s, and the certificate %s is for %s", alias.V, c.res.Name(), strings.Join(names, ", "))
		}
	}
}

// dedicatedAddresses finds what CloudFront gives to who asked AWS Support for it: addresses of
// one's own in the way of static-ip, and a newer protocol than TLSv1 where vip lets in clients
// without SNI.
//
// Source: Amazon CloudFront Developer Guide, "Distribution settings", Clients supported and
// Security policy. Documented.
func dedicatedAddresses(d *Distribution, r *template.Report) {
	switch c := &d.Certificate; {
	case c.method.Is("static-ip"):
		r.Note(c.method.Place, "is static-ip: CloudFront takes it of distributions that AWS enabled for it")
	case c.method.Is("vip") && c.Minimum.Known() && c.Minimum.Given && c.Minimum.V != "TLSv1" && c.Minimum.V != "SSLv3":
		r.Note(c.Minimum.Place, "is %s, and SslSupportMethod is vip: CloudFront accepts TLSv1 and SSLv3 there, and later ones once AWS Support has enabled them", c.Minimum.V)
	}
}

// recordsWithoutAlias finds DNS records that lead to a distribution which does not know their
// name.
//
// Source: Amazon CloudFront Developer Guide, "Requirements for using alternate domain names".
// Documented.
func recordsWithoutAlias(d *Distribution, r *template.Report) {
	if !d.Aliases.Known() {
		return
	}
	var told []string
	for _, record := range d.records {
		name := strings.TrimSuffix(record.V, ".")
		known := slices.ContainsFunc(d.Aliases.Strings(), func(alias string) bool {
			return isName(strings.TrimSuffix(alias, "."), name)
		})
		if !known && !slices.Contains(told, name) {
			told = append(told, name)
			r.Warn(record.Place, "is %s and leads to %s, which does not have the name among its Aliases", name, d.Name)
		}
	}
}

// readRecords finds the DNS records of the assembly that are aliases of a distribution.
func (m *Model) readRecords(a *assembly.Assembly) {
	for _, res := range template.Each(a, "AWS::Route53::RecordSet", &template.Log{}) {
		target, _ := res.RawProperties()["AliasTarget"].(map[string]any)
		if target == nil {
			continue
		}
		name, err := res.Stack.Resolve(target["DNSName"])
		text, err2 := res.Stack.Resolve(res.RawProperties()["Name"])
		own, known := text.(string)
		if err != nil || err2 != nil || !known {
			continue
		}
		for _, d := range m.Distributions {
			if d.DomainName != "" && name == d.DomainName {
				d.records = append(d.records, template.Text{Place: template.Place{Resource: res, Property: "Name"}, V: own, Given: true})
			}
		}
	}
}

// names are what the certificate is for.
func (c *Certificate) names() (names []string, known bool) {
	for _, property := range []string{"DomainName", "SubjectAlternativeNames"} {
		v, err := c.res.Stack.Resolve(c.res.RawProperties()[property])
		if err != nil {
			return nil, false
		}
		items, ok := v.([]any)
		if !ok {
			items = []any{v}
		}
		for _, item := range items {
			if name, ok := item.(string); ok {
				names = append(names, name)
			}
		}
	}
	return names, true
}

// isName reports whether a certificate for a name is one for an alternate domain name: a star
// stands for one part.
func isName(name, alias string) bool {
	if strings.EqualFold(name, alias) {
		return true
	}
	rest, wild := strings.CutPrefix(name, "*.")
	_, parent, found := strings.Cut(alias, ".")
	return wild && found && strings.EqualFold(rest, parent)
}

// sharedAliases finds a name of two distributions.
//
// Source: Amazon CloudFront Developer Guide, "Restrictions on using alternate domain names":
// CNAMEAlreadyExists. Documented.
func sharedAliases(m *Model, r *template.Report) {
	first := map[string]*Distribution{}
	for _, d := range m.Distributions {
		for _, alias := range d.Aliases.Items {
			name := strings.ToLower(alias.V)
			switch other := first[name]; {
			case name == "":
			case other == nil:
				first[name] = d
			case other != d && (d.Fronts() || other.Fronts()) && sameEnvironment(d, other):
				r.Error(alias.Place, "is %s, which %s has, too: CloudFront accepts a name once", alias.V, other.Name)
			}
		}
	}
}

// sameEnvironment reports whether two distributions can be deployed beside each other: those of
// several stages often have the same names in several accounts.
func sameEnvironment(d, other *Distribution) bool {
	return d.Account == other.Account && !strings.Contains(d.Account, "unknown")
}
