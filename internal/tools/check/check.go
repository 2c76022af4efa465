// Package check reads the cloud assembly of any CDK app and finds what AWS would refuse,
// or what leaves a hole, on the way from a viewer through CloudFront to a Lambda function
// URL, before anything is deployed.
//
// It is lenient where package resources is strict: it looks at what a rule needs and at
// nothing else. A value that only a deployment could know is a finding of its own, so that
// what could not be looked at never counts as right.
package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
)

// A Report is the outcome for one assembly.
type Report struct {
	// Dir is the folder of the assembly.
	Dir string `json:"dir"`
	// Stacks, Distributions and FunctionURLs count what was looked at.
	Stacks        int `json:"stacks"`
	Distributions int `json:"distributions"`
	FunctionURLs  int `json:"functionUrls"`
	// Findings are ordered by stack, logical id and property.
	Findings []Finding `json:"findings"`
	// Suppressed are the findings that the template's metadata suppresses.
	Suppressed []Finding `json:"suppressed"`
	// Notes are remarks on the assembly as a whole.
	Notes []string `json:"notes"`
}

// A Finding is one thing that is wrong, or could not be looked at.
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
	// Message says what is there.
	Message string `json:"message"`
	// Why and Mend are the cause's.
	Why  string `json:"why"`
	Mend string `json:"mend"`
	// Template is the path of the template within the assembly, Line the line in it where
	// the resource begins, from 1; 0 if it was not found.
	Template string `json:"template"`
	Line     int    `json:"line,omitempty"`
	// Reason is why the finding is suppressed.
	Reason string `json:"reason,omitempty"`
}

// Level is how bad a finding is.
type Level string

const (
	// Error is what AWS refuses, and what lets in who should not be.
	Error Level = "error"
	// Warning is what works, but not as well or as safely as it should, and what could not
	// be looked at.
	Warning Level = "warning"
	// Note is what rests on something outside of the template.
	Note Level = "note"
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

// Run checks the cloud assembly in a folder. The error says why it could not be read.
func Run(dir string) (*Report, error) {
	a, err := assembly.Load(dir)
	if err != nil {
		return nil, err
	}
	c := &checker{assembly: a, seen: map[string]bool{}, edges: map[string]*edgeFunction{}}
	c.run()
	report := &Report{Dir: dir, Stacks: len(a.Stacks), Distributions: len(c.distributions), FunctionURLs: len(c.urls), Notes: c.notes()}
	c.locate()
	slices.SortStableFunc(c.findings, func(x, y found) int {
		return cmp.Or(strings.Compare(x.Stack, y.Stack), strings.Compare(x.Template, y.Template), strings.Compare(x.LogicalID, y.LogicalID),
			strings.Compare(x.Property, y.Property), strings.Compare(string(x.Rule), string(y.Rule)))
	})
	report.Findings, report.Suppressed = c.suppress()
	return report, nil
}

// A checker goes through one assembly, from function URLs to the distributions in front.
type checker struct {
	assembly      *assembly.Assembly
	urls          []*functionURL
	grants        []*grant
	distributions []*distribution
	edges         map[string]*edgeFunction // by the ARN without the version

	findings []found
	seen     map[string]bool // findings that several ways lead to are told once
}

// A found is a finding with its resource.
type found struct {
	Finding
	resource *assembly.Resource
}

func (c *checker) run() {
	for res := range c.all("AWS::Lambda::Url") {
		c.urls = append(c.urls, c.readURL(res))
	}
	for res := range c.all("AWS::Lambda::Permission") {
		if g := c.readGrant(res); g != nil {
			c.grants = append(c.grants, g)
		}
	}
	for res := range c.all("AWS::CloudFront::Distribution") {
		c.distributions = append(c.distributions, c.readDistribution(res))
	}
	for res := range c.all("AWS::CloudFormation::Stack") {
		c.checkNested(res)
	}
	for _, u := range c.urls {
		c.checkURL(u)
	}
	for _, d := range c.distributions {
		c.checkDistribution(d)
	}
	c.checkGrants()
}

// all yields the resources of a type that may be deployed, ordered by stack and logical id.
func (c *checker) all(typ string) func(func(*assembly.Resource) bool) {
	return func(yield func(*assembly.Resource) bool) {
		for _, s := range c.assembly.Stacks {
			for _, id := range slices.Sorted(maps.Keys(s.Resources)) {
				res := s.Resources[id]
				if res.Type != typ {
					continue
				}
				exists, err := res.Exists()
				if err != nil {
					c.properties(res).find(causes.ValueUnknown, Warning, "may or may not be deployed: %v", err)
				}
				if (exists || err != nil) && !yield(res) {
					return
				}
			}
		}
	}
}

// notes says of the assembly what no finding can.
func (c *checker) notes() []string {
	notes := []string{}
	switch {
	case len(c.distributions) == 0 && len(c.urls) == 0 && len(c.findings) > 0:
		notes = append(notes, "no AWS::CloudFront::Distribution and no AWS::Lambda::Url: only permissions were checked")
	case len(c.distributions) == 0 && len(c.urls) == 0:
		notes = append(notes, "no AWS::CloudFront::Distribution and no AWS::Lambda::Url: nothing to check")
	case len(c.distributions) == 0:
		notes = append(notes, "no AWS::CloudFront::Distribution: only the function URLs themselves were checked")
	case len(c.fronted()) > 0:
	case slices.ContainsFunc(c.distributions, func(d *distribution) bool { return d.unknown }):
		notes = append(notes, "no distribution is known to have a function URL as its origin: none of them was checked")
	case len(c.urls) == 0:
		notes = append(notes, "no distribution has a function URL as its origin, and there is no AWS::Lambda::Url: nothing to check")
	default:
		notes = append(notes, "no distribution has a function URL as its origin: only the function URLs themselves were checked")
	}
	return append(notes, c.suppressionNotes()...)
}

// fronted are the distributions with a function URL behind them.
func (c *checker) fronted() []*distribution {
	var found []*distribution
	for _, d := range c.distributions {
		if slices.ContainsFunc(d.origins, func(o *origin) bool { return o.servesFunction() }) {
			found = append(found, d)
		}
	}
	return found
}

// add records a finding once.
func (c *checker) add(v value, rule causes.ID, level Level, message string) {
	cause := causes.Get(rule)
	if cause == nil {
		panic("check: no cause " + string(rule))
	}
	key := strings.Join([]string{string(rule), v.res.Stack.TemplateFile, v.res.LogicalID, v.path, message}, "\x00")
	if c.seen[key] {
		return
	}
	c.seen[key] = true
	construct, _ := v.res.Metadata["aws:cdk:path"].(string)
	c.findings = append(c.findings, found{Finding{
		Rule: rule, Level: level, Stack: v.res.Stack.Name, LogicalID: v.res.LogicalID, Type: v.res.Type,
		Construct: construct, Property: v.path, Message: message, Why: cause.Why, Mend: cause.Mend,
	}, v.res})
}

// find records a finding at a property.
func (v value) find(rule causes.ID, level Level, format string, args ...any) {
	v.c.add(v, rule, level, fmt.Sprintf(format, args...))
}
