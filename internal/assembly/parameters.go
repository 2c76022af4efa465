package assembly

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A parameter is one of a template's Parameters.
type parameter struct {
	Type          string
	Default       any
	AllowedValues []any
}

// stored reports a parameter that has the value of a parameter of Systems Manager.
func (p *parameter) stored() bool { return strings.HasPrefix(p.Type, "AWS::SSM::Parameter::Value<") }

func (p *parameter) list() bool { return strings.Contains(p.Type, "List") }

// bootstrap is the parameter by which CDK compares versions, and which no resource refers to.
const bootstrap = "BootstrapVersion"

// A ParameterError is about a parameter that only a deployment gives a value.
type ParameterError struct {
	Stack *Stack
	Name  string // of the parameter
	Type  string
}

func (e *ParameterError) Error() string {
	return fmt.Sprintf("parameter %s (%s) has no value here: %s", e.Name, e.Type, option(e.Stack.Name+"."+e.Name))
}

// option says how to give a value that only a deployment knows.
func option(name string) string { return fmt.Sprintf("give it with --parameter %s=VALUE", name) }

// The names of values that are no parameters of a stack: what Systems Manager stores, and
// what stacks of others export.
const (
	storedPrefix = "ssm:"
	exportPrefix = "export:"
)

// parameter returns the value of a parameter: what was given for it, or its default. The
// value of one that is stored is the name of what has the value.
func (r *resolver) parameter(name string, p *parameter) (any, error) {
	s := r.stack
	v := p.Default
	if s.Parent != nil {
		given, err := r.argument(name)
		if err != nil {
			return nil, err
		}
		if given != nil {
			v = given
		}
	} else if given, ok := s.assembly.given[s.Name+"."+name]; ok {
		return p.value(given)
	}
	if p.stored() && v != nil {
		key, err := text(v)
		if err != nil {
			return nil, err
		}
		if v, err = r.stored(key, s.Account, s.Region); err != nil {
			return r.makeUp(&ParameterError{s, name, p.Type}, s.Name+"."+name, p.example(key))
		}
	}
	if v == nil {
		return r.makeUp(&ParameterError{s, name, p.Type}, s.Name+"."+name, p.example(name))
	}
	return p.value(v)
}

// value makes a list of the value if the parameter is one.
func (p *parameter) value(v any) (any, error) {
	if _, is := v.([]any); is || !p.list() {
		return v, nil
	}
	items, err := text(v)
	return split(items, ","), err
}

// example is a value that the parameter might have.
func (p *parameter) example(name string) any {
	var v any = madeUpName(name)
	switch {
	case len(p.AllowedValues) > 0:
		v = p.AllowedValues[0]
	case strings.Contains(p.Type, "Number"):
		v = "1"
	}
	v, _ = p.value(v)
	return v
}

// parameters returns the names that values can be given for.
func (a *Assembly) parameters() []string {
	known := map[string]bool{}
	for _, s := range a.Stacks {
		if s.Parent != nil {
			continue // its parent gives them
		}
		for name := range s.parameters {
			if name != bootstrap {
				known[s.Name+"."+name] = true
			}
		}
	}
	for _, s := range a.Stacks {
		for _, p := range s.parameters {
			if key, ok := p.Default.(string); ok && p.stored() && !strings.HasPrefix(key, "/cdk-bootstrap/") {
				known[storedPrefix+key] = true
			}
		}
		for _, res := range s.Resources {
			s.mentions(res.properties, known)
			if call, err := (&resolver{stack: s}).sdkCall(res); err == nil {
				known[storedPrefix+call.name] = true
			}
		}
		for _, o := range s.outputs {
			s.mentions(o.Value, known)
		}
	}
	return slices.Sorted(maps.Keys(known))
}

// mentions collects the exports and stored parameters that a value refers to.
func (s *Stack) mentions(value any, known map[string]bool) {
	switch v := value.(type) {
	case string:
		for _, reference := range dynamicReference.FindAllStringSubmatch(v, -1) {
			if reference[1] == "ssm" {
				known[storedPrefix+withoutVersion(reference[2])] = true
			}
		}
	case []any:
		for _, item := range v {
			s.mentions(item, known)
		}
	case map[string]any:
		if fn, arg, ok := intrinsic(v); ok && fn == "Fn::ImportValue" {
			if name, err := (&resolver{stack: s}).text(arg); err == nil {
				known[exportPrefix+name] = true
			}
		}
		for _, item := range v {
			s.mentions(item, known)
		}
	}
}

// give takes the values that the user gives.
func (a *Assembly) give(values map[string]string) error {
	a.given = values
	if len(values) == 0 {
		return nil
	}
	known := a.parameters()
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, name) && !strings.HasSuffix(name, "."+bootstrap) {
			errs = append(errs, unknownParameter(name, known))
			continue
		}
		for _, s := range a.Stacks {
			own, ok := strings.CutPrefix(name, s.Name+".")
			if p, has := s.parameters[own]; ok && has && s.Parent == nil {
				errs = append(errs, p.check(name, values[name]))
			}
		}
	}
	return errors.Join(errs...)
}

func unknownParameter(name string, known []string) error {
	if len(known) == 0 {
		return fmt.Errorf("there is no parameter %q: no stack of the assembly has any", name)
	}
	return fmt.Errorf("there is no parameter %q: the assembly has %s", name, strings.Join(known, ", "))
}

// check reports whether CloudFormation takes the value.
func (p *parameter) check(name, value string) error {
	if p.Type == "Number" {
		if _, err := json.Number(value).Float64(); err != nil {
			return fmt.Errorf("parameter %s is %q: want a number", name, value)
		}
	}
	allowed := make([]string, len(p.AllowedValues))
	for i, v := range p.AllowedValues {
		allowed[i] = fmt.Sprint(v)
	}
	if len(allowed) > 0 && !p.list() && !slices.Contains(allowed, value) {
		return fmt.Errorf("parameter %s is %q: it takes %s", name, value, strings.Join(allowed, ", "))
	}
	return nil
}
