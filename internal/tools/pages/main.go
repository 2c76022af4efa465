// Command pages writes the generated parts of the pages in docs: the tables of causes, of fidelity
// and of costs. 'make docs' runs it, and a test fails if a page is out of date.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/fidelity"
	"github.com/streamfront/streamfront/internal/settled"
	"github.com/streamfront/streamfront/internal/tools/cost"
	"github.com/streamfront/streamfront/internal/tools/smoke"
)

// A block is a generated part of a page, between the lines <!-- NAME --> and <!-- /NAME -->.
type block struct {
	page, name string
	text       func() string
}

var blocks = []block{
	{"docs/troubleshooting.md", "causes", causeTable},
	{"docs/fidelity.md", "fidelity", fidelityTables},
	{"docs/which-front.md", "cost", func() string { return cost.Report(cost.Usual) }},
	{"docs/ja/which-front.md", "cost", func() string { return cost.Japanese(cost.Usual) }},
	{"docs/flood.md", "flood", func() string { return cost.Flood(cost.Defaults) }},
	{"docs/settled.md", "facts", factTable},
}

func main() {
	if err := write("."); err != nil {
		fmt.Fprintln(os.Stderr, "pages:", err)
		os.Exit(2)
	}
}

// write fills the blocks of all pages below root.
func write(root string) error {
	for _, b := range blocks {
		path := filepath.Join(root, b.page)
		old, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		page, err := b.fill(string(old))
		if err != nil {
			return err
		}
		if page == string(old) {
			continue
		}
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// fill returns the page with what is between the marks of the block generated anew.
func (b block) fill(page string) (string, error) {
	begin, end := "<!-- "+b.name+" -->\n", "<!-- /"+b.name+" -->\n"
	before, rest, found := strings.Cut(page, begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return "", fmt.Errorf("%s has no lines %q and %q: add them where the table belongs", b.page, begin, end)
	}
	return before + begin + b.text() + end + after, nil
}

// cell escapes what a cell of a table must not hold.
var cell = strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", "*", `\*`).Replace

func causeTable() string {
	var b strings.Builder
	b.WriteString("| cause | what you see | what is wrong |\n|---|---|---|\n")
	for _, c := range causes.All {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.ID, cell(c.Answer), cell(c.Title))
	}
	return b.String()
}

func factTable() string {
	var b strings.Builder
	b.WriteString("| fact | what is assumed | what the chain does if that is refuted |\n|---|---|---|\n")
	for _, a := range smoke.Assumptions() {
		does := settled.Otherwise(a.ID)
		if does == "" {
			does = "the same, and says that AWS does not: " + settled.Unfollowed(a.ID)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", a.ID, cell(a.Says), cell(does))
	}
	return b.String()
}

func fidelityTables() string {
	var b strings.Builder
	for _, section := range fidelity.Sections {
		fmt.Fprintf(&b, "\n## %s\n\n| row | AWS | the local chain | source | tests |\n|---|---|---|---|---|\n", section.Title)
		for _, row := range section.Rows {
			chain := row.Chain
			if chain == "" {
				chain = "The same."
			}
			tests := slices.Clone(row.Tests)
			for i := range tests {
				tests[i] = "`" + tests[i] + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", row.Name, row.AWS, chain, row.Confidence, strings.Join(tests, ", "))
		}
	}
	b.WriteString("\n")
	return b.String()
}
