// Package detour redirects HTTPS requests of the chain's processes for some hosts to handlers in
// this process, such as an identity provider whose address the code has from the template. The
// code stays unchanged, and requests for other hosts are not redirected.
//
// For Node.js it preloads a module that changes where a connection for such a host goes; other
// programs get a proxy in HTTPS_PROXY. Both trust the certificate authority of the detour, whose
// key stays in memory.
package detour

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/loopback"
)

//go:embed preload.cjs
var preload []byte

// A Detour is a server for hosts of others.
type Detour struct {
	authority *authority
	server    *http.Server // in the hosts' place
	proxy     *http.Server
	listener  net.Listener
	proxied   net.Listener

	mu    sync.RWMutex
	hosts map[string]http.Handler
}

// New starts a detour that leads nothing anywhere yet.
func New() (*Detour, error) {
	authority, err := newAuthority(time.Now())
	if err != nil {
		return nil, err
	}
	d := &Detour{authority: authority}
	if d.listener, err = loopback.ListenApart(); err != nil {
		return nil, err
	}
	if d.proxied, err = loopback.ListenApart(); err != nil {
		_ = d.listener.Close()
		return nil, err
	}
	silent := log.New(io.Discard, "", 0) // who does not know the authority is not of the chain
	d.server = loopback.NewServer(http.HandlerFunc(d.serve), loopback.Viewers)
	d.server.ErrorLog = silent
	d.proxy = loopback.NewServer(http.HandlerFunc(d.tunnel), loopback.Processes)
	d.proxy.ErrorLog = silent
	go func() { _ = d.server.Serve(tls.NewListener(d.listener, authority.serverTLS())) }() // both end with Close
	go func() { _ = d.proxy.Serve(d.proxied) }()
	return d, nil
}

// Close ends it.
func (d *Detour) Close() {
	_ = d.server.Close()
	_ = d.proxy.Close()
}

// Lead sets what is led here: all hosts, each with its handler.
func (d *Detour) Lead(hosts map[string]http.Handler) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hosts = hosts
}

func (d *Detour) handler(host string) http.Handler {
	if name, port, err := net.SplitHostPort(host); err == nil && port == "443" {
		host = name
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.hosts[strings.ToLower(host)]
}

func (d *Detour) serve(w http.ResponseWriter, r *http.Request) {
	h := d.handler(r.Host)
	if h == nil {
		http.Error(w, "the local chain leads no requests for this host here", http.StatusMisdirectedRequest)
		return
	}
	h.ServeHTTP(w, r)
}

// tunnel connects a client with the server of this process, or with the host itself.
func (d *Detour) tunnel(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "this proxy is for HTTPS", http.StatusMethodNotAllowed)
		return
	}
	address := r.Host
	if d.handler(address) != nil {
		address = d.listener.Addr().String()
	}
	there, err := new(net.Dialer).DialContext(r.Context(), "tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = there.Close() }()
	here, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = here.Close() }()
	if _, err := io.WriteString(here, "HTTP/1.1 200 Connection Established\r\n\r\n"); err != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(there, buffered)
		_ = there.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(here, there)
	_ = here.Close() // ends the other direction
	<-done
}

// bundles are where systems keep the authorities that they trust, the usual ones first.
var bundles = []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"}

// Environment returns the variables that send a process on the detour for the hosts, and have
// it trust further certificates. It writes the files that they name into dir.
func (d *Detour) Environment(dir string, hosts []string, trusted ...*x509.Certificate) (map[string]string, error) {
	here := d.listener.Addr().(*net.TCPAddr)
	where, err := json.Marshal(map[string]any{"hosts": hosts, "address": here.IP.String(), "port": here.Port})
	if err != nil {
		return nil, err
	}
	var own []byte
	for _, c := range append(trusted, d.authority.certificate) {
		own = append(own, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	all := bytes.Clone(own)
	for _, name := range bundles {
		if system, err := os.ReadFile(name); err == nil {
			all = append(append(all, '\n'), system...)
			break
		}
	}
	files := map[string][]byte{
		"detour.cjs":    bytes.Replace(preload, []byte("WHERE"), where, 1),
		"detour.pem":    own,
		"detour-ca.pem": all,
	}
	for name, data := range files {
		if err := writeWhole(filepath.Join(dir, name), data); err != nil {
			return nil, fmt.Errorf("writing what leads to local issuers: %w", err)
		}
	}
	return map[string]string{
		"NODE_OPTIONS":        `--require "` + strings.ReplaceAll(filepath.Join(dir, "detour.cjs"), `\`, `\\`) + `"`,
		"NODE_EXTRA_CA_CERTS": filepath.Join(dir, "detour.pem"),
		"HTTPS_PROXY":         "http://" + d.proxied.Addr().String(),
		"NO_PROXY":            "localhost,127.0.0.1,::1",
		"SSL_CERT_FILE":       filepath.Join(dir, "detour-ca.pem"),
	}, nil
}

// writeWhole writes a file so that a process that starts meanwhile never reads a part.
func writeWhole(name string, data []byte) error {
	if err := os.WriteFile(name+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}
