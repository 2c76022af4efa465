package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestFronts(t *testing.T) {
	t.Chdir("..") // where the sample is
	for front, test := range map[string]struct {
		resources []string // that it has
		without   []string
		door, try string
	}{
		"cloudfront": {[]string{"AWS::CloudFront::Distribution", "AWS::S3::Bucket"}, nil, "", "curl -N https://"},
		"url":        {[]string{"AWS::Lambda::Url"}, []string{"AWS::CloudFront::Distribution", "AWS::S3::Bucket"}, "url", "curl -N https://"},
		"rest":       {[]string{"AWS::ApiGateway::RestApi"}, []string{"AWS::Lambda::Url"}, "rest", "}/v1/chat/completions"},
		"http":       {[]string{"AWS::ApiGatewayV2::Api"}, []string{"AWS::Lambda::Url"}, "http", "/v1/chat/completions"},
		"websocket":  {[]string{"AWS::ApiGatewayV2::Api"}, []string{"AWS::Lambda::Url"}, "websocket", "wscat@6.0.1 -c wss://"},
		"alb":        {[]string{"AWS::ElasticLoadBalancingV2::LoadBalancer"}, []string{"AWS::Lambda::Url"}, "alb=900s", "curl -N http://"},
		"ecs":        {[]string{"AWS::ECS::Service"}, []string{"AWS::Lambda::Function"}, "", "curl -N http://"},
	} {
		t.Run(front, func(t *testing.T) {
			template := synthesize(t, stackProps{sample: "go", uploads: "true", front: front})
			text, err := json.Marshal(template["Resources"])
			if err != nil {
				t.Fatal(err)
			}
			for _, typ := range test.resources {
				if !strings.Contains(string(text), `"Type":"`+typ+`"`) {
					t.Errorf("no %s", typ)
				}
			}
			for _, typ := range test.without {
				if strings.Contains(string(text), `"Type":"`+typ+`"`) {
					t.Errorf("there is a %s", typ)
				}
			}
			if has := strings.Contains(string(text), `"STREAMFRONT_DOORS":"`+test.door+`"`); has != (test.door != "") {
				t.Errorf("the function is told %q: %v", test.door, has)
			}
			if got := output(template, "Try"); !strings.Contains(got, test.try) || !strings.Contains(got, "$API_KEY") {
				t.Errorf("Try = %s, want %s in it", got, test.try)
			}
			if !strings.Contains(output(template, "Key"), "secretsmanager") {
				t.Errorf("Key = %s", output(template, "Key"))
			}
		})
	}
}

func TestServiceKeys(t *testing.T) {
	t.Chdir("..")
	for name, test := range map[string]struct {
		props stackProps
		want  string
	}{
		"secret":    {stackProps{apiKeySecret: testSecret}, `"Name":"API_KEY","ValueFrom":"` + testSecret + `"`},
		"parameter": {stackProps{apiKeyParameter: "/chat/key"}, `:parameter/chat/key`},
		"trial":     {stackProps{apiKey: "trial"}, `"Name":"API_KEY","Value":"trial"`},
	} {
		t.Run(name, func(t *testing.T) {
			test.props.sample, test.props.front = "go", "ecs"
			text, err := json.Marshal(synthesize(t, test.props)["Resources"])
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), test.want) {
				t.Errorf("the task has no %s", test.want)
			}
		})
	}
}

func TestFrontsRefuse(t *testing.T) {
	for want, props := range map[string]stackProps{
		`front is "rest", which the Node.js sample does not support`: {front: "rest", sample: "node"},
		`bedrockModel is "m" with the front ecs`:                     {front: "ecs", sample: "go", bedrockModel: "m"},
		`upstream is "u" with the front ecs`:                         {front: "ecs", sample: "go", upstream: "u"},
		`which are for the fronts alb and ecs`:                       {front: "url", sample: "go", certificate: "c", domainName: "d"},
		`set both, or none for plain HTTP`:                           {front: "alb", sample: "go", certificate: "c"},
	} {
		if err := props.validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
	}
}

// What Docker gets for the image is enough to build the program, and no more.
func TestImageBuildsFromItsContext(t *testing.T) {
	outdir, stderr, err := runApp(t, "..", `CDK_CONTEXT_JSON={"aws:cdk:bundling-stacks": [], "front": "ecs"}`)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	assets, err := filepath.Glob(filepath.Join(outdir, "asset.*"))
	if err != nil || len(assets) != 1 {
		t.Fatalf("assets %v, %v, want one", assets, err)
	}
	entries, err := os.ReadDir(assets[0])
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if got, want := strings.Join(names, " "), "functions go.mod go.sum"; got != want {
		t.Errorf("the context has %s, want %s", got, want)
	}
	build := exec.Command("go", "build", "-o", filepath.Join(t.TempDir(), "stream"), "./functions/stream")
	build.Dir = assets[0]
	build.Env = append(build.Environ(), "GOFLAGS=") // as in the image, whatever CDK this runs with
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
