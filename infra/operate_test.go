package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestFull(t *testing.T) {
	t.Chdir("..")
	template := synthesize(t, stackProps{sample: "go", uploads: "true", full: "true", region: "us-east-1", monthlyBudget: "50"})
	types := typesOf(template)
	for _, want := range []string{
		"AWS::CloudWatch::Dashboard", "AWS::CloudWatch::CompositeAlarm", "AWS::CloudFront::MonitoringSubscription", "AWS::Logs::Delivery",
		"AWS::Logs::QueryDefinition", "Custom::LogRetention", "AWS::Budgets::Budget", "AWS::CodeDeploy::DeploymentGroup",
		"AWS::EC2::VPCEndpoint", "AWS::WAFv2::WebACL", "AWS::DynamoDB::Table",
	} {
		if !slices.Contains(types, want) {
			t.Errorf("no %s", want)
		}
	}
	if !strings.Contains(output(template, "Open"), `'{"action":"open"}'`) || !strings.Contains(output(template, "Dashboard"), "#dashboards/dashboard/") {
		t.Errorf("Open = %s, Dashboard = %s", output(template, "Open"), output(template, "Dashboard"))
	}
	// What hears of uploads is what the endpoint calls, so that a release moves both.
	for id, resource := range template["Resources"].(object) {
		properties, _ := resource.(object)["Properties"].(object)
		if resource.(object)["Type"] != "AWS::S3::Bucket" || !strings.HasPrefix(id, "Uploads") {
			continue
		}
		told := properties["NotificationConfiguration"].(object)["LambdaConfigurations"].([]any)[0].(object)["Function"]
		if got := flat(told); !strings.HasPrefix(got, "${ReleaseAlias") {
			t.Errorf("%s tells %s, want the alias", id, got)
		}
	}
	text, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"BudgetLimit":{"Amount":50,"Unit":"USD"}`) {
		t.Error("the budget is another than monthlyBudget says")
	}
	for _, want := range []string{`"QUOTA_REQUESTS":"1000"`, `"QUOTA_TOKENS":"1000000"`, `"QUOTA_TABLE":{"Ref":"Quotas`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the function has no %s", want)
		}
	}
}

// What a key may ask for is for its owner to say, and full has a value where nobody does.
func TestQuotasOfFull(t *testing.T) {
	for name, test := range map[string]struct {
		props            stackProps
		requests, tokens string
	}{
		"full":                   {stackProps{sample: "go", full: "true"}, "1000", "1000000"},
		"full, with one of them": {stackProps{sample: "go", full: "true", quotaTokens: "5"}, "", "5"},
		"full, in Node.js":       {stackProps{sample: "node", full: "true"}, "", ""},
		"not full":               {stackProps{sample: "go"}, "", ""},
	} {
		if requests, tokens := test.props.quotas(); requests != test.requests || tokens != test.tokens {
			t.Errorf("%s: quotas %q and %q, want %q and %q", name, requests, tokens, test.requests, test.tokens)
		}
	}
	if err := (&stackProps{sample: "go", full: "true", quotaFailure: "open", region: "us-east-1"}).validate(); err != nil {
		t.Errorf("full with quotaFailure=open: %v", err)
	}
}

// Without full nothing of it is there, so that who has deployed the sample sees no difference.
func TestNotFull(t *testing.T) {
	t.Chdir("..")
	for _, typ := range typesOf(synthesize(t, stackProps{sample: "go", uploads: "true"})) {
		for _, service := range []string{"AWS::CloudWatch::", "AWS::Budgets::", "AWS::EC2::", "AWS::CodeDeploy::"} {
			if strings.HasPrefix(typ, service) {
				t.Errorf("there is a %s", typ)
			}
		}
	}
}

func typesOf(template object) []string {
	var types []string
	for _, r := range template["Resources"].(object) {
		types = append(types, r.(object)["Type"].(string))
	}
	return types
}

// The network reaches what the choices need, and costs nothing for what they do not.
func TestNetworkOfTheSample(t *testing.T) {
	t.Chdir("..")
	otherRegion := strings.Replace(testSecret, "eu-central-1", "us-west-2", 1)
	for name, test := range map[string]struct {
		props    stackProps
		services []string // with interface endpoints
		nat      bool
	}{
		"generated key":             {stackProps{sample: "go"}, []string{"secretsmanager"}, false},
		"key for a trial":           {stackProps{sample: "go", apiKey: "k"}, nil, false},
		"key in a parameter":        {stackProps{sample: "go", apiKeyParameter: "/k"}, []string{"ssm"}, false},
		"secret of another region":  {stackProps{sample: "go", apiKeySecret: otherRegion}, nil, true},
		"model of Bedrock":          {stackProps{sample: "go", bedrockModel: "amazon.nova-lite-v1:0"}, []string{"bedrock-runtime", "secretsmanager"}, false},
		"upstream elsewhere":        {stackProps{sample: "go", upstream: "https://api.openai.com/v1", upstreamKey: testSecret}, nil, true},
		"upstream of Bedrock, here": {stackProps{sample: "go", region: "us-west-2", apiKey: "k", upstream: bedrockEndpoint, upstreamModels: "a.b"}, []string{"bedrock-runtime"}, false},
		"Node.js":                   {stackProps{sample: "node"}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			test.props.vpc = "true"
			template := synthesize(t, test.props)
			var services []string
			private := false
			for id, r := range template["Resources"].(object) {
				properties, _ := r.(object)["Properties"].(object)
				switch r.(object)["Type"] {
				case "AWS::EC2::VPCEndpoint":
					if properties["VpcEndpointType"] == "Interface" {
						name := flat(properties["ServiceName"])
						services = append(services, name[strings.LastIndexByte(name, '.')+1:])
					}
				case "AWS::Lambda::Function":
					private = private || strings.HasPrefix(id, "Function") && properties["VpcConfig"] != nil
				}
			}
			slices.Sort(services)
			if !slices.Equal(services, test.services) {
				t.Errorf("endpoints for %q, want %q", services, test.services)
			}
			if nat := slices.Contains(typesOf(template), "AWS::EC2::NatGateway"); nat != test.nat {
				t.Errorf("NAT gateway: %v, want %v", nat, test.nat)
			}
			if !private {
				t.Error("the function is in no VPC")
			}
		})
	}
}

func TestOperationsThatDoNotGoTogether(t *testing.T) {
	for want, props := range map[string]stackProps{
		`streamfront: full is true and front is "url", but what it adds is for CloudFront; use the front cloudfront`: {full: "true", front: "url", sample: "go"},
		`streamfront: vpc is true and front is "ecs", whose tasks have a VPC of their own; leave vpc out`:            {vpc: "true", front: "ecs", sample: "go"},
		`streamfront: alarmEmail is "a@b", which has an effect only with -c full=true`:                               {alarmEmail: "a@b", sample: "go"},
	} {
		if got := errorText(props.validate()); got != want {
			t.Errorf("validate = %q, want %q", got, want)
		}
	}
}
