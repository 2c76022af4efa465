package assembly

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Dependency is why CloudFormation makes one resource after another, or one stack after
// another.
type Dependency struct {
	Of *Resource
	// Property is where it stands in the resource: the path of a property, or an attribute of the
	// resource such as DependsOn.
	Property string
	By       string    // DependsOn, Ref, Fn::GetAtt, Fn::Sub or Fn::ImportValue
	On       *Resource // in the same template; nil: on a stack
	OnStack  *Stack
	Why      error // not nil: only a deployment knows whether the one waits for the other
}

// Dependencies are those of the stack's resources on each other, and of the stack on others
// that it imports from, in the order of the logical ids. What is not deployed depends on
// nothing; of an Fn::If counts the branch that its condition chooses.
//
// Sources: AWS CloudFormation Template Reference, "DependsOn attribute" and "Intrinsic function
// reference". That a Ref in Metadata counts, and not in the branch that is not chosen, is how
// aws/aws-cdk#13889 orders resources; that one in UpdatePolicy counts, what aws/aws-cdk#2231
// reports.
func (s *Stack) Dependencies() []Dependency {
	if s.Parent != nil {
		if exists, err := s.Parent.Exists(); err == nil && !exists {
			return nil
		}
	}
	w := &walk{stack: s, resolver: &resolver{stack: s}, conditions: map[string]known{}}
	for _, id := range slices.Sorted(maps.Keys(s.Resources)) {
		w.resource(s.Resources[id])
	}
	for _, id := range slices.Sorted(maps.Keys(s.outputs)) {
		w.of, w.path, w.why = &Resource{Stack: s, LogicalID: "Outputs"}, []any{id}, nil
		if o := s.outputs[id]; o.Condition == "" || w.holds(o.Condition) {
			w.value(o.Value)
		}
	}
	return w.found
}

// After are the stacks that the app says are to be deployed before this one.
func (s *Stack) After() []*Stack { return s.after }

// Root is the stack that is deployed by itself: this one, or the one around it.
func (s *Stack) Root() *Stack {
	for s.Parent != nil {
		s = s.Parent.Stack
	}
	return s
}

// A walk goes through a template and collects what refers to what.
type walk struct {
	stack      *Stack
	resolver   *resolver
	conditions map[string]known
	found      []Dependency

	of   *Resource // that is looked at
	path []any     // where: names of properties and indices
	why  error     // why it is not known whether that counts
}

type known struct {
	yes bool
	why error
}

// resource looks at what is deployed. What SAM makes of a resource of its own is not known.
func (w *walk) resource(res *Resource) {
	if strings.HasPrefix(res.Type, "AWS::Serverless::") {
		return
	}
	w.of, w.path, w.why = res, nil, nil
	if !w.deployed(res) {
		return
	}
	w.value(res.properties)
	if res.From != "" && res.From != res.LogicalID {
		return // the attributes are those of the function that it was made beside
	}
	on, _ := res.attributes.DependsOn.([]any)
	if one, ok := res.attributes.DependsOn.(string); ok {
		on = []any{one}
	}
	for _, id := range on {
		if id, ok := id.(string); ok {
			w.in("DependsOn", func() { w.refer("DependsOn", id) })
		}
	}
	w.in("Metadata", func() { w.value(res.Metadata) })
	w.in("CreationPolicy", func() { w.value(res.attributes.CreationPolicy) })
	w.in("UpdatePolicy", func() { w.value(res.attributes.UpdatePolicy) })
}

// deployed reports whether the resource may be deployed, and notes down if that is not known.
func (w *walk) deployed(res *Resource) bool {
	return res.condition == "" || w.holds(res.condition)
}

// holds reports whether a condition may be true, and notes down if that is not known.
func (w *walk) holds(condition string) bool {
	k := w.condition(condition)
	w.why = cmp.Or(w.why, k.why)
	return k.yes || k.why != nil
}

func (w *walk) condition(name string) known {
	k, ok := w.conditions[name]
	if !ok {
		k.yes, k.why = w.resolver.condition(name)
		w.conditions[name] = k
	}
	return k
}

// in looks at what stands below a name.
func (w *walk) in(name any, look func()) {
	w.path = append(w.path, name)
	look()
	w.path = w.path[:len(w.path)-1]
}

func (w *walk) value(value any) {
	switch v := value.(type) {
	case map[string]any:
		if fn, arg, ok := intrinsic(v); ok {
			w.call(fn, arg)
			return
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			w.in(name, func() { w.value(v[name]) })
		}
	case []any:
		for i, item := range v {
			w.in(i, func() { w.value(item) })
		}
	}
}

// call looks at an intrinsic function, and at its arguments, which have no path of their own.
func (w *walk) call(fn string, arg any) {
	args, isList := arg.([]any)
	switch {
	case fn == "Condition":
		return
	case fn == "Ref":
		w.refer(fn, arg)
		return
	case fn == "Fn::GetAtt":
		id, _ := arg.(string)
		id, _, _ = strings.Cut(id, ".")
		if isList && len(args) > 0 {
			id, _ = args[0].(string)
		}
		w.refer(fn, id)
	case fn == "Fn::If" && isList && len(args) == 3:
		w.branches(args)
		return
	case fn == "Fn::ImportValue":
		w.importValue(arg)
	case fn == "Fn::Sub" && isList && len(args) == 2:
		variables, _ := args[1].(map[string]any)
		w.sub(args[0], variables)
	case fn == "Fn::Sub":
		w.sub(arg, nil)
	}
	w.argument(arg)
}

func (w *walk) argument(arg any) {
	switch v := arg.(type) {
	case []any:
		for _, item := range v {
			w.argument(item)
		}
	case map[string]any:
		if fn, inner, ok := intrinsic(v); ok {
			w.call(fn, inner)
			return
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			w.argument(v[name])
		}
	}
}

// branches looks at the branch of an Fn::If that its condition chooses, at both if that is not
// known.
func (w *walk) branches(args []any) {
	name, _ := args[0].(string)
	k, outer := w.condition(name), w.why
	w.why = cmp.Or(w.why, k.why)
	if k.yes || k.why != nil {
		w.value(args[1])
	}
	if !k.yes || k.why != nil {
		w.value(args[2])
	}
	w.why = outer
}

func (w *walk) sub(template any, variables map[string]any) {
	text, _ := template.(string)
	for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
		id, _, _ := strings.Cut(match[1], ".")
		if _, given := variables[match[1]]; !given {
			w.refer("Fn::Sub", id)
		}
	}
}

// refer notes down a reference, unless it is one to a parameter or to what is not deployed.
func (w *walk) refer(by string, name any) {
	id, _ := name.(string)
	on, ok := w.stack.Resources[id]
	outer := w.why
	if ok && w.deployed(on) {
		w.add(Dependency{By: by, On: on})
	}
	w.why = outer
}

// importValue notes down the stack that exports the value, if one of the assembly does.
func (w *walk) importValue(arg any) {
	name, err := w.resolver.text(arg)
	if err != nil {
		return
	}
	if e, err := w.resolver.export(name); err == nil && e != nil {
		w.add(Dependency{By: "Fn::ImportValue", OnStack: e.stack})
	}
}

func (w *walk) add(d Dependency) {
	var path strings.Builder
	for _, step := range w.path {
		if i, ok := step.(int); ok {
			fmt.Fprintf(&path, "[%d]", i)
		} else {
			fmt.Fprintf(&path, ".%s", step)
		}
	}
	d.Of, d.Property, d.Why = w.of, strings.TrimPrefix(path.String(), "."), w.why
	w.found = append(w.found, d)
}
