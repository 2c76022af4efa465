// Package problems collects what is wrong with the properties of one call of a construct.
package problems

import (
	"fmt"
	"slices"
	"strings"
)

// List is what is wrong with the properties of one call. The problems are reported together, so
// that users do not have to fix and synthesize once for each.
type List []string

// Add adds a problem, unless the list has it already. The text says what is wrong, with the
// value, and what to do.
func (l *List) Add(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(*l, text) {
		*l = append(*l, text)
	}
}

// Report panics if there are problems, as every constructor of the CDK does.
func (l List) Report() {
	switch len(l) {
	case 0:
	case 1:
		panic("streamfront: " + l[0])
	default:
		panic(fmt.Sprintf("streamfront: %d problems:\n- %s", len(l), strings.Join(l, "\n- ")))
	}
}
