package test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The README's programs are those that TestReadmeProgramsRunFromTheModuleCache runs.
func TestReadmeShowsTheExamples(t *testing.T) {
	t.Parallel()
	for file, name := range map[string]string{
		"example_test.go":         "func ExampleNewEndpoint()",
		"example_options_test.go": "func ExampleEndpoint_AddRoute()",
	} {
		source := read(t, "infra/streamfront/"+file)
		example := source[strings.Index(source, name):]
		if !strings.Contains(read(t, "README.md"), "```go\n"+example+"```") {
			t.Errorf("README.md does not have this example word for word:\n%s", example)
		}
	}
}

// The README's program for OpenAI's client is the one of the test.
func TestReadmeShowsTheClientThatIsTested(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(read(t, "test/clients/openai.test.mjs"), "// What follows is in the README.\n")
	program, _, found := strings.Cut(rest, "  // Up to here.\n")
	if !found {
		t.Fatal("openai.test.mjs does not mark what the README shows")
	}
	program = strings.TrimSpace(regexp.MustCompile(`(?m)^  `).ReplaceAllString(program, ""))
	if !strings.Contains(read(t, "README.md"), "```js\n"+program+"\n```") {
		t.Errorf("README.md does not have this program word for word:\n%s", program)
	}
}

// Every test that README and SECURITY name as the proof of something is there.
func TestReadmeNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == "node_modules" {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, "_test.go") {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(text), -1) {
				tests[m[1]] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"README.md", "SECURITY.md"} {
		named := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(read(t, file), -1)
		if len(named) == 0 {
			t.Errorf("%s names no tests", file)
		}
		for _, m := range named {
			if !tests[m[1]] {
				t.Errorf("%s names %s, which does not exist", file, m[1])
			}
		}
	}
}

// The README's table of causes is what 'explain' knows.
func TestReadmeListsTheCauses(t *testing.T) {
	t.Parallel()
	binary, err := cli()
	if err != nil {
		t.Fatal(err)
	}
	table, err := exec.CommandContext(t.Context(), binary, "explain", "--list", "--markdown").Output()
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- causes -->\n", "<!-- /causes -->\n"
	_, rest, found := strings.Cut(read(t, "README.md"), begin)
	block, _, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("README.md has no lines %q and %q", begin, end)
	}
	if block != string(table) {
		t.Errorf("README.md lists other causes than 'streamfront explain --list --markdown' does: put its output between %q and %q", begin, end)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
