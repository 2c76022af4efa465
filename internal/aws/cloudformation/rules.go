// Package cloudformation reads and judges AWS CloudFormation's own resources in templates.
package cloudformation

import (
	"fmt"
	"slices"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// A Nested is a nested stack. What is in it is read as that of any stack is.
type Nested struct {
	template.Place
	Template template.Text // its URL
}

// Rules are those about one nested stack.
var Rules = []template.Rule[*Nested]{
	{ID: causes.ValueUnknown, Kind: template.Unknown, Level: template.Warning, Look: unreadTemplate},
	{ID: causes.ValueRefused, Kind: template.Refused, Level: template.Error, Look: arguments},
}

// Judge finds what is wrong with the assembly's own resources of CloudFormation. The local
// chain serves what is beside them.
func Judge(a *assembly.Assembly, log *template.Log) {
	for _, res := range template.Each(a, "AWS::CloudFormation::Stack", log) {
		n := &Nested{Place: template.Place{Resource: res}}
		found := &template.Log{}
		template.Read(res, found, func(r *template.Reader) {
			n.Template = r.Text("TemplateURL", template.Required, template.Spare)
		})
		log.Take(found, template.Refused)
		template.Judge(Rules, n, log)
	}
	for _, s := range a.Stacks {
		judgeTransforms(s, log)
	}
	judgeCircles(a, log)
}

func unreadTemplate(n *Nested, r *template.Report) {
	if _, err := n.Resource.Nested(); err != nil && n.Template.Given {
		r.Unseen(n.Template.Place, "is a template that cannot be looked at: %v", err)
	}
}

// arguments compares what the parent gives with what the nested stack takes.
//
// Source: AWS CloudFormation User Guide, "Parameters section structure": a parameter without
// a default needs a value at the creation of the stack.
func arguments(n *Nested, r *template.Report) {
	nested, _ := n.Resource.Nested()
	given, err := n.Resource.Arguments()
	if nested == nil || err != nil {
		return
	}
	at := n.At("Parameters")
	for _, name := range nested.Required() {
		if !slices.Contains(given, name) {
			r.Error(at, "has no %s, which the nested stack asks for", name)
		}
	}
	for _, name := range given {
		if !nested.Takes(name) {
			r.Error(at.At(name), "is set, but the nested stack has no such parameter")
		}
	}
}

// harmless are transforms that make no resource on the way of a request, and the one whose
// functions are read as it makes them.
var harmless = []string{"AWS::LanguageExtensions", "AWS::CodeDeployBlueGreen", "AWS::SecretsManager-2020-07-23", "AWS::SecretsManager-2024-09-16", assembly.Serverless}

// judgeTransforms finds what CloudFormation makes of the template before it deploys it, and
// what is not known here.
func judgeTransforms(s *assembly.Stack, log *template.Log) {
	unseen := func(res *assembly.Resource, format string, args ...any) {
		log.Add(template.Finding{
			Place: template.Place{Resource: res}, Rule: causes.ValueUnknown, Kind: template.Unseen, Level: template.Warning,
			Message: fmt.Sprintf(format, args...),
		})
	}
	for _, name := range s.Transforms() {
		if !slices.Contains(harmless, name) {
			section := &assembly.Resource{Stack: s, LogicalID: "Transform", Type: name}
			unseen(section, "the template is rewritten by %s at the deployment: what that adds cannot be looked at", name)
		}
	}
	for _, res := range s.Unexpanded() {
		unseen(res, "what %s makes of it at the deployment cannot be looked at", assembly.Serverless)
	}
}
