package main

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/fidelity"
)

const root = "../../.."

// What is generated of a page is what 'make docs' writes.
func TestPagesAreFresh(t *testing.T) {
	t.Parallel()
	for _, b := range blocks {
		page := read(t, b.page)
		fresh, err := b.fill(page)
		if err != nil {
			t.Fatal(err)
		}
		if page != fresh {
			t.Errorf("%s: the block %q is not what its Go table says; run 'make docs'", b.page, b.name)
		}
	}
}

func TestABlockNeedsItsMarks(t *testing.T) {
	t.Parallel()
	b := block{"page.md", "rows", func() string { return "new\n" }}
	for page, want := range map[string]string{
		"a\n<!-- rows -->\nold\n<!-- /rows -->\nz\n": "a\n<!-- rows -->\nnew\n<!-- /rows -->\nz\n",
		"<!-- rows -->\nold\n":                       "",
		"old\n<!-- /rows -->\n":                      "",
	} {
		got, err := b.fill(page)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("fill(%q) = %q, %v, want %q", page, got, err, want)
		}
	}
}

// Each row has a name of its own, is whole, and its texts fit a cell of a table.
func TestRowsOfFidelityAreWhole(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, section := range fidelity.Sections {
		for _, row := range section.Rows {
			if names[row.Name] || !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$|^[a-z]+$`).MatchString(row.Name) {
				t.Errorf("%s: the name %q is there twice, or has other characters than a-z, 0-9 and -", section.Title, row.Name)
			}
			names[row.Name] = true
			if row.AWS == "" || row.Confidence == 0 || len(row.Tests) == 0 {
				t.Errorf("%s: AWS, Confidence or Tests is empty", row.Name)
			}
			for _, text := range []string{row.AWS, row.Chain} {
				if strings.ContainsAny(text, "|\n") || text != "" && !strings.HasSuffix(text, ".") {
					t.Errorf("%s: %q has a bar or a line break, or does not end with a full stop", row.Name, text)
				}
			}
		}
	}
}

// Every test that a page names as the proof of something exists.
func TestPagesNameTestsThatExist(t *testing.T) {
	t.Parallel()
	tests := tests(t)
	for _, page := range pages(t) {
		for _, m := range regexp.MustCompile("`((?:Test|Fuzz|Example)[A-Z]\\w+)`").FindAllStringSubmatch(read(t, page), -1) {
			if !tests[m[1]] {
				t.Errorf("%s names %s, which does not exist", page, m[1])
			}
		}
	}
}

// Every relative link of a page leads to a file, and to a heading of it.
func TestLinksOfPagesLead(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(prose(read(t, page)), -1) {
			link, err := url.Parse(m[1])
			if err != nil {
				t.Errorf("%s: %v", page, err)
				continue
			}
			if link.Scheme != "" {
				continue
			}
			target := page
			if link.Path != "" {
				target = filepath.Join(filepath.Dir(page), link.Path)
			}
			info, err := os.Stat(filepath.Join(root, target))
			if err != nil {
				t.Errorf("%s links to %s, which does not exist", page, m[1])
				continue
			}
			if link.Fragment != "" && !info.IsDir() && !slices.Contains(headings(read(t, target)), link.Fragment) {
				t.Errorf("%s links to %s, but %s has no such heading", page, m[1], target)
			}
		}
	}
}

// Every path of the repository that a page names exists; <service> stands for any name.
func TestPagesNamePathsThatExist(t *testing.T) {
	t.Parallel()
	path := regexp.MustCompile("`(?:\\./)?((?:cmd|docs|functions|infra|internal|local|packaging|test)/[\\w./<>*-]+)`")
	for _, page := range pages(t) {
		if page == "CHANGELOG.md" {
			continue // which names what is gone
		}
		for _, m := range path.FindAllStringSubmatch(read(t, page), -1) {
			pattern := regexp.MustCompile(`<\w+>`).ReplaceAllString(m[1], "*")
			if found, err := filepath.Glob(filepath.Join(root, pattern)); err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which does not exist", page, m[1])
			}
		}
	}
}

// The README is read in three minutes.
func TestTheREADMEIsShort(t *testing.T) {
	t.Parallel()
	if lines := strings.Count(read(t, "README.md"), "\n"); lines > 150 {
		t.Errorf("README.md has %d lines, want 150 at most: move something to docs", lines)
	}
}

// Each page of docs is reached from the README.
func TestTheREADMELinksEveryPage(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		if filepath.Dir(page) == "docs" && !strings.Contains(read(t, "README.md"), "("+page) {
			t.Errorf("README.md does not link %s", page)
		}
	}
}

// The programs of the pages are examples that compile; TestReadmeProgramsRunFromTheModuleCache
// runs those with constructs.
func TestPagesShowTheExamples(t *testing.T) {
	t.Parallel()
	for page, example := range map[string]struct{ file, name string }{
		"README.md":                     {"infra/streamfront/example_test.go", "func ExampleNewEndpoint()"},
		"docs/constructs.md":            {"infra/streamfront/example_options_test.go", "func ExampleEndpoint_AddRoute()"},
		"docs/migration.md":             {"infra/streamfront/example_migration_test.go", "func ExampleNewPayloadSigner()"},
		"docs/existing-distribution.md": {"infra/streamfront/example_behavior_test.go", "func ExampleNewPayloadSigner_behavior()"},
		"docs/large-files.md":           {"functions/streamhttp/client/example_test.go", "func ExampleTransport_edge()"},
	} {
		_, program, found := strings.Cut(read(t, example.file), example.name)
		if !found {
			t.Fatalf("%s has no %s", example.file, example.name)
		}
		program, _, _ = strings.Cut(program, "\n}\n") // others may follow
		program += "\n}\n"
		if program = example.name + program; !strings.Contains(read(t, page), "```go\n"+program+"```") {
			t.Errorf("%s does not have this example word for word:\n%s", page, program)
		}
	}
}

// Parts of programs that run in tests: between two comments of the test.
func TestPagesShowWhatIsTested(t *testing.T) {
	t.Parallel()
	const authorizer = "infra/streamfront/example_authorizer_test.go"
	for _, part := range []struct{ page, language, file, marked, indent string }{
		{"docs/sample.md", "js", "test/clients/openai.test.mjs", "docs/sample.md", "  "},
		{"README.md", "go", authorizer, "README.md", "\t"},
		{"docs/authorization.md", "go", authorizer, "README.md", "\t"},
	} {
		_, rest, _ := strings.Cut(read(t, part.file), part.indent+"// What follows is in "+part.marked+".\n")
		program, _, found := strings.Cut(rest, part.indent+"// Up to here.\n")
		if !found {
			t.Fatalf("%s does not mark what %s shows", part.file, part.page)
		}
		program = strings.TrimSpace(regexp.MustCompile(`(?m)^`+part.indent).ReplaceAllString(program, ""))
		if !strings.Contains(read(t, part.page), "```"+part.language+"\n"+program+"\n```") {
			t.Errorf("%s does not have this program word for word:\n%s", part.page, program)
		}
	}
}

// pages are the paths of all pages for readers.
func pages(t *testing.T) []string {
	t.Helper()
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			page, err := filepath.Rel(root, path)
			if err != nil {
				t.Fatal(err)
			}
			pages = append(pages, filepath.ToSlash(page))
		}
	}
	if len(pages) < 10 {
		t.Fatalf("found the pages %v only", pages)
	}
	return pages
}

// tests are the names of all tests of the project.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	tests := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == "node_modules" {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example)\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			tests[m[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}

// prose is a page without its blocks of code.
func prose(page string) string {
	return regexp.MustCompile("(?ms)^```.*?^```").ReplaceAllString(page, "")
}

// headings are the fragments that GitHub makes of the headings of a page.
func headings(page string) []string {
	var fragments []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(prose(page), -1) {
		text := regexp.MustCompile(`[^\p{L}\p{N}\- ]`).ReplaceAllString(strings.ToLower(m[1]), "")
		fragments = append(fragments, strings.ReplaceAll(text, " ", "-"))
	}
	return fragments
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
