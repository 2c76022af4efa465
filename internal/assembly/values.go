package assembly

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

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
