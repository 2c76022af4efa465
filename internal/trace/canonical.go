package trace

import (
	"slices"
	"strings"
)

// A SignatureLine is one line of two canonical requests: what was signed, and what the
// function URL computed from the request that arrived.
type SignatureLine struct {
	Part     string // "method", "path", "query", "signed headers", "payload hash", or a header's name
	Signed   string // "" if the signer's is not known
	Computed string
	Differs  bool
}

// Signature compares the canonical requests line by line after a signature was refused;
// nil if none was, or without details. The signer is not known if a caller signed on its
// own: then nothing differs.
func (r *Request) Signature() (lines []SignatureLine, signerKnown bool) {
	computed := ""
	for _, h := range r.Hops {
		if h.Refused && h.Canonical != "" {
			computed = h.Canonical
		}
	}
	if computed == "" {
		return nil, false
	}
	signed := r.signed()
	return compare(signed, computed), signed != ""
}

// Differing are the parts in which two canonical requests differ.
func Differing(signed, computed string) []string {
	var parts []string
	for _, line := range compare(MaskCanonical(signed), MaskCanonical(computed)) {
		if line.Differs {
			parts = append(parts, line.Part)
		}
	}
	return parts
}

// signed is the last canonical request that a hop signed.
func (r *Request) signed() string {
	for _, h := range slices.Backward(r.Hops) {
		if !h.Refused && h.Canonical != "" {
			return h.Canonical
		}
	}
	return ""
}

// A part is a line of a canonical request, by what it is about.
type part struct{ name, line string }

// split names the lines: method, path, query, one line for each header, an empty one, the
// names of the headers, and the payload's hash.
func split(canonical string) (parts []part) {
	if canonical == "" {
		return nil
	}
	first := []string{"method", "path", "query"}
	lines := strings.Split(canonical, "\n")
	for i, line := range lines {
		switch {
		case i < len(first):
			parts = append(parts, part{first[i], line})
		case i == len(lines)-1:
			parts = append(parts, part{"payload hash", line})
		case i == len(lines)-2:
			parts = append(parts, part{"signed headers", line})
		case line == "":
			parts = append(parts, part{"", ""})
		default:
			name, _, _ := strings.Cut(line, ":")
			parts = append(parts, part{name, line})
		}
	}
	return parts
}

// compare sets the lines side by side. A header that only one of them has stands alone.
func compare(signed, computed string) (lines []SignatureLine) {
	left, right := split(signed), split(computed)
	known := len(left) > 0
	for len(left) > 0 || len(right) > 0 {
		var line SignatureLine
		switch {
		case len(left) == 0, len(right) > 0 && only(right[0].name, left):
			line, right = SignatureLine{Part: right[0].name, Computed: right[0].line}, right[1:]
			line.Differs = known
		case len(right) == 0, only(left[0].name, right):
			line, left = SignatureLine{Part: left[0].name, Signed: left[0].line, Differs: true}, left[1:]
		default:
			line = SignatureLine{Part: right[0].name, Signed: left[0].line, Computed: right[0].line}
			line.Differs = line.Signed != line.Computed
			left, right = left[1:], right[1:]
		}
		lines = append(lines, line)
	}
	return lines
}

func only(name string, parts []part) bool {
	return !slices.ContainsFunc(parts, func(p part) bool { return p.name == name })
}
