// Package detour redirects requests of the chain's processes for some hosts to handlers in this
// process, such as an identity provider whose address the code has from the template. The code
// stays unchanged, and requests for other hosts are not redirected.
//
// For Node.js it preloads a module that changes where a connection for such a host goes; other
// programs get a proxy in HTTPS_PROXY, and in HTTP_PROXY if they ask a host without TLS. All trust
// the certificate authority of the detour, whose key stays in memory.
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
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"slices"
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
	secure    net.Listener // of the server
	plain     net.Listener // of the server
	proxied   net.Listener

	mu  sync.RWMutex
	led Hosts
}

// Hosts are what answers in the place of hosts, by host and port in lower case, such as
// "idp.example.com:443".
type Hosts struct {
	Secure map[string]http.Handler // asked with TLS
	Plain  map[string]http.Handler // asked without
}

// New starts a detour that leads nothing anywhere yet.
func New() (*Detour, error) {
	authority, err := newAuthority(time.Now())
	if err != nil {
		return nil, err
	}
	d := &Detour{authority: authority}
	d.server = loopback.NewServer(http.HandlerFunc(d.serve), loopback.Viewers)
	d.proxy = loopback.NewServer(http.HandlerFunc(d.pass), loopback.Processes)
	silent := log.New(io.Discard, "", 0) // who does not know the authority is not of the chain
	d.server.ErrorLog, d.proxy.ErrorLog = silent, silent
	for _, listener := range []*net.Listener{&d.secure, &d.plain, &d.proxied} {
		if *listener, err = loopback.ListenApart(); err != nil {
			d.Close()
			return nil, err
		}
	}
	go func() { _ = d.server.Serve(tls.NewListener(d.secure, authority.serverTLS())) }() // all end with Close
	go func() { _ = d.server.Serve(d.plain) }()
	go func() { _ = d.proxy.Serve(d.proxied) }()
	return d, nil
}

// Close ends it.
func (d *Detour) Close() {
	for _, listener := range []net.Listener{d.secure, d.plain, d.proxied} {
		if listener != nil {
			_ = listener.Close()
		}
	}
	_ = d.server.Close()
	_ = d.proxy.Close()
}

// Lead sets what is led here.
func (d *Detour) Lead(led Hosts) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.led = led
}

// handler is that in the place of a host, which may have a port; nil if it is not led.
func (d *Detour) handler(host string, secure bool) http.Handler {
	d.mu.RLock()
	defer d.mu.RUnlock()
	hosts, port := d.led.Plain, "80"
	if secure {
		hosts, port = d.led.Secure, "443"
	}
	host = strings.ToLower(host)
	if _, _, err := net.SplitHostPort(host); err != nil {
		host = net.JoinHostPort(host, port)
	}
	return hosts[host]
}

func (d *Detour) serve(w http.ResponseWriter, r *http.Request) {
	h := d.handler(r.Host, r.TLS != nil)
	if h == nil {
		http.Error(w, "the local chain leads no requests for this host here", http.StatusMisdirectedRequest)
		return
	}
	h.ServeHTTP(w, r)
}

// pass is the proxy.
func (d *Detour) pass(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		d.tunnel(w, r)
	case r.URL.Host == "":
		http.Error(w, "this is a proxy", http.StatusBadRequest)
	case d.handler(r.URL.Host, false) != nil:
		asked := r.Clone(r.Context())
		asked.RequestURI, asked.Host = r.URL.RequestURI(), r.URL.Host
		asked.URL.Scheme, asked.URL.Host = "", ""
		asked.Header.Del("Proxy-Connection")
		d.serve(w, asked)
	default:
		elsewhere.ServeHTTP(w, r)
	}
}

// elsewhere passes requests on that are not led.
var elsewhere = &httputil.ReverseProxy{Rewrite: func(*httputil.ProxyRequest) {}, FlushInterval: -1}

// tunnel connects a client with the server of this process, or with the host itself.
func (d *Detour) tunnel(w http.ResponseWriter, r *http.Request) {
	address := r.Host
	if d.handler(address, true) != nil {
		address = d.secure.Addr().String()
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
func (d *Detour) Environment(dir string, led Hosts, trusted ...*x509.Certificate) (map[string]string, error) {
	at := func(l net.Listener, hosts map[string]http.Handler) map[string]any {
		here := l.Addr().(*net.TCPAddr)
		return map[string]any{"hosts": slices.Sorted(maps.Keys(hosts)), "to": map[string]any{"host": here.IP.String(), "port": here.Port}}
	}
	where, err := json.Marshal(map[string]any{"secure": at(d.secure, led.Secure), "plain": at(d.plain, led.Plain)})
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
	variables := map[string]string{
		"NODE_OPTIONS":        `--require "` + strings.ReplaceAll(filepath.Join(dir, "detour.cjs"), `\`, `\\`) + `"`,
		"NODE_EXTRA_CA_CERTS": filepath.Join(dir, "detour.pem"),
		"HTTPS_PROXY":         "http://" + d.proxied.Addr().String(),
		"NO_PROXY":            "localhost,127.0.0.1,::1",
		"SSL_CERT_FILE":       filepath.Join(dir, "detour-ca.pem"),
	}
	if len(led.Plain) > 0 {
		variables["HTTP_PROXY"] = variables["HTTPS_PROXY"]
	}
	return variables, nil
}

// writeWhole writes a file so that a process that starts meanwhile never reads a part.
func writeWhole(name string, data []byte) error {
	if err := os.WriteFile(name+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}
