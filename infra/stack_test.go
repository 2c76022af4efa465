package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

// object is a piece of a template.
type object = map[string]any

// hashed are the logical ids of the secret and of the table.
var hashed = regexp.MustCompile(`(ApiKey|Quotas)[0-9A-F]{8}`)

// synthesize returns the template of the app's stack, in which no function is built.
func synthesize(t *testing.T, props stackProps) object {
	t.Helper()
	dir := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir: &dir, AnalyticsReporting: jsii.Bool(false), Context: &map[string]any{"aws:cdk:bundling-stacks": []string{}},
	})
	props.name, props.account, props.architecture = "Test", "123456789012", awslambda.Architecture_ARM_64()
	if props.region == "" {
		props.region = "eu-west-1"
	}
	newStack(app, &props)
	app.Synth(nil)
	text, err := os.ReadFile(filepath.Join(dir, "Test.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	var template object
	text = hashed.ReplaceAll(text, []byte("$1"))
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	return template
}

// statement is one of a policy, with intrinsic functions as text.
type statement struct {
	Effect    string
	Action    string
	Resource  string // several are joined by spaces
	Condition string
}

// allowed returns all that the function's role may do besides writing logs.
func allowed(t *testing.T, template object) []statement {
	t.Helper()
	var statements []statement
	for _, resource := range template["Resources"].(object) {
		resource := resource.(object)
		if resource["Type"] != "AWS::IAM::Policy" {
			continue
		}
		for _, s := range resource["Properties"].(object)["PolicyDocument"].(object)["Statement"].([]any) {
			s := s.(object)
			resources, ok := s["Resource"].([]any)
			if !ok {
				resources = []any{s["Resource"]}
			}
			var names []string
			for _, r := range resources {
				names = append(names, flat(r))
			}
			one := statement{Effect: s["Effect"].(string), Action: flat(s["Action"]), Resource: strings.Join(names, " ")}
			if c := s["Condition"]; c != nil {
				for operator, keys := range c.(object) {
					for key, value := range keys.(object) {
						one.Condition += operator + " " + key + " " + flat(value)
					}
				}
			}
			statements = append(statements, one)
		}
	}
	return statements
}

// flat writes a value of a template as text, as Fn::Sub would.
func flat(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case object:
		if join, ok := v["Fn::Join"].([]any); ok {
			var parts []string
			for _, part := range join[1].([]any) {
				parts = append(parts, flat(part))
			}
			return strings.Join(parts, join[0].(string))
		}
		if name, ok := v["Ref"].(string); ok {
			return "${" + name + "}"
		}
	}
	text, _ := json.Marshal(value)
	return string(text)
}

// environment returns the variables of the sample.
func environment(t *testing.T, template object) object {
	t.Helper()
	for id, resource := range template["Resources"].(object) {
		if strings.HasPrefix(id, "Function") && resource.(object)["Type"] == "AWS::Lambda::Function" {
			variables := object{}
			if e, ok := resource.(object)["Properties"].(object)["Environment"].(object); ok {
				for name, value := range e["Variables"].(object) {
					variables[name] = flat(value)
				}
			}
			return variables
		}
	}
	t.Fatal("no function")
	return nil
}

func output(template object, name string) string {
	o, ok := template["Outputs"].(object)[name].(object)
	if !ok {
		return ""
	}
	return flat(o["Value"])
}

// bucket is the name of the bucket, which is known before it is made.
const bucket = "test-uploads-9f5d8a42-123456789012-eu-west-1-an"

const (
	secretsManager = "secretsmanager:GetSecretValue"
	invokeModel    = "bedrock:InvokeModelWithResponseStream"
	nova           = "arn:${AWS::Partition}:bedrock:*::foundation-model/amazon.nova-lite-v1:0"
	euNova         = "arn:${AWS::Partition}:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0"
	globalNova     = "arn:${AWS::Partition}:bedrock:eu-west-1:123456789012:inference-profile/global.amazon.nova-lite-v1:0"
	ownProfile     = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc123"

	bedrockEndpoint = "https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1"
	gptModels       = "arn:${AWS::Partition}:bedrock:us-west-2::foundation-model/openai.gpt-oss-20b-1:0 arn:${AWS::Partition}:bedrock:us-west-2::foundation-model/openai.gpt-oss-120b-1:0"
)

