package streamfront_test

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// newDistribution is one of the user's own, with an origin that grants nothing.
func newDistribution(stack awscdk.Stack, id string) awscloudfront.Distribution {
	return awscloudfront.NewDistribution(stack, &id, &awscloudfront.DistributionProps{
		DefaultBehavior: &awscloudfront.BehaviorOptions{Origin: awscloudfrontorigins.NewHttpOrigin(jsii.String("example.com"), nil)},
	})
}

// Both permissions, for this distribution only, and through the URL only.
func TestGrantInvoke(t *testing.T) {
	stack := newStack("us-east-1")
	alias := newFunction(stack, "Function").AddAlias(jsii.String("live"), nil)
	distribution := newDistribution(stack, "Distribution")
	for range 2 { // the second call does nothing
		streamfront.GrantInvoke(alias, distribution)
	}
	main := synth(stack).main
	wantGrants(t, main, grants(main.Only(t, "AWS::Lambda::Alias"), main.Only(t, "AWS::CloudFront::Distribution"))...)
	if got := len(main.All("AWS::Lambda::Permission")); got != 2 {
		t.Errorf("%d permissions after two calls, want 2", got)
	}
}

func TestGrantInvokeForSeveral(t *testing.T) {
	stack := newStack("us-east-1")
	one, two := newDistribution(stack, "One"), newDistribution(stack, "Two")
	for _, function := range []awslambda.Function{newFunction(stack, "A"), newFunction(stack, "B")} {
		streamfront.GrantInvoke(function, one)
		streamfront.GrantInvoke(function, two)
	}
	if got := len(synth(stack).main.All("AWS::Lambda::Permission")); got != 8 {
		t.Errorf("%d permissions, want two for each of four pairs", got)
	}
}

func TestGrantInvokeRefuses(t *testing.T) {
	stack := newStack("us-east-1")
	mustPanic(t, "streamfront: GrantInvoke needs a function; pass the one whose URL is an origin of the distribution", func() {
		streamfront.GrantInvoke(nil, newDistribution(stack, "Distribution"))
	})
	mustPanic(t, "streamfront: GrantInvoke needs a distribution; pass the one that calls the function URL", func() {
		streamfront.GrantInvoke(newFunction(stack, "Function"), nil)
	})
}
