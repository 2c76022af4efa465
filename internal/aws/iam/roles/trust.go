package roles

import (
	"slices"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
)

// Trusts reports whether the role that a resource has lets a service assume it, and where that
// stands. It is not known of a role that is not in the assembly, or of one whose trust only a
// deployment could know.
func Trusts(a *assembly.Assembly, owner *assembly.Resource, service string) (at template.Place, trusts, known bool) {
	role, _ := find(a, owner.Stack, owner.RawProperties()["Role"])
	if role == nil || role.RawProperties()["AssumeRolePolicyDocument"] == nil {
		return at, false, false
	}
	at = template.Place{Resource: role, Property: "AssumeRolePolicyDocument"}
	statements, err := Statements(role.Stack, role.RawProperties()["AssumeRolePolicyDocument"])
	if err != nil {
		return at, false, false
	}
	for _, s := range statements {
		effect, err := role.Stack.Resolve(s["Effect"])
		if err != nil {
			return at, false, false
		}
		principal, err := role.Stack.Resolve(s["Principal"])
		if err != nil {
			return at, false, false
		}
		if object, _ := principal.(map[string]any); effect == "Allow" && (principal == "*" || names(object["Service"], service)) {
			return at, true, true
		}
	}
	return at, false, true
}

// names reports whether a service is the one, or one of the list.
func names(v any, service string) bool {
	list, ok := v.([]any)
	return v == any(service) || ok && slices.Contains(list, any(service))
}