// Each choice grants exactly what it needs. The policies are compared whole.
func TestTheFunctionMayDoWhatItNeedsAndNothingElse(t *testing.T) {
	t.Chdir("..") // where the samples are
	through := func(profile string) string { return "StringEquals bedrock:InferenceProfileArn " + profile }
	for name, test := range map[string]struct {
		props       stackProps
		want        []statement
		environment object
	}{
		"generated key": {
			stackProps{sample: "go"},
			[]statement{{"Allow", secretsManager, "${ApiKey}", ""}},
			object{"API_KEY_SECRET_ARN": "${ApiKey}"},
		},
		"key in a secret": {
			stackProps{sample: "go", apiKeySecret: testSecret},
			[]statement{{"Allow", secretsManager, testSecret, ""}},
			object{"API_KEY_SECRET_ARN": testSecret},
		},
		"key in a parameter": {
			stackProps{sample: "go", apiKeyParameter: "/chat/key"},
			[]statement{{"Allow", "ssm:GetParameter", "arn:${AWS::Partition}:ssm:eu-west-1:123456789012:parameter/chat/key", ""}},
			object{"API_KEY_PARAMETER": "/chat/key"},
		},
		"key for a trial": {stackProps{sample: "go", apiKey: "trial"}, nil, object{"API_KEY": "trial"}},
		"uploads": {
			stackProps{sample: "go", apiKey: "trial", uploads: "true"},
			[]statement{
				{"Allow", `["s3:GetObject","s3:PutObject"]`, "arn:${AWS::Partition}:s3:::" + bucket + "/uploads/*", ""},
				{"Allow", "s3:PutObject", "arn:${AWS::Partition}:s3:::" + bucket + "/registered/*", ""},
				{"Allow", "s3:ListBucket", "arn:${AWS::Partition}:s3:::" + bucket, "StringLike s3:prefix registered/*"},
			},
			object{"API_KEY": "trial", "UPLOADS_BUCKET": bucket, "UPLOADS_REGISTERED": "true"},
		},
		"quotas": {
			stackProps{sample: "go", apiKey: "trial", quotaRequests: "1000", quotaTokens: "200000", quotaFailure: "closed"},
			[]statement{{"Allow", "dynamodb:UpdateItem", `{"Fn::GetAtt":["Quotas","Arn"]}`, ""}},
			object{"API_KEY": "trial", "QUOTA_REQUESTS": "1000", "QUOTA_TOKENS": "200000", "QUOTA_FAILURE": "closed", "QUOTA_TABLE": "${Quotas}"},
		},
		"longest answer": {
			stackProps{sample: "go", apiKey: "trial", maxDuration: "5m"}, nil, object{"API_KEY": "trial", "MAX_DURATION": "5m"},
		},
		"origins of other pages": {
			stackProps{sample: "go", apiKey: "trial", allowedOrigins: "https://app.example.com"},
			nil,
			object{"API_KEY": "trial", "ALLOWED_ORIGINS": "https://app.example.com"},
		},
		"foundation model": {
			stackProps{sample: "go", apiKey: "trial", bedrockModel: "amazon.nova-lite-v1:0"},
			[]statement{{"Allow", invokeModel, strings.Replace(nova, "*", "eu-west-1", 1), ""}},
			object{"API_KEY": "trial", "BEDROCK_MODEL_ID": "amazon.nova-lite-v1:0"},
		},
		"foundation model by its ARN": {
			stackProps{sample: "go", apiKey: "trial", bedrockModel: "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"},
			[]statement{{"Allow", invokeModel, strings.Replace(nova, "*", "eu-west-1", 1), ""}},
			object{"API_KEY": "trial", "BEDROCK_MODEL_ID": "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"},
		},
		"inference profile": {
			stackProps{sample: "go", apiKey: "trial", bedrockModel: "eu.amazon.nova-lite-v1:0"},
			[]statement{{"Allow", invokeModel, euNova, ""}, {"Allow", invokeModel, nova, through(euNova)}},
			object{"API_KEY": "trial", "BEDROCK_MODEL_ID": "eu.amazon.nova-lite-v1:0"},
		},
		"inference profile by its ARN": {
			stackProps{sample: "go", apiKey: "trial", bedrockModel: strings.Replace(euNova, "${AWS::Partition}", "aws", 1)},
			[]statement{
				{"Allow", invokeModel, strings.Replace(euNova, "${AWS::Partition}", "aws", 1), ""},
				{"Allow", invokeModel, nova, through(strings.Replace(euNova, "${AWS::Partition}", "aws", 1))},
			},
			object{"API_KEY": "trial", "BEDROCK_MODEL_ID": strings.Replace(euNova, "${AWS::Partition}", "aws", 1)},
		},
		"global inference profile": {
			stackProps{sample: "go", apiKey: "trial", bedrockModel: "global.amazon.nova-lite-v1:0"},
			[]statement{
				{"Allow", invokeModel, globalNova, ""},
				{"Allow", invokeModel, nova + " " + strings.Replace(nova, "*", "", 1), through(globalNova)},
			},
			object{"API_KEY": "trial", "BEDROCK_MODEL_ID": "global.amazon.nova-lite-v1:0"},
		},
		"upstream with a key": {
			stackProps{sample: "go", apiKey: "trial", upstream: "https://api.openai.com/v1", upstreamKey: testSecret},
			[]statement{{"Allow", secretsManager, testSecret, ""}},
			object{"API_KEY": "trial", "UPSTREAM_URL": "https://api.openai.com/v1", "UPSTREAM_KEY_SECRET_ARN": testSecret},
		},
		"upstream of Bedrock": {
			stackProps{sample: "go", apiKey: "trial", upstream: bedrockEndpoint, upstreamModels: "openai.gpt-oss-20b-1:0,openai.gpt-oss-120b-1:0"},
			[]statement{{"Allow", "bedrock:InvokeModel", gptModels, ""}, {"Allow", invokeModel, gptModels, ""}},
			object{"API_KEY": "trial", "UPSTREAM_URL": bedrockEndpoint, "UPSTREAM_MODELS": "openai.gpt-oss-20b-1:0,openai.gpt-oss-120b-1:0"},
		},
		"inference profile of one's own": {
			stackProps{sample: "go", apiKey: "trial", bedrockModel: ownProfile},
			[]statement{
				{"Allow", invokeModel, ownProfile, ""},
				{"Allow", invokeModel, "arn:${AWS::Partition}:bedrock:*::foundation-model/*", through(ownProfile)},
			},
			object{"API_KEY": "trial", "BEDROCK_MODEL_ID": ownProfile},
		},
	} {
		t.Run(name, func(t *testing.T) {
			template := synthesize(t, test.props)
			if got := allowed(t, template); !reflect.DeepEqual(got, test.want) {
				t.Errorf("the role may\n%+v\nwant\n%+v", got, test.want)
			}
			if got := environment(t, template); !reflect.DeepEqual(got, test.environment) {
				t.Errorf("environment = %v, want %v", got, test.environment)
			}
		})
	}
}

