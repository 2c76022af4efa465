package assembly

import (
	"encoding/base64"
	"errors"
	"fmt"
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

// ResolveMadeUp resolves as Resolve does, but makes up what nothing but a deployment could
// know, and names it. It is for what a function only carries around, such as the name of a
// queue in its environment. What decides, such as a condition, is not made up.
func (s *Stack) ResolveMadeUp(value any) (v any, made []string, err error) {
	v, err = (&resolver{stack: s, made: &made}).resolve(value)
	if _, ok := v.(noValue); ok {
		return nil, made, err
	}
	return v, made, err
}

// Unwrap evaluates the value if it is an intrinsic function, and leaves what is inside of
// plain lists and objects as it stands: what nobody reads there need not be known. It
// returns nil if there is no value.
func (s *Stack) Unwrap(value any) (any, error) {
	v, err := (&resolver{stack: s}).unwrap(value)
	if _, none := v.(noValue); none {
		return nil, err
	}
	return v, err
}

func (r *resolver) unwrap(value any) (any, error) {
	for {
		call, _ := value.(map[string]any)
		fn, arg, ok := intrinsic(call)
		switch given, isText := value.(string); {
		case isText:
			return r.dynamic(given)
		case !ok:
			return value, nil
		case fn != "Fn::If":
			return r.call(fn, arg)
		}
		var err error
		if value, err = r.branch(arg); err != nil {
			return nil, fmt.Errorf("%s: %w", fn, err)
		}
	}
}

type resolver struct {
	stack *Stack
	path  []step    // what is being resolved, from the outside in
	made  *[]string // not nil: what is not known is made up, and named here
	found map[found]any
}

// A found is what is known once it was resolved. Without that a condition of two conditions, each
// of two others, and so on, would take as many steps as it has leaves.
type found struct {
	step
	made bool
}

// at returns a resolver that goes on in another stack.
func (r *resolver) at(s *Stack) *resolver {
	if r.found == nil {
		r.found = map[found]any{}
	}
	return &resolver{stack: s, path: r.path, made: r.made, found: r.found}
}

// plain returns a resolver that goes on in another stack, and makes nothing up.
func (r *resolver) plain(s *Stack) *resolver {
	plain := r.at(s)
	plain.made = nil
	return plain
}

// once resolves a part that the value refers to, the first time that it does.
func (r *resolver) once(s *Stack, what string, resolve func(*resolver) (any, error)) (any, error) {
	key := found{step{s, what}, r.made != nil}
	if v, ok := r.found[key]; ok {
		return v, nil
	}
	inner, err := r.enter(s, what)
	if err != nil {
		return nil, err
	}
	v, err := resolve(inner)
	if err == nil {
		r.found[key] = v
	}
	return v, err
}

type step struct {
	stack *Stack
	what  string
}

// ErrCircle is why a value is not known that refers to itself.
var ErrCircle = errors.New("references go in a circle")

// conditionStep begins what is being resolved if it is a condition.
const conditionStep = "condition "

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
		if strings.HasPrefix(what, conditionStep) { // in which no resource can be
			return nil, fmt.Errorf("conditions refer to each other in a circle: %s", strings.Join(circle, " -> "))
		}
		return nil, fmt.Errorf("%w: %s", ErrCircle, strings.Join(circle, " -> "))
	}
	inner := r.at(s)
	inner.path = path
	return inner, nil
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
	case string:
		return r.dynamic(v)
	default:
		return value, nil
	}
}

// intrinsic distinguishes a function call, an object with the one key Ref, Condition or Fn::*, from
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
	if made, ok := v.(string); ok { // of parts, maybe
		return r.dynamic(made)
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
	case "Fn::GetAZs":
		region, err := text(arg)
		if region == "" {
			region = r.stack.Region
		}
		return []any{region + "a", region + "b", region + "c"}, err // as most regions have them
	case "Fn::Cidr":
		return subnets(arg)
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
