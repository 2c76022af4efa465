package iam

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/wildcard"
)

// A Role is what the policies of a role say about the services that are served here (Amazon S3,
// AWS Lambda, execute-api), as far as they are in the assembly. AWS's managed policies are not: they allow nothing here.
type Role struct {
	Statements []Statement
	Notes      []string // what of the policies is not applied
}

// Allows reports whether the role allows the action on the resource, in a request that has the
// condition keys.
func (r *Role) Allows(action, resource string, keys ...ConditionKey) bool {
	return Evaluate(r.Statements, action, resource, keys...) == Allow
}

// A Statement is one of a role's policies, or of another policy.
type Statement struct {
	Name       string // "Stack/LogicalId"
	Deny       bool
	Actions    []string // such as "s3:GetObject", with wildcards
	Resources  []string // ARNs, with wildcards
	Conditions []Condition

	NotAction   bool // it is about all actions but those
	NotResource bool // it is about all resources but those
}

// A Condition is that a key of a request has one of the values. A request without the key does
// not meet it (documented).
type Condition struct {
	Key    string // in lower case
	Values []string
	Like   bool // the values have wildcards
}

// A ConditionKey is one that a request has, such as s3:prefix.
type ConditionKey struct{ Key, Value string }

// A Decision is what policies say of a request.
type Decision int

// The decisions. What no statement is about is denied implicitly.
const (
	ImplicitDeny Decision = iota
	ExplicitDeny
	Allow
)

// Evaluate evaluates statements as IAM does: a Deny wins, and without an Allow nothing is
// allowed.
func Evaluate(statements []Statement, action, resource string, keys ...ConditionKey) Decision {
	decision := ImplicitDeny
	for _, s := range statements {
		if !s.covers(action, resource, keys) {
			continue
		}
		if s.Deny {
			return ExplicitDeny
		}
		decision = Allow
	}
	return decision
}

func (s *Statement) covers(action, resource string, keys []ConditionKey) bool {
	return s.NotAction != slices.ContainsFunc(s.Actions, func(pattern string) bool {
		return wildcard.Match(strings.ToLower(pattern), strings.ToLower(action)) // the case of actions does not count
	}) && s.NotResource != slices.ContainsFunc(s.Resources, func(pattern string) bool { return wildcard.Match(pattern, resource) }) &&
		!slices.ContainsFunc(s.Conditions, func(c Condition) bool { return !c.met(keys) })
}

func (c *Condition) met(keys []ConditionKey) bool {
	return slices.ContainsFunc(keys, func(k ConditionKey) bool {
		return k.Key == c.Key && slices.ContainsFunc(c.Values, func(want string) bool {
			return want == k.Value || c.Like && wildcard.Match(want, k.Value)
		})
	})
}
