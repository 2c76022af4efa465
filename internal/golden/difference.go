package golden

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// difference lists the fields of two JSON texts that differ, each with its path: a line with
// "-" for what only the first has, and with "+" for the second. Texts that are not JSON are
// compared by their lines.
func difference(from, to string) []string {
	var a, b any
	if json.Unmarshal([]byte(from), &a) != nil || json.Unmarshal([]byte(to), &b) != nil {
		return lines(strings.Split(from, "\n"), strings.Split(to, "\n"))
	}
	found := fields(nil, "", a, b)
	if len(found) == 0 && from != to {
		return []string{"the order of the fields, or white space"}
	}
	return found
}

func fields(found []string, path string, a, b any) []string {
	if x, ok := a.(map[string]any); ok {
		if y, ok := b.(map[string]any); ok {
			all := maps.Clone(x)
			maps.Copy(all, y)
			for _, name := range slices.Sorted(maps.Keys(all)) {
				at := strings.TrimPrefix(path+"."+name, ".")
				before, had := x[name]
				after, has := y[name]
				switch {
				case !has:
					found = append(found, field("-", at, before))
				case !had:
					found = append(found, field("+", at, after))
				default:
					found = fields(found, at, before, after)
				}
			}
			return found
		}
	}
	if x, ok := a.([]any); ok {
		if y, ok := b.([]any); ok && len(x) == len(y) {
			for i := range x {
				found = fields(found, fmt.Sprintf("%s[%d]", path, i), x[i], y[i])
			}
			return found
		}
	}
	before, after := field("-", path, a), field("+", path, b)
	if before[1:] == after[1:] {
		return found
	}
	return append(found, before, after)
}

func field(sign, path string, value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // it was JSON before
	}
	return strings.TrimSuffix(sign+" "+path, " ") + " " + string(text)
}

// lines returns the lines that only one of two texts has.
func lines(from, to []string) []string {
	var found []string
	for _, line := range from {
		if !slices.Contains(to, line) {
			found = append(found, "- "+line)
		}
	}
	for _, line := range to {
		if !slices.Contains(from, line) {
			found = append(found, "+ "+line)
		}
	}
	return found
}
