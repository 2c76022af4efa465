package roles

import (
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
	"github.com/streamfront/streamfront/internal/wildcard"
)

// putLogs is the action by which Lambda writes what a function prints.
const putLogs = "logs:PutLogEvents"

// logging are the policies of AWS that allow it, by the ends of their ARNs.
//
// Source: AWS Managed Policy Reference Guide (November 2026). Documented.
var logging = []string{
	"AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole", "AWSLambdaDynamoDBExecutionRole", "AWSLambdaKinesisExecutionRole",
	"AWSLambdaSQSQueueExecutionRole", "AWSLambdaMSKExecutionRole", "AWSLambda_FullAccess", "AWSLambdaExecute", "CloudWatchLogsFullAccess",
	"CloudWatchFullAccess", "CloudWatchFullAccessV2", "PowerUserAccess", "AdministratorAccess",
}

// Logs reports whether the role that a resource has may write logs, and where the role stands.
// It is not known of a role that is not in the assembly, or of one with a policy that is not.
func Logs(a *assembly.Assembly, owner *assembly.Resource) (at template.Place, may, known bool) {
	role, name := find(a, owner.Stack, owner.RawProperties()["Role"])
	if role == nil {
		return at, false, false
	}
	at = template.Place{Resource: role}
	managed, err := role.Stack.Unwrap(role.RawProperties()["ManagedPolicyArns"])
	if err != nil {
		return at, false, false
	}
	known = true
	items, _ := managed.([]any)
	for _, item := range items {
		arn, err := texts(role.Stack, item)
		if err != nil {
			known = false
			continue
		}
		policy := arn[0][strings.LastIndexByte(arn[0], '/')+1:]
		if slices.Contains(logging, policy) {
			return at, true, true
		}
		if own, _ := a.Find("AWS::IAM::ManagedPolicy", "", arn[0]); own == nil {
			known = false
		}
	}
	documents := map[*assembly.Resource][]any{}
	inline, _ := role.RawProperties()["Policies"].([]any)
	for _, policy := range inline {
		if policy, ok := policy.(map[string]any); ok {
			documents[role] = append(documents[role], policy["PolicyDocument"])
		}
	}
	for _, typ := range []string{"AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"} {
		for _, policy := range template.Each(a, typ, &template.Log{}) {
			if attached(policy, name, role) {
				documents[policy] = append(documents[policy], policy.RawProperties()["PolicyDocument"])
			}
		}
	}
	for owner, list := range documents {
		for _, document := range list {
			allows, sure := allowsLogs(owner.Stack, document)
			if allows {
				return at, true, true
			}
			known = known && sure
		}
	}
	return at, false, known
}

// allowsLogs reports whether a policy lets somebody write logs, and whether all of it is known.
func allowsLogs(stack *assembly.Stack, document any) (allows, known bool) {
	statements, err := Statements(stack, document)
	if err != nil {
		return false, false
	}
	known = true
	for _, s := range statements {
		effect, err := stack.Resolve(s["Effect"])
		if err == nil && effect != "Allow" {
			continue
		}
		actions, err2 := texts(stack, s["Action"])
		if err != nil || err2 != nil || s["NotAction"] != nil {
			known = false
			continue
		}
		if slices.ContainsFunc(actions, func(action string) bool { return wildcard.Match(strings.ToLower(action), strings.ToLower(putLogs)) }) {
			return true, true
		}
	}
	return false, known
}
