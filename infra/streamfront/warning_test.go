package streamfront_test

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// Strict mode fails on a warning that nobody can acknowledge, be it before or after the
// construct that warns is there.
func TestWarningsCanBeAcknowledged(t *testing.T) {
	const text = "the cache policy of route \"/a\" is imported"
	acknowledge := func(id string) func(awscdk.Stack) {
		return func(stack awscdk.Stack) {
			awscdk.Annotations_Of(stack).AcknowledgeWarning(&id, jsii.String("looked into"))
		}
	}
	nothing := func(awscdk.Stack) {}
	for name, test := range map[string]struct {
		before, after func(awscdk.Stack)
		want          string
	}{
		"not":        {nothing, nothing, text},
		"before":     {acknowledge("streamfront:importedCachePolicy"), nothing, ""},
		"after":      {nothing, acknowledge("streamfront:importedCachePolicy"), ""},
		"another id": {acknowledge("streamfront:edgeLambdas"), acknowledge("importedCachePolicy"), text},
	} {
		t.Run(name, func(t *testing.T) {
			stack := newStack("us-east-1")
			test.before(stack)
			function := newFunction(stack, "Function")
			newEndpoint(stack, &streamfront.EndpointProps{Function: function}).AddRoute(jsii.String("/a"), function, &streamfront.RouteOptions{
				CachePolicy: awscloudfront.CachePolicy_FromCachePolicyId(stack, jsii.String("Cache"), jsii.String("11111111-2222-3333-4444-555555555555")),
			})
			test.after(stack)
			wantWarning(t, synth(stack), test.want)
		})
	}
}
