package terminal

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// fake is an IO over one buffer, whose streams are terminals of the width or, with 0, a pipe.
func fake(width int, env map[string]string) (*IO, *bytes.Buffer) {
	var screen bytes.Buffer
	t := New(&screen, &screen, func(name string) string { return env[name] })
	for _, s := range []*Stream{t.Out, t.Err} {
		s.terminal = width > 0
		s.size = func() (int, bool) { return width, width > 0 }
		s.color = s.color || s.terminal && !s.dumb && env["NO_COLOR"] == ""
	}
	return t, &screen
}

func TestColour(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		width int
		env   map[string]string
		want  string
	}{
		"on a terminal":              {80, nil, "\x1b[31;1mx\x1b[0m"},
		"in a pipe":                  {0, nil, "x"},
		"NO_COLOR":                   {80, map[string]string{"NO_COLOR": "1"}, "x"},
		"NO_COLOR says no":           {80, map[string]string{"NO_COLOR": "0"}, "x"}, // any value but the empty one
		"NO_COLOR is empty":          {80, map[string]string{"NO_COLOR": ""}, "\x1b[31;1mx\x1b[0m"},
		"a dumb terminal":            {80, map[string]string{"TERM": "dumb"}, "x"},
		"forced in a pipe":           {0, map[string]string{"FORCE_COLOR": "1"}, "\x1b[31;1mx\x1b[0m"},
		"forced by BSD's variable":   {0, map[string]string{"CLICOLOR_FORCE": "1"}, "\x1b[31;1mx\x1b[0m"},
		"not forced":                 {0, map[string]string{"FORCE_COLOR": "0"}, "x"},
		"NO_COLOR wins over a force": {0, map[string]string{"FORCE_COLOR": "1", "NO_COLOR": "1"}, "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			io, screen := fake(test.width, test.env)
			fmt.Fprint(io.Out, io.Out.Paint("x", Red, Bold))
			if got := screen.String(); got != test.want {
				t.Errorf("Paint = %q, want %q", got, test.want)
			}
		})
	}
}

func TestWidth(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		terminal int
		columns  string
		want     int
	}{
		"the terminal's":           {100, "", 100},
		"COLUMNS":                  {100, "60", 60},
		"COLUMNS in a pipe":        {0, "60", 60},
		"COLUMNS is not a number":  {100, "wide", 100},
		"COLUMNS is no width":      {100, "0", 100},
		"a pipe is never too wide": {0, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			io, _ := fake(test.terminal, map[string]string{"COLUMNS": test.columns})
			if got := io.Out.Width(); got != test.want {
				t.Errorf("Width = %d, want %d", got, test.want)
			}
		})
	}
	io, _ := fake(100, nil)
	io.Out.size = func() (int, bool) { return 0, false }
	if got := io.Out.Width(); got != 80 {
		t.Errorf("Width of a terminal that does not say = %d, want 80", got)
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"":                         0,
		"abc":                      3,
		"über":                     4,
		"u\u0308ber":               4, // combining
		"日本":                       4,
		"한글 x":                     6,
		"🙂":                        2,
		"a\u200db":                 2, // zero width joiner
		"\x1b[31;1mred\x1b[0m":     3,
		"\x1b[31":                  3, // no style: nothing ends it, and the escape itself shows nothing
		"\xff":                     1,
		strings.Repeat("…", 10):    10,
		"ＦＷ":                       4,
		"\x1b[31m日\x1b[0m\x1b[2m!": 3,
	} {
		if got := Columns(text); got != want {
			t.Errorf("Columns(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text    string
		columns int
		want    string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"\x1b[31mabcd\x1b[0m", 3, "\x1b[31mab…\x1b[0m"},
		{"abcd", 1, "…"},
		{"abcd", 0, ""},
	} {
		if got := truncate(test.text, test.columns); got != test.want {
			t.Errorf("Truncate(%q, %d) = %q, want %q", test.text, test.columns, got, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text  string
		width int
		want  string
	}{
		"fits":               {"one two", 20, "why  one two"},
		"hanging":            {"one two three four", 14, "why  one two\n     three\n     four"},
		"exactly":            {"one two three", 12, "why  one two\n     three"},
		"a word too long":    {"a https://example.com/path b", 12, "why  a\n     https://example.com/path\n     b"},
		"not at all":         {strings.Repeat("word ", 50) + "end", 0, "why  " + strings.Repeat("word ", 50) + "end"},
		"lines of its own":   {"one\n\ntwo", 40, "why  one\n\n     two"},
		"spaces stay":        {"a  b", 40, "why  a  b"},
		"wide runes":         {"日本 日本 日本", 14, "why  日本 日本\n     日本"},
		"styles have no way": {"\x1b[1mone\x1b[0m two", 12, "why  \x1b[1mone\x1b[0m two"},
		"nothing":            {"", 12, "why"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Wrap(test.text, test.width, "why  ", "     "); strings.TrimRight(got, " ") != test.want {
				t.Errorf("Wrap = %q, want %q", got, test.want)
			}
		})
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		width int
		want  string
	}{
		"in a pipe": {0, "" +
			"  rule        ms  what\n" +
			"  url-public   7  the function URL is open to the world\n" +
			"  日本        12  short\n" +
			"  alone\n"},
		"wrapped at the width": {41, "" +
			"  rule        ms  what\n" +
			"  url-public   7  the function URL is\n" +
			"                  open to the world\n" +
			"  日本        12  short\n" +
			"  alone\n"},
		"too narrow to wrap well": {10, "" +
			"  rule        ms  what\n" +
			"  url-public   7  the function URL is\n" +
			"                  open to the world\n" +
			"  日本        12  short\n" +
			"  alone\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			io, screen := fake(test.width, map[string]string{"NO_COLOR": "1"})
			table := Table{Indent: 2, Header: []string{"rule", "ms", "what"}, Right: []int{1}}
			table.Row("url-public", "7", "the function URL is open to the world")
			table.Row("日本", "12", "short")
			table.Row("alone")
			if err := io.Out.Table(table); err != nil {
				t.Fatal(err)
			}
			if got := screen.String(); got != test.want {
				t.Errorf("printed\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestPaintedCellsAreAligned(t *testing.T) {
	t.Parallel()
	io, screen := fake(80, nil)
	table := Table{}
	table.Row(io.Out.Paint("ok", Green), "a")
	table.Row("failed", "b")
	if err := io.Out.Table(table); err != nil {
		t.Fatal(err)
	}
	if got, want := screen.String(), "\x1b[32mok\x1b[0m      a\nfailed  b\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}
