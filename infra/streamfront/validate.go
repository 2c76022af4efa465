package streamfront

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// requireRegion finds that the stack of scope has no explicit region. The CDK's own message names
// neither the construct nor the fix.
func requireRegion(found *problems.List, scope constructs.Construct, what string) {
	if isToken(*awscdk.Stack_Of(scope).Region()) {
		found.Add("%s needs a stack with an explicit region, since its Lambda@Edge function is placed in us-east-1; set StackProps.Env.Region", what)
	}
}

// isToken reports whether a string stands for a value that is known later.
func isToken(s string) bool { return *awscdk.Token_IsUnresolved(s) }
