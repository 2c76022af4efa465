package local_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// Apps whose parts are spread over nested stacks and regions, or whose assets lie elsewhere, are
// served as they are: a body that has to be hashed passes the signer.
func TestAppsOfStrangers(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"nested", "nested-siblings", "cross-region", "unstaged"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain := startChain(t, local.Options{Assembly: stranger(t, name)})
			resp, body := send(t, "POST", chain.URL()+"/", "one two")
			if resp.StatusCode != 200 || !strings.Contains(body, "data: two") {
				t.Errorf("POST: %d %s, want what was said", resp.StatusCode, body)
			}
			for _, o := range chain.Outputs() {
				if strings.Contains(o.Name, "/") {
					t.Errorf("%s is an output of a nested stack, which nobody sees on AWS", o.Name)
				}
			}
		})
	}
}

// All apps of strangers that AWS would deploy start as they are synthesized; a container image
// needs the program in its place.
func TestEveryAppThatAWSWouldDeployStarts(t *testing.T) {
	t.Parallel()
	const web = `node -e "require('node:http').createServer((q, r) => r.end('image')).listen(process.env.PORT, '127.0.0.1')"`
	for name, programs := range map[string]map[string]string{
		"spa": nil, "nested": nil, "nested-siblings": nil, "stages": nil, "cross-region": nil, "origin-group": nil, "several": nil, "python": nil,
		"unstaged": nil, "sam": nil, "container": {"App/Server": web},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain := startChain(t, local.Options{Assembly: stranger(t, name), Functions: programs})
			for _, front := range chain.FrontDoors() {
				if resp, body := send(t, "GET", front.URL+"/", ""); resp.StatusCode >= 500 {
					t.Errorf("%s: %d %s", front.Name, resp.StatusCode, body)
				}
			}
		})
	}
}

// Two distributions, of which one has a behavior before somebody else's API: that alone is
// answered 501.
func TestSeveralDistributions(t *testing.T) {
	t.Parallel()
	chain := startChain(t, local.Options{Assembly: stranger(t, "several")})
	if n := len(chain.Distributions()); n != 2 {
		t.Fatalf("%d distributions, want 2", n)
	}
	unserved := 0
	for _, note := range chain.Notes() {
		if _, rest, ok := strings.Cut(note, ": the behavior "); ok {
			unserved++
			pattern, _, _ := strings.Cut(rest, " ")
			for _, d := range chain.Distributions() {
				if !strings.HasPrefix(note, d.Name) {
					continue
				}
				if resp, body := send(t, "GET", d.URL+"/"+strings.Trim(pattern, "/*")+"/x", ""); resp.StatusCode != 501 {
					t.Errorf("%s of %s: %d %s, want 501", pattern, d.Name, resp.StatusCode, body)
				}
			}
		}
	}
	if unserved != 1 {
		t.Errorf("%d behaviors are named as answered 501, want 1: %q", unserved, chain.Notes())
	}
	for _, d := range chain.Distributions() {
		if resp, body := send(t, "POST", d.URL+"/", "one two"); resp.StatusCode != 200 {
			t.Errorf("%s: %d %s", d.Name, resp.StatusCode, body)
		}
	}
}

// A key-value store is filled from the asset that its ImportSource names.
func TestKeyValueStoreFromAnAsset(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.at("Resources")["Store"] = object{"Type": "AWS::CloudFront::KeyValueStore", "Properties": object{
		"Name": "routes", "ImportSource": object{"SourceType": "S3", "SourceArn": "arn:aws:s3:::assets/routes.json"},
	}}
	viewer := f.properties("Viewer")
	viewer["FunctionCode"] = "import cf from 'cloudfront';\nasync function handler(e) { e.request.uri = await cf.kvs().get(e.request.uri); return e.request; }"
	viewer["FunctionConfig"].(object)["KeyValueStoreAssociations"] = []any{object{"KeyValueStoreARN": object{"Fn::GetAtt": []any{"Store", "Arn"}}}}
	dir := f.write(t)
	file := filepath.Join(dir, "asset.routes.json")
	if err := os.WriteFile(file, []byte(`{"data": [{"key": "/old", "value": "/new"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	manifest := filepath.Join(dir, "Site.assets.json")
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	var assets object
	if err := json.Unmarshal(text, &assets); err != nil {
		t.Fatal(err)
	}
	assets["files"].(object)["routes"] = object{
		"source":       object{"path": "asset.routes.json", "packaging": "file"},
		"destinations": object{"here": object{"bucketName": "assets", "objectKey": "routes.json"}},
	}
	if text, err = json.Marshal(assets); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(manifest, text, 0o600); err != nil {
		t.Fatal(err)
	}
	chain := startChain(t, local.Options{Assembly: dir})
	resp, body := send(t, "GET", chain.URL()+"/old", "")
	if resp.StatusCode != 200 || decode(t, body).Target != "/new" {
		t.Errorf("%d %s, want the target that the store has", resp.StatusCode, body)
	}
}

// The permissions of a distribution in another region than its function fail the deployment.
func TestStackInAnotherRegion(t *testing.T) {
	t.Parallel()
	_, err := local.Start(t.Context(), local.Options{Assembly: stranger(t, "cross-region-function")})
	const want = "the permission is created in us-east-1, and the function is in eu-west-1"
	if err == nil || strings.Count(err.Error(), want) != 2 {
		t.Errorf("error = %v, want %q of both permissions", err, want)
	}
}

// What only a deployment knows is made up and named, or given.
func TestParameters(t *testing.T) {
	t.Parallel()
	dir := stranger(t, "several")
	alone(t, filepath.Join(dir, "App.template.json"))
	made := func(options local.Options) string {
		options.Assembly = dir
		for _, note := range startChain(t, options).Notes() {
			if strings.Contains(note, "made-up values") && strings.HasPrefix(note, "App/Aliased") {
				return note
			}
		}
		return ""
	}
	const secret = "TOKEN ({{resolve:secretsmanager:chat/token:SecretString:token}})"
	if note := made(local.Options{}); !strings.Contains(note, "MODEL (App.Model), TABLE (App.SsmParameterValuechattable") || !strings.Contains(note, secret) {
		t.Errorf("note = %q, want one that names what is made up", note)
	}
	note := made(local.Options{
		Parameters:  map[string]string{"App.Model": "large", "ssm:/chat/table": "chat"},
		Environment: map[string]string{"TOKEN": "x"},
	})
	if note != "" {
		t.Errorf("note = %q, want none where all is given", note)
	}
	_, err := local.Start(t.Context(), local.Options{Assembly: dir, Parameters: map[string]string{"App.Modl": "large"}})
	if err == nil || !strings.Contains(err.Error(), `no parameter "App.Modl": the assembly has App.Model, `) {
		t.Errorf("error = %v, want one that lists the parameters", err)
	}
}

// alone takes the behavior before somebody else's API out of a template.
func alone(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var template map[string]any
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	properties := template["Resources"].(map[string]any)["B08E7C7AF"].(map[string]any)["Properties"].(map[string]any)
	config := properties["DistributionConfig"].(map[string]any)
	delete(config, "CacheBehaviors")
	config["Origins"] = config["Origins"].([]any)[:1]
	if text, err = json.Marshal(template); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
