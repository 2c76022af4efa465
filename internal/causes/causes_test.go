package causes_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/causes"
)

func TestEveryCauseIsWhole(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$|^throttled$`)
	seen := map[causes.ID]bool{}
	for _, c := range causes.All {
		if seen[c.ID] {
			t.Errorf("%s stands in the table twice", c.ID)
		}
		seen[c.ID] = true
		if !id.MatchString(string(c.ID)) {
			t.Errorf("id %q is not words with hyphens", c.ID)
		}
		for v, i := reflect.ValueOf(c), 0; i < v.NumField(); i++ {
			if v.Type().Field(i).Name == "Fix" {
				continue // see fix_test.go
			}
			text := v.Field(i).String()
			if name := v.Type().Field(i).Name; text == "" || text != strings.TrimSpace(text) {
				t.Errorf("%s: %s is %q: want text without spaces around it", c.ID, name, text)
			}
		}
		if strings.ContainsAny(c.Title, "\n") || strings.HasSuffix(c.Title, ".") {
			t.Errorf("%s: title %q is not one line without a full stop", c.ID, c.Title)
		}
		if !strings.HasSuffix(c.Why, ".") {
			t.Errorf("%s: %q does not end with a full stop", c.ID, c.Why)
		}
		switch c.Confidence {
		case causes.Documented, causes.Recorded, causes.FieldReport, causes.Assumed:
		default:
			t.Errorf("%s: confidence %q", c.ID, c.Confidence)
		}
		if got := causes.Get(c.ID); got == nil || got.Title != c.Title {
			t.Errorf("Get(%q) = %v", c.ID, got)
		}
	}
	if got := causes.Get("no-such-cause"); got != nil {
		t.Errorf("Get of an unknown id = %v, want nil", got)
	}
}

// What a reader pastes into a shell must at least be read by one as commands: a lone quote
// would eat the lines after it.
func TestDiagnosisIsCommands(t *testing.T) {
	t.Parallel()
	for _, c := range causes.All {
		for line := range strings.Lines(c.Diagnose) {
			command, _, _ := strings.Cut(line, "  # ")
			for _, quote := range []string{"'", `"`} {
				other := map[string]string{"'": `"[^"]*"`, `"`: `'[^']*'`}[quote]
				if rest := regexp.MustCompile(other).ReplaceAllString(command, ""); strings.Count(rest, quote)%2 != 0 {
					t.Errorf("%s: %q leaves a %s open", c.ID, command, quote)
				}
			}
		}
	}
}
