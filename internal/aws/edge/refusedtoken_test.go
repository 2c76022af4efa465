package edge

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/causes"
)

// The words are those of the authorizer's source, and each has a cause.
func TestRefusedToken(t *testing.T) {
	t.Parallel()
	var source string
	for _, name := range []string{"authorize.mjs", "verify.mjs"} {
		text, err := os.ReadFile("../../../functions/authorizer/" + name)
		if err != nil {
			t.Fatal(err)
		}
		source += string(text)
	}
	found := map[causes.ID]bool{}
	for _, r := range refusedTokens {
		if !strings.Contains(source, r.words) {
			t.Errorf("the authorizer does not say %q", r.words)
		}
		body, err := json.Marshal(map[string]any{"code": r.code, "detail": r.words + " (RS256)"})
		if err != nil {
			t.Fatal(err)
		}
		if cause, words := RefusedToken(string(body)); cause != r.cause || words != r.words {
			t.Errorf("%s: %s %q, want %s", body, cause, words, r.cause)
		}
		found[r.cause] = true
	}
	for words := range strings.SplitSeq(source, "invalid('") {
		if text, _, ok := strings.Cut(words, "'"); ok && strings.HasPrefix(text, "the ") {
			if cause, _ := RefusedToken(`{"code":"invalid_token","detail":"` + text + `"}`); cause == causes.None {
				t.Errorf("no cause for %q", text)
			}
		}
	}
	if len(found) != 10 {
		t.Errorf("%d causes", len(found))
	}
	for _, body := range []string{"", "x", "null", `{"code":"invalid_token"}`, `{"code":"invalid_token","detail":"my own words, with a secret"}`, `{"code":"token_required","detail":"the token has expired"}`} {
		if cause, words := RefusedToken(body); cause != causes.None || words != "" {
			t.Errorf("%s: %s %q", body, cause, words)
		}
	}
}
