package streamfront_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden templates in testdata")

// The intents are in the other tests. These templates guard what users would notice on an
// update of the package: logical ids, and properties nobody meant to change.
func TestGoldenTemplates(t *testing.T) {
	for name, golden := range map[string]struct {
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
	} {
		t.Run(name, func(t *testing.T) {
			a := golden.synthesized()
			got := normalize(a.main.text)
			if golden.edge {
				got = normalize(a.edge.text)
			}
			path := filepath.Join("testdata", name+".template.json")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs %s\nif this is meant: go test ./infra/streamfront -update, and a BREAKING note for every changed logical id", path, firstDifference(got, string(want)))
			}
		})
	}
}

// What changes with the code, which has tests of its own.
var (
	inlineCode  = regexp.MustCompile(`(?m)^(\s*"(?:ZipFile|FunctionCode)": )".*"`)
	versionHash = regexp.MustCompile(`(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}`)
	assetHash   = regexp.MustCompile(`[0-9a-f]{64}(\.zip)`)
)

func normalize(template string) string {
	template = inlineCode.ReplaceAllString(template, `$1"CODE"`)
	template = versionHash.ReplaceAllString(template, `${1}HASH`)
	return assetHash.ReplaceAllString(template, `HASH$1`) + "\n"
}
