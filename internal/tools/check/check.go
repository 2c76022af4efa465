// Package check reads the cloud assembly of any CDK app. Before anything is deployed, it finds
// what AWS would refuse, and what is insecure or would fail, between a viewer, CloudFront and a
// Lambda function URL.
//
// It reports the findings of package aws, except for what the local chain does not model. A value
// that only a deployment could know is a finding of its own, so that what could not be examined
// never counts as correct.
//
// The command of the same name imports it; no service does.
package check

import (
	"cmp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws"
	"github.com/streamfront/streamfront/internal/aws/cloudfront"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/cdk"
	"github.com/streamfront/streamfront/internal/template"
)

// A Report is the outcome for one assembly.
type Report struct {
	// Dir is the folder of the assembly.
	Dir string `json:"dir"`
	// Stacks, Distributions and FunctionURLs count what was looked at.
	Stacks        int `json:"stacks"`
	Distributions int `json:"distributions"`
	FunctionURLs  int `json:"functionUrls"`
	// OtherDoors counts the front doors besides, such as APIs.
	OtherDoors int `json:"otherFrontDoors"`
	// Language is the one in which the fixes name the constructs of the CDK.
	Language cdk.Language `json:"language"`
	// Findings are ordered by stack, logical id and property.
	Findings []Finding `json:"findings"`
	// Suppressed are the findings that the template's metadata suppresses.
	Suppressed []Finding `json:"suppressed"`
	// Notes are remarks on the assembly as a whole.
	Notes []string `json:"notes"`
}

// A Finding is one thing that is wrong, or could not be examined.
type Finding struct {
	// Rule is the id of a cause in package causes.
	Rule  causes.ID `json:"rule"`
	Level Level     `json:"level"`
	// Stack and LogicalID name the resource, Type is its CloudFormation type.
	Stack     string `json:"stack"`
	LogicalID string `json:"logicalId"`
	Type      string `json:"type"`
	// Construct is the path of the construct in the app; "" if CDK did not note it down.
	Construct string `json:"construct,omitempty"`
	// Property is the path of the property, such as "DistributionConfig.Origins[0].Id"; ""
	// if the resource as a whole is meant.
	Property string `json:"property,omitempty"`
	// Unseen says that a part of the way could not be examined: an origin, an edge
	// function, a nested stack.
	Unseen bool `json:"unseen,omitempty"`
	// Message says what is there.
	Message string `json:"message"`
	// Why is the cause's, and Fix says how to fix it, in lines for the CDK in the report's
	// language, for the constructs of this project, and for CloudFormation.
	Why string `json:"why"`
	Fix string `json:"fix"`
	// Template is the path of the template within the assembly, Line the line in it where
	// the resource begins, from 1; 0 if it was not found.
	Template string `json:"template"`
	Line     int    `json:"line,omitempty"`
	// Reason is why the finding is suppressed.
	Reason string `json:"reason,omitempty"`
}

// Level is how bad a finding is.
type Level = template.Level

// The levels; see package template.
const (
	Error   = template.Error
	Warning = template.Warning
	Note    = template.Note
)

// Count returns how many findings have the level.
func (r *Report) Count(level Level) int {
	n := 0
	for _, f := range r.Findings {
		if f.Level == level {
			n++
		}
	}
	return n
}

// Unseen returns how many findings report a part of the way, such as an origin or an edge
// function, that could not be examined.
func (r *Report) Unseen() int {
	n := 0
	for _, f := range r.Findings {
		if f.Unseen {
			n++
		}
	}
	return n
}

// Options say how to check an assembly. The zero value goes by the assembly alone.
type Options struct {
	// Values are those that only a deployment would know; see assembly.LoadWith.
	Values map[string]string
	// Language is the one in which fixes name the constructs of the CDK.
	// Default: the app's; TypeScript if that is unknown.
	Language cdk.Language
}

