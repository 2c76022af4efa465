package streamfront

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
)

// problems are what is wrong with the properties of one call. They are reported together,
// so that whoever calls does not have to repair and synthesize once for each.
type problems []string

func (p *problems) add(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(*p, text) {
		*p = append(*p, text)
	}
}

// report panics if there are any, as every constructor of CDK does.
func (p problems) report() {
	switch len(p) {
	case 0:
	case 1:
		panic("streamfront: " + p[0])
	default:
		panic(fmt.Sprintf("streamfront: %d problems:\n- %s", len(p), strings.Join(p, "\n- ")))
	}
}

// requireRegion finds that the stack of scope has no region of its own, for CDK's message
// names neither the construct nor the remedy.
func requireRegion(found *problems, scope constructs.Construct, what string) {
	if isToken(*awscdk.Stack_Of(scope).Region()) {
		found.add("%s needs a stack with an explicit region, since its Lambda@Edge function is placed in us-east-1; set StackProps.Env.Region", what)
	}
}

// isToken reports whether a string stands for a value that is known later.
func isToken(s string) bool { return *awscdk.Token_IsUnresolved(s) }
