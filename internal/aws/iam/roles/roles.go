// Package roles reads what the policies of IAM roles say in a template.
package roles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// A reading is a role on its way.
type reading struct {
	iam.Role
	log *template.Log
}

// Read collects the policies of the role that a resource has, such as a function.
//
// An Allow that is not understood allows nothing, and is noted; so does a role with a
// permissions boundary, whatever its policies say; a Deny that is not understood cannot be
// served. All are the stricter side.
func Read(a *assembly.Assembly, owner *assembly.Resource, reference any, log *template.Log) iam.Role {
	f := reading{log: log}
	role, name := find(a, owner.Stack, reference)
	if role == nil {
		f.Notes = append(f.Notes, owner.Name()+": its role is not in the cloud assembly: it allows nothing here")
		return f.Role
	}
	at := template.Place{Resource: role}
	if inline, ok := role.RawProperties()["Policies"].([]any); ok {
		for i, policy := range inline {
			if policy, ok := policy.(map[string]any); ok {
				f.readDocument(at.At(fmt.Sprintf("Policies[%d].PolicyDocument", i)), policy["PolicyDocument"])
			}
		}
	}
	for _, typ := range []string{"AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"} {
		for _, policy := range template.Each(a, typ, log) {
			if attached(policy, name, role) {
				f.readDocument(template.Place{Resource: policy, Property: "PolicyDocument"}, policy.RawProperties()["PolicyDocument"])
			}
		}
	}
	if role.RawProperties()["PermissionsBoundary"] != nil {
		f.Statements = append(f.Statements, iam.Statement{Name: role.Name(), Deny: true, Actions: []string{"*"}, Resources: []string{"*"}})
		f.Notes = append(f.Notes, role.Name()+" allows nothing here: it has a PermissionsBoundary")
	}
	return f.Role
}

// find returns the role that is referred to, and its name; nil if it is not of this assembly.
func find(a *assembly.Assembly, stack *assembly.Stack, reference any) (role *assembly.Resource, name string) {
	arn, err := texts(stack, reference)
	if err == nil {
		role, err = a.Find("AWS::IAM::Role", "Arn", arn[0])
	}
	if err == nil && role != nil {
		name, err = role.Attribute("")
	}
	if err != nil {
		return nil, ""
	}
	return role, name
}

// attached reports whether a policy is the role's: it names the role, or the role names it.
func attached(policy *assembly.Resource, roleName string, role *assembly.Resource) bool {
	named := func(stack *assembly.Stack, list any, name string) bool {
		v, err := stack.Resolve(list)
		if err != nil {
			return false
		}
		items, ok := v.([]any)
		if !ok {
			items = []any{v}
		}
		return slices.Contains(items, any(name))
	}
	for _, property := range []string{"Roles", "RoleName"} {
		if named(policy.Stack, policy.RawProperties()[property], roleName) {
			return true
		}
	}
	policyName, err := policy.Attribute("")
	if err != nil {
		return false
	}
	managed, _ := role.RawProperties()["ManagedPolicyArns"].([]any)
	return slices.ContainsFunc(managed, func(reference any) bool { return named(role.Stack, reference, policyName) })
}

func (f *reading) readDocument(at template.Place, document any) {
	refuse(at, document, f.log)
	statements, err := Statements(at.Resource.Stack, document)
	if err != nil {
		f.log.Unmodelled(at, ": %v", err)
	}
	for i, raw := range statements {
		here := at.At(fmt.Sprintf("Statement[%d]", i))
		s, why := readStatement(at.Resource, raw)
		switch {
		case why != "" && s.Deny && !about(s.Actions, "s3"):
			// The stricter side: it denies these actions altogether.
			f.Statements = append(f.Statements, iam.Statement{Name: s.Name, Deny: true, Actions: s.Actions, Resources: []string{"*"}})
		case why != "" && s.Deny:
			f.log.Unmodelled(here, "denies by what the local chain does not model (%s); remove it or test this on AWS", why)
		case why != "":
			f.Notes = append(f.Notes, fmt.Sprintf("%s allows nothing here: %s", here, why))
		case len(s.Actions) > 0:
			f.Statements = append(f.Statements, s)
		}
	}
}

