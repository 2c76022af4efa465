package streamfront

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront/experimental"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/streamfront/streamfront/functions/signer"
	"github.com/streamfront/streamfront/infra/internal/problems"
)

// PayloadSigner is a Lambda@Edge function that writes the SHA-256 of a request's body into
// x-amz-content-sha256, where OAC and the function URL look for it. It also moves the viewer's
// Authorization to x-forwarded-authorization, because the signature takes its place.
//
// One signer serves any number of behaviors and distributions. A distribution of your own also needs
// [GrantInvoke] for each function.
type PayloadSigner interface {
	constructs.Construct
	// EdgeLambda returns the association of the signer with a cache behavior: at origin-request, with
	// the body included. Add it to BehaviorOptions.EdgeLambdas of every behavior whose origin is a
	// function URL behind OAC.
	EdgeLambda() *awscloudfront.EdgeLambda
	// Function returns the Lambda@Edge function. It is in us-east-1, whatever the stack's region.
	Function() experimental.EdgeFunction
}

// PayloadSignerProps are the properties of a PayloadSigner.
type PayloadSignerProps struct {
	// MemorySize is the memory of the function in MB. With more memory, and so more processor time,
	// bodies near 1 MiB are hashed faster, and every request costs more.
	// Default: 128.
	MemorySize *float64
}

type payloadSigner struct {
	constructs.Construct
	function experimental.EdgeFunction
}

// NewPayloadSigner defines a PayloadSigner. The stack needs an explicit region. Outside us-east-1 the
// function goes into a second stack, which the app deploys as well. Props may be nil.
//
// The function and its versions stay when the stack is destroyed or the signer replaced. Lambda does
// not delete a function while CloudFront has replicas of it, which is for hours after its last
// association is removed, and the deletion of the stack would fail.
func NewPayloadSigner(scope constructs.Construct, id *string, props *PayloadSignerProps) PayloadSigner {
	var p PayloadSignerProps
	if props != nil {
		p = *props
	}
	if p.MemorySize == nil {
		p.MemorySize = jsii.Number(128)
	}
	var found problems.List
	requireRegion(&found, scope, "a PayloadSigner")
	found.Report()

	s := &payloadSigner{}
	constructs.NewConstruct_Override(s, scope, id)
	s.function = newEdgeFunction(s, "Signer", signer.Source, "streamfront: hashes request bodies for OAC", p.MemorySize, 5)
	return s
}

func (s *payloadSigner) EdgeLambda() *awscloudfront.EdgeLambda {
	return &awscloudfront.EdgeLambda{
		EventType:       awscloudfront.LambdaEdgeEventType_ORIGIN_REQUEST,
		FunctionVersion: s.function.CurrentVersion(),
		IncludeBody:     jsii.Bool(true),
	}
}

func (s *payloadSigner) Function() experimental.EdgeFunction { return s.function }
