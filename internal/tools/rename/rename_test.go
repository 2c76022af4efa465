package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../../.."

// The renamed project builds, keeps nothing of the old path, and its other modules find it.
func TestRename(t *testing.T) {
	t.Parallel()
	const path = "example.com/" + "team/edge" // in two parts, since the way back would find it here
	dir := clone(t)
	old := strings.TrimSpace(output(t, dir, "go", "list", "-m"))
	changed, err := rename(dir, path)
	if err != nil {
		t.Fatal(err)
	}
	if changed < 100 {
		t.Errorf("changed %d files only", changed)
	}
	if left := output(t, dir, "git", "grep", "-lI", "-e", old); left != "" {
		t.Errorf("these files have the old path:\n%s", left)
	}
	if files := output(t, dir, "gofmt", "-l", "cmd", "functions", "infra", "internal", "local", "test"); files != "" {
		t.Errorf("these files are not formatted:\n%s", files)
	}
	run(t, dir, "go", "build", "-o", os.DevNull, "./cmd/streamfront")
	run(t, filepath.Join(dir, "test", "routers"), "go", "list", path+"/functions/streamhttp")
	// Back again, which finds the new path in go.mod.
	if _, err := rename(dir, old); err != nil {
		t.Fatal(err)
	}
	if changes := output(t, dir, "git", "diff", "--stat"); changes != "" {
		t.Errorf("there and back leaves changes:\n%s", changes)
	}
}

func TestRenameRefusesPaths(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "streamfront", "you/streamfront", "github.com/you/Stream front", "github.com/you/../x", "https://github.com/you/x"} {
		if _, err := rename(root, path); err == nil || !strings.Contains(err.Error(), "is not the path of a module") {
			t.Errorf("rename to %q: error = %v, want that it is not the path of a module", path, err)
		}
	}
}

func TestReplacer(t *testing.T) {
	t.Parallel()
	replace := replacer("github.com/owner/name", "github.com/you/edge")
	for text, want := range map[string]string{
		`import "github.com/owner/name/local"`: `import "github.com/you/edge/local"`,
		"module github.com/owner/name\n":       "module github.com/you/edge\n",
		"- uses: owner/name@COMMIT":            "- uses: you/edge@COMMIT",
		"github.com/owner/name-other":          "github.com/owner/name-other",
		"infra/name":                           "infra/name",
	} {
		if got := replace(text); got != want {
			t.Errorf("replace(%q) = %q, want %q", text, got, want)
		}
	}
}

// The commands by which the README uses a clone work as they stand there.
func TestReplaceOfTheREADME(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?m)^```sh\n((?:go mod .*\n)+)```").FindSubmatch(readme)
	if block == nil {
		t.Fatal("README.md has no block of 'go mod' commands")
	}
	parent := t.TempDir()
	clone, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(clone, filepath.Join(parent, "streamfront")); err != nil {
		t.Fatal(err)
	}
	app := filepath.Join(parent, "app")
	for name, text := range map[string]string{
		"go.mod": "module example.com/app\n\ngo 1.26\n",
		"main.go": "package main\n\nimport (\n\t\"net/http\"\n\n\t\"github.com/streamfront/streamfront/functions/streamhttp\"\n)\n\n" +
			"func main() { _ = streamhttp.Serve(http.NotFoundHandler()) }\n",
	} {
		if err := os.MkdirAll(app, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(app, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.Lines(string(block[1])) {
		run(t, app, strings.Fields(line)...)
	}
	run(t, app, "go", "build", "-o", os.DevNull, ".")
}

// clone copies what git knows of the project, with what is not committed, into a repository of its own.
func clone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range strings.Fields(output(t, root, "git", "ls-files", "--cached", "--others", "--exclude-standard")) {
		text, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t, dir, "git", "init", "-q")
	run(t, dir, "git", "add", "-A")
	return dir
}

func run(t *testing.T, dir string, command ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), command[0], command[1:]...)
	c.Dir = dir
	c.Env = append(c.Environ(), "GOFLAGS=", "GOWORK=off")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
	}
}

// output is what a command prints. 'git grep' finds nothing by status 1.
func output(t *testing.T, dir string, command ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), command[0], command[1:]...)
	c.Dir = dir
	out, err := c.Output()
	if err != nil && c.ProcessState.ExitCode() != 1 {
		t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
	}
	return string(out)
}
