package check_test

import (
	"path/filepath"
	"testing"

	"github.com/streamfront/streamfront/internal/tools/check"
)

// The apps of strangers are in the styles that people deploy: none has an error.
func TestAppsOfStrangersHaveNoErrors(t *testing.T) {
	t.Parallel()
	manifests, err := filepath.Glob("../../../local/testdata/apps/*/manifest.json")
	if err != nil || len(manifests) < 10 {
		t.Fatalf("%d apps: %v", len(manifests), err)
	}
	for _, manifest := range manifests {
		dir := filepath.Dir(manifest)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			report := run(t, dir)
			for _, f := range report.Findings {
				if f.Level == check.Error {
					t.Errorf("%s/%s: %s %s: %s", f.Stack, f.LogicalID, f.Property, f.Message, f.Rule)
				}
			}
		})
	}
}
