package streamfront

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/functions/challenge"
)

// challengeLambda returns the association of the function at origin-response that restores the name
// of WWW-Authenticate. All routes share the function. Only Lambda@Edge can do this: a CloudFront
// Function at viewer-response does not run for a status of 400 or more.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-choosing.html
func (e *endpoint) challengeLambda() *awscloudfront.EdgeLambda {
	if e.challenge == nil {
		e.challenge = newEdgeFunction(e, "Challenge", challenge.Source, "streamfront: restores WWW-Authenticate", jsii.Number(128), 5)
	}
	return &awscloudfront.EdgeLambda{
		EventType:       awscloudfront.LambdaEdgeEventType_ORIGIN_RESPONSE,
		FunctionVersion: e.challenge.CurrentVersion(),
	}
}