// Statements returns the statements of a policy document, unresolved: one or a list.
func Statements(stack *assembly.Stack, document any) ([]map[string]any, error) {
	v, err := stack.Unwrap(document)
	if err != nil {
		return nil, err
	}
	object, _ := v.(map[string]any)
	if v, err = stack.Unwrap(object["Statement"]); err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var statements []map[string]any
	for _, item := range list {
		if item, err = stack.Unwrap(item); err != nil {
			return nil, err
		}
		if statement, ok := item.(map[string]any); ok {
			statements = append(statements, statement)
		}
	}
	return statements, nil
}

// served are the services that functions call here.
var served = []string{"s3", "lambda", "execute-api"}

// readStatement reads what a statement says about these services: no actions if it says nothing. The
// reason is not empty if it says something that is not understood.
func readStatement(res *assembly.Resource, raw map[string]any) (s iam.Statement, why string) {
	s.Name = res.Name()
	effect, err := res.Stack.Unwrap(raw["Effect"])
	s.Deny = err != nil || effect != "Allow"
	if raw["NotAction"] != nil {
		s.Actions = []string{"*"} // nearly
		return s, "it has NotAction"
	}
	actions, err := texts(res.Stack, raw["Action"])
	if err != nil {
		s.Actions = []string{"*"} // any
		return s, fmt.Sprintf("Action: %v", err)
	}
	s.Actions = slices.DeleteFunc(actions, func(action string) bool { return !about([]string{action}, served...) })
	switch {
	case len(s.Actions) == 0:
		return s, ""
	case raw["NotResource"] != nil:
		return s, "it has NotResource"
	}
	if s.Conditions, why = readConditions(res.Stack, raw["Condition"]); why != "" {
		return s, why
	}
	if s.Resources, err = texts(res.Stack, raw["Resource"]); err != nil {
		return s, fmt.Sprintf("Resource: %v", err)
	}
	if i := slices.IndexFunc(s.Resources, func(resource string) bool { return strings.Contains(resource, "${") }); i >= 0 {
		return s, fmt.Sprintf("Resource %s has a variable", s.Resources[i])
	}
	return s, ""
}

// readConditions reads those that are modelled: on the prefix that a list of objects is asked
// for. The reason is not empty if there is another.
func readConditions(stack *assembly.Stack, raw any) (conditions []iam.Condition, why string) {
	v, err := stack.Resolve(raw)
	if err != nil {
		return nil, fmt.Sprintf("Condition: %v", err)
	}
	operators, ok := v.(map[string]any)
	if v != nil && !ok {
		return nil, "it has a Condition"
	}
	for operator, keys := range operators {
		keys, _ := keys.(map[string]any)
		for key, values := range keys {
			c := iam.Condition{Key: strings.ToLower(key), Like: operator == "StringLike"}
			if c.Values, err = texts(stack, values); err != nil || c.Key != "s3:prefix" || !c.Like && operator != "StringEquals" {
				return nil, "it has a Condition"
			}
			if slices.ContainsFunc(c.Values, func(value string) bool { return strings.Contains(value, "${") }) {
				return nil, "its Condition has a variable"
			}
			conditions = append(conditions, c)
		}
	}
	return conditions, ""
}

// about reports whether an action, with wildcards, can be one of the services.
func about(actions []string, services ...string) bool {
	return slices.ContainsFunc(actions, func(action string) bool {
		service, _, ok := strings.Cut(strings.ToLower(action), ":")
		return action == "*" || ok && slices.ContainsFunc(services, func(one string) bool { return wildcard.Match(service, one) })
	})
}

// texts resolves one text or a list of them.
func texts(stack *assembly.Stack, raw any) ([]string, error) {
	v, err := stack.Resolve(raw)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []string
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			return nil, fmt.Errorf("%v is not text", item)
		}
		out = append(out, text)
	}
	return out, nil
}
