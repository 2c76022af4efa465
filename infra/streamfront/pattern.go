package streamfront

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// maxPatternLength and patternCharacters are CloudFront's (documented: Developer Guide,
// "Cache behavior settings", path pattern).
const (
	maxPatternLength  = 255
	patternCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.*$/~\"'@:+&?"
)

// unlisted stands for the characters of a path that a pattern does not name. Only its
// wildcards match it.
const unlisted = 0

// validatePattern panics at a pattern that CloudFront would refuse, or that is the default
// route under another name.
func validatePattern(pattern *string) {
	if pattern == nil || *pattern == "" {
		panic("streamfront: the path pattern of a route is required; pass one such as \"/api/*\", or serve every other path with EndpointProps.Function")
	}
	if *awscdk.Token_IsUnresolved(pattern) {
		panic("streamfront: the path pattern of a route is a token, whose value is not known yet, so that nobody can tell which requests it takes; pass the pattern itself")
	}
	if len(*pattern) > maxPatternLength {
		panic(fmt.Sprintf("streamfront: the path pattern %.32q... has %d characters; CloudFront allows %d, so shorten it with a wildcard", *pattern, len(*pattern), maxPatternLength))
	}
	for _, c := range *pattern {
		if !strings.ContainsRune(patternCharacters, c) {
			panic(fmt.Sprintf("streamfront: the path pattern %q has %q in it; CloudFront allows letters, digits and _-.$/~\"'@:+& in a pattern, and the wildcards * and ?", *pattern, c))
		}
	}
	if covers(*pattern, "*") {
		panic(fmt.Sprintf("streamfront: the path pattern %q takes every path, as the default route does; pass the function as EndpointProps.Function", *pattern))
	}
}

// requireReachable panics if a request can never get to the behavior of a pattern, because
// CloudFront takes the first pattern in the list that matches (documented).
func requireReachable(pattern string, earlier []string) {
	for _, e := range earlier {
		if normalPattern(e) == normalPattern(pattern) {
			panic(fmt.Sprintf("streamfront: the path patterns %q and %q are the same to CloudFront, which ignores a leading slash; remove one of them", e, pattern))
		}
		if covers(e, pattern) {
			panic(fmt.Sprintf("streamfront: no request would reach the path pattern %q, since %q comes first and takes all of its paths; add %q first", pattern, e, pattern))
		}
	}
}

// normalPattern returns the pattern without its optional leading slash.
func normalPattern(pattern string) string { return strings.TrimPrefix(pattern, "/") }

// covers reports whether every path that matches inner matches outer as well.
//
// A wildcard of inner stands for any character, thus also for one that outer does not
// name; and what matches outer with such characters in it, matches with any in their
// place. So each "?" of inner can be read as that one character, and each "*" as any
// number of it. While inner is read so, outer could be at several positions; the more
// there are, the sooner it matches. Of several ways to read inner, only those are followed
// that leave the fewest.
func covers(outer, inner string) bool {
	out := normalPattern(outer)
	ways := []positions{newPositions(out)}
	for _, c := range []byte(normalPattern(inner)) {
		var next []positions
		for _, way := range ways {
			switch c {
			case '*':
				// Every further character moves each position on or drops it, but for those
				// at a star: soon nothing changes any more.
				for last := positions(nil); !slices.Equal(way, last); {
					next = addFewest(next, way)
					last, way = way, way.read(out, unlisted)
				}
			case '?':
				next = addFewest(next, way.read(out, unlisted))
			default:
				next = addFewest(next, way.read(out, c))
			}
		}
		ways = next
	}
	for _, way := range ways {
		if !way.has(len(out)) {
			return false
		}
	}
	return true
}

// addFewest adds a set to a list, unless it contains one that is there, and drops those
// that contain it.
func addFewest(list []positions, set positions) []positions {
	for _, other := range list {
		if set.contains(other) {
			return list
		}
	}
	return append(slices.DeleteFunc(list, func(other positions) bool { return other.contains(set) }), set)
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
