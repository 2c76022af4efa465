package cloudfront

import (
	"crypto"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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

// Who has no signed URL gets the page that is configured for 403, which is kept for nobody.
func TestErrorPageOfWhatIsNotSigned(t *testing.T) {
	t.Parallel()
	s, asked, _ := erring(t, func(b *Behavior, d *Distribution) {
		b.keys = map[string]crypto.PublicKey{}
		d.ErrorResponses = []ErrorResponse{{Code: template.Of(403), Status: template.Of("200"), Page: template.Of("/404.html"), MinTTL: template.Of(time.Minute)}}
	})
	for range 2 {
		if w, _, _ := s.ask(t, "GET", "/private"); w.Code != 200 || w.Body.String() != "page" {
			t.Errorf("%d %s, want the page", w.Code, w.Body)
		}
	}
	if asked["GET /private"] != 0 {
		t.Errorf("asked = %v, want nothing of what is private", asked)
	}
	s.Distribution.ErrorResponses = nil
	if w, _, _ := s.ask(t, "GET", "/private"); w.Code != 403 || !strings.Contains(w.Body.String(), "<Code>MissingKey</Code>") {
		t.Errorf("without a page: %d %s", w.Code, w.Body)
	}
}
