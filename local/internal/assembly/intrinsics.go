package assembly

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// noValue is what {"Ref": "AWS::NoValue"} resolves to: the property is not there.
type noValue struct{}

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

// ResolveMadeUp resolves as Resolve does, but makes up the attributes that nothing but a
// deployment could know. It is for what a function only carries around, such as the name
// of a queue in its environment.
func (s *Stack) ResolveMadeUp(value any) (any, error) {
	v, err := (&resolver{stack: s, madeUp: true}).resolve(value)
	if _, ok := v.(noValue); ok {
		return nil, err
	}
	return v, err
}

// Unwrap evaluates the value if it is an intrinsic function, and leaves what is inside of
// plain lists and objects as it stands: what nobody reads there need not be known. It
// returns nil if there is no value.
func (s *Stack) Unwrap(value any) (any, error) {
	r := &resolver{stack: s}
	for {
		call, _ := value.(map[string]any)
		fn, arg, ok := intrinsic(call)
		if !ok {
			return value, nil
		}
		var err error
		if fn == "Fn::If" {
			if value, err = r.branch(arg); err != nil {
				return nil, fmt.Errorf("%s: %w", fn, err)
			}
			continue
		}
		value, err = r.call(fn, arg)
		if _, none := value.(noValue); none {
			return nil, err
		}
		return value, err
	}
}

type resolver struct {
	stack  *Stack
	path   []step // what is being resolved, from the outside in
	madeUp bool   // attributes that are not known are made up
}

type step struct {
	stack *Stack
	what  string
}

// enter returns a resolver for a part that the value refers to. References that go in a
// circle are an error, as in CloudFormation.
func (r *resolver) enter(s *Stack, what string) (*resolver, error) {
	next := step{s, what}
	path := append(slices.Clip(r.path), next)
	if begin := slices.Index(path, next); begin < len(r.path) {
		var circle []string
		for _, step := range path[begin:] {
			circle = append(circle, step.what)
		}
		return nil, fmt.Errorf("references go in a circle: %s", strings.Join(circle, " -> "))
	}
	return &resolver{stack: s, path: path, madeUp: r.madeUp}, nil
}

// exists tells whether the resource is deployed.
func (r *resolver) exists(res *Resource) (bool, error) {
	if res.condition == "" {
		return true, nil
	}
	yes, err := (&resolver{stack: res.Stack, path: r.path}).condition(res.condition)
	if err != nil {
		return false, fmt.Errorf("condition %s: %w", res.condition, err)
	}
	return yes, nil
}

// text resolves a value that has to be text.
func (r *resolver) text(value any) (string, error) {
	v, err := r.resolve(value)
	if err != nil {
		return "", err
	}
	return text(v)
}

func (r *resolver) resolve(value any) (any, error) {
	switch v := value.(type) {
	case map[string]any:
		if fn, arg, ok := intrinsic(v); ok {
			return r.call(fn, arg)
		}
		out := make(map[string]any, len(v))
		for key, item := range v {
			if strings.HasPrefix(key, "Fn::") {
				return nil, fmt.Errorf("%s: an intrinsic function stands alone in its object", key)
			}
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
		chosen, err := r.branch(arg)
		if err != nil {
			return nil, err
		}
		return r.resolve(chosen)
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
		between, err := text(args[0])
		return strings.Join(parts, between), err
	case "Fn::Split":
		args, err := textArgs(arg, 2)
		if err != nil {
			return nil, err
		}
		return split(args[1], args[0]), nil
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
		plain, err := text(arg)
		return base64.StdEncoding.EncodeToString([]byte(plain)), err
	case "Fn::FindInMap":
		args, err := textArgs(arg, 3)
		if err != nil {
			return nil, err
		}
		value, ok := r.stack.mappings[args[0]][args[1]][args[2]]
		if !ok {
			return nil, fmt.Errorf("no mapping %v", args)
		}
		return value, nil
	case "Fn::ImportValue":
		name, err := text(arg)
		if err != nil {
			return nil, err
		}
		return r.importValue(name)
	case "Fn::Equals":
		args, err := list(arg, 2)
		if err != nil {
			return nil, err
		}
		return equal(args[0], args[1]), nil
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

// branch returns the side of an Fn::If that its condition chooses, unresolved.
func (r *resolver) branch(arg any) (any, error) {
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
		return args[1], nil
	}
	return args[2], nil
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
		if p.Type == "CommaDelimitedList" || strings.HasPrefix(p.Type, "List<") {
			items, err := text(p.Default)
			return split(items, ","), err
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

// importValue finds an export: their names are unique in one region of an account. Where
// stages that leave these open have the same, that of the own stage is meant.
func (r *resolver) importValue(name string) (any, error) {
	inner, err := r.enter(r.stack, "export "+name)
	if err != nil {
		return nil, err
	}
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
			other := &resolver{stack: s, path: inner.path, madeUp: inner.madeUp}
			if o.Condition != "" {
				exists, err := other.condition(o.Condition)
				if err != nil {
					errs = append(errs, fmt.Errorf("%s output %s: %w", s.Name, id, err))
				}
				if !exists {
					continue
				}
			}
			export, err := other.text(o.Export.Name)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s output %s: %w", s.Name, id, err))
				continue
			}
			if export == name {
				return other.resolve(o.Value)
			}
		}
	}
	return nil, errors.Join(append([]error{fmt.Errorf("no stack of the assembly exports %q", name)}, errs...)...)
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
	inner, err := r.enter(r.stack, "condition "+name)
	if err != nil {
		return false, err
	}
	v, err := inner.resolve(definition)
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
		var err error
		if out[i], err = text(item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// textArgs returns the arguments of a function that takes n texts.
func textArgs(arg any, n int) ([]string, error) {
	args, err := list(arg, n)
	if err != nil {
		return nil, err
	}
	return texts(args)
}

// text returns a scalar as CloudFormation writes it.
func text(v any) (string, error) {
	switch v.(type) {
	case string, json.Number, bool:
		return fmt.Sprint(v), nil
	case nil, noValue:
		return "", errors.New("want text, got no value")
	}
	return "", fmt.Errorf("want text, got %v", v)
}

func split(s, separator string) []any {
	parts := []any{}
	for _, part := range strings.Split(s, separator) {
		parts = append(parts, part)
	}
	return parts
}

// equal compares scalars as text: the number 5 is the text "5".
func equal(a, b any) bool {
	x, err := text(a)
	if err != nil {
		return reflect.DeepEqual(a, b)
	}
	y, err := text(b)
	return err == nil && x == y
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
