package cloudfront

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, path string
		want          bool
	}{
		{"*", "/", true},
		{"*", "/a/b", true},
		{"/*", "/a/b", true},
		{"/api/*", "/api/", true},
		{"/api/*", "/api/a/b", true},
		{"/api/*", "/api", false},
		{"api/*", "/api/a", true},
		{"/api", "/api", true},
		{"/api", "/api/", false},
		{"/api", "/API", false},
		{"*.jpg", "/a/b.jpg", true},
		{"*.jpg", "/a/b.JPG", false},
		{"/a?c", "/abc", true},
		{"/a?c", "/ac", false},
		{"/a?c", "/a/c", true},
		{"/a*d*g", "/abcdefg", true},
		{"/a*d*g", "/abcdefgh", false},
		{"/a[b]", "/ab", false},
		{"/a[b]", "/a[b]", true},
		{"/a.c", "/abc", false},
		{"/%20", "/%20", true},
		{"/", "/", true},
		{"/", "/a", false},
		{"//a", "//a", true},
		{"/**", "/a", true},
		{"/?*", "/", false},
	} {
		if got := matches(test.pattern, test.path); got != test.want {
			t.Errorf("matches(%q, %q) = %v, want %v", test.pattern, test.path, got, test.want)
		}
	}
}

// Property: the matcher agrees with a regular expression made of the pattern.
func TestMatchesLikeARegexp(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	text := func(alphabet string, most int) string {
		b := make([]byte, random.IntN(most+1))
		for i := range b {
			b[i] = alphabet[random.IntN(len(alphabet))]
		}
		return string(b)
	}
	matched := 0
	for range 5000 {
		pattern, path := "/"+text("aab/*?.", 8), "/"+text("ab/.", 10)
		var model strings.Builder
		for _, c := range pattern {
			switch c {
			case '*':
				model.WriteString(".*")
			case '?':
				model.WriteString(".")
			default:
				model.WriteString(regexp.QuoteMeta(string(c)))
			}
		}
		want := regexp.MustCompile("^" + model.String() + "$").MatchString(path)
		if want {
			matched++
		}
		if got := matches(pattern, path); got != want {
			t.Fatalf("matches(%q, %q) = %v, want %v", pattern, path, got, want)
		}
	}
	if matched < 50 {
		t.Errorf("%d of 5000 patterns matched: too few to say anything", matched)
	}
}

// A pattern of many stars must not take forever.
func TestMatchesInBoundedTime(t *testing.T) {
	t.Parallel()
	if matches(strings.Repeat("*a", 200)+"b", "/"+strings.Repeat("a", 5000)) {
		t.Error("matched, want no match")
	}
}
