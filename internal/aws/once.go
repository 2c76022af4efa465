package aws

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/template"
)

// references are the properties by which the behaviors of a distribution share something.
var references = []string{"LambdaFunctionARN", "FunctionARN", "CachePolicyId", "OriginRequestPolicyId", "ResponseHeadersPolicyId"}

// once leaves out what was said already of the same reference at another behavior: one cause
// is one line.
func once(findings []template.Finding) []template.Finding {
	type said struct {
		resource          *assembly.Resource
		property, message string
		rule              causes.ID
		kind              template.Kind
	}
	seen := map[said]bool{}
	return slices.DeleteFunc(slices.Clone(findings), func(f template.Finding) bool {
		name := f.Property[strings.LastIndexByte(f.Property, '.')+1:]
		if !slices.Contains(references, name) {
			return false
		}
		s := said{f.Resource, name, f.Message, f.Rule, f.Kind}
		again := seen[s]
		seen[s] = true
		return again
	})
}
