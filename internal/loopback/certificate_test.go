package loopback

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestCertificate(t *testing.T) {
	t.Parallel()
	now := time.Now()
	certificate, err := NewCertificate(now)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate.Leaf)
	for _, name := range []string{"localhost", "app.localhost", "127.0.0.1", "[::1]"} {
		for _, at := range []time.Time{now, now.Add(29 * 24 * time.Hour)} {
			if _, err := certificate.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, CurrentTime: at}); err != nil {
				t.Errorf("%s at %s: %v", name, at, err)
			}
		}
	}
	if err := certificate.Leaf.VerifyHostname("example.com"); err == nil {
		t.Error("the certificate is for example.com, too")
	}
	if other, err := NewCertificate(now); err != nil || other.Leaf.Equal(certificate.Leaf) {
		t.Errorf("the next certificate is the same, %v", err)
	}
}

func TestWhomClientsTrust(t *testing.T) {
	t.Parallel()
	certificate, err := NewCertificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ours := httptest.NewUnstartedServer(http.NotFoundHandler())
	ours.TLS = ServerTLS(certificate)
	ours.StartTLS()
	t.Cleanup(ours.Close)
	others := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(others.Close)
	ask := func(server *httptest.Server, config *tls.Config) error {
		transport := &http.Transport{TLSClientConfig: config}
		defer transport.CloseIdleConnections()
		r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(r)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	if err := ask(ours, ClientTLS("127.0.0.1")); err != nil {
		t.Errorf("a chain on this machine: %v", err)
	}
	refused := new(tls.CertificateVerificationError)
	if err := ask(others, ClientTLS("127.0.0.1")); !errors.As(err, &refused) {
		t.Errorf("another server on this machine: %v, want its certificate refused", err)
	}
	if err := ask(ours, ClientTLS("example.com")); !errors.As(err, &refused) {
		t.Errorf("our certificate at another name: %v, want it refused", err)
	}
}