func TestOutputsSayHowToGetTheKey(t *testing.T) {
	t.Chdir("..")
	for name, test := range map[string]struct {
		props    stackProps
		key, try string
	}{
		"generated": {
			stackProps{sample: "go"},
			`API_KEY=$(aws secretsmanager get-secret-value --region eu-west-1 --secret-id ${ApiKey} --query SecretString --output text); echo "$API_KEY"`,
			`-H "authorization: Bearer $API_KEY"`,
		},
		"secret of another region": {
			stackProps{sample: "go", apiKeySecret: testSecret},
			`API_KEY=$(aws secretsmanager get-secret-value --region eu-central-1 --secret-id ` + testSecret + ` --query SecretString --output text); echo "$API_KEY"`,
			`-H "authorization: Bearer $API_KEY"`,
		},
		"parameter": {
			stackProps{sample: "go", apiKeyParameter: "/chat/key"},
			`API_KEY=$(aws ssm get-parameter --region eu-west-1 --name /chat/key --with-decryption --query Parameter.Value --output text); echo "$API_KEY"`,
			`-H "authorization: Bearer $API_KEY"`,
		},
		"trial":   {stackProps{sample: "go", apiKey: "trial"}, "", `-H "authorization: Bearer $STREAMFRONT_API_KEY"`},
		"Node.js": {stackProps{sample: "node"}, "", `-H "authorization: Bearer $STREAMFRONT_API_KEY"`},
		"model":   {stackProps{sample: "go", apiKey: "trial", bedrockModel: "amazon.nova-lite-v1:0"}, "", `{"model":"amazon.nova-lite-v1:0",`},
		"model by its ARN": {
			stackProps{sample: "go", apiKey: "trial", bedrockModel: "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"},
			"", `{"model":"amazon.nova-lite-v1:0",`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			template := synthesize(t, test.props)
			if got := output(template, "Key"); got != test.key {
				t.Errorf("Key = %s, want %s", got, test.key)
			}
			if got := output(template, "Try"); !strings.Contains(got, test.try) {
				t.Errorf("Try = %s, want %s in it", got, test.try)
			}
		})
	}
}
