package local_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// Apps that know nothing of our constructs, written in JavaScript with a newer CDK, see
// testdata/foreign/app.mjs, and in Go, see infra/streamfront/foreign_test.go. Their functions
// are replaced by the test function.
func TestForeignAssemblies(t *testing.T) {
	t.Parallel()
	for name, distributions := range map[string][]struct {
		name      string
		get, post int
	}{
		"own-oac":    {{"Plain/Distribution830FAC52", 200, 200}},
		"shared-oac": {{"Plain/ACCC8ACD5", 200, 200}, {"Plain/B08E7C7AF", 200, 200}},
		"unsigned":   {{"Plain/Distribution830FAC52", 200, 403}},
		"go-cdk":     {{"Plain/Distribution830FAC52", 403, 403}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain := start(t, local.Options{
				Assembly: foreign(t, name),
				Sources:  []string{".."}, // of the test function, where this host is not x86_64
			})
			if len(chain.Distributions()) != len(distributions) {
				t.Fatalf("%d distributions, want %d", len(chain.Distributions()), len(distributions))
			}
			for i, want := range distributions {
				d := chain.Distributions()[i]
				if d.Name != want.name {
					t.Errorf("distribution %d is %s, want %s", i, d.Name, want.name)
				}
				if resp, body := send(t, "GET", d.URL+"/read/x", ""); resp.StatusCode != want.get {
					t.Errorf("%s: GET: %d %s, want %d", d.Name, resp.StatusCode, body, want.get)
				}
				if resp, body := send(t, "POST", d.URL+"/", "\xff\x00 not text"); resp.StatusCode != want.post {
					t.Errorf("%s: POST: %d %s, want %d", d.Name, resp.StatusCode, body, want.post)
				}
			}
		})
	}
}

// foreign copies an assembly and puts the test function where its assets should be.
func foreign(t *testing.T, name string) string {
	t.Helper()
	function, err := functionAsset()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata/foreign", name))); err != nil {
		t.Fatal(err)
	}
	manifests, err := filepath.Glob(filepath.Join(dir, "*.assets.json"))
	if err != nil || len(manifests) == 0 {
		t.Fatalf("no asset manifests in %s: %v", dir, err)
	}
	for _, file := range manifests {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Files map[string]struct{ Source struct{ Path string } }
		}
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		for _, f := range m.Files {
			if strings.HasPrefix(f.Source.Path, "asset.") {
				if err := os.Symlink(function, filepath.Join(dir, f.Source.Path)); err != nil && !os.IsExist(err) {
					t.Fatal(err)
				}
			}
		}
	}
	return dir
}
