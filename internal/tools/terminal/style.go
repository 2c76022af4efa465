package terminal

import "strings"

// A Style is how text looks on a terminal.
type Style string

// The styles. Colours come from the terminal's own palette of eight, which people choose to
// be readable.
const (
	Bold   Style = "1"
	Dim    Style = "2"
	Red    Style = "31"
	Green  Style = "32"
	Yellow Style = "33"
	Cyan   Style = "36"
)

// Paint returns the text in the styles, or as it is where the stream has no colours. It is
// for the stream: elsewhere it is no style.
func (s *Stream) Paint(text string, styles ...Style) string {
	if !s.color || text == "" || len(styles) == 0 {
		return text
	}
	codes := make([]string, len(styles))
	for i, style := range styles {
		codes[i] = string(style)
	}
	return "\x1b[" + strings.Join(codes, ";") + mark + text + plain
}
