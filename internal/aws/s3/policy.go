package s3

import (
	"fmt"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/aws/iam/roles"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// A Caller is who sends a request to Amazon S3. The zero value is nobody in particular: the
// request is not signed.
type Caller struct {
	Name string // for people

	Function string // by the policies of whose role it goes; "": by the policy of the bucket

	Service       string // of AWS, such as "cloudfront.amazonaws.com"
	SourceARN     string // what the service acts for
	SourceAccount string

	Referer string // the header

	Identity      string // id of an origin access identity
	CanonicalUser string // of the identity
}

// A statement is an Allow of a bucket policy, for requests of others than functions.
type statement struct {
	principals []principal
	actions    []string
	resources  []string
	conditions []condition
}

// A principal is whom a statement is for: a kind, such as "Service", and a name of it. "*" is
// everybody.
type principal struct{ kind, name string }

// A condition is that one key of a request has one of the values.
type condition struct {
	key    string // in lower case
	values []string
	like   bool // the values have wildcards
}

// allows reports whether the policy of the bucket lets the caller do it.
func (b *Bucket) allows(c Caller, action, resource string) bool {
	return slices.ContainsFunc(b.policy, func(s statement) bool {
		return slices.ContainsFunc(s.principals, func(p principal) bool { return b.is(c, p, s) }) &&
			slices.ContainsFunc(s.actions, func(a string) bool { return wildcard.Match(strings.ToLower(a), strings.ToLower(action)) }) &&
			slices.ContainsFunc(s.resources, func(r string) bool { return wildcard.Match(r, resource) }) &&
			!slices.ContainsFunc(s.conditions, func(k condition) bool { return !k.met(c, b) })
	})
}

// identityUser is how a policy names an origin access identity, with its id behind it.
const identityUser = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity "

// referer is what an origin custom header may have as a secret; S3 still counts such a policy as
// public. Documented.
const referer = "aws:referer"

func (b *Bucket) is(c Caller, p principal, s statement) bool {
	switch p.kind {
	case "*":
		// Everybody, which S3 does not put up with where public access is blocked.
		return !b.blocked || slices.ContainsFunc(s.conditions, func(k condition) bool { return k.key != referer })
	case "Service":
		return c.Service != "" && p.name == c.Service
	case "CanonicalUser":
		return c.CanonicalUser != "" && p.name == c.CanonicalUser
	case "AWS":
		return c.Identity != "" && p.name == identityUser+c.Identity
	}
	return false
}

func (k condition) met(c Caller, b *Bucket) bool {
	value := c.SourceARN
	switch k.key {
	case "aws:sourceaccount":
		value = c.SourceAccount
	case referer:
		value = c.Referer
	}
	return value != "" && slices.ContainsFunc(k.values, func(want string) bool {
		want = b.Resource.Stack.Own(want)
		return want == value || k.like && wildcard.Match(want, value)
	})
}

// readPolicies reads the policies of the bucket. A Deny against plain HTTP is known, and met:
// the local chain counts as TLS. Any other cannot be evaluated here. An Allow gives nothing to
// a function, which is the stricter side: its role's own policies have to say it, too.
func (b *Bucket) readPolicies(a *assembly.Assembly) {
	for _, res := range template.Each(a, "AWS::S3::BucketPolicy", b.Log) {
		name, err := res.Stack.Resolve(res.RawProperties()["Bucket"])
		if err != nil || name != b.BucketName {
			b.access.unknown = b.access.unknown || err != nil
			continue
		}
		at := template.Place{Resource: res, Property: "PolicyDocument"}
		roles.RefuseOf("s3", at, res.RawProperties()["PolicyDocument"], b.Log)
		statements, err := roles.Statements(res.Stack, res.RawProperties()["PolicyDocument"])
		if err != nil {
			b.access.unknown = true
			b.Log.Unmodelled(at, ": %v", err)
		}
		for i, raw := range statements {
			here := at.At(fmt.Sprintf("Statement[%d]", i))
			effect, err := res.Stack.Unwrap(raw["Effect"])
			if err == nil && effect == "Allow" {
				s, why := readAllow(res.Stack, raw)
				b.access.readAllow(here, raw, s)
				if why != "" {
					b.Notes = append(b.Notes, fmt.Sprintf("%s allows nothing here: %s", here, why))
					continue
				}
				b.policy = append(b.policy, s)
				continue
			}
			b.access.readDeny(b, res.Stack, raw)
			if condition, err := res.Stack.Resolve(raw["Condition"]); err != nil || !refusesPlainHTTP(condition) {
				b.Log.Unmodelled(here, "denies more than plain HTTP, which the local chain does not model; remove it or test this on AWS")
			}
		}
	}
}

// readAllow reads an Allow. The reason is not empty if it is not understood: it allows nothing
// then.
func readAllow(stack *assembly.Stack, raw map[string]any) (s statement, why string) {
	for _, name := range []string{"NotPrincipal", "NotAction", "NotResource"} {
		if raw[name] != nil {
			return s, "it has " + name
		}
	}
	part := func(name string) any {
		v, err := stack.Resolve(raw[name])
		if err != nil && why == "" {
			why = fmt.Sprintf("%s: %v", name, err)
		}
		return v
	}
	principals, conditions := part("Principal"), part("Condition")
	s.actions, s.resources = listed(part("Action")), listed(part("Resource"))
	if why != "" {
		return s, why
	}
	switch v := principals.(type) {
	case map[string]any:
		for kind, names := range v {
			for _, name := range listed(names) {
				if name == "*" {
					kind = name
				}
				s.principals = append(s.principals, principal{kind, name})
			}
		}
	default:
		if v == "*" {
			s.principals = append(s.principals, principal{"*", "*"})
		}
	}
	if slices.ContainsFunc(s.resources, func(r string) bool { return strings.Contains(r, "${") }) {
		return s, "its Resource has a variable"
	}
	operators, _ := conditions.(map[string]any)
	for operator, keys := range operators {
		keys, _ := keys.(map[string]any)
		for key, values := range keys {
			k := condition{key: strings.ToLower(key), values: listed(values)}
			switch operator {
			case "StringEquals", "StringEqualsIgnoreCase":
			case "StringLike", "ArnEquals", "ArnLike":
				k.like = true
			default:
				return s, "it has a condition " + operator
			}
			if k.key != "aws:sourcearn" && k.key != "aws:sourceaccount" && k.key != referer {
				return s, "it has a condition on " + key
			}
			s.conditions = append(s.conditions, k)
		}
	}
	return s, ""
}

// listed is a text as a list of one, or a list.
func listed(v any) []string {
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	var texts []string
	for _, item := range items {
		if text, ok := item.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}
