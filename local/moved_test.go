package local_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// Lambda@Edge at origin-request may send a request to another origin: to one that the chain
// has, or to what it answers 501 for by name.
func TestOriginChosenByLambdaAtTheEdge(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.properties("Signer")["Code"] = object{"ZipFile": `exports.handler = async (event) => {
		const r = event.Records[0].cf.request, custom = r.origin.custom;
		switch (r.uri) {
		case '/prefixed': custom.path = '/below'; break;
		case '/elsewhere': custom.domainName = 'other.example.com'; r.headers.host = [{ value: custom.domainName }]; break;
		case '/nowhere': custom.domainName = 'nobody.example.com'; r.headers.host = [{ value: custom.domainName }]; break;
		}
		return r;
	};`}
	config := f.at("Resources", "Distribution", "Properties", "DistributionConfig")
	config["Origins"] = append(config["Origins"].([]any), object{
		"Id": "other", "DomainName": "other.example.com", "CustomOriginConfig": object{"OriginProtocolPolicy": "https-only"},
	})
	delete(f.behavior(), "FunctionAssociations")
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("the other, asked for " + r.Host)) }))
	t.Cleanup(other.Close)
	traces := make(chan local.Trace, 10)
	chain := f.start(t, local.Options{Origins: map[string]string{"other": other.URL}, Trace: func(tr local.Trace) { traces <- tr }})
	for path, want := range map[string]struct {
		status       int
		body, record string
	}{
		"/elsewhere": {200, "the other, asked for other.example.com", "to the origin other.example.com"},
		"/nowhere":   {501, "nobody.example.com is neither a function URL nor a bucket, an API or a load balancer of this cloud assembly", "to the origin nobody.example.com"},
	} {
		resp, body := send(t, "GET", chain.URL()+path, "")
		if resp.StatusCode != want.status || !strings.Contains(html.UnescapeString(body), want.body) {
			t.Errorf("%s: %d %s, want %d %s", path, resp.StatusCode, body, want.status, want.body)
		}
		said := ""
		for _, hop := range (<-traces).Hops {
			if hop.Name == "edge function" {
				said = hop.Decision
			}
		}
		if !strings.Contains(said, want.record) {
			t.Errorf("%s: the trace says %q, want %q", path, said, want.record)
		}
	}
	resp, body := send(t, "GET", chain.URL()+"/prefixed", "")
	if got := decode(t, body); resp.StatusCode != 200 || got.Target != "/below/prefixed" {
		t.Errorf("/prefixed: %d %s, want the path of the origin before it", resp.StatusCode, body)
	}
}