// Run checks the cloud assembly in a folder. The error says why it could not be read.
func Run(dir string, o Options) (*Report, error) {
	a, err := assembly.LoadWith(dir, o.Values)
	if err != nil {
		return nil, err
	}
	report := reportOf(a, aws.Read(a, aws.Options{}), o)
	report.Dir = dir
	return report, nil
}

// reportOf tells what was found in an assembly.
func reportOf(a *assembly.Assembly, model *aws.Model, o Options) *Report {
	report := &Report{Stacks: len(a.Stacks), Distributions: len(model.Distributions), FunctionURLs: len(model.URLs), OtherDoors: len(model.Doors), Language: cmp.Or(o.Language, a.Language(), cdk.TypeScript)}
	var findings []found
	for i := range model.Findings {
		if f := &model.Findings[i]; f.Kind != template.Unmodelled { // which is the local chain's own business
			findings = append(findings, found{tell(f, report.Language), f.Resource})
		}
	}
	locate(a, findings)
	slices.SortStableFunc(findings, func(x, y found) int {
		return cmp.Or(strings.Compare(x.Stack, y.Stack), strings.Compare(x.Template, y.Template), strings.Compare(x.LogicalID, y.LogicalID),
			strings.Compare(x.Property, y.Property), strings.Compare(string(x.Rule), string(y.Rule)))
	})
	report.Findings, report.Suppressed = suppress(findings)
	report.Notes = append(notes(model, findings), suppressionNotes(a)...)
	return report
}

// A found is a finding with its resource.
type found struct {
	Finding
	resource *assembly.Resource
}

// tell makes a finding of the report of one of the model.
func tell(f *template.Finding, language cdk.Language) Finding {
	cause := causes.Get(f.Rule)
	if cause == nil {
		panic("check: no cause " + string(f.Rule))
	}
	construct, _ := f.Resource.Metadata["aws:cdk:path"].(string)
	return Finding{
		Rule: f.Rule, Level: f.Level, Stack: f.Resource.Stack.Name, LogicalID: f.Resource.LogicalID, Type: f.Resource.Type,
		Construct: construct, Property: f.Property, Unseen: f.Kind == template.Unseen, Message: f.Message, Why: cause.Why, Fix: cause.Fix.In(language),
	}
}

// notes says of the assembly what no finding can.
func notes(m *aws.Model, findings []found) []string {
	fronts := slices.ContainsFunc(m.Distributions, (*cloudfront.Distribution).Fronts)
	unseen := func(f found) bool { return f.Unseen }
	switch {
	case len(m.Doors) > 0 && len(m.URLs) == 0:
		return []string{}
	case len(m.Distributions) == 0 && len(m.URLs) == 0 && slices.ContainsFunc(findings, unseen):
		return []string{"no AWS::CloudFront::Distribution and no AWS::Lambda::Url in what could be looked at"}
	case len(m.Distributions) == 0 && len(m.URLs) == 0 && len(findings) > 0:
		return []string{"no AWS::CloudFront::Distribution and no AWS::Lambda::Url: only permissions were checked"}
	case len(m.Distributions) == 0 && len(m.URLs) == 0:
		return []string{"no AWS::CloudFront::Distribution and no AWS::Lambda::Url: nothing to check"}
	case len(m.Distributions) == 0 && len(m.Doors) == 0:
		return []string{"no AWS::CloudFront::Distribution: only the function URLs themselves were checked"}
	case fronts || len(m.Distributions) == 0:
		return []string{}
	case slices.ContainsFunc(m.Distributions, func(d *cloudfront.Distribution) bool { return d.Unknown }):
		return []string{"no distribution is known to have a function URL as its origin: none of them was checked"}
	case len(m.URLs) == 0 && len(findings) > 0:
		return []string{"no distribution has a function URL as its origin, and there is no AWS::Lambda::Url: only what AWS refuses was looked for"}
	case len(m.URLs) == 0:
		return []string{"no distribution has a function URL as its origin, and there is no AWS::Lambda::Url: nothing to check"}
	}
	return []string{"no distribution has a function URL as its origin: only the function URLs themselves were checked"}
}
