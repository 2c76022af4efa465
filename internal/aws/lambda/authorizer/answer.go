package authorizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/streamfront/streamfront/internal/aws/iam"
	"github.com/streamfront/streamfront/internal/exactjson"
)

// A Form is what an authorizer has to return.
type Form int

// The forms. Those of HTTP APIs may have objects and lists in the context.
const (
	Policy Form = iota // of REST and WebSocket APIs
	HTTPPolicy
	Simple
)

// An Answer is what an authorizer has returned.
type Answer struct {
	Principal string
	Context   map[string]any // with json.Number for numbers
	Key       string         // the API key, for a usage plan

	simple     bool // the answer is authorized, and has no policy
	authorized bool
	statements []iam.Statement
}

// Decide says what the answer says of a method or route, which is named by its ARN.
func (a *Answer) Decide(arn string) iam.Decision {
	switch {
	case !a.simple:
		return iam.Evaluate(a.statements, "execute-api:Invoke", arn)
	case a.authorized:
		return iam.Allow
	default:
		return iam.ExplicitDeny
	}
}

// texts is one text or a list of them, as policies have it.
type texts []string

// UnmarshalJSON takes either.
func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// A statement is one of a policy's.
type statement struct {
	Effect                string
	Action, NotAction     texts
	Resource, NotResource texts
	Condition             json.RawMessage
	NotPrincipal          json.RawMessage
}

// statements is one statement or a list of them.
type statements []statement

// UnmarshalJSON takes either.
func (s *statements) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		*s = make(statements, 1)
		return exactjson.Unmarshal(data, &(*s)[0])
	}
	return exactjson.Unmarshal(data, (*[]statement)(s))
}

// fault says what IAM refuses of a statement; "" for nothing.
func (s *statement) fault() string {
	switch {
	case s.Effect != "Allow" && s.Effect != "Deny":
		return fmt.Sprintf("has the Effect %q: want Allow or Deny", s.Effect)
	case (s.Action == nil) == (s.NotAction == nil):
		return "has not exactly one of Action and NotAction"
	case (s.Resource == nil) == (s.NotResource == nil):
		return "has not exactly one of Resource and NotResource"
	}
	return ""
}

// versions are those of the language of policies. A policy may leave its version out.
var versions = []string{"", "2008-10-17", "2012-10-17"}

// read reads what an authorizer returns.
//
// Sources: Amazon API Gateway Developer Guide, "Output from an API Gateway Lambda authorizer"
// and "Control access to HTTP APIs with AWS Lambda authorizers". Documented; that a policy
// without a principalId counts for nothing in HTTP APIs, too, is assumed, and so is that the
// whole policy is refused for one statement which IAM's grammar (IAM User Guide) does not have.
func read(data []byte, form Form) (*Answer, error) {
	var got struct {
		PrincipalID    *string        `json:"principalId"`
		Key            string         `json:"usageIdentifierKey"`
		IsAuthorized   *bool          `json:"isAuthorized"`
		Context        map[string]any `json:"context"`
		PolicyDocument *struct {
			Version   string
			Statement statements
		} `json:"policyDocument"`
	}
	if err := exactjson.Numbers(data, &got); err != nil {
		return nil, fmt.Errorf("what it returns is not read: %w", err)
	}
	a := &Answer{Context: got.Context, Key: got.Key}
	if form == Simple {
		if got.IsAuthorized == nil {
			return nil, errors.New("it returns no isAuthorized, which simple responses require as true or false")
		}
		a.simple, a.authorized = true, *got.IsAuthorized
		return a, nil
	}
	if got.PrincipalID == nil || *got.PrincipalID == "" || got.PolicyDocument == nil {
		return nil, errors.New("it returns no principalId or no policyDocument")
	}
	a.Principal = *got.PrincipalID
	if version := got.PolicyDocument.Version; !slices.Contains(versions, version) {
		return nil, fmt.Errorf("its policy has the Version %q: want 2012-10-17", version)
	}
	for i, s := range got.PolicyDocument.Statement {
		if fault := s.fault(); fault != "" {
			return nil, fmt.Errorf("statement %d of its policy %s", i, fault)
		}
		a.add(s)
	}
	for name, value := range got.Context {
		switch value.(type) {
		case string, json.Number, bool, nil:
			continue
		}
		if form == Policy {
			return nil, fmt.Errorf("its context has an object or a list in %s: want texts, numbers and truth values", name)
		}
	}
	return a, nil
}

// add adds a statement. One with a condition, or about principals, allows nothing here; if it
// denies, it denies everything.
func (a *Answer) add(s statement) {
	one := iam.Statement{
		Deny: s.Effect == "Deny", Actions: s.Action, Resources: s.Resource,
		NotAction: s.NotAction != nil, NotResource: s.NotResource != nil,
	}
	if one.NotAction {
		one.Actions = s.NotAction
	}
	if one.NotResource {
		one.Resources = s.NotResource
	}
	if s.Condition != nil || s.NotPrincipal != nil {
		if !one.Deny {
			return
		}
		one = iam.Statement{Deny: true, Actions: []string{"*"}, Resources: []string{"*"}}
	}
	a.statements = append(a.statements, one)
}
