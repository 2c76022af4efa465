package resources

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// A Statement is one of a role's policies, as far as it is about Amazon S3.
type Statement struct {
	Name      string // "Stack/LogicalId"
	Deny      bool
	Actions   []string // such as "s3:GetObject", with wildcards
	Resources []string // ARNs, with wildcards
}

// Allows evaluates statements as IAM does: a Deny wins, and without an Allow nothing is
// allowed.
func Allows(statements []Statement, action, resource string) bool {
	allowed := false
	for _, s := range statements {
		if !s.covers(action, resource) {
			continue
		}
		if s.Deny {
			return false
		}
		allowed = true
	}
	return allowed
}

func (s *Statement) covers(action, resource string) bool {
	return slices.ContainsFunc(s.Actions, func(pattern string) bool {
		return wildcard.Match(strings.ToLower(pattern), strings.ToLower(action)) // the case of actions does not count
	}) && slices.ContainsFunc(s.Resources, func(pattern string) bool { return wildcard.Match(pattern, resource) })
}

// readRole collects what the policies of a function's role say about Amazon S3, as far as
// they are in the assembly. AWS's managed policies are not: they allow nothing here.
//
// An Allow that is not understood allows nothing, and is noted; so does a role with a
// permissions boundary, whatever its policies say; a Deny that is not understood is an
// error. All are the stricter side.
func (f *Function) readRole(a *assembly.Assembly, function *assembly.Resource) error {
	role, name := roleOf(a, function)
	if role == nil {
		f.Notes = append(f.Notes, f.Name+": its role is not in the cloud assembly: it allows nothing here")
		return nil
	}
	documents := map[*assembly.Resource][]any{}
	var order []*assembly.Resource
	add := func(res *assembly.Resource, document any) {
		if documents[res] == nil {
			order = append(order, res)
		}
		documents[res] = append(documents[res], document)
	}
	if inline, ok := role.RawProperties()["Policies"].([]any); ok {
		for _, policy := range inline {
			if policy, ok := policy.(map[string]any); ok {
				add(role, policy["PolicyDocument"])
			}
		}
	}
	for _, typ := range []string{"AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"} {
		policies, err := a.OfType(typ)
		if err != nil {
			return err
		}
		for _, policy := range policies {
			if attached(policy, name, role) {
				add(policy, policy.RawProperties()["PolicyDocument"])
			}
		}
	}
	if role.RawProperties()["PermissionsBoundary"] != nil {
		f.Statements = append(f.Statements, Statement{Name: role.Name(), Deny: true, Actions: []string{"*"}, Resources: []string{"*"}})
		f.Notes = append(f.Notes, role.Name()+" allows nothing here: it has a PermissionsBoundary")
	}
	var errs []error
	for _, res := range order {
		for _, document := range documents[res] {
			errs = append(errs, f.readDocument(res, document))
		}
	}
	return errors.Join(errs...)
}

// roleOf returns the role of a function, and its name; nil if it is not of this assembly.
func roleOf(a *assembly.Assembly, function *assembly.Resource) (role *assembly.Resource, name string) {
	arn, err := texts(function.Stack, function.RawProperties()["Role"])
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

// attached tells whether a policy is the role's: it names the role, or the role names it.
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

func (f *Function) readDocument(res *assembly.Resource, document any) error {
	statements, err := rawStatements(res.Stack, document)
	if err != nil {
		return fmt.Errorf("%s: PolicyDocument: %w", res.Name(), err)
	}
	var errs []error
	for i, raw := range statements {
		where := fmt.Sprintf("%s: PolicyDocument.Statement[%d]", res.Name(), i)
		s, why := readStatement(res, raw)
		switch {
		case why != "" && s.Deny:
			errs = append(errs, fmt.Errorf("%s denies by what the local chain does not model (%s); remove it or test this on AWS", where, why))
		case why != "":
			f.Notes = append(f.Notes, fmt.Sprintf("%s allows nothing here: %s", where, why))
		case len(s.Actions) > 0:
			f.Statements = append(f.Statements, s)
		}
	}
	return errors.Join(errs...)
}

// rawStatements returns the statements of a policy document, unresolved: one or a list.
func rawStatements(stack *assembly.Stack, document any) ([]map[string]any, error) {
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

// readStatement reads what a statement says about S3: no actions if it says nothing. The
// reason is not empty if it says something that is not understood.
func readStatement(res *assembly.Resource, raw map[string]any) (s Statement, why string) {
	s.Name = res.Name()
	effect, err := res.Stack.Unwrap(raw["Effect"])
	s.Deny = err != nil || effect != "Allow"
	if raw["NotAction"] != nil {
		return s, "it has NotAction"
	}
	actions, err := texts(res.Stack, raw["Action"])
	if err != nil {
		return s, fmt.Sprintf("Action: %v", err)
	}
	s.Actions = slices.DeleteFunc(actions, func(action string) bool { return !aboutS3(action) })
	switch {
	case len(s.Actions) == 0:
		return s, ""
	case raw["NotResource"] != nil:
		return s, "it has NotResource"
	case raw["Condition"] != nil:
		return s, "it has a Condition"
	}
	if s.Resources, err = texts(res.Stack, raw["Resource"]); err != nil {
		return s, fmt.Sprintf("Resource: %v", err)
	}
	if i := slices.IndexFunc(s.Resources, func(resource string) bool { return strings.Contains(resource, "${") }); i >= 0 {
		return s, fmt.Sprintf("Resource %s has a variable", s.Resources[i])
	}
	return s, ""
}

// aboutS3 tells whether an action, with wildcards, can be one of S3.
func aboutS3(action string) bool {
	service, _, ok := strings.Cut(strings.ToLower(action), ":")
	return action == "*" || ok && wildcard.Match(service, "s3")
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
			return nil, fmt.Errorf("%v is no text", item)
		}
		out = append(out, text)
	}
	return out, nil
}
