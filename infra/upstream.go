package main

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

var (
	upstream = setting{
		context:     "upstream",
		environment: []string{"STREAMFRONT_UPSTREAM"},
		pattern:     regexp.MustCompile(`^$|^https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~-]+)*$`),
		want:        "the base URL of an endpoint that speaks OpenAI's API, by https, such as https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1",
	}
	upstreamKey = setting{
		context:     "upstreamKey",
		environment: []string{"STREAMFRONT_UPSTREAM_KEY_SECRET"},
		pattern:     apiKeySecret.pattern,
		want:        apiKeySecret.want,
	}
	upstreamModels = setting{
		context:     "upstreamModels",
		environment: []string{"STREAMFRONT_UPSTREAM_MODELS"},
		pattern:     regexp.MustCompile(`^$|^[^,\s]+(,[^,\s]+)*$`),
		want:        "names of models, separated by commas",
	}
)

// modelID is what Bedrock's endpoint takes as a model, and a part of an ARN.
var modelID = regexp.MustCompile(`^[a-z0-9-]+(\.[A-Za-z0-9-]+)+(:[A-Za-z0-9]+)*$`)

// bedrockRegion returns the region of an endpoint of Amazon Bedrock, "" for others. Only the
// function's role opens it, and it is the role that says for which models.
func bedrockRegion(address string) string {
	base, err := url.Parse(address)
	if err != nil {
		return ""
	}
	rest, ok := strings.CutPrefix(base.Hostname(), "bedrock-runtime.")
	region, domain, _ := strings.Cut(rest, ".")
	if !ok || !strings.HasPrefix(domain, "amazonaws.") {
		return ""
	}
	return region
}

// validateUpstream checks what single settings cannot show.
func (p *stackProps) validateUpstream() error {
	switch {
	case p.upstream == "" && p.upstreamKey+p.upstreamModels != "":
		return fmt.Errorf("streamfront: upstreamKey is %q and upstreamModels %q, but there is no upstream; set it, or leave them out", p.upstreamKey, p.upstreamModels)
	case p.upstream == "":
		return nil
	case p.sample == "node":
		return fmt.Errorf("streamfront: upstream is %q, which the Node.js sample does not call; use the Go sample", p.upstream)
	case p.bedrockModel != "":
		return fmt.Errorf("streamfront: upstream is %q, and bedrockModel %q; choose one", p.upstream, p.bedrockModel)
	case bedrockRegion(p.upstream) == "" && p.upstreamKey == "":
		return fmt.Errorf("streamfront: upstream is %q, which needs a key; set upstreamKey to the ARN of a secret that holds it", p.upstream)
	case p.upstreamKey != "" || bedrockRegion(p.upstream) == "":
		return nil
	case p.upstreamModels == "":
		return fmt.Errorf("streamfront: upstream is %q, of Amazon Bedrock; set upstreamModels to the models that the function may call, such as openai.gpt-oss-20b-1:0", p.upstream)
	}
	for _, name := range strings.Split(p.upstreamModels, ",") {
		if !modelID.MatchString(name) {
			return fmt.Errorf("streamfront: upstreamModels has %q; use the id of a foundation model, such as openai.gpt-oss-20b-1:0", name)
		}
	}
	return nil
}

// addUpstream lets the function call the upstream: with the key in a secret, or models of
// Bedrock by its role.
func addUpstream(fn awslambda.Function, props *stackProps) {
	fn.AddEnvironment(jsii.String("UPSTREAM_URL"), &props.upstream, nil)
	if props.upstreamModels != "" {
		fn.AddEnvironment(jsii.String("UPSTREAM_MODELS"), &props.upstreamModels, nil)
	}
	if props.upstreamKey != "" {
		fn.AddEnvironment(jsii.String("UPSTREAM_KEY_SECRET_ARN"), &props.upstreamKey, nil)
		allow(fn, "secretsmanager:GetSecretValue", props.upstreamKey)
		return
	}
	var models []string
	for _, id := range strings.Split(props.upstreamModels, ",") {
		models = append(models, foundationModel(bedrockRegion(props.upstream), id))
	}
	// Whole answers and streams are two actions.
	//
	// Source: Amazon Bedrock User Guide, "Generate responses using OpenAI APIs".
	allow(fn, "bedrock:InvokeModel", models...)
	allow(fn, "bedrock:InvokeModelWithResponseStream", models...)
}
