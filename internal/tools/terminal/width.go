package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Columns is how many columns of a terminal the text takes, which is one line: styles none,
// East Asian wide characters and emoji two.
func Columns(text string) int {
	columns := 0
	for text != "" {
		_, width, size := next(text)
		columns += width
		text = text[size:]
	}
	return columns
}

// Truncate cuts the text to the columns; an ellipsis stands for what is gone.
func Truncate(text string, columns int) string {
	if Columns(text) <= columns {
		return text
	}
	var b strings.Builder
	left, styled := columns-1, false
	for text != "" {
		style, width, size := next(text)
		if left -= width; left < 0 {
			break
		}
		styled = styled || style
		b.WriteString(text[:size])
		text = text[size:]
	}
	if columns > 0 {
		b.WriteRune('…')
	}
	if styled {
		b.WriteString(plain)
	}
	return b.String()
}

// next measures the first rune of the text, or the style that it begins with.
func next(text string) (style bool, width, size int) {
	if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
		if end := strings.IndexByte(rest, 'm'); end >= 0 && strings.Trim(rest[:end], "0123456789;") == "" {
			return true, 0, len("\x1b[") + end + 1
		}
	}
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case unicode.IsControl(r), unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return false, 0, size
	case unicode.Is(wide, r):
		return false, 2, size
	}
	return false, 1, size
}

// wide are the blocks whose characters Unicode's East Asian Width (UAX #11) has as wide or
// full width, with the emoji; single characters among others are left out.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1}, // Hangul Jamo
		{Lo: 0x2e80, Hi: 0x303e, Stride: 1}, // CJK radicals and punctuation
		{Lo: 0x3041, Hi: 0xa4cf, Stride: 1}, // Kana, CJK, Yi
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, // Hangul
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1}, // CJK compatibility
		{Lo: 0xfe30, Hi: 0xfe6f, Stride: 1}, // vertical and small forms
		{Lo: 0xff00, Hi: 0xff60, Stride: 1}, // full width forms
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1}, // pictographs, emoticons
		{Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1}, // transport
		{Lo: 0x1f900, Hi: 0x1faff, Stride: 1}, // more pictographs
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1}, // CJK extensions
	},
}
