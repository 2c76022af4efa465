package terminal

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "",
		"plain, ünïcode, 日本, 🙂":      "plain, ünïcode, 日本, 🙂",
		"👩\u200d💻 \u200c":            "👩\u200d💻 \u200c", // joiners
		"\x1b[2J":                    `\u001b[2J`,
		"\x1b[31mred\x1b[0m":         `\u001b[31mred\u001b[0m`,
		"\x1b]0;title\a":             `\u001b]0;title\u0007`,
		"\u009b2J":                   `\u009b2J`, // CSI of the second set
		"\u0085next line":            `\u0085next line`,
		"\x9b2J":                     `\x9b2J`, // the same for terminals of eight bits
		"\xff\xfe":                   `\xff\xfe`,
		"cut \xe2\x80":               `cut \xe2\x80`,
		"\ufffd as it is":            "\ufffd as it is",
		"a\nb\tc\rd\x00e\x7f":        `a\u000ab\u0009c\u000dd\u0000e\u007f`,
		"user\u202etxt.exe":          `user\u202etxt.exe`,
		"\u2066x\u2069 \u200f\u061c": `\u2066x\u2069 \u200f\u061c`,
		"\u2028\u2029":               `\u2028\u2029`,
		"\u200b\ufeff\u00ad":         `\u200b\ufeff\u00ad`,
		"\U000e0041":                 `\udb40\udc41`, // a tag, which does not show
	} {
		if got := Escape(text); got != want {
			t.Errorf("Escape(%q) = %q, want %q", text, got, want)
		}
	}
}

// Whatever is written to a stream, with colours or without: nothing acts on the terminal but
// lines, tabs and what Paint made.
func TestNothingActsOnTheTerminal(t *testing.T) {
	t.Parallel()
	for _, env := range []map[string]string{nil, {"FORCE_COLOR": "1"}} {
		io, screen := fake(0, env)
		foreign := "\x1b[31;999999999mforged\x1b[8m hidden \u009b2J \u202e \x9b \x1b]8;;http://evil\x1b\\ "
		fmt.Fprint(io.Out, io.Out.Paint(foreign, Red), "\r\n\tline\rover\n")
		table := Table{Header: []string{foreign}}
		table.Row(foreign, foreign)
		if err := io.Out.Table(table); err != nil {
			t.Fatal(err)
		}
		if err := io.Err.Paragraph(foreign, "", ""); err != nil {
			t.Fatal(err)
		}
		got := screen.String()
		want := ""
		if env != nil {
			want = "\x1b[31m" // Paint's own
		}
		if !strings.HasPrefix(got, want+`\u001b[31;999999999mforged\u001b[8m hidden \u009b2J \u202e \x9b \u001b]8;;http://evil\u001b\`) ||
			!strings.Contains(got, "\r\n\tline"+`\u000dover`+"\n") {
			t.Errorf("on the terminal: %q", got)
		}
		rest := strings.NewReplacer("\x1b[31m", "", "\x1b[1m", "", "\x1b[0m", "", "\r\n", "", "\n", "", "\t", "").Replace(got)
		for _, r := range rest {
			if acts(r) || r == utf8.RuneError {
				t.Errorf("on the terminal: %q, with %q in it", got, r)
			}
		}
	}
}

// The escapes of text in JSON are those of JSON: a program that reads it gets what there was.
func TestEscapesInJSON(t *testing.T) {
	t.Parallel()
	io, screen := fake(80, nil)
	const text = "a\x1b[2J \u009b \u202e \U000e0041 \u2028 \n"
	if err := json.NewEncoder(io.Out).Encode(text); err != nil {
		t.Fatal(err)
	}
	written := screen.String()
	for _, r := range strings.TrimSuffix(written, "\n") {
		if acts(r) {
			t.Errorf("written: %q, with %q in it", written, r)
		}
	}
	var got string
	if err := json.Unmarshal([]byte(written), &got); err != nil || got != text {
		t.Errorf("read: %q, %v, want %q", got, err, text)
	}
}

func TestProgressIsEscaped(t *testing.T) {
	t.Parallel()
	for _, width := range []int{0, 80} {
		io, screen := fake(width, nil)
		p := &Progress{io: io, text: "building \x1b[2J\u202e", done: make(chan struct{}), ended: make(chan struct{})}
		p.begin()
		p.end()
		if got := screen.String(); !strings.Contains(got, `building \u001b[2J\u202e`) || strings.Contains(got, "\x1b[2J") {
			t.Errorf("progress = %q", got)
		}
	}
}
