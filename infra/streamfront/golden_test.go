package streamfront_test

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/streamfront/streamfront/internal/golden"
)

var update = flag.Bool("update", false, "rewrite the golden templates in testdata")

// The intents are in the other tests. These templates guard what users would notice on an
// update of the package: logical ids, and properties nobody meant to change.
func TestGoldenTemplates(t *testing.T) {
	files := golden.Files{
		Texts:  map[string]string{},
		Record: filepath.Join("testdata", "newest.diff"), Assembly: oneAtHome().dir, Module: "../..",
	}
	for name, template := range map[string]struct {
		synthesized func() *assembly
		edge        bool
	}{
		"one-us-east-1":         {oneAtHome, false},
		"one-eu-west-1":         {oneAbroad, false},
		"one-eu-west-1.edge":    {oneAbroad, true},
		"two-us-east-1":         {twoAtHome, false},
		"two-eu-west-1":         {twoAbroad, false},
		"two-eu-west-1.edge":    {twoAbroad, true},
		"routes-us-east-1":      {routesAtHome, false},
		"routes-eu-west-1":      {routesAbroad, false},
		"routes-eu-west-1.edge": {routesAbroad, true},
		"options-us-east-1":     {withOptions, false},
		"uploads-eu-west-1":     {withUploads, false},
		"registered-eu-west-1":  {withRegisteredUploads, false},
		"authorizer-us-east-1":  {withAuthorizer, false},
	} {
		text := template.synthesized().main.Text
		if template.edge {
			text = template.synthesized().edge.Text
		}
		files.Texts[filepath.Join("testdata", name+".template.json")] = golden.Normalize(text)
	}
	files.Check(t, *update)
}
