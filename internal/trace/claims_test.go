package trace

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

// The claims of a token tell who somebody is.
func TestClaimsAreMasked(t *testing.T) {
	t.Parallel()
	for _, claims := range []string{`{"sub":"a"}`, `{"email":"user@example.com"}`, `{"groups":"` + strings.Repeat("a b ", 2000) + `"}`} {
		value := base64.RawURLEncoding.EncodeToString([]byte(claims))
		for _, name := range []string{"X-Streamfront-Claims", "X_Streamfront_Claims"} {
			if got := maskHeader(http.Header{name: {value}})[http.CanonicalHeaderKey(name)][0]; strings.Contains(got, value) {
				t.Errorf("%s: %.80s is shown", name, got)
			}
		}
	}
}
