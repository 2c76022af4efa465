package main

import (
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

// bedrockModel accepts what ConverseStream accepts as modelId, except for values that would need other
// grants: prompts, custom and imported models, provisioned throughput.
//
// Source: Bedrock API Reference, "ConverseStream", modelId.
var bedrockModel = setting{
	context:     "bedrockModel",
	environment: []string{"STREAMFRONT_BEDROCK_MODEL"},
	pattern: regexp.MustCompile(`^$|^[a-z0-9-]+(\.[A-Za-z0-9-]+)+(:[A-Za-z0-9]+)*$` +
		`|^arn:aws[a-z-]*:bedrock:[a-z0-9-]+:([0-9]{12})?:(foundation-model|inference-profile|application-inference-profile)/[A-Za-z0-9.:-]+$`),
	want: "the id or ARN of a foundation model or of an inference profile, such as amazon.nova-lite-v1:0 or eu.amazon.nova-lite-v1:0",
}

// geography is the prefix of ids of profiles that AWS defines. Ids of models begin with their provider.
//
// Source: Amazon Bedrock User Guide, "Supported Regions and models for inference profiles".
var geography = regexp.MustCompile(`^([a-z]{2}|us-gov|apac|global)\.`)

// addModel lets the function call one model of Amazon Bedrock, with streaming only.
func addModel(stack awscdk.Stack, fn awslambda.Function, model string) {
	const action = "bedrock:InvokeModelWithResponseStream" // what ConverseStream asks for
	fn.AddEnvironment(jsii.String("BEDROCK_MODEL_ID"), &model, nil)
	profile, id := profileOf(stack, model)
	if profile == "" {
		allow(fn, action, foundationModel(*stack.Region(), id))
		return
	}
	// A profile passes the request to its model in one of its regions, which must be granted as well:
	// in all regions, because AWS adds to them, but only through this profile. A global profile also
	// needs the model without a region.
	//
	// Source: Amazon Bedrock User Guide, "Prerequisites for inference profiles".
	allow(fn, action, profile)
	models := []string{foundationModel("*", id)}
	if strings.HasPrefix(model[strings.LastIndexByte(model, '/')+1:], "global.") {
		models = append(models, foundationModel("", id))
	}
	fn.AddToRolePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings(action), Resources: jsii.Strings(models...),
		Conditions: &map[string]any{"StringEquals": map[string]string{"bedrock:InferenceProfileArn": profile}},
	}))
}

// profileOf returns the ARN of the inference profile, "" if the model is called directly,
// and the id of the foundation model. Profiles of the account's own may be of any model, and
// their ids say nothing.
func profileOf(stack awscdk.Stack, model string) (profile, id string) {
	if !strings.HasPrefix(model, "arn:") {
		id = geography.ReplaceAllString(model, "")
		if id != model {
			profile = *stack.FormatArn(&awscdk.ArnComponents{
				Service: jsii.String("bedrock"), Resource: jsii.String("inference-profile"), ResourceName: &model,
			})
		}
		return profile, id
	}
	resource, name, _ := strings.Cut(model[strings.LastIndexByte(model[:strings.IndexByte(model, '/')], ':')+1:], "/")
	switch resource {
	case "foundation-model":
		return "", name
	case "inference-profile":
		return model, geography.ReplaceAllString(name, "")
	default:
		return model, "*"
	}
}

func foundationModel(region, id string) string {
	return "arn:" + *awscdk.Aws_PARTITION() + ":bedrock:" + region + "::foundation-model/" + id
}
