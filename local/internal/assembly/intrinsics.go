package assembly

import (
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// noValue is what {"Ref": "AWS::NoValue"} resolves to: the property is not there.
type noValue struct{}

// maxDepth bounds references that go in a circle, which CloudFormation refuses too.
const maxDepth = 64

// Resolve returns the value with its intrinsic functions replaced: strings, numbers,
// booleans, []any and map[string]any are left. It fails on what it does not know, naming
// it, rather than guess.
//
// Source: AWS CloudFormation Template Reference, "Intrinsic function reference".
func (s *Stack) Resolve(value any) (any, error) {
	v, err := (&resolver{stack: s}).resolve(value)
	if _, ok := v.(noValue); ok {
		return nil, err
	}
	return v, err
}

type resolver struct {
	stack *Stack
	depth int
}

func (s *Stack) condition(name string) (bool, error) {
	return (&resolver{stack: s}).condition(name)
}

func (r *resolver) resolve(value any) (any, error) {
	switch v := value.(type) {
	case map[string]any:
		if fn, arg, ok := intrinsic(v); ok {
			r.depth++
			defer func() { r.depth-- }()
			if r.depth > maxDepth {
				return nil, errors.New("references go in a circle")
			}
			return r.call(fn, arg)
		}
		out := make(map[string]any, len(v))
		for key, item := range v {
			got, err := r.resolve(item)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			if _, ok := got.(noValue); !ok {
				out[key] = got
			}
		}
		return out, nil
	case []any:
		out := make([]any, 0, len(v))
		for i, item := range v {
			got, err := r.resolve(item)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			if _, ok := got.(noValue); !ok {
				out = append(out, got)
			}
		}
		return out, nil
	default:
		return value, nil
	}
}

// intrinsic tells a function call, an object with the one key Ref, Condition or Fn::*, from
// plain data.
func intrinsic(v map[string]any) (fn string, arg any, ok bool) {
	if len(v) != 1 {
		return "", nil, false
	}
	for key, arg := range v {
		_, isName := arg.(string)
		if key == "Ref" || key == "Condition" && isName || strings.HasPrefix(key, "Fn::") {
			return key, arg, true
		}
	}
	return "", nil, false
}

func (r *resolver) call(fn string, arg any) (any, error) {
	v, err := r.function(fn, arg)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn, err)
	}
	return v, nil
}

