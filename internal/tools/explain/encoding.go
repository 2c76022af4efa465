package explain

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// decode makes UTF-8 of a paste. PowerShell redirects output into files of UTF-16, which
// begin with a byte order mark.
func decode(text string) string {
	var order binary.ByteOrder
	switch {
	case strings.HasPrefix(text, "\xff\xfe"):
		order = binary.LittleEndian
	case strings.HasPrefix(text, "\xfe\xff"):
		order = binary.BigEndian
	default:
		return strings.ToValidUTF8(strings.TrimPrefix(text, "\ufeff"), "�")
	}
	var units []uint16
	for i := 2; i+1 < len(text); i += 2 {
		units = append(units, order.Uint16([]byte(text[i:])))
	}
	return string(utf16.Decode(units))
}
