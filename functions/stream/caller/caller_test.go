package caller

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/streamfront/streamfront/functions/streamhttp"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ authorization, claims, want string }{
		"a key":                         {"Bearer one", "", "key\none"},
		"a key as the guard takes it":   {"bearer   one", "", "key\none"},
		"nobody":                        {"", "", "key\n"},
		"a user, whatever the token":    {"Bearer token", `{"iss":"https://a","sub":"1","x":2}`, "user\nhttps://a\n1"},
		"a user of another issuer":      {"Bearer token", `{"iss":"https://b","sub":"1"}`, "user\nhttps://b\n1"},
		"a token without a subject":     {"Bearer token", `{"iss":"https://a"}`, "key\ntoken"},
		"a subject that is not a text":  {"Bearer token", `{"iss":"https://a","sub":1}`, "key\ntoken"},
		"claims that nobody verified":   {"Bearer token", `null`, "key\ntoken"},
		"a key that is written as user": {"Bearer user\nhttps://a\n1", "", "key\nuser\nhttps://a\n1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Authorization", test.authorization)
			r.Header.Set("X-Streamfront-Claims", "eyJpc3MiOiJodHRwczovL2EiLCJzdWIiOiIxIn0") // counts for nothing here
			if test.claims != "" {
				r = r.WithContext(streamhttp.ContextWithClaims(r.Context(), []byte(test.claims)))
			}
			var kept string
			Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { kept = FromContext(r.Context()) })).ServeHTTP(httptest.NewRecorder(), r)
			if got := Of(r); got != test.want || kept != test.want {
				t.Errorf("Of = %q, FromContext = %q, want %q", got, kept, test.want)
			}
			if got := FromContext(r.Context()); got != "" {
				t.Errorf("without Handler: %q, want nobody", got)
			}
		})
	}
}
