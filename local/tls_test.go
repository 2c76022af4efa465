package local_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// By HTTPS, as on AWS: whoever trusts the chain's certificate comes in, by any name of this
// machine, and the scheme of the page is the one that the application is told of.
func TestDistributionsByHTTPS(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.at()["Outputs"] = object{"Url": object{"Value": object{"Fn::Sub": "https://${Distribution.DomainName}/path"}}}
	chain := f.start(t, local.Options{TLS: true, TracePage: true})
	url := chain.URL()
	if !strings.HasPrefix(url, "https://127.0.0.1:") || len(chain.Outputs()) != 1 || chain.Outputs()[0].Value != url+"/path" {
		t.Fatalf("served at %s, outputs %+v", url, chain.Outputs())
	}
	transport := trusting(t, chain).Transport
	ask := func(address string) (*http.Response, string) {
		t.Helper()
		return testclient.Do(t, transport.RoundTrip, testclient.Request(t, "POST", address, "body"))
	}
	for _, address := range []string{url, strings.Replace(url, "127.0.0.1", "localhost", 1)} {
		resp, body := ask(address + "/x")
		if got := decode(t, body); resp.StatusCode != 200 || resp.ProtoMajor != 1 || got.Length != 4 || !slices.Contains(got.Headers, "X-Forwarded-Proto") {
			t.Errorf("%s: %d by %s: %s", address, resp.StatusCode, resp.Proto, body)
		}
	}
	if resp, body := send(t, "GET", strings.Replace(url, "https", "http", 1), ""); resp.StatusCode != 400 || !strings.Contains(body, "HTTPS") {
		t.Errorf("plain HTTP at that address: %d %s, want 400", resp.StatusCode, body)
	}
	if _, err := client.Post(url, "", nil); err == nil {
		t.Error("a client that does not trust the certificate comes in")
	}
	if direct, _ := send(t, "GET", chain.FunctionURLs()[0].URL, ""); direct.StatusCode != 403 {
		t.Errorf("the function URL, by HTTP: %d, want 403", direct.StatusCode)
	}
	if err := chain.Reload(t.Context()); err != nil || chain.URL() != url {
		t.Errorf("after a reload: %s, %v, want the same address", chain.URL(), err)
	}
	if resp, _ := ask(url); resp.StatusCode != 200 {
		t.Errorf("after a reload: %d", resp.StatusCode)
	}
}

// trusting is a client that trusts the certificate of a chain.
func trusting(t *testing.T, chain *local.Chain) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(chain.Certificate())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

func TestNoCertificateWithoutTLS(t *testing.T) {
	t.Parallel()
	if chain := newFixture().start(t, local.Options{}); chain.Certificate() != nil || !strings.HasPrefix(chain.URL(), "http://") {
		t.Errorf("served at %s with %v", chain.URL(), chain.Certificate())
	}
}
