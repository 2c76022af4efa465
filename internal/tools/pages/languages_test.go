package main

import (
	"maps"
	"path"
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
		"2 つのコマンドが 30 秒":                {"30"},
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
	prose = regexp.MustCompile(`\b[1-9] つ`).ReplaceAllString(prose, "") // English has words for these
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

// Both pages lead to the same pages, the Japanese one to those in Japanese.
func TestLinksOfBothLanguages(t *testing.T) {
	t.Parallel()
	for english, japanese := range translations {
		var want []string
		for _, target := range targets(t, english) {
			if translation, ok := translations[target]; ok {
				target = translation
			}
			want = append(want, target)
		}
		got := targets(t, japanese)
		// Each names the other one.
		other := func(page string) bool { return page == english || page == japanese }
		want, got = slices.DeleteFunc(want, other), slices.DeleteFunc(got, other)
		slices.Sort(want)
		if want = slices.Compact(want); !slices.Equal(got, want) {
			t.Errorf("%s links %q, %s %q: change both pages", japanese, got, english, want)
		}
	}
}

// targets are the files that a page links, sorted, as paths from the root.
func targets(t *testing.T, page string) []string {
	t.Helper()
	var targets []string
	for _, m := range regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`).FindAllStringSubmatch(prose(read(t, page)), -1) {
		targets = append(targets, path.Join(path.Dir(page), m[1]))
	}
	slices.Sort(targets)
	return slices.Compact(targets)
}

// japaneseTerms are words that are easily mixed, with those of AWS's Japanese documentation.
var japaneseTerms = map[string]string{
	"ビューア[^ー]|ビューアー|閲覧者": "ビューワー",
	"クエリー":         "クエリ",
	"既定":           "デフォルト",
	"遮断":           "ブロック",
	"(?:^|[^セ])権限": "アクセス許可",
	"無音":           "無通信",
	"直し方":          "対処方法",
	"Web ACL":      "ウェブ ACL",
	"キャッシュビヘイビア":   "キャッシュ動作",
	"サーバ[^ー]":      "サーバー",
	"ヘッダ[^ー]":      "ヘッダー",
	"ユーザ[^ー]":      "ユーザー",
	"オリジンアクセス制御":   "オリジンアクセスコントロール",
}

// The Japanese pages use one word for one thing, and sentences of the text end politely.
func TestJapaneseStyle(t *testing.T) {
	t.Parallel()
	polite := regexp.MustCompile(`(です|ます|ません|でした|ました|ください|でしょう)$`)
	for _, page := range translations {
		text := regexp.MustCompile(`(?s)<!-- (\w+) -->.*?<!-- /\w+ -->`).ReplaceAllString(prose(read(t, page)), "")
		text = regexp.MustCompile(`\]\([^)]*\)`).ReplaceAllString(text, "]")
		for wrong, right := range japaneseTerms {
			for _, found := range regexp.MustCompile(`(?m)`+wrong).FindAllString(text, -1) {
				t.Errorf("%s has %q; write %s", page, found, right)
			}
		}
		for line := range strings.Lines(text) {
			if line == "\n" || strings.ContainsAny(line[:1], "|#!<[*") {
				continue
			}
			line = regexp.MustCompile(`\*\*|[(（][^()（）]*[)）]`).ReplaceAllString(line, "")
			for sentence := range strings.SplitSeq(line, "。") {
				if sentence = strings.TrimSpace(sentence); sentence != "" && !strings.HasSuffix(sentence, "`") && !polite.MatchString(sentence) {
					t.Errorf("%s: %q does not end in です or ます", page, sentence)
				}
			}
		}
	}
}
