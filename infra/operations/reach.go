package operations

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/streamfront/streamfront/infra/internal/warning"
)

// reach is an aspect that examines the functions of a network, once the app has granted them
// everything.
type reach struct{ network *network }

// endpoints are the services that functions call, by the prefix of their actions: the name of the
// endpoint and the CDK's name for it. Services with gateway endpoints are always reachable.
var endpoints = map[string]struct{ name, cdk string }{
	"bedrock":        {"bedrock-runtime", "BEDROCK_RUNTIME"},
	"secretsmanager": {"secretsmanager", "SECRETS_MANAGER"},
	"ssm":            {"ssm", "SSM"},
	"kms":            {"kms", "KMS"},
	"sqs":            {"sqs", "SQS"},
	"sns":            {"sns", "SNS"},
	"lambda":         {"lambda", "LAMBDA"},
	"events":         {"events", "EVENTBRIDGE"},
	"states":         {"states", "STEP_FUNCTIONS"},
	"sts":            {"sts", "STS"},
	"cognito-idp":    {"cognito-idp", "COGNITO_IDP"},
	"s3":             {},
	"dynamodb":       {},
	"xray":           {}, // Lambda sends the traces itself
}

// Visit implements awscdk.IAspect.
func (r *reach) Visit(node constructs.IConstruct) {
	function, ok := node.(awslambda.Function)
	if !ok || r.network.internet || !r.holds(function) {
		return
	}
	for _, prefix := range allowedServices(function) {
		endpoint, known := endpoints[prefix]
		if known && (endpoint.name == "" || slices.Contains(r.network.services, endpoint.name)) {
			continue
		}
		fix := fmt.Sprintf("add the endpoint of %s to NetworkProps.Services, or set NetworkProps.Internet", prefix)
		if known {
			fix = fmt.Sprintf("add awsec2.InterfaceVpcEndpointAwsService_%s() to NetworkProps.Services, or set NetworkProps.Internet", endpoint.cdk)
		}
		warning.Add(function, "unreachable-"+prefix, fmt.Sprintf("the function may use %s, which the network %q does not reach, so that its calls time out; %s",
			prefix, *r.network.Node().Path(), fix))
	}
}

// holds reports whether a function is in the network.
func (r *reach) holds(function awslambda.Function) bool {
	if !*function.IsBoundToVpc() {
		return false
	}
	for _, group := range *function.Connections().SecurityGroups() {
		if *group.Node().Path() == *r.network.group.Node().Path() {
			return true
		}
	}
	return false
}

// allowedServices returns the prefixes of the actions that the policies of a function's role
// allow, such as "bedrock" of "bedrock:InvokeModel". It leaves out managed policies: they allow logs
// and network interfaces, for which Lambda itself needs no endpoint.
func allowedServices(function awslambda.Function) []string {
	var prefixes []string
	if function.Role() == nil {
		return nil
	}
	for _, c := range *function.Role().Node().FindAll(constructs.ConstructOrder_PREORDER) {
		policy, ok := c.(awsiam.CfnPolicy)
		if !ok {
			continue
		}
		document, _ := awscdk.Stack_Of(function).Resolve(policy.PolicyDocument()).(map[string]any)
		statements, _ := document["Statement"].([]any)
		for _, s := range statements {
			statement, _ := s.(map[string]any)
			actions, several := statement["Action"].([]any)
			if !several {
				actions = []any{statement["Action"]}
			}
			for _, action := range actions {
				name, _ := action.(string)
				if prefix, _, ok := strings.Cut(name, ":"); ok && statement["Effect"] == "Allow" && !slices.Contains(prefixes, prefix) {
					prefixes = append(prefixes, prefix)
				}
			}
		}
	}
	slices.Sort(prefixes)
	return prefixes
}
