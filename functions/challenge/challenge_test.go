package challenge_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/challenge"
)

// limit keeps the inline code small: 2 KB as deployed.
const limit = 2048

func TestSourceIsSmall(t *testing.T) {
	if got := len(challenge.Source); got == 0 || got >= limit {
		t.Errorf("len(Source) = %d, want more than 0 and less than %d", got, limit)
	}
}

func TestSourceIsStrict(t *testing.T) {
	if !strings.HasPrefix(challenge.Source, "'use strict';\n") {
		t.Errorf("Source does not begin with 'use strict'")
	}
}

// It needs no module, and must not log: responses carry what is between two people.
func TestSourceUsesNothing(t *testing.T) {
	uses := regexp.MustCompile(`\b(?:require|import|process|console|stdout|stderr)\b`).FindAllString(challenge.Source, -1)
	if uses != nil {
		t.Errorf("Source mentions %q, want none of them", uses)
	}
}

func TestSourceExportsHandler(t *testing.T) {
	exports := regexp.MustCompile(`(?m)^exports\.handler = async \(event\) =>`)
	if got := len(exports.FindAllString(challenge.Source, -1)); got != 1 {
		t.Errorf("Source exports handler %d times, want once", got)
	}
}
