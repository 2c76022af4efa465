package detour

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func start(t *testing.T, hosts ...string) (*Detour, map[string]string) {
	t.Helper()
	d, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	led := Hosts{Secure: map[string]http.Handler{}, Plain: map[string]http.Handler{}}
	for _, host := range hosts {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "here is "+host+r.URL.Path)
		})
		led.Secure[host+":443"], led.Plain[host+":80"], led.Plain[host+":8000"] = h, h, h
	}
	d.Lead(led)
	environment, err := d.Environment(t.TempDir(), led)
	if err != nil {
		t.Fatal(err)
	}
	return d, environment
}

// Unmodified code, by each of the ways that Node.js has.
func TestNode(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node.js is not installed")
	}
	_, environment := start(t, "idp.example.com")
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "elsewhere") }))
	defer elsewhere.Close()
	script := filepath.Join(t.TempDir(), "ask.mjs")
	if err := os.WriteFile(script, []byte(`
import http from 'node:http';
import https from 'node:https';
const plain = (...args) => new Promise((resolve, reject) => http.get(...args, (r) => r.setEncoding('utf8').on('data', resolve)).on('error', reject));
const get = (...args) => new Promise((resolve, reject) => https.get(...args, (r) => r.setEncoding('utf8').on('data', resolve)).on('error', reject));
console.log(await get('https://idp.example.com/a'));
console.log(await get({ hostname: 'IDP.example.com', path: '/b' }));
console.log(await (await fetch('https://idp.example.com/c')).text());
console.log(await (await fetch(process.argv[2])).text());
console.log(await get('https://idp.example.com:8443/').catch(() => 'not led'));
console.log(await plain('http://idp.example.com/d'));
console.log(await (await fetch('http://idp.example.com/e')).text());
console.log(await plain('http://idp.example.com:8000/f'));
console.log(await plain(process.argv[2]));
console.log(await plain('http://idp.example.com:8080/').catch(() => 'not led'));
`), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), node, script, elsewhere.URL)
	for name, value := range environment {
		if strings.HasPrefix(name, "NODE_") {
			command.Env = append(command.Env, name+"="+value)
		}
	}
	out, err := command.CombinedOutput()
	const want = "here is idp.example.com/a\nhere is idp.example.com/b\nhere is idp.example.com/c\nelsewhere\nnot led\n" +
		"here is idp.example.com/d\nhere is idp.example.com/e\nhere is idp.example.com/f\nelsewhere\nnot led\n"
	if err != nil || string(out) != want {
		t.Errorf("%v, printed:\n%swant:\n%s", err, out, want)
	}
}

// Programs in other languages, by the proxy that they find in the environment.
func TestProxy(t *testing.T) {
	t.Parallel()
	_, environment := start(t, "idp.example.com")
	roots := x509.NewCertPool()
	text, err := os.ReadFile(environment["SSL_CERT_FILE"])
	if err != nil || !roots.AppendCertsFromPEM(text) {
		t.Fatalf("no authority in SSL_CERT_FILE: %v", err)
	}
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "elsewhere") }))
	defer secure.Close()
	roots.AddCert(secure.Certificate())
	proxy, err := url.Parse(environment["HTTP_PROXY"])
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{
		Proxy:           http.ProxyURL(proxy),
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}
	defer client.CloseIdleConnections()
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "plain "+r.URL.Path) }))
	defer plain.Close()
	for address, want := range map[string]string{
		"https://idp.example.com/a": "here is idp.example.com/a", secure.URL: "elsewhere",
		"http://idp.example.com/b?c": "here is idp.example.com/b", "http://idp.example.com:8000/e": "here is idp.example.com/e", plain.URL + "/d": "plain /d",
	} {
		resp, err := client.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || string(body) != want {
			t.Errorf("%s: %q, %v, want %q", address, body, err, want)
		}
	}
}

// What was not asked to be led here is not answered, though the certificate would hold.
func TestOtherHosts(t *testing.T) {
	t.Parallel()
	d, _ := start(t, "idp.example.com")
	roots := x509.NewCertPool()
	roots.AddCert(d.authority.certificate)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "other.example.com", MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("https://" + d.secure.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("status %d, want 421", resp.StatusCode)
	}
}
