package streamfront_test

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/infra/streamfront"
)

// The way of those who bring a distribution of their own.
func TestPayloadSignerAlone(t *testing.T) {
	for _, region := range []string{"us-east-1", "eu-west-1"} {
		t.Run(region, func(t *testing.T) {
			stack := newStack(region)
			signer := streamfront.NewPayloadSigner(stack, jsii.String("Signer"), nil)
			url := newFunction(stack, "Function").AddFunctionUrl(&awslambda.FunctionUrlOptions{
				AuthType: awslambda.FunctionUrlAuthType_AWS_IAM,
			})
			behavior := &awscloudfront.BehaviorOptions{
				Origin:      awscloudfrontorigins.FunctionUrlOrigin_WithOriginAccessControl(url, nil),
				EdgeLambdas: &[]*awscloudfront.EdgeLambda{signer.EdgeLambda()},
			}
			awscloudfront.NewDistribution(stack, jsii.String("Distribution"), &awscloudfront.DistributionProps{
				DefaultBehavior:     behavior,
				AdditionalBehaviors: &map[string]*awscloudfront.BehaviorOptions{"/api/*": behavior},
			})

			a := synth(stack)
			config := a.main.Only(t, "AWS::CloudFront::Distribution")
			wantSigner(t, a, config.At(t, "DistributionConfig", "DefaultCacheBehavior", "LambdaFunctionAssociations", 0).(map[string]any))
			wantSigner(t, a, config.At(t, "DistributionConfig", "CacheBehaviors", 0, "LambdaFunctionAssociations", 0).(map[string]any))
			a.edge.Only(t, "AWS::Lambda::Version") // one signer for both behaviors
		})
	}
}

func TestMemorySizeReachesTheSigner(t *testing.T) {
	stack := newStack("us-east-1")
	signer := streamfront.NewPayloadSigner(stack, jsii.String("Signer"), &streamfront.PayloadSignerProps{
		MemorySize: jsii.Number(256),
	})
	if got, want := *signer.Function().Stack().Region(), "us-east-1"; got != want {
		t.Errorf("the region of the function = %s, want %s", got, want)
	}
	function := synth(stack).main.Only(t, "AWS::Lambda::Function")
	wantJSON(t, "MemorySize", function.At(t, "MemorySize"), `256`)
}
