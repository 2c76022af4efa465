package check_test

import (
	"os"
	"path/filepath"
	"testing"
)

// Apps that know nothing of this project, in JavaScript and in Go: exactly what is wrong with
// them, and nothing else.
func TestForeignAssemblies(t *testing.T) {
	t.Parallel()
	const distribution = "Distribution830FAC52"
	tests := map[string][]string{
		// CDK's read timeout of 30 s before a function that may run for 15 minutes.
		"own-oac": {"warning read-timeout-short " + distribution},
		// An OAC and a signer for two distributions, one before an alias, at 60 s.
		"shared-oac": nil,
		// No signer, although all methods are allowed.
		"unsigned": {"error payload-hash-missing " + distribution, "warning read-timeout-short " + distribution},
		// The same in Go, at a CDK that grants one of the two permissions.
		"go-cdk": {
			"error grant-function-missing FunctionFunctionUrl08F79AC9", "error payload-hash-missing " + distribution,
			"warning read-timeout-short " + distribution,
		},
	}
	const dir = "../../../local/testdata/foreign"
	manifests, err := filepath.Glob(dir + "/*/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(manifests) != len(tests) {
		t.Errorf("%d assemblies in %s, %d in the table", len(manifests), dir, len(tests))
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := wantFindings(t, filepath.Join(dir, name), want...)
			for _, f := range report.Findings {
				if f.Template != "Plain.template.json" || !hasLine(t, filepath.Join(dir, name, f.Template), f.Line, `"`+f.LogicalID+`": {`) {
					t.Errorf("%s is said to begin at %s:%d", f.LogicalID, f.Template, f.Line)
				}
			}
		})
	}
}

// hasLine reports whether a line of a file, counted from 1, is the text and white space.
func hasLine(t *testing.T, file string, line int, text string) bool {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := splitLines(data)
	return line >= 1 && line <= len(lines) && lines[line-1] == text
}
