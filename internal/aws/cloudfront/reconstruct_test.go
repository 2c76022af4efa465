package cloudfront

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/functionurl"
	"github.com/streamfront/streamfront/internal/resources"
)

// The reconstruction leads to the library's own signature, whatever is signed: it returns
// nothing else.
func TestReconstructionIsWhatTheLibrarySigned(t *testing.T) {
	t.Parallel()
	s := &Server{
		Distribution: &resources.Distribution{ARN: "arn:aws:cloudfront::111122223333:distribution/E1", Account: "111122223333"},
		Credentials:  functionurl.Credentials{AccessKey: "ASIALOCAL", SecretKey: "secret", Token: "token"},
		Now:          time.Now,
	}
	origin := &resources.Origin{DomainName: "id.lambda-url.eu-west-1.on.aws"}
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	for range 500 {
		var path, query strings.Builder
		for range random.IntN(6) {
			path.WriteString(pick("/", "a", "%2F", "+", "~", "%20", "ä", "..", "*", "'", ":", "@", "=", "%25"))
			query.WriteString(pick("&", "a=1", "b", "=", "f[0]=y", "f1=x", "%41=2", "a=+", "ä=ü", ";", "%zz"))
		}
		raw := "/" + path.String()
		decoded, err := url.PathUnescape(raw)
		if err != nil {
			t.Fatal(err)
		}
		r := &http.Request{
			Method: pick("GET", "POST", "DELETE"), Host: origin.DomainName, ContentLength: int64(random.IntN(2)), Header: http.Header{},
			URL: &url.URL{Scheme: "http", Host: origin.DomainName, Path: decoded, RawPath: raw, RawQuery: query.String()},
		}
		if hash := pick("", "UNSIGNED-PAYLOAD", "no hash", strings.Repeat("ab", 32), strings.Repeat("AB", 32)); hash != "" {
			r.Header.Set("X-Amz-Content-Sha256", hash)
		}
		r.Header["X-Amz-Meta"] = []string{pick("a", " a  b ", ""), "c"}
		if err := s.sign(r, origin); err != nil {
			t.Fatal(err)
		}
		if got := s.signedRequest(r); got == "" {
			t.Errorf("%s %s, headers %q: no reconstruction leads to its signature", r.Method, r.URL, r.Header)
		}
		r.Header.Set("Authorization", r.Header.Get("Authorization")[:len(r.Header.Get("Authorization"))-1])
		if got := s.signedRequest(r); got != "" {
			t.Errorf("a reconstruction is given for a signature that it does not lead to:\n%s", got)
		}
	}
}
