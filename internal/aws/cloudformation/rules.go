// Package cloudformation is what templates say of AWS CloudFormation's own resources.
package cloudformation

import (
	"bytes"
	"path"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/functionurl"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/regular"
	"github.com/streamfront/streamfront/internal/template"
)

// A Nested is a nested stack.
type Nested struct {
	template.Place
	Template template.Text // its URL
}

// Rules are those about one nested stack.
var Rules = []template.Rule[*Nested]{
	{ID: causes.ValueUnknown, Kind: template.Unknown, Level: template.Warning, Look: nestedStack},
}

// Judge finds what is wrong with the assembly's own resources of CloudFormation. The local
// chain serves what is beside them.
func Judge(a *assembly.Assembly, log *template.Log) {
	for _, res := range template.Each(a, "AWS::CloudFormation::Stack", log) {
		n := &Nested{Place: template.Place{Resource: res}}
		found := &template.Log{}
		template.Read(res, found, func(r *template.Reader) { n.Template = r.Text("TemplateURL", template.Required) })
		log.Take(found, template.Refused, template.Unknown)
		template.Judge(Rules, n, log)
	}
}

// nestedStack tells of a nested stack with something in it that should be looked at: its
// template is an asset, and what it refers to comes by parameters.
func nestedStack(n *Nested, r *template.Report) {
	if !n.Template.Known() {
		return // found
	}
	file, err := n.Resource.Stack.AssetPath(path.Base(n.Template.V))
	if err != nil {
		r.Warn(n.Template.Place, "is a template that is not in this assembly, and not looked into")
		return
	}
	text, err := regular.Read(file, regular.MaxText)
	if err != nil {
		r.Warn(n.Template.Place, "is a template that cannot be read: %v", err)
		return
	}
	for _, what := range []string{"AWS::CloudFront::Distribution", "AWS::Lambda::Url", functionurl.CloudFront} {
		if bytes.Contains(text, []byte(what)) {
			r.Warn(n.Template.Place, "is a template with %s in it: nested stacks are not looked into", what)
			return
		}
	}
}
