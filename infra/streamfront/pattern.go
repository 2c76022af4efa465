package streamfront

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/streamfront/streamfront/infra/internal/problems"
)

// maxPatternLength and patternCharacters are limits of CloudFront (documented: Developer Guide,
// "Cache behavior settings", path pattern).
const (
	maxPatternLength  = 255
	patternCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.*$/~\"'@:+&?"
)

// unlisted stands for the characters of a path that a pattern does not name. Only wildcards match
// it.
const unlisted = 0

// validatePattern finds what CloudFront would refuse about a pattern, or that it matches every path.
// It reports whether the pattern is valid.
func validatePattern(found *problems.List, pattern *string) bool {
	if pattern == nil || *pattern == "" {
		found.Add("the path pattern of a route is required; pass one such as \"/api/*\", or serve every other path with EndpointProps.Function")
		return false
	}
	if *awscdk.Token_IsUnresolved(pattern) {
		found.Add("the path pattern of a route is a token, whose value is not known yet, so its requests are not known either; pass the pattern itself")
		return false
	}
	if len(*pattern) > maxPatternLength {
		found.Add("the path pattern %.32q... has %d characters; CloudFront allows %d, so shorten it with a wildcard", *pattern, len(*pattern), maxPatternLength)
		return false
	}
	for _, c := range *pattern {
		if !strings.ContainsRune(patternCharacters, c) {
			found.Add("the path pattern %q has %q in it; CloudFront allows letters, digits and _-.$/~\"'@:+& in a pattern, and the wildcards * and ?", *pattern, c)
			return false
		}
	}
	if !reachable(*pattern) {
		found.Add("no request would reach the path pattern %q, since CloudFront removes repeated slashes and the segments . and .. from a path before it matches patterns; write it without them", *pattern)
		return false
	}
	if covers(*pattern, "*") {
		found.Add("the path pattern %q matches every path, as the default route does; pass the function as EndpointProps.Function", *pattern)
		return false
	}
	return true
}

// requireReachable finds that no request can reach the behavior of a pattern, because CloudFront uses
// the first pattern in the list that matches (documented).
func requireReachable(found *problems.List, pattern string, earlier []string) {
	for _, e := range earlier {
		if normalPattern(e) == normalPattern(pattern) {
			found.Add("the path patterns %q and %q are the same to CloudFront, which ignores a leading slash; remove one of them", e, pattern)
			return
		}
		if covers(e, pattern) {
			found.Add("no request would reach the path pattern %q, since %q comes first and matches all of its paths; add %q first", pattern, e, pattern)
			return
		}
	}
}

// normalPattern returns the pattern without its optional leading slash.
func normalPattern(pattern string) string { return strings.TrimPrefix(pattern, "/") }

// covers reports whether every path that matches inner matches outer as well. Only
// normalized paths count: CloudFront matches no others (documented: "Cache behavior
// settings", path normalization).
//
// It is not enough that outer matches the text of inner: "/?*" covers "/*?", and "/a/?*/b" covers
// "/a/*/b", since no normalized path has two slashes in a row.
//
// A wildcard of inner stands for any character, thus also for one that outer does not
// name; and what matches outer with such characters in it, matches with any in their
// place. So each "?" of inner can be read as that one character, and each "*" as any
// number of it. While inner is read so, outer could be at several positions; the more
// there are, the sooner it matches. Of several ways to read inner, only those are followed
// that leave the fewest.
func covers(outer, inner string) bool {
	out := normalPattern(outer)
	for _, w := range read(out, normalPattern(inner)) {
		if !w.at.has(len(out)) {
			return false
		}
	}
	return true
}

// reachable reports whether any normalized path matches the pattern.
func reachable(pattern string) bool { return len(read("*", normalPattern(pattern))) > 0 }

// A way is one way to read the paths that match a pattern: where another pattern could be
// after it, and what the path's last segment is.
type way struct {
	at      positions
	segment segment
}

// segment is what matters of a segment for its being in a normalized path.
type segment int

const (
	noSegment segment = iota
	dotSegment
	dotDotSegment // ".."
	someSegment
)

// after returns the segment with one more character; false if no normalized path goes on so.
func (s segment) after(c byte) (segment, bool) {
	switch {
	case c == '/':
		return noSegment, s == someSegment
	case c == '.' && s < dotDotSegment:
		return s + 1, true
	default:
		return someSegment, true
	}
}

// read returns the ways to read the normalized paths that match inner, by outer.
func read(outer, inner string) []way {
	ways := []way{{at: newPositions(outer)}}
	for _, c := range []byte(inner) {
		var next []way
		for _, w := range ways {
			switch c {
			case '*':
				next = addFewest(next, w) // for nothing
				// Every further character moves each position on or drops it, but for those
				// at a star: soon nothing changes any more.
				for last := (way{}); !slices.Equal(w.at, last.at) || w.segment != last.segment; {
					last, w = w, way{w.at.read(outer, unlisted), someSegment}
					next = addFewest(next, w)
				}
			case '?':
				next = addFewest(next, way{w.at.read(outer, unlisted), someSegment})
			default:
				if s, ok := w.segment.after(c); ok {
					next = addFewest(next, way{w.at.read(outer, c), s})
				}
			}
		}
		ways = next
	}
	return slices.DeleteFunc(ways, func(w way) bool { return w.segment == dotSegment || w.segment == dotDotSegment })
}

// addFewest adds a way to a list, unless one that is there leaves fewer positions, and drops
// those that leave more. Ways that end in other segments go on otherwise.
func addFewest(list []way, w way) []way {
	for _, other := range list {
		if w.segment == other.segment && w.at.contains(other.at) {
			return list
		}
	}
	return append(slices.DeleteFunc(list, func(other way) bool { return w.segment == other.segment && other.at.contains(w.at) }), w)
}

// positions is a set of positions in a pattern, a bit for each.
type positions []uint64

// newPositions returns where a pattern can be before anything is read.
func newPositions(pattern string) positions {
	p := make(positions, len(pattern)/64+1)
	p.add(pattern, 0)
	return p
}

// add adds a position, and those behind it that a star reaches with nothing.
func (p positions) add(pattern string, i int) {
	for p[i/64] |= 1 << (i % 64); i < len(pattern) && pattern[i] == '*'; {
		i++
		p[i/64] |= 1 << (i % 64)
	}
}

func (p positions) has(i int) bool { return p[i/64]&(1<<(i%64)) != 0 }

func (p positions) contains(other positions) bool {
	for i := range p {
		if other[i]&^p[i] != 0 {
			return false
		}
	}
	return true
}

// read returns the positions after the character c.
func (p positions) read(pattern string, c byte) positions {
	next := make(positions, len(p))
	for i := range len(pattern) {
		if !p.has(i) {
			continue
		}
		switch pattern[i] {
		case '*':
			next.add(pattern, i)
		case '?', c:
			next.add(pattern, i+1)
		}
	}
	return next
}
