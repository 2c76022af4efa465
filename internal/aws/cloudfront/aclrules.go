package cloudfront

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// ModelRules are those about distributions beside each other and what belongs to them.
var ModelRules = []template.Rule[*Model]{
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: sharedAliases},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: unfitACLs},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: logsWithoutACLs},
	{ID: causes.WebACLOpen, Kind: template.Hole, Level: template.Warning, Look: openACLs},
}

// A webACL is one of AWS WAF for CloudFront.
type webACL struct {
	template.Place
	arn, scope string
	blocks     bool // it has rules, or blocks by default, or who knows
}

func (m *Model) readACLs(a *assembly.Assembly) {
	for _, res := range template.Each(a, "AWS::WAFv2::WebACL", &template.Log{}) {
		acl := &webACL{Place: template.Place{Resource: res}, blocks: true}
		acl.arn, _ = res.Attribute("Arn")
		scope, err := res.Stack.Resolve(res.RawProperties()["Scope"])
		if err == nil {
			acl.scope = fmt.Sprint(scope)
		}
		rules, err := res.Stack.Unwrap(res.RawProperties()["Rules"])
		list, _ := rules.([]any)
		if err == nil && len(list) == 0 {
			action, err := json.Marshal(res.RawProperties()["DefaultAction"])
			acl.blocks = err != nil || strings.Contains(string(action), `"Block"`)
		}
		m.acls = append(m.acls, acl)
	}
}

// names reports whether the distribution has the web ACL.
func (d *Distribution) hasACL(acl *webACL) bool { return acl.arn != "" && d.webACL.Is(acl.arn) }

// unfitACLs finds web ACLs that CloudFront does not take.
//
// Source: AWS CloudFormation Template Reference, "AWS::WAFv2::WebACL", Scope. Documented.
func unfitACLs(m *Model, r *template.Report) {
	for _, d := range m.Distributions {
		if !d.Fronts() {
			continue
		}
		if strings.Contains(d.webACL.V, ":regional/") {
			r.Error(d.webACL.Place, "is a web ACL of the scope REGIONAL: CloudFront accepts those of the scope CLOUDFRONT")
			continue
		}
		for _, acl := range m.acls {
			if s := acl.Resource.Stack; d.hasACL(acl) && s.Region != "us-east-1" && !s.AnyRegion {
				r.Error(d.webACL.Place, "is a web ACL in %s: AWS WAF has those for CloudFront in us-east-1", s.Region)
			}
		}
	}
}

// openACLs finds web ACLs that let every request pass: they have no rules, or no distribution
// has them.
func openACLs(m *Model, r *template.Report) {
	fronts := slices.DeleteFunc(slices.Clone(m.Distributions), func(d *Distribution) bool { return !d.Fronts() })
	bare := slices.ContainsFunc(fronts, func(d *Distribution) bool { return !d.webACL.Given })
	known := !slices.ContainsFunc(m.Distributions, func(d *Distribution) bool { return !d.webACL.Known() })
	for _, acl := range m.acls {
		attached := slices.ContainsFunc(m.Distributions, func(d *Distribution) bool { return d.hasACL(acl) })
		switch {
		case attached && !acl.blocks && slices.ContainsFunc(fronts, func(d *Distribution) bool { return d.hasACL(acl) }):
			r.Warn(acl.At("Rules"), "is empty, and the default action is Allow: every request passes")
		case !attached && bare && known && acl.scope == "CLOUDFRONT":
			r.Warn(acl.Place, "is for CloudFront, and no distribution has it as its WebACLId")
		}
	}
}

// logsWithoutACLs finds logs that go to a bucket which takes no ACLs, as buckets do unless
// their OwnershipControls say otherwise.
//
// Source: Amazon CloudFront Developer Guide, "Configure standard logging (legacy)", on the
// bucket. Documented.
func logsWithoutACLs(m *Model, r *template.Report) {
	for _, d := range m.Distributions {
		if d.logs.V == "" || !d.Fronts() {
			continue
		}
		bucket, _ := m.assembly.Find("AWS::S3::Bucket", "RegionalDomainName", d.logs.V)
		if bucket == nil {
			bucket, _ = m.assembly.Find("AWS::S3::Bucket", "DomainName", d.logs.V)
		}
		if bucket == nil {
			continue
		}
		controls, err := bucket.Stack.Resolve(bucket.RawProperties()["OwnershipControls"])
		if text, _ := json.Marshal(controls); err == nil && !strings.Contains(string(text), `"ObjectWriter"`) && !strings.Contains(string(text), `"BucketOwnerPreferred"`) {
			r.Error(d.logs.Place, "is %s, which does not accept ACLs: CloudFront writes logs to a bucket with OwnershipControls of BucketOwnerPreferred or ObjectWriter", bucket.Name())
		}
	}
}
