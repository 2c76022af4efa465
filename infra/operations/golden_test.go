package operations_test

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/streamfront/streamfront/infra/internal/apptest"
	"github.com/streamfront/streamfront/internal/golden"
)

var update = flag.Bool("update", false, "rewrite the golden templates in testdata")

// The intents are in the other tests. These templates guard what users would notice on an
// update of the package: logical ids, and properties nobody meant to change.
func TestGoldenTemplates(t *testing.T) {
	files := golden.Files{
		Texts:  map[string]string{},
		Record: filepath.Join("testdata", "newest.diff"), Assembly: monitoredAtHome().dir, Module: "../..",
	}
	for name, template := range map[string]*apptest.Template{
		"monitoring-us-east-1":             monitoredAtHome().main,
		"monitoring-eu-west-1":             monitoredAbroad().main,
		"monitoring-eu-west-1.operations":  monitoredAbroad().edge,
		"access-logs-us-east-1":            loggedAtHome().main,
		"access-logs-eu-west-1":            loggedAbroad().main,
		"access-logs-eu-west-1.operations": loggedAbroad().edge,
		"cost-guard-eu-west-1":             guarded().main,
		"network-eu-west-1":                isolated().main,
		"network-nat-eu-west-1":            withNat().main,
	} {
		files.Texts[filepath.Join("testdata", name+".template.json")] = golden.Normalize(template.Text)
	}
	files.Check(t, *update)
}
