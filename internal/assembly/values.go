package assembly

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"reflect"
	"strconv"
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

// subnets returns the address blocks that Fn::Cidr makes of one: so many, with so many bits for
// their hosts.
//
// Source: AWS CloudFormation Template Reference, "Fn::Cidr". Documented.
func subnets(arg any) ([]any, error) {
	args, ok := arg.([]any)
	if !ok || len(args) < 2 || len(args) > 3 {
		return nil, fmt.Errorf("want [block, count, bits], got %v", arg)
	}
	given, err := texts(append(args, "8")[:3])
	if err != nil {
		return nil, err
	}
	block, err := netip.ParsePrefix(given[0])
	if err != nil {
		return nil, fmt.Errorf("want a block such as 10.0.0.0/16, got %q", given[0])
	}
	count, err := strconv.Atoi(given[1])
	if err != nil || count < 1 || count > 256 {
		return nil, fmt.Errorf("want 1 to 256 blocks, got %q", given[1])
	}
	bits, err := strconv.Atoi(given[2])
	length := block.Addr().BitLen() - bits
	if err != nil || bits < 1 || length < block.Bits() {
		return nil, fmt.Errorf("want bits for the hosts of a block inside of %s, got %q", block, given[2])
	}
	size := new(big.Int).Lsh(big.NewInt(1), uint(bits))
	at := new(big.Int).SetBytes(block.Masked().Addr().AsSlice())
	var blocks []any
	for range count {
		address, _ := netip.AddrFromSlice(at.FillBytes(make([]byte, block.Addr().BitLen()/8)))
		if !block.Contains(address) {
			return nil, fmt.Errorf("%s has no %d blocks with %d bits each", block, count, bits)
		}
		blocks = append(blocks, netip.PrefixFrom(address, length).String())
		at.Add(at, size)
	}
	return blocks, nil
}
