// Package aws reads what a cloud assembly says about the services that a request passes, and
// judges it. It has one model and one set of rules, for 'streamfront check', which reports what is
// wrong, and for 'streamfront run', which serves the rest.
//
// Each service has its own folder: model.go (what its part of a template says), rules.go (what AWS
// refuses, and what is insecure or fails), limits.go (AWS's figures, with their source), and its
// stand-in. The services import each other only in the direction of a request: cloudfront -> edge,
// functionurl, s3 -> lambda -> iam. A new service is a new folder, a line in Read and one in
// Rules. If callers reach functions through it, as through an API, it also provides a door.Door
// for each, which Read adds to Model.Doors; see package door.
package aws

import (
	"errors"
	"slices"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/apigateway"
	"github.com/streamfront/streamfront/internal/aws/cloudformation"
	"github.com/streamfront/streamfront/internal/aws/cloudfront"
	"github.com/streamfront/streamfront/internal/aws/cognito"
	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/ecs"
	"github.com/streamfront/streamfront/internal/aws/edge"
	"github.com/streamfront/streamfront/internal/aws/elb"
	"github.com/streamfront/streamfront/internal/aws/functionurl"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/s3"
	"github.com/streamfront/streamfront/internal/aws/websocket"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// A Model is everything of a cloud assembly that a request can meet, and what was found in
// it.
type Model struct {
	Distributions []*cloudfront.Distribution
	Doors         []door.Door // other front doors, which local serves by what they have in common
	URLs          []*functionurl.URL
	Services      []*ecs.Service // of Amazon ECS, behind load balancers
	Buckets       []*s3.Bucket   // those that functions use, and those that are origins
	Pools         []*cognito.Pool
	Stores        []*edge.StoreDefinition // the key-value stores of functions at the edge

	// Unknown are the names in Options.Replaced that no function behind a URL has.
	Unknown []string
	// UnknownLayers are the names in Options.Layers that no function here has.
	UnknownLayers []string

	// Findings are of every kind, in no order.
	Findings []template.Finding

	used []*s3.Bucket // by functions
}

// Options say what is not in the assembly.
type Options struct {
	// Replaced are the names of functions whose program somebody gives: "Stack/LogicalId", the
	// logical id, the function's name, or the path of the construct.
	Replaced []string
	// Layers are the folders of layers that are not in the assembly; see lambda.Definitions.
	Layers map[string]string
	// Addresses are where origins are, by their ids.
	Addresses map[string]string
	// Stores are the names of key-value stores whose values somebody gives.
	Stores []string
}

// Read reads and judges the assembly.
func Read(a *assembly.Assembly, o Options) *Model {
	log := &template.Log{}
	functions := lambda.NewDefinitions(a)
	defer functions.Release()
	functions.Replaced, functions.Layers = o.Replaced, o.Layers
	urls := functionurl.Read(a, functions, log)
	services := ecs.Read(a, o.Replaced)
	balancers := elb.Read(a, functions, services)
	apis := apigateway.Read(a, functions)
	webSockets := websocket.Read(a, functions)
	m := &Model{URLs: urls.URLs, Doors: slices.Concat(apis.Doors(), webSockets.Doors(), balancers.Doors()), Services: services, Unknown: functions.Unknown(), UnknownLayers: functions.UnknownLayers(), Pools: cognito.Read(a)}
	m.Unknown = slices.DeleteFunc(m.Unknown, func(name string) bool {
		return slices.ContainsFunc(services, func(s *ecs.Service) bool { return s.Called(name) })
	})
	buckets := s3.Read(a, m.Functions(), log)
	m.used = slices.Clone(buckets.Buckets)
	edges := edge.NewDefinitions(a, functions)
	edges.Filled = o.Stores
	distributions := cloudfront.Read(a, &cloudfront.Sources{URLs: urls, Buckets: buckets, Doors: m.Doors, Addresses: o.Addresses}, edges, log)
	m.Stores = edges.Stores()
	m.Distributions, m.Buckets = distributions.Distributions, buckets.Buckets

	urls.Judge(log)
	webSockets.Judge(log)
	balancers.Judge(log)
	apis.Judge(log)
	distributions.Judge(log)
	m.judgeBuckets(log)
	s3.JudgePermissions(a, log)
	cloudformation.Judge(a, log)
	lambda.RefuseOpen(a, log)
	m.Findings = once(log.Findings())
	return m
}

// judgeBuckets finds what is wrong with the buckets that functions use, or distributions before
// functions serve.
func (m *Model) judgeBuckets(log *template.Log) {
	served := m.used
	for _, d := range m.Distributions {
		for _, o := range d.Origins {
			if o.Bucket != nil && d.Fronts() && !slices.Contains(served, o.Bucket) {
				served = append(served, o.Bucket)
			}
		}
	}
	for _, b := range served {
		b.Judge(log)
	}
}

// Functions are those behind function URLs and other front doors.
func (m *Model) Functions() []*lambda.Definition {
	var functions []*lambda.Definition
	add := func(f *lambda.Definition) {
		if f != nil && !slices.Contains(functions, f) {
			functions = append(functions, f)
		}
	}
	for _, u := range m.URLs {
		add(u.Function)
	}
	for _, d := range m.Doors {
		for _, t := range d.Targets() {
			add(t.Function)
		}
	}
	return functions
}

// Refusals are the findings that stop the local chain: what AWS refuses; what the chain does
// not model, and more than the paths of one behavior depends on. Where there are any, or
// nothing would be left to serve, what is Unserved is among them.
func (m *Model) Refusals() []template.Finding {
	refused := slices.DeleteFunc(slices.Clone(m.Findings), func(f template.Finding) bool {
		return f.Kind != template.Refused && f.Kind != template.Unmodelled
	})
	if len(refused) == 0 && m.serves() {
		return nil
	}
	return append(refused, m.Unserved()...)
}

// serves reports whether there is a front door, or a behavior of one, that the local chain serves.
func (m *Model) serves() bool {
	if slices.ContainsFunc(m.URLs, func(u *functionurl.URL) bool { return !m.Behind(u) && len(u.Unserved()) == 0 }) {
		return true
	}
	for _, d := range m.Doors {
		if _, closed := d.Unserved(); !closed {
			return true
		}
	}
	return slices.ContainsFunc(m.Distributions, func(d *cloudfront.Distribution) bool {
		return slices.ContainsFunc(d.Behaviors, func(b cloudfront.Behavior) bool { return len(b.Unserved()) == 0 })
	})
}

// Behind reports whether a distribution stands in front of a function URL.
func (m *Model) Behind(u *functionurl.URL) bool {
	return slices.ContainsFunc(m.Distributions, func(d *cloudfront.Distribution) bool {
		return slices.ContainsFunc(d.Origins, func(o *cloudfront.Origin) bool { return o.URL == u })
	})
}

// Unserved are the findings about what the local chain does not model, and for which it
// answers 501 on the paths of their behaviors.
func (m *Model) Unserved() []template.Finding {
	all := &template.Log{}
	for _, d := range m.Distributions {
		for i := range d.Behaviors {
			for _, f := range d.Behaviors[i].Unserved() {
				all.Add(f)
			}
		}
	}
	for _, u := range m.URLs {
		for _, f := range u.Unserved() {
			all.Add(f)
		}
	}
	for _, d := range m.Doors {
		findings, _ := d.Unserved()
		for _, f := range findings {
			all.Add(f)
		}
	}
	return once(all.Findings())
}

// Err returns the refusals as an error, one in a line; nil if there are none.
func (m *Model) Err() error { return lines(m.Refusals()) }

func lines(findings []template.Finding) error {
	var errs []error
	var lines []string
	for _, f := range findings {
		if line := f.String(); !slices.Contains(lines, line) {
			lines = append(lines, line)
			errs = append(errs, errors.New(line))
		}
	}
	return errors.Join(errs...)
}

// Rules are all rules that can find something, each with the worst level of its findings, in
// the order of the table of causes.
func Rules() []template.Entry {
	all := slices.Concat(
		template.Reading,
		template.Entries(functionurl.Rules), template.Entries(functionurl.GrantRules),
		template.Entries(edge.Rules), template.Entries(edge.ViewerRules),
		template.Entries(cloudfront.OriginRules), template.Entries(cloudfront.BehaviorRules), template.Entries(cloudfront.DoorRules),
		template.Entries(cloudfront.DistributionRules), template.Entries(cloudfront.PairRules),
		template.Entries(cloudfront.ModelRules), template.Entries(s3.Rules), template.Entries(s3.UseRules),
		template.Entries(elb.Rules), template.Entries(elb.GroupRules), template.Entries(ecs.Rules),
		template.Entries(apigateway.Rules), template.Entries(apigateway.AuthorizerRules), template.Entries(websocket.Rules), template.Entries(websocket.RouteRules), template.Entries(apigateway.OperationRules), template.Entries(cloudformation.Rules), template.Entries(cloudformation.CircleRules),
	)
	var rules []template.Entry
	for i := range causes.All {
		var rule *template.Entry
		for j := range all {
			if all[j].ID == causes.All[i].ID && (rule == nil || rule.Level != template.Error && all[j].Level == template.Error) {
				rule = &all[j]
			}
		}
		if rule != nil {
			rules = append(rules, *rule)
		}
	}
	return rules
}
