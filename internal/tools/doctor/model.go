package doctor

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrock/types"
)

// profileID is how the ids of inference profiles of AWS begin, where those of models have the
// name of their maker: us.anthropic.claude-..., which stand for models of several regions.
// https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
var profileID = regexp.MustCompile(`^(us|us-gov|eu|apac|jp|au|ca|global)\.`)

// lookAtModel wants a model that the account may use in the endpoint's region.
func lookAtModel(ctx context.Context, e *examination) Finding {
	client := bedrock.NewFromConfig(e.aws)
	id := e.Model
	if profileID.MatchString(id) || strings.Contains(id, ":inference-profile/") || strings.Contains(id, ":application-inference-profile/") {
		profile, err := client.GetInferenceProfile(ctx, &bedrock.GetInferenceProfileInput{InferenceProfileIdentifier: &id})
		if err != nil {
			return e.noModel("bedrock:GetInferenceProfile", err)
		}
		if len(profile.Models) == 0 {
			return Finding{State: Fail, Says: id + " has no models", Fix: "aws bedrock list-inference-profiles --region " + e.Region}
		}
		id = aws.ToString(profile.Models[0].ModelArn)
	}
	id = id[strings.LastIndexByte(id, '/')+1:] // of an ARN
	m, err := client.GetFoundationModelAvailability(ctx, &bedrock.GetFoundationModelAvailabilityInput{ModelId: &id})
	if err != nil {
		return e.noModel("bedrock:GetFoundationModelAvailability", err)
	}
	var agreement types.AgreementStatus
	if m.AgreementAvailability != nil {
		agreement = m.AgreementAvailability.Status
	}
	switch {
	case m.RegionAvailability != types.RegionAvailabilityAvailable:
		return Finding{State: Fail, Says: fmt.Sprintf("%s is not to be had in %s", id, e.Region), Fix: "aws bedrock list-foundation-models --region " + e.Region + " --query 'modelSummaries[].modelId'"}
	case m.AuthorizationStatus != types.AuthorizationStatusAuthorized:
		return Finding{State: Fail, Says: "these credentials may not use " + id, Fix: "allow bedrock:InvokeModel and bedrock:InvokeModelWithResponseStream on it"}
	case agreement != types.AgreementStatusAvailable || m.EntitlementAvailability != types.EntitlementAvailabilityAvailable:
		return Finding{
			State: Fail, Says: fmt.Sprintf("the account has no access to %s: agreement %s, entitlement %s", id, agreement, m.EntitlementAvailability),
			Fix: fmt.Sprintf("aws bedrock list-foundation-model-agreement-offers --region %s --model-id %s, then aws bedrock create-foundation-model-agreement with the offer's token", e.Region, id),
		}
	}
	return Finding{State: OK, Says: id + " in " + e.Region}
}

func (e *examination) noModel(operation string, err error) Finding {
	f := e.refused(operation, e.Region, err)
	if strings.Contains(f.Says, "ValidationException") || strings.Contains(f.Says, "ResourceNotFoundException") {
		return Finding{State: Fail, Says: fmt.Sprintf("Bedrock has no %s in %s", e.Model, e.Region), Fix: "aws bedrock list-foundation-models --region " + e.Region + " --query 'modelSummaries[].modelId'"}
	}
	return f
}
