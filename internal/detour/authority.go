package detour

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"
)

// lifetime is longer than a chain runs.
const lifetime = 30 * 24 * time.Hour

// An authority makes certificates for the hosts that clients ask for.
type authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate

	mu    sync.Mutex
	hosts map[string]*tls.Certificate
}

func newAuthority(now time.Time) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key for TLS: %w", err)
	}
	a := &authority{key: key, hosts: map[string]*tls.Certificate{}}
	a.certificate, err = a.sign(&x509.Certificate{
		Subject:   pkix.Name{Organization: []string{"streamfront, made for one run on this machine"}, CommonName: "local issuers"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(lifetime),
		KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
	}, nil, key)
	return a, err
}

// sign makes a certificate; one without an issuer is signed by itself.
func (a *authority) sign(template, issuer *x509.Certificate, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	template.SerialNumber = serial
	if issuer == nil {
		issuer = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	return x509.ParseCertificate(der)
}

func (a *authority) serverTLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return a.certificateFor(hello.ServerName) },
	}
}

func (a *authority) certificateFor(host string) (*tls.Certificate, error) {
	if host == "" {
		return nil, errors.New("detour: the client names no host")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if made := a.hosts[host]; made != nil {
		return made, nil
	}
	leaf, err := a.sign(&x509.Certificate{
		Subject:   pkix.Name{CommonName: "local issuer"},
		NotBefore: a.certificate.NotBefore, NotAfter: a.certificate.NotAfter, DNSNames: []string{host},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.certificate, a.key)
	if err != nil {
		return nil, err
	}
	made := &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: a.key, Leaf: leaf}
	a.hosts[host] = made
	return made, nil
}
