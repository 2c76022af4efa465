// Package golden compares what the CDK writes with golden files. The golden files are from the CDK
// version in go.mod, the oldest that the module supports. A record beside them lists what a newer
// CDK writes differently, so that a reviewer of a change sees it.
package golden

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Files are golden files, and what was synthesized now.
type Files struct {
	// Texts are the synthesized texts by the names of the golden files. What changes with
	// every edit of our code is taken out of templates by [Normalize].
	Texts map[string]string
	// Record is the name of the file with the differences of a newer CDK.
	Record string
	// Assembly is the folder of an assembly that the same CDK wrote, with its tree.json,
	// which has the version.
	Assembly string
	// Module is the folder of go.mod.
	Module string
}

// Check compares the texts with the golden files, or with the record under a newer CDK. With
// update it writes what it would compare with.
func (f *Files) Check(t *testing.T, update bool) {
	t.Helper()
	version, floor := synthesizedBy(t, f.Assembly), required(t, f.Module)
	if version != floor {
		text := fmt.Sprintf("What CDK v%s writes otherwise than v%s.\n", version, floor) + f.differences(t)
		check(t, f.Record, text, update)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(f.Texts)) {
		check(t, name, f.Texts[name], update)
	}
}

// differences lists for each file what is not as in the golden one.
func (f *Files) differences(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f.Texts)) {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if lines := difference(string(want), f.Texts[name]); len(lines) > 0 {
			fmt.Fprintf(&b, "\n%s\n%s\n", filepath.Base(name), strings.Join(lines, "\n"))
		}
	}
	return b.String()
}

func check(t *testing.T, name, got string, update bool) {
	t.Helper()
	if update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\n%s\nif this is meant: make golden, and a BREAKING note for every changed logical id",
			name, strings.Join(difference(string(want), got), "\n"))
	}
}

// synthesizedBy returns the version of the CDK that wrote an assembly.
func synthesizedBy(t *testing.T, assembly string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(assembly, "tree.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tree struct {
		Tree struct {
			ConstructInfo struct{ Version string }
		}
	}
	if err := json.Unmarshal(text, &tree); err != nil || tree.Tree.ConstructInfo.Version == "" {
		t.Fatalf("the tree.json of %s does not say which CDK wrote it: %v", assembly, err)
	}
	return tree.Tree.ConstructInfo.Version
}

var requirement = regexp.MustCompile(`(?m)^\s+github\.com/aws/aws-cdk-go/awscdk/v2 v(\S+)$`)

// required returns the version of the CDK in go.mod.
func required(t *testing.T, module string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	m := requirement.FindSubmatch(text)
	if m == nil {
		t.Fatal("go.mod does not require the CDK")
	}
	return string(m[1])
}

// What changes with the code, which has tests of its own.
var (
	inlineCode  = regexp.MustCompile(`(?m)^(\s*"(?:ZipFile|FunctionCode)": )".*"`)
	versionHash = regexp.MustCompile(`(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}`)
	assetHash   = regexp.MustCompile(`[0-9a-f]{64}(\.zip)`)
)

// Normalize takes out of a template what changes with every edit of our code.
func Normalize(template string) string {
	template = inlineCode.ReplaceAllString(template, `$1"CODE"`)
	template = versionHash.ReplaceAllString(template, `${1}HASH`)
	return assetHash.ReplaceAllString(template, `HASH$1`) + "\n"
}
