package signer_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/signer"
)

// limit keeps the inline code small: 4 KB as deployed.
const limit = 4096

func TestSourceIsSmall(t *testing.T) {
	if got := len(signer.Source); got == 0 || got >= limit {
		t.Errorf("len(Source) = %d, want more than 0 and less than %d", got, limit)
	}
}

func TestSourceIsStrict(t *testing.T) {
	if !strings.HasPrefix(signer.Source, "'use strict';\n") {
		t.Errorf("Source does not begin with 'use strict'")
	}
}

func TestSourceRequiresOnlyNodeCrypto(t *testing.T) {
	// Any mention of require, import or process counts, so that none hides.
	uses := regexp.MustCompile(`\b(?:require|import|process)\b[^;\n]*`).FindAllString(signer.Source, -1)
	want := "require('node:crypto')"
	if len(uses) != 1 || uses[0] != want {
		t.Errorf("Source uses %q, want only %q", uses, want)
	}
}

func TestSourceLogsNothing(t *testing.T) {
	for _, word := range []string{"console", "stdout", "stderr"} {
		if strings.Contains(signer.Source, word) {
			t.Errorf("Source contains %q, want a silent function", word)
		}
	}
}

func TestSourceExportsHandler(t *testing.T) {
	exports := regexp.MustCompile(`(?m)^exports\.handler = async \(event\) =>`)
	if got := len(exports.FindAllString(signer.Source, -1)); got != 1 {
		t.Errorf("Source exports handler %d times, want once", got)
	}
}
