package viewer_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/viewer"
)

// limit keeps the code far from the 10 KB which CloudFront Functions allow (documented).
const limit = 4096

const (
	streamedLine  = "const STREAMED = true;"
	signedLine    = "const SIGNED = true;"
	cachedLine    = "const CACHED = true;"
	anonymousLine = "const ANONYMOUS = true;"
)

// variants says for each route which lines of index.js begin differently.
var variants = map[string]struct {
	route   viewer.Route
	changed []string
}{
	"streamed signed":    {viewer.Route{Streamed: true, Signed: true}, []string{cachedLine, anonymousLine}},
	"streamed unsigned":  {viewer.Route{Streamed: true}, []string{signedLine, cachedLine, anonymousLine}},
	"streamed cached":    {viewer.Route{Streamed: true, Cached: true}, []string{signedLine, anonymousLine}},
	"streamed anonymous": {viewer.Route{Streamed: true, Cached: true, Anonymous: true}, []string{signedLine}},
	"buffered signed":    {viewer.Route{Signed: true}, []string{streamedLine, cachedLine, anonymousLine}},
	"buffered unsigned":  {viewer.Route{}, []string{streamedLine, signedLine, cachedLine, anonymousLine}},
	"buffered cached":    {viewer.Route{Cached: true}, []string{streamedLine, signedLine, anonymousLine}},
	"buffered anonymous": {viewer.Route{Anonymous: true}, []string{streamedLine, signedLine}},
}

func TestSourceChangesExactlyTheRoutesLines(t *testing.T) {
	file, err := os.ReadFile("index.js")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(string(file), "\n")
	for name, tt := range variants {
		t.Run(name, func(t *testing.T) {
			got := strings.Split(tt.route.Source(), "\n")
			if len(got) != len(want) {
				t.Fatalf("%+v.Source() has %d lines, want %d", tt.route, len(got), len(want))
			}
			var changed []string
			for i := range want {
				if got[i] == want[i] {
					continue
				}
				declaration, comment, _ := strings.Cut(want[i], ";")
				wantLine := strings.TrimSuffix(declaration, "true") + "false;" + comment
				if got[i] != wantLine {
					t.Errorf("line %d = %q, want %q", i+1, got[i], wantLine)
				}
				changed = append(changed, declaration+";")
			}
			if strings.Join(changed, "\n") != strings.Join(tt.changed, "\n") {
				t.Errorf("%+v.Source() changes %q, want %q", tt.route, changed, tt.changed)
			}
		})
	}
}

func TestSourceIsDistinctForEachRoute(t *testing.T) {
	seen := map[string]string{}
	for name, tt := range variants {
		code := tt.route.Source()
		if other, ok := seen[code]; ok {
			t.Errorf("routes %q and %q have the same code", name, other)
		}
		seen[code] = name
	}
}

func TestSourceFitsCloudFrontFunctions(t *testing.T) {
	// Neither modules nor an environment are there.
	foreign := regexp.MustCompile(`\b(?:require|import|export|module|process|console|eval)\b`)
	for name, tt := range variants {
		code := tt.route.Source()
		if len(code) == 0 || len(code) >= limit {
			t.Errorf("%s: len(Source()) = %d, want more than 0 and less than %d", name, len(code), limit)
		}
		if got := foreign.FindAllString(code, -1); got != nil {
			t.Errorf("%s: Source() mentions %q, want none of them", name, got)
		}
		if got := strings.Count(code, "\nfunction handler(event) {\n"); got != 1 {
			t.Errorf("%s: Source() declares handler %d times, want once", name, got)
		}
	}
}
