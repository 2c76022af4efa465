package terminal

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Escape shows what would act on a terminal instead of appearing on it, as text of one line:
// control characters of both sets (ESC and U+009B begin commands to the terminal), marks and
// overrides that change the direction of text, other invisible marks, line separators, and
// bytes that are not UTF-8, which some terminals take for control characters. The escapes are
// those of JSON; a byte that is no UTF-8 is \xhh.
//
// A Stream does the same to all that is written to it, but leaves lines and tabs, and what
// Paint made.
func Escape(text string) string { return escape(text, false) }

// escape escapes the text; written text is of several lines, and painted.
func escape(text string, written bool) string {
	at := strings.IndexFunc(text, acts)
	if at < 0 {
		return text
	}
	var b strings.Builder
	b.WriteString(text[:at])
	for text = text[at:]; text != ""; {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case !acts(r):
			b.WriteString(text[:size])
		case r == utf8.RuneError && size > 1: // the character itself
			b.WriteString(text[:size])
		case r == utf8.RuneError:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case written && (r == '\n' || r == '\t' || r == '\r' && strings.HasPrefix(text, "\r\n")):
			b.WriteRune(r)
		case written && r == '\x1b':
			style, length := painted(text)
			if length == 0 {
				b.WriteString(`\u001b`)
			} else {
				b.WriteString(style)
				size = length
			}
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		text = text[size:]
	}
	return b.String()
}

// acts reports whether a character may do something other than appear. The joiners of emoji and
// of several scripts do not count.
func acts(r rune) bool {
	switch r {
	case '\u200c', '\u200d':
		return false
	case '\u2028', '\u2029', utf8.RuneError:
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// The styles that Paint writes have a number that nobody else knows, so that a Stream can
// tell them from those that came with a text. The Stream takes it away.
var mark = ";" + strconv.Itoa(100_000_000+rand.IntN(900_000_000)) + "m"

const plain = "\x1b[0m"

// painted returns the style that the text begins with, if Paint made it, and its length there.
func painted(text string) (style string, length int) {
	if strings.HasPrefix(text, plain) { // which ends a style, and does no harm
		return plain, len(plain)
	}
	end := strings.IndexByte(text, 'm')
	if end < 0 || !strings.HasSuffix(text[:end+1], mark) {
		return "", 0
	}
	style = text[:end+1-len(mark)]
	if codes, ok := strings.CutPrefix(style, "\x1b["); !ok || strings.Trim(codes, "0123456789;") != "" {
		return "", 0
	}
	return style + "m", end + 1
}
