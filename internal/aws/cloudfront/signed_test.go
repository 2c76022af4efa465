package cloudfront

import (
	"net/http"
	"slices"
	"testing"

	"github.com/streamfront/streamfront/internal/template"
)

// A URL is signed for the name and the scheme that the viewer asks by. Who asks for an address
// of here has none of AWS's names, and may mean any of them.
func TestURLsThatMayBeSigned(t *testing.T) {
	t.Parallel()
	d := &Distribution{DomainName: "d1.cloudfront.net", Aliases: template.TextsOf("a.example.com", "b.example.com")}
	for _, test := range []struct {
		host, policy string
		want         []string
	}{
		{"d1.cloudfront.net", "https-only", []string{"https://d1.cloudfront.net/x"}},
		{"A.example.com", "redirect-to-https", []string{"https://a.example.com/x"}},
		{"a.example.com", "allow-all", []string{"https://a.example.com/x", "http://a.example.com/x"}},
		{"a.example.com:8080", "https-only", []string{"https://a.example.com/x", "http://a.example.com:8080/x", "https://a.example.com:8080/x"}},
		{"localhost:8080", "https-only", []string{
			"https://d1.cloudfront.net/x", "https://a.example.com/x", "https://b.example.com/x", "http://localhost:8080/x", "https://localhost:8080/x",
		}},
		{"[::1]", "https-only", []string{"https://d1.cloudfront.net/x", "https://a.example.com/x", "https://b.example.com/x", "http://[::1]/x", "https://[::1]/x"}},
	} {
		x := &exchange{Server: &Server{Distribution: d}, viewer: &http.Request{Host: test.host}}
		if got := x.signedAs(&Behavior{ViewerProtocol: template.Of(test.policy)}, "/x"); !slices.Equal(got, test.want) {
			t.Errorf("%s, %s: %q, want %q", test.host, test.policy, got, test.want)
		}
	}
}
