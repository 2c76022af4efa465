package streamfront

import (
	"fmt"
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
// place. So each "?" of inner can be read as that one character, each "*" as any number
// of it, and only these words are left to try. Read so, inner is an automaton whose states
// are its positions; it runs along with the set of positions that outer could be at.
func covers(outer, inner string) bool {
	out, in := normalPattern(outer), normalPattern(inner)
	type pair struct {
		at  int // into in
		set string
	}
	start := pair{0, string(skipStars(out, make([]byte, len(out)+1), 0))}
	seen := map[pair]bool{start: true}
	for queue := []pair{start}; len(queue) > 0; queue = queue[1:] {
		p := queue[0]
		if p.at == len(in) && p.set[len(out)] == 0 {
			return false // inner ends here, and outer cannot
		}
		var next []pair
		if p.at < len(in) {
			switch c := in[p.at]; c {
			case '*':
				next = append(next, pair{p.at, read(out, p.set, unlisted)}, pair{p.at + 1, p.set})
			case '?':
				next = append(next, pair{p.at + 1, read(out, p.set, unlisted)})
			default:
				next = append(next, pair{p.at + 1, read(out, p.set, c)})
			}
		}
		for _, n := range next {
			if !seen[n] {
				seen[n] = true
				queue = append(queue, n)
			}
		}
	}
	return true
}

// read returns the positions of pattern after the character c, from those in set.
func read(pattern, set string, c byte) string {
	next := make([]byte, len(set))
	for i := range pattern {
		if set[i] == 0 {
			continue
		}
		switch pattern[i] {
		case '*':
			next = skipStars(pattern, next, i)
		case '?', c:
			next = skipStars(pattern, next, i+1)
		}
	}
	return string(next)
}

// skipStars adds position i to set, and those behind it that a star reaches with nothing.
func skipStars(pattern string, set []byte, i int) []byte {
	for set[i] = 1; i < len(pattern) && pattern[i] == '*'; {
		i++
		set[i] = 1
	}
	return set
}
