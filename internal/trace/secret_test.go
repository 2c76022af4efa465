package trace

import (
	"regexp"
	"slices"
	"testing"
)

// A word that secretParts finds and that has no mark would pass for plain.
func TestSecretMarks(t *testing.T) {
	t.Parallel()
	parts := append(regexp.MustCompile(`[a-z]+`).FindAllString(secretParts.String(), -1), "", "x", "1", "or", "d")
	slices.Sort(parts)
	parts = slices.Compact(parts)
	found := map[string]bool{} // the parts that words are found by
	for _, a := range parts {
		for _, b := range parts {
			for _, c := range parts {
				word := a + b + c
				if !secretParts.MatchString(word) {
					continue
				}
				for _, part := range []string{a, b, c} {
					found[part] = true
				}
				if !hasSecretPart(word) {
					t.Fatalf("%q has no mark, and is secret", word)
				}
			}
		}
	}
	for _, mark := range secretMarks {
		if !found[mark] {
			t.Errorf("no word is found by the mark %q", mark)
		}
	}
}

func BenchmarkNewRequestHead(b *testing.B) {
	header := map[string][]string{
		"Host": {"id.lambda-url.us-east-1.on.aws"}, "User-Agent": {"Go-http-client/1.1"}, "X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Host": {"127.0.0.1:8080"},
		"Via": {"1.1 streamfront.cloudfront.net (CloudFront)"}, "X-Amz-Content-Sha256": {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		"X-Amz-Security-Token": {"token"}, "Authorization": {"AWS4-HMAC-SHA256 Credential=ASIA"}, "X-Amz-Date": {"20261128T212829Z"},
	}
	b.ReportAllocs()
	for b.Loop() {
		NewRequestHead("GET", "/healthz", "", header, 0)
	}
}
