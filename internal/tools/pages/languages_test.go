package main

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// translations are the pages that exist in both languages.
var translations = map[string]string{
	"README.md":               "README.ja.md",
	"docs/troubleshooting.md": "docs/ja/troubleshooting.md",
	"docs/which-front.md":     "docs/ja/which-front.md",
}

// A translation has the sections of the English page, and in each the same code, the same
// names and the same figures. Its sentences are its own.
func TestBothLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	for english, japanese := range translations {
		want, got := sections(read(t, english)), sections(read(t, japanese))
		if len(got) != len(want) {
			t.Errorf("%s has %d sections, %s has %d", japanese, len(got), english, len(want))
			continue
		}
		for i, section := range want {
			for what, of := range map[string]func(string) []string{"the level": level, "the programs": programs, "the code": spans, "the figures": figures, "the rows": rows} {
				missing, extra := difference(of(section), of(got[i])), difference(of(got[i]), of(section))
				if len(missing)+len(extra) > 0 {
					t.Errorf("%s, section %q: %s differ from those of %s, section %q: missing %q, extra %q: change both pages",
						japanese, title(got[i]), what, english, title(section), missing, extra)
				}
			}
		}
	}
}

func TestFiguresOfBothLanguages(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Since November 2026, 1,700,000 requests of 0.5 s.": {"0.5", "11", "1700000", "2026"},
		"2026 年 11 月から、0.5 秒のリクエストが 1,700,000 回。":           {"0.5", "11", "1700000", "2026"},
		"`code 7` and 3":                {"3"},
		"<!-- a -->\n9\n<!-- /a -->\n2": {"2"},
		"[page](a-1.md) has 4":          {"4"},
	} {
		if got := figures(text); !slices.Equal(got, want) {
			t.Errorf("figures(%q) = %q, want %q", text, got, want)
		}
	}
}

// sections are the parts of a page that begin with a heading.
func sections(page string) []string {
	fenced := false
	var sections []string
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if strings.HasPrefix(line, "#") && !fenced {
			sections = append(sections, "")
		}
		if len(sections) > 0 {
			sections[len(sections)-1] += line
		}
	}
	return sections
}

func title(section string) string {
	first, _, _ := strings.Cut(section, "\n")
	return first
}

// level is the level of the section's heading.
func level(section string) []string {
	return []string{regexp.MustCompile(`^#+`).FindString(section)}
}

// programs are the blocks of code. A tree is text, which is translated.
func programs(section string) []string {
	return slices.DeleteFunc(regexp.MustCompile("(?ms)^```.*?^```").FindAllString(section, -1), func(block string) bool {
		return strings.Contains(block, "├──")
	})
}

// spans is the code within the text: each piece once.
func spans(section string) []string {
	set := map[string]bool{}
	for _, span := range regexp.MustCompile("`[^`\n]+`").FindAllString(text(section), -1) {
		set[span] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// rows are as many as the tables of the section have, outside of what is generated.
func rows(section string) []string {
	return []string{strconv.Itoa(len(regexp.MustCompile(`(?m)^\|`).FindAllString(text(section), -1)))}
}

// figures are the numbers of the text, sorted; names of months count as theirs.
func figures(section string) []string {
	prose := regexp.MustCompile("`[^`\n]+`").ReplaceAllString(text(section), "")
	prose = regexp.MustCompile(`\]\([^)]*\)`).ReplaceAllString(prose, "]")
	for month := time.January; month <= time.December; month++ {
		prose = strings.ReplaceAll(prose, month.String(), strconv.Itoa(int(month)))
	}
	var figures []string
	for _, figure := range regexp.MustCompile(`\d+(?:[.,]\d+)*`).FindAllString(prose, -1) {
		figures = append(figures, strings.ReplaceAll(figure, ",", ""))
	}
	slices.Sort(figures)
	return figures
}

// text is a section without its programs and without what is generated. Trees stay.
func text(section string) string {
	section = regexp.MustCompile(`(?s)<!-- (\w+) -->.*?<!-- /\w+ -->`).ReplaceAllString(section, "")
	for _, program := range programs(section) {
		section = strings.Replace(section, program, "", 1)
	}
	return strings.ReplaceAll(section, "```", "")
}

// difference is what a has and b has not, as often as it has it more.
func difference(a, b []string) []string {
	left := slices.Clone(b)
	var more []string
	for _, s := range a {
		if i := slices.Index(left, s); i >= 0 {
			left = slices.Delete(left, i, i+1)
			continue
		}
		more = append(more, s)
	}
	return more
}
