package terminal

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// Wrap breaks the text between words so that no line takes more columns than width, unless a
// word does. The first line begins with first, the others with rest, which lines up below it:
//
//	terminal.Wrap(cause.Why, io.Out.Width(), "  why   ", "        ")
//
// Width 0 breaks no lines but those that the text has. A line that fits keeps its spaces. The
// result does not end in a newline.
func Wrap(text string, width int, first, rest string) string {
	var b strings.Builder
	prefix := first
	for i, paragraph := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteByte('\n')
			prefix = rest
		}
		words := strings.Fields(paragraph)
		if len(words) == 0 {
			b.WriteString(strings.TrimRight(prefix, " "))
			continue
		}
		b.WriteString(prefix)
		used := Columns(prefix)
		if width == 0 || used+Columns(paragraph) <= width {
			b.WriteString(paragraph)
			continue
		}
		for i, word := range words {
			columns := Columns(word)
			switch {
			case i == 0:
			case used+1+columns > width:
				b.WriteString("\n" + rest)
				used = Columns(rest)
			default:
				b.WriteByte(' ')
				used++
			}
			b.WriteString(word)
			used += columns
		}
	}
	return b.String()
}

// Paragraph writes the text wrapped at the width of the stream, as Wrap does, and ends the
// line.
func (s *Stream) Paragraph(text, first, rest string) error {
	_, err := s.Write([]byte(Wrap(text, s.Width(), first, rest) + "\n"))
	return err
}

// screen measures text as terminals show it, where styles take no columns.
var screen = displaywidth.Options{ControlSequences: true}

// Columns is how many columns of a terminal the text takes, which is one line: styles none,
// East Asian wide characters and emoji two.
func Columns(text string) int { return screen.String(text) }

// truncate cuts the text to the columns; an ellipsis stands for what is gone.
func truncate(text string, columns int) string {
	if columns < 1 {
		return ""
	}
	return screen.TruncateString(text, columns, "…")
}
