package wildcard_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/wildcard"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "abc", true},
		{"a*c", "abbc", true},
		{"a*c", "ac", true},
		{"a*c", "ab", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"*b*", "abc", true},
		{"a", "A", false},
		{"**", "x", true},
		{"?*", "", false},
	} {
		if got := wildcard.Match(test.pattern, test.text); got != test.want {
			t.Errorf("Match(%q, %q) = %v, want %v", test.pattern, test.text, got, test.want)
		}
	}
}

// Property: the matcher agrees with a regular expression made of the pattern.
func TestMatchIsLikeARegexp(t *testing.T) {
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
		pattern, path := text("aab/*?.", 8), text("ab/.", 10)
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
		if got := wildcard.Match(pattern, path); got != want {
			t.Fatalf("Match(%q, %q) = %v, want %v", pattern, path, got, want)
		}
	}
	if matched < 50 {
		t.Errorf("%d of 5000 patterns matched: too few to say anything", matched)
	}
}

// A pattern of many stars must not take forever.
func TestMatchTakesBoundedTime(t *testing.T) {
	t.Parallel()
	if wildcard.Match(strings.Repeat("*a", 200)+"b", strings.Repeat("a", 5000)) {
		t.Error("matched, want no match")
	}
}

func TestMatchARN(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:cloudfront::111122223333:distribution/E1"
	for pattern, want := range map[string]bool{
		arn: true,
		"arn:aws:cloudfront::111122223333:distribution/*":  true,
		"arn:aws:cloudfront::1111????3333:distribution/E?": true,
		"arn:*:cloudfront:*:*:*":                           true,
		"arn:aws:cloudfront::111122223333:distribution/E2": false,
		"arn:aws:cloudfront::*/E1":                         false,
		"*":                                                false,
	} {
		if got := wildcard.MatchARN(pattern, arn); got != want {
			t.Errorf("MatchARN(%q, %q) = %v, want %v", pattern, arn, got, want)
		}
	}
}
