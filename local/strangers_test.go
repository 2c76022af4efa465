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
