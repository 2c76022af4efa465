package cloudformation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// A Circle is what waits for itself: resources of a template, or stacks of the app.
type Circle struct {
	template.Place // where it begins
	Steps          []Step
	Why            error // not nil: only a deployment knows whether the circle is closed
}

// A Step is why one resource, or stack, waits for the next one.
type Step struct{ To, By string }

// CircleRules are those about one circle.
var CircleRules = []template.Rule[*Circle]{
	{ID: causes.CircularDependency, Kind: template.Refused, Level: template.Error, Look: closed},
	{ID: causes.CircularDependency, Kind: template.Unknown, Level: template.Warning, Look: maybeClosed},
}

func closed(c *Circle, r *template.Report) {
	if c.Why == nil {
		r.Error(c.Place, "is in a circle, which AWS refuses as a circular dependency: %s", c)
	}
}

func maybeClosed(c *Circle, r *template.Report) {
	if c.Why != nil {
		r.Warn(c.Place, "may be in a circle, which AWS refuses as a circular dependency (%v): %s", c.Why, c)
	}
}

// String returns the whole circle: "A -> B (DependsOn) -> A (Ref in Name)".
func (c *Circle) String() string {
	text := c.Steps[len(c.Steps)-1].To
	for _, s := range c.Steps {
		text += fmt.Sprintf(" -> %s (%s)", s.To, s.By)
	}
	return text
}

// judgeCircles finds the circles of the app's templates, and those of its stacks.
func judgeCircles(a *assembly.Assembly, log *template.Log) {
	var stacks []assembly.Dependency
	for _, s := range a.Stacks {
		var resources []assembly.Dependency
		for _, d := range s.Dependencies() {
			if d.On != nil {
				resources = append(resources, d)
			} else if d.OnStack == s || d.OnStack.Root() != s.Root() {
				stacks = append(stacks, d)
			}
		}
		for _, other := range s.After() {
			manifest := &assembly.Resource{Stack: s, LogicalID: "manifest.json"}
			stacks = append(stacks, assembly.Dependency{Of: manifest, Property: "dependencies", By: "dependencies", OnStack: other})
		}
		judgeGraph(resources, func(d assembly.Dependency) (*assembly.Resource, *assembly.Resource) { return d.Of, d.On },
			func(r *assembly.Resource) string { return r.LogicalID }, log)
	}
	judgeGraph(stacks, func(d assembly.Dependency) (*assembly.Stack, *assembly.Stack) {
		return d.Of.Stack.Root(), d.OnStack.Root()
	}, func(s *assembly.Stack) string { return s.Name }, log)
}

// judgeGraph looks for circles of what is known, and then, where there is none, for those that a
// deployment may close.
func judgeGraph[N comparable](all []assembly.Dependency, ends func(assembly.Dependency) (of, on N), name func(N) string, log *template.Log) {
	known := slices.DeleteFunc(slices.Clone(all), func(d assembly.Dependency) bool { return d.Why != nil })
	told := map[N]bool{}
	for _, some := range [][]assembly.Dependency{known, all} {
		for _, steps := range circles(some, ends, told) {
			first := steps[0]
			c := &Circle{Place: template.Place{Resource: first.Of, Property: first.Property}}
			for _, d := range steps {
				_, on := ends(d)
				c.Steps = append(c.Steps, Step{name(on), by(d)})
				c.Why = cmp.Or(c.Why, d.Why)
			}
			template.Judge(CircleRules, c, log)
		}
	}
}

// by says how a dependency is written. Between stacks the resource matters, too.
func by(d assembly.Dependency) string {
	place := d.Property
	if d.On == nil {
		place = d.Of.LogicalID + ": " + d.Property
	}
	if d.By == d.Property { // DependsOn, or what the manifest says
		return strings.TrimSuffix(place, ": "+d.By)
	}
	return d.By + " in " + place
}

// circles returns the shortest circle through each node that is in one, beginning with the
// first, and leaving out nodes that are in a circle that was told.
func circles[N comparable](edges []assembly.Dependency, ends func(assembly.Dependency) (of, on N), told map[N]bool) [][]assembly.Dependency {
	var nodes []N
	out := map[N][]assembly.Dependency{}
	for _, e := range between(edges, ends) {
		of, _ := ends(e)
		if out[of] == nil {
			nodes = append(nodes, of)
		}
		out[of] = append(out[of], e)
	}
	var found [][]assembly.Dependency
	for _, n := range nodes {
		if told[n] {
			continue
		}
		if steps := back(n, out, ends); steps != nil {
			found = append(found, steps)
			for _, e := range steps {
				of, _ := ends(e)
				told[of] = true
			}
		}
	}
	return found
}

// between leaves out what leads to a node that leads nowhere, and so on: what is left leads to a
// circle. In most templates that is nothing.
func between[N comparable](edges []assembly.Dependency, ends func(assembly.Dependency) (of, on N)) []assembly.Dependency {
	leads, into := map[N]int{}, map[N][]N{}
	for _, e := range edges {
		of, on := ends(e)
		leads[of]++
		into[on] = append(into[on], of)
	}
	var nowhere []N
	for on := range into {
		if leads[on] == 0 {
			nowhere = append(nowhere, on)
		}
	}
	for ; len(nowhere) > 0; nowhere = nowhere[1:] {
		for _, of := range into[nowhere[0]] {
			if leads[of]--; leads[of] == 0 {
				nowhere = append(nowhere, of)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(edges), func(e assembly.Dependency) bool {
		of, on := ends(e)
		return leads[of] == 0 || leads[on] == 0
	})
}

// back returns the shortest way from a node to itself; nil: there is none.
func back[N comparable](from N, out map[N][]assembly.Dependency, ends func(assembly.Dependency) (of, on N)) []assembly.Dependency {
	came := map[N]assembly.Dependency{}
	for next := []N{from}; len(next) > 0; next = next[1:] {
		for _, e := range out[next[0]] {
			_, on := ends(e)
			if _, seen := came[on]; seen {
				continue
			}
			came[on] = e
			if on != from {
				next = append(next, on)
				continue
			}
			var steps []assembly.Dependency
			for at := from; len(steps) == 0 || at != from; {
				e := came[at]
				steps = append(steps, e)
				at, _ = ends(e)
			}
			slices.Reverse(steps)
			return steps
		}
	}
	return nil
}