func (r *resolver) function(fn string, arg any) (any, error) {
	switch fn {
	case "Ref":
		name, _ := arg.(string)
		return r.ref(name)
	case "Fn::GetAtt":
		return r.getAtt(arg)
	case "Fn::If":
		args, err := list(arg, 3)
		if err != nil {
			return nil, err
		}
		name, _ := args[0].(string)
		yes, err := r.condition(name)
		if err != nil {
			return nil, err
		}
		if yes {
			return r.resolve(args[1])
		}
		return r.resolve(args[2])
	case "Fn::Sub":
		return r.sub(arg)
	case "Condition":
		return r.condition(arg.(string))
	}

	arg, err := r.resolve(arg)
	if err != nil {
		return nil, err
	}
	switch fn {
	case "Fn::Join":
		args, err := list(arg, 2)
		if err != nil {
			return nil, err
		}
		parts, err := texts(args[1])
		if err != nil {
			return nil, err
		}
		return strings.Join(parts, fmt.Sprint(args[0])), nil
	case "Fn::Split":
		args, err := list(arg, 2)
		if err != nil {
			return nil, err
		}
		parts := []any{}
		for _, part := range strings.Split(fmt.Sprint(args[1]), fmt.Sprint(args[0])) {
			parts = append(parts, part)
		}
		return parts, nil
	case "Fn::Select":
		args, err := list(arg, 2)
		if err != nil {
			return nil, err
		}
		index, err := strconv.Atoi(fmt.Sprint(args[0]))
		items, ok := args[1].([]any)
		if err != nil || !ok || index < 0 || index >= len(items) {
			return nil, fmt.Errorf("index %v is not in the list %v", args[0], args[1])
		}
		return items[index], nil
	case "Fn::Base64":
		return base64.StdEncoding.EncodeToString([]byte(fmt.Sprint(arg))), nil
	case "Fn::FindInMap":
		args, err := list(arg, 3)
		if err != nil {
			return nil, err
		}
		table := r.stack.mappings[fmt.Sprint(args[0])]
		value, ok := table[fmt.Sprint(args[1])][fmt.Sprint(args[2])]
		if !ok {
			return nil, fmt.Errorf("no mapping %v", args)
		}
		return value, nil
	case "Fn::ImportValue":
		return r.importValue(fmt.Sprint(arg))
	case "Fn::Equals":
		args, err := list(arg, 2)
		if err != nil {
			return nil, err
		}
		return reflect.DeepEqual(args[0], args[1]), nil
	case "Fn::Not":
		args, err := list(arg, 1)
		if err != nil {
			return nil, err
		}
		yes, err := truth(args[0])
		return !yes, err
	case "Fn::And", "Fn::Or":
		args, ok := arg.([]any)
		if !ok {
			return nil, fmt.Errorf("want a list, got %v", arg)
		}
		for _, item := range args {
			yes, err := truth(item)
			if err != nil {
				return nil, err
			}
			if yes == (fn == "Fn::Or") {
				return yes, nil
			}
		}
		return fn == "Fn::And", nil
	default:
		return nil, errors.New("this intrinsic function is not supported")
	}
}

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
		return s.Name, nil
	case "AWS::StackId":
		return fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s/local", s.Region, s.Account, s.Name), nil
	case "AWS::NoValue":
		return noValue{}, nil
	}
	if p, ok := s.parameters[name]; ok {
		if p.Default == nil || strings.HasPrefix(p.Type, "AWS::SSM::") {
			return nil, fmt.Errorf("parameter %s (%s) has no value here", name, p.Type)
		}
		return p.Default, nil
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
	text, variables := "", map[string]any{}
	switch v := arg.(type) {
	case string:
		text = v
	case []any:
		if len(v) == 2 {
			text, _ = v[0].(string)
			variables, _ = v[1].(map[string]any)
		}
	}
	var failed error
	out := placeholder.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		var v any
		var err error
		if given, ok := variables[name]; ok {
			v, err = r.resolve(given)
		} else if strings.Contains(name, ".") {
			v, err = r.call("Fn::GetAtt", name)
		} else {
			v, err = r.call("Ref", name)
		}
		if err != nil {
			failed = errors.Join(failed, err)
		}
		return fmt.Sprint(v)
	})
	return out, failed
}

func (r *resolver) importValue(name string) (any, error) {
	for _, s := range r.stack.assembly.Stacks {
		for _, o := range s.outputs {
			if o.Export.Name == nil {
				continue
			}
			other := &resolver{stack: s, depth: r.depth}
			export, err := other.resolve(o.Export.Name)
			if err != nil {
				return nil, err
			}
			if export == name {
				return other.resolve(o.Value)
			}
		}
	}
	return nil, fmt.Errorf("no stack of the assembly exports %q", name)
}

func (r *resolver) condition(name string) (bool, error) {
	definition, ok := r.stack.conditions[name]
	if !ok {
		return false, fmt.Errorf("template has no condition %q", name)
	}
	v, err := r.resolve(definition)
	if err != nil {
		return false, err
	}
	return truth(v)
}

func list(arg any, n int) ([]any, error) {
	if args, ok := arg.([]any); ok && len(args) == n {
		return args, nil
	}
	return nil, fmt.Errorf("want a list of %d, got %v", n, arg)
}

func texts(arg any) ([]string, error) {
	items, ok := arg.([]any)
	if !ok {
		return nil, fmt.Errorf("want a list, got %v", arg)
	}
	out := make([]string, len(items))
	for i, item := range items {
		switch item.(type) {
		case string, float64, bool:
			out[i] = fmt.Sprint(item)
		default:
			return nil, fmt.Errorf("want text, got %v", item)
		}
	}
	return out, nil
}

func truth(v any) (bool, error) {
	switch v {
	case true, "true":
		return true, nil
	case false, "false":
		return false, nil
	}
	return false, fmt.Errorf("want true or false, got %v", v)
}
