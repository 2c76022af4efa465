package websocket

import (
	"encoding/json"
	"errors"

	"github.com/streamfront/streamfront/internal/aws/iam"
)

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

// decide reads what an authorizer returns: a policy for the ARN, and what events get of it.
// Statements with conditions, or with what they are not about, allow nothing here, and deny.
//
// Source: Amazon API Gateway Developer Guide, "Output from an API Gateway Lambda authorizer".
// Documented.
func decide(data []byte, arn string) (allowed bool, context map[string]any, err error) {
	var got struct {
		PrincipalID    *string        `json:"principalId"`
		Context        map[string]any `json:"context"`
		PolicyDocument *struct {
			Statement []struct {
				Effect       string
				Action       texts
				Resource     texts
				NotAction    json.RawMessage
				NotResource  json.RawMessage
				Condition    json.RawMessage
				NotPrincipal json.RawMessage
			}
		} `json:"policyDocument"`
	}
	if err := json.Unmarshal(data, &got); err != nil {
		return false, nil, err
	}
	if got.PrincipalID == nil || got.PolicyDocument == nil {
		return false, nil, errors.New("it returns no principalId or no policyDocument")
	}
	var statements []iam.Statement
	for _, s := range got.PolicyDocument.Statement {
		odd := s.NotAction != nil || s.NotResource != nil || s.Condition != nil || s.NotPrincipal != nil
		switch {
		case s.Effect != "Allow" && odd:
			statements = append(statements, iam.Statement{Deny: true, Actions: []string{"*"}, Resources: []string{"*"}})
		case !odd:
			statements = append(statements, iam.Statement{Deny: s.Effect != "Allow", Actions: s.Action, Resources: s.Resource})
		}
	}
	for name, value := range got.Context {
		switch value.(type) {
		case string, float64, bool, nil:
		default:
			return false, nil, errors.New("its context has an object or a list in " + name + ", and takes texts, numbers and truth values")
		}
	}
	context = map[string]any{"principalId": *got.PrincipalID}
	for name, value := range got.Context {
		context[name] = value
	}
	return iam.Allows(statements, "execute-api:Invoke", arn), context, nil
}
