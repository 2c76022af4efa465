package settled

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var on = time.Date(2026, 11, 28, 23, 0, 0, 0, time.FixedZone("", -7200))

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "settled.json")
	written := New("v1.2.3", on, 0, []Fact{
		{ID: SignatureWindow, Says: "5 minutes", State: Refuted, Value: "15m0s"},
		{ID: DeleteHidden, Says: "hidden", State: Refuted},
		{ID: EmptyEnds, Says: "ends", State: Confirmed},
		{ID: PathsKept, Says: "paths are kept", State: Refuted},
		{ID: GeneratedXCache, Says: "it says so", State: Refuted}, // by a value of no form that may be recorded
		{ID: RefusalWords, Says: "so named", State: Refuted, Value: "SignatureDoesNotMatch"},
	})
	for range 2 { // the second time over the first
		if err := written.Write(name); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	if !f.Refuted(DeleteHidden) || f.Refuted(EmptyEnds) || f.Refuted(CrashCuts) || f.Window() != 15*time.Minute || f.On != "2026-11-29" {
		t.Errorf("facts = %+v", f)
	}
	want := []string{
		"settled on 2026-11-29: bodies of DELETE are shown to Lambda@Edge",
		"settled on 2026-11-29, and not followed here: it is not so that it says so",
		"settled on 2026-11-29, and not followed here: it is not so that paths are kept",
		"settled on 2026-11-29: such a body is refused by the recorded error",
		"settled on 2026-11-29: the date of a signature may be as far off as recorded",
	}
	if got := f.Notes(); !slices.Equal(got, want) {
		t.Errorf("notes = %q, want %q", got, want)
	}
	if left, err := os.ReadDir(filepath.Dir(name)); err != nil || len(left) != 1 {
		t.Errorf("%v, %v are left, want the file alone", left, err)
	}
	var none *Facts
	if none.Refuted(DeleteHidden) || none.Window() != 0 || none.Notes() != nil {
		t.Error("without a file something is settled")
	}
	if err := New("v1", on, 0, nil).Write(name); err == nil || !strings.Contains(err.Error(), "nothing was settled") {
		t.Errorf("error = %v, want that nothing was settled", err)
	}
}

func TestWrongFiles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                       "is not a file of 'streamfront smoke --record'",
		`[]`:                     "is not a file of",
		`{}`:                     "has no version",
		`{"version": 2}`:         "has version 2, and this streamfront reads version 1: take a newer streamfront",
		`{"version": 0}`:         "has version 0, and this streamfront reads version 1: record it again",
		`{"version": 1, "x": 1}`: `unknown field "x"`,
		`{"version": 1} {}`:      "is not a file of",
		`{"version": 1, "facts": [{"id": "weather", "state": "confirmed"}]}`:                                                      `has the fact "weather", which this streamfront does not know`,
		`{"version": 1, "facts": [{"id": "crash-cuts", "state": "open"}]}`:                                                        `with the state "open": want confirmed or refuted`,
		`{"version": 1, "facts": [{"id": "crash-cuts", "state": "refuted", "value": "1s"}]}`:                                      `with the value "1s", and it has none`,
		`{"version": 1, "facts": [{"id": "refusal-words", "state": "refuted", "value": "d111111abcdef8.cloudfront.net"}]}`:        `want the name of an error such as SignatureDoesNotMatch`,
		`{"version": 1, "facts": [{"id": "generated-x-cache", "state": "refuted", "value": "x"}]}`:                                `want an X-Cache such as "Error from cloudfront"`,
		`{"version": 1, "facts": [{"id": "signature-window", "state": "refuted"}]}`:                                               `with the value "": want a duration`,
		`{"version": 1, "facts": [{"id": "signature-window", "state": "refuted", "value": "-5m"}]}`:                               `with the value "-5m": want a duration`,
		`{"version": 1, "facts": [{"id": "crash-cuts", "state": "refuted"}, {"id": "crash-cuts", "state": "confirmed"}]}`:         `has the fact "crash-cuts" twice`,
		`{"version": 1, "facts": [{"id": "crash-cuts", "state": "refuted", "host": "d111111abcdef8.cloudfront.net"}]}`:            `unknown field "host"`,
		`{"version": 1, "by": "v1", "on": "2026-11-28", "failed": 0, "facts": [{"id": "crash-cuts", "state": "refuted"}]}garbage`: "is not a file of",
	} {
		name := filepath.Join(t.TempDir(), "settled.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(name); err == nil || !strings.HasPrefix(err.Error(), name+" ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error = %v, want the name of the file and %q", text, err, want)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none.json")); !os.IsNotExist(err) {
		t.Errorf("error = %v, want that there is no file", err)
	}
}

// Each assumption has a second way, or a reason why it has none.
func TestEveryAssumptionIsFollowedOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	for _, id := range IDs() {
		if (Otherwise(id) == "") == (Unfollowed(id) == "") {
			t.Errorf("%s: follows %q, does not since %q; want one of them", id, Otherwise(id), Unfollowed(id))
		}
	}
	if Value(RefusalWords, "d111111abcdef8.cloudfront.net") != "" || Value(PathsKept, "x") != "" || Value(GeneratedXCache, "Error from cloudfront") == "" {
		t.Error("a value of another form is recorded, or one of the form is not")
	}
}
