package terminal

import "github.com/clipperhouse/displaywidth"

// screen measures text as terminals show it, where styles take no columns.
var screen = displaywidth.Options{ControlSequences: true}

// Columns is how many columns of a terminal the text takes, which is one line: styles none,
// East Asian wide characters and emoji two.
func Columns(text string) int { return screen.String(text) }

// Truncate cuts the text to the columns; an ellipsis stands for what is gone.
func Truncate(text string, columns int) string {
	if columns < 1 {
		return ""
	}
	return screen.TruncateString(text, columns, "…")
}
