package assembly

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

func (r *resolver) ref(name string) (any, error) {
	s := r.stack
	switch name {
	case "AWS::AccountId":
		return s.Account, nil
	case "AWS::Region":
		return s.Region, nil
	case "AWS::Partition":
		return "aws", nil
	case "AWS::URLSuffix":
		return "amazonaws.com", nil
	case "AWS::StackName":
		return s.deployedName(), nil
	case "AWS::StackId":
		return s.id(), nil
	case "AWS::NoValue":
		return noValue{}, nil
	}
	if p, ok := s.parameters[name]; ok {
		return r.parameter(name, &p)
	}
	res, ok := s.Resources[name]
	if !ok {
		return nil, fmt.Errorf("template has no resource or parameter %q", name)
	}
	return r.attribute(res, "")
}

func (r *resolver) getAtt(arg any) (any, error) {
	id, attribute := "", ""
	switch v := arg.(type) {
	case string:
		id, attribute, _ = strings.Cut(v, ".")
	case []any:
		parts, err := texts(v)
		if err != nil || len(parts) != 2 {
			return nil, fmt.Errorf("want [logical id, attribute], got %v", arg)
		}
		id, attribute = parts[0], parts[1]
	}
	res, ok := r.stack.Resources[id]
	if !ok {
		return nil, fmt.Errorf("template has no resource %q", id)
	}
	return r.attribute(res, attribute)
}

var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

func (r *resolver) sub(arg any) (any, error) {
	template, ok := arg.(string)
	variables := map[string]any{}
	if args, err := list(arg, 2); err == nil {
		template, ok = args[0].(string)
		if ok {
			variables, ok = args[1].(map[string]any)
		}
	}
	if !ok {
		return nil, fmt.Errorf("want text, or text and variables, got %v", arg)
	}
	var failed error
	out := placeholder.ReplaceAllStringFunc(template, func(match string) string {
		name := match[2 : len(match)-1]
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		if failed != nil {
			return "" // one circle, resolved at every turn of another, would never end
		}
		var v any
		if given, ok := variables[name]; ok {
			v, failed = r.resolve(given)
		} else if strings.Contains(name, ".") {
			v, failed = r.call("Fn::GetAtt", name)
		} else {
			v, failed = r.call("Ref", name)
		}
		if failed != nil {
			return ""
		}
		value, err := text(v)
		if err != nil {
			failed = fmt.Errorf("${%s}: %w", name, err)
		}
		return value
	})
	return out, failed
}

func (s *Stack) id() string {
	return fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s/local", s.Region, s.Account, s.deployedName())
}

// importValue returns the value of an export.
func (r *resolver) importValue(name string) (any, error) {
	if v, ok := r.stack.assembly.given[exportPrefix+name]; ok {
		return v, nil
	}
	inner, err := r.enter(r.stack, "export "+name)
	if err != nil {
		return nil, err
	}
	e, err := inner.export(name)
	if e == nil {
		return r.makeUp(err, exportPrefix+name, madeUpName(name))
	}
	return inner.at(e.stack).resolve(e.Value)
}

// An export is an output of a stack under a name for others.
type export struct {
	stack *Stack
	output
}

// export finds an export: their names are unique in one region of an account. Where stages
// that leave these open have the same, that of the own stage is meant.
func (r *resolver) export(name string) (*export, error) {
	var errs []error // of other exports: they matter only if this one is not found
	for _, s := range r.stack.nearest() {
		if s.Region != r.stack.Region || s.Account != r.stack.Account {
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(s.outputs)) {
			o := s.outputs[id]
			if o.Export.Name == nil {
				continue
			}
			other := r.at(s)
			if o.Condition != "" {
				exists, err := other.condition(o.Condition)
				if err != nil {
					errs = append(errs, fmt.Errorf("%s output %s: %w", s.Name, id, err))
				}
				if !exists {
					continue
				}
			}
			exported, err := other.text(o.Export.Name)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s output %s: %w", s.Name, id, err))
				continue
			}
			if exported == name {
				return &export{s, o}, nil
			}
		}
	}
	missing := fmt.Errorf("no stack of the assembly exports %q: %s", name, option(exportPrefix+name))
	return nil, errors.Join(append([]error{missing}, errs...)...)
}

// nearest are the stacks of the assembly, those of the own stage first.
func (s *Stack) nearest() []*Stack {
	var own, others []*Stack
	for _, other := range s.assembly.Stacks {
		if other.stage == s.stage {
			own = append(own, other)
		} else {
			others = append(others, other)
		}
	}
	return append(own, others...)
}

func (r *resolver) condition(name string) (bool, error) {
	definition, ok := r.stack.conditions[name]
	if !ok {
		return false, fmt.Errorf("template has no condition %q", name)
	}
	v, err := r.plain(r.stack).once(r.stack, conditionStep+name, func(inner *resolver) (any, error) { // it decides
		return inner.resolve(definition)
	})
	if err != nil {
		return false, err
	}
	return truth(v)
}

// exists reports whether the resource is deployed, with the nested stack that it is in.
func (r *resolver) exists(res *Resource) (bool, error) {
	if parent := res.Stack.Parent; parent != nil {
		if exists, err := r.exists(parent); err != nil || !exists {
			return false, err
		}
	}
	if res.condition == "" {
		return true, nil
	}
	yes, err := r.at(res.Stack).condition(res.condition)
	if err != nil {
		return false, fmt.Errorf("condition %s: %w", res.condition, err)
	}
	return yes, nil
}
