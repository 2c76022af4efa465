package operations

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// edgeRegion is where CloudFront keeps its metrics and the sources of its logs.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
const edgeRegion = "us-east-1"

// atEdge reports whether the stack of scope is in us-east-1.
func atEdge(scope constructs.Construct) bool { return *awscdk.Stack_Of(scope).Region() == edgeRegion }

// maxStackName is the length that CloudFormation allows for the name of a stack (documented).
const maxStackName = 128

// edgeScope returns the scope for the part of a construct that must be in us-east-1: the construct
// itself, or one in the stack for that region, named after the construct's path. That stack is made
// once.
func edgeScope(c constructs.Construct) constructs.Construct {
	if atEdge(c) {
		return c
	}
	stack := awscdk.Stack_Of(c)
	id := *stack.StackName() + "-Operations"
	if len(id) > maxStackName {
		panic(fmt.Sprintf("streamfront: the stack in us-east-1 would be named %q, which is longer than CloudFormation's %d characters; give the endpoint's stack a shorter name", id, maxStackName))
	}
	parent := awscdk.Stage_Of(stack)
	var edge constructs.Construct
	if found := parent.Node().TryFindChild(&id); found != nil {
		edge = found.(constructs.Construct)
	} else {
		edge = awscdk.NewStack(parent, &id, &awscdk.StackProps{
			Env:                   &awscdk.Environment{Account: stack.Account(), Region: jsii.String(edgeRegion)},
			CrossRegionReferences: jsii.Bool(true),
			Description:           jsii.Sprintf("What CloudFront keeps in us-east-1 of the stack %s in %s", *stack.StackName(), *stack.Region()),
		})
	}
	path := strings.TrimPrefix(*c.Node().Path(), *stack.Node().Path()+"/")
	return constructs.NewConstruct(edge, jsii.String(strings.ReplaceAll(path, "/", "-")))
}
