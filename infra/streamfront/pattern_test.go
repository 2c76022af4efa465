package streamfront_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/infra/streamfront"
)

func TestCovers(t *testing.T) {
	for _, test := range []struct {
		outer, inner string
		want         bool
	}{
		{"/api/*", "/api/*", true},
		{"api/*", "/api/*", true}, // the leading slash does not matter
		{"/api/*", "/api/v1/*", true},
		{"/api/*", "/api/", true}, // a star stands for nothing, too
		{"/api/*", "/api", false},
		{"/api*", "/api", true},
		{"/api/v1/*", "/api/*", false},
		{"/api/*", "/API/*", false}, // case counts
		{"*.jpg", "/images/*.jpg", true},
		{"/images/*", "*.jpg", false},
		{"/a?c", "/abc", true},
		{"/a?c", "/a/c", true}, // a wildcard takes slashes
		{"/a?c", "/a*c", false},
		{"/a*c", "/a?c", true},
		{"/abc", "/a?c", false},
		{"/?*", "/*?", true}, // the same paths in other words
		{"/*?", "/?*", true},
		{"/?*", "/*a", true}, // what ends in a is not empty
		{"/*a*", "/*aa*", true},
		{"/*aa*", "/*a*a*", false},
		{"/*a?", "/*aa", true},
		{"/*/b", "/a/*/b", true},
		{"/**", "/*", true},
		{"/", "/", true},
		{"/", "/index.html", false},
		{"/%", "/?", false}, // even the odd character of a behavior that is not ours
		// Only normalized paths are matched: no repeated slashes, no dot segments.
		{"/a/?*/b", "/a/*/b", true},
		{"/a/?*", "/a/*", false}, // but /a/
		{"/a/.?*", "/a/.*", true},
		{"/a/.?", "/a/.*", false},
		{"/a*b", "/a/*./b", true},
		{"/x", "/a//b", true}, // which nothing matches
	} {
		if got := streamfront.Covers(test.outer, test.inner); got != test.want {
			t.Errorf("covers(%q, %q) = %v, want %v", test.outer, test.inner, got, test.want)
		}
	}
}

// GIVEN all patterns of up to four characters, and random longer ones, THEN covers agrees
// with trying every path. "z" is in no pattern, like most characters of a real path.
func TestCoversAgreesWithEveryPath(t *testing.T) {
	paths := words("abz", 7)
	patterns := words("ab*?", 3)
	seed := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		var longer strings.Builder
		for range 4 + seed.IntN(3) {
			longer.WriteByte("ab**?"[seed.IntN(5)])
		}
		patterns = append(patterns, longer.String())
	}
	matches := make([]bitmap, len(patterns))
	for i, pattern := range patterns {
		expression := regexp.MustCompile("^" + strings.NewReplacer("*", ".*", "?", ".").Replace(pattern) + "$")
		matches[i] = newBitmap(len(paths))
		for j, path := range paths {
			if expression.MatchString(path) {
				matches[i].add(j)
			}
		}
	}
	for i, outer := range patterns {
		for j, inner := range patterns {
			if got, want := streamfront.Covers(outer, inner), matches[i].contains(matches[j]); got != want {
				t.Errorf("covers(%q, %q) = %v, want %v", outer, inner, got, want)
			}
		}
	}
}

// GIVEN patterns with slashes and dots, THEN covers agrees with trying every normalized
// path, and reachable tells whether there is one that matches.
func TestCoversAgreesWithEveryNormalizedPath(t *testing.T) {
	var paths []string
	for _, path := range words("a/.z", 6) {
		if inside := "/" + path + "/"; strings.Contains("/"+path, "//") || strings.Contains(inside, "/./") || strings.Contains(inside, "/../") {
			continue
		}
		paths = append(paths, path)
	}
	seed := rand.New(rand.NewPCG(3, 4))
	patterns := words("/.*", 3)
	for range 150 {
		var pattern strings.Builder
		for range 1 + seed.IntN(5) {
			pattern.WriteByte("a/.*?"[seed.IntN(5)])
		}
		patterns = append(patterns, pattern.String())
	}
	matches := make([]bitmap, len(patterns))
	for i, pattern := range patterns {
		// The leading slash may be left out.
		expression := regexp.MustCompile("^" + strings.NewReplacer("*", ".*", "?", ".", ".", `\.`).Replace(strings.TrimPrefix(pattern, "/")) + "$")
		matches[i] = newBitmap(len(paths))
		some := false
		for j, path := range paths {
			if expression.MatchString(path) {
				matches[i].add(j)
				some = true
			}
		}
		if got := streamfront.Reachable(pattern); got != some {
			t.Errorf("reachable(%q) = %v, want %v", pattern, got, some)
		}
	}
	for i, outer := range patterns {
		for j, inner := range patterns {
			if got, want := streamfront.Covers(outer, inner), matches[i].contains(matches[j]); got != want {
				t.Errorf("covers(%q, %q) = %v, want %v", outer, inner, got, want)
			}
		}
	}
}

// words returns every word of an alphabet up to a length, the empty one among them.
func words(alphabet string, length int) []string {
	all, last := []string{""}, []string{""}
	for range length {
		var next []string
		for _, word := range last {
			for _, c := range alphabet {
				next = append(next, word+string(c))
			}
		}
		all, last = append(all, next...), next
	}
	return all
}

type bitmap []uint64

func newBitmap(n int) bitmap { return make(bitmap, n/64+1) }

func (b bitmap) add(i int) { b[i/64] |= 1 << (i % 64) }

func (b bitmap) contains(other bitmap) bool {
	for i := range b {
		if other[i]&^b[i] != 0 {
			return false
		}
	}
	return true
}

// The longest patterns must not hold up a synth.
func TestCoversIsQuick(t *testing.T) {
	for _, test := range [][2]string{
		{strings.Repeat("*a", 127), strings.Repeat("*ab", 85)},
		{strings.Repeat("?", 255), strings.Repeat("*?", 127)},
		{strings.Repeat("*./", 85), strings.Repeat("*.", 127)},
		{"*a" + strings.Repeat("?", 253), strings.Repeat("*a", 127)},
	} {
		ended := make(chan struct{})
		go func() {
			streamfront.Covers(test[0], test[1])
			streamfront.Covers(test[1], test[0])
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(time.Minute): // milliseconds, or longer than anybody waits
			t.Fatalf("covers(%.9q..., %.9q...) does not end", test[0], test[1])
		}
	}
}
