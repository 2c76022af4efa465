package test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/settled"
	"github.com/streamfront/streamfront/internal/tools/fakeaws"
	"github.com/streamfront/streamfront/local"
)

// fakeCDK stands in for the CDK's command line. It synthesizes the real app and, for want of
// CloudFormation, keeps what it deployed: "changed" in its log is what would have been deployed.
const fakeCDK = `#!/bin/sh
set -e
echo "$1" >> "$STATE/log"
case $1 in
--version) echo '2.1148.1 (build fake)' ;;
deploy)
	while [ $# -gt 0 ]; do
		[ "$1" = --outputs-file ] && cp "$STATE/stacks.json" "$2"
		shift
	done
	rm -rf "$STATE/new"
	CDK_CONTEXT_JSON='{"region":"us-east-1"}' CDK_OUTDIR="$STATE/new" "$APP" 2>/dev/null
	if ! diff -r "$STATE/new" "$STATE/deployed" >/dev/null 2>&1; then
		echo changed >> "$STATE/log"
		rm -rf "$STATE/deployed"
		mv "$STATE/new" "$STATE/deployed"
	fi ;;
esac
`

// 'make deploy' looks, deploys, and asks the endpoint, here one of the local chain behind the
// name and a certificate of CloudFront's. The second time changes nothing. 'make destroy' says
// what stays.
func TestMakeDeployTwiceAndDestroy(t *testing.T) {
	t.Parallel()
	dir := assembly(t, atHome)
	chain, err := local.Start(t.Context(), local.Options{
		Assembly: dir, Sources: []string{root}, Log: t.Output(), Environment: map[string]string{"API_KEY": "the-key-0123456789"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(chain.Close)
	name := chain.Distributions()[0].DomainName
	proxy, authority := internet(t, name, strings.TrimPrefix(chain.URL(), "http://"))
	const secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:k"
	account := &fakeaws.Account{
		ID: "123456789012", Regions: []string{"us-east-1", "eu-west-1"}, Parameters: map[string]string{}, Secrets: map[string]string{secret: "the-key-0123456789"},
	}

	state, bin := t.TempDir(), t.TempDir()
	binary, err := app()
	if err != nil {
		t.Fatal(err)
	}
	write(t, state, "stacks.json", fmt.Sprintf(`{"Streamfront": {"Url": "https://%s", "FunctionUrl": %q, "Key": "API_KEY=$(aws secretsmanager get-secret-value --region us-east-1 --secret-id %s --query SecretString --output text); echo \"$API_KEY\""}}`,
		name, chain.FunctionURLs()[0].URL, secret))
	write(t, bin, "cdk", fakeCDK)
	if err := os.Chmod(filepath.Join(bin, "cdk"), 0o700); err != nil {
		t.Fatal(err)
	}
	environment := fakeaws.Environment(fakeaws.Start(t, account))
	maps.Copy(environment, map[string]string{
		"AWS_REGION": "us-east-1", "STATE": state, "APP": binary, "HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "NO_PROXY": "", "SSL_CERT_FILE": authority,
		"MAKEFLAGS": "", "STREAMFRONT_API_KEY": "", "PATH": bin + string(filepath.ListSeparator) + os.Getenv("PATH"),
	})
	run := func(target string, status int) string {
		command := exec.CommandContext(t.Context(), "make", "-o", "node_modules", target, "CDK="+filepath.Join(bin, "cdk"), "OUT="+state, "SMOKE=--quick --timeout "+patience.String())
		command.Dir, command.Env = root, os.Environ()
		for variable, value := range environment {
			command.Env = append(command.Env, variable+"="+value)
		}
		command.WaitDelay = patience
		var out bytes.Buffer
		command.Stdout, command.Stderr = &out, &out
		_ = command.Run()
		if got := command.ProcessState.ExitCode(); got != status {
			t.Fatalf("make %s: exit status %d, want %d\n%s", target, got, status, &out)
		}
		return out.String()
	}

	if out := run("deploy", 2); !strings.Contains(out, "npx cdk bootstrap aws://123456789012/us-east-1") {
		t.Errorf("without a bootstrap:\n%s", out)
	}
	account.Lock()
	account.Parameters["us-east-1 /cdk-bootstrap/hnb659fds/version"] = "30"
	account.Unlock()
	for range 2 {
		out := run("deploy", 0)
		for _, want := range []string{"ok bootstrap in us-east-1", "https://" + name + ": ", "delete-bodies", "'streamfront run --settled"} {
			if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
				t.Errorf("make deploy does not say %q:\n%s", want, out)
			}
		}
	}
	log, err := os.ReadFile(filepath.Join(state, "log"))
	if err != nil {
		t.Fatal(err)
	}
	calls := slices.DeleteFunc(strings.Fields(string(log)), func(call string) bool { return call == "--version" })
	if want := []string{"deploy", "changed", "deploy"}; !slices.Equal(calls, want) {
		t.Errorf("the CDK did %q, want %q", calls, want)
	}
	text, err := os.ReadFile(filepath.Join(state, "settled.json"))
	if err != nil {
		t.Fatal(err)
	}
	var facts settled.Facts
	if err := json.Unmarshal(text, &facts); err != nil || len(facts.Facts) < 15 || facts.Failed > 0 {
		t.Errorf("settled.json has %d facts, %v: %s", len(facts.Facts), err, text)
	}
	for _, private := range []string{name, account.ID, "the-key", "lambda-url"} {
		if bytes.Contains(text, []byte(private)) {
			t.Errorf("settled.json has %q:\n%s", private, text)
		}
	}

	account.Lock()
	account.Functions = map[string]*fakeaws.Lambda{"Streamfront-Signer": {
		Description: "streamfront: hashes request bodies for OAC", Tags: map[string]string{"aws:cloudformation:stack-name": "Streamfront"},
	}}
	account.Unlock()
	if out := run("destroy", 0); !strings.Contains(out, "function Streamfront-Signer of Streamfront") || !strings.Contains(out, "streamfront sweep --yes") {
		t.Errorf("make destroy says\n%s", out)
	}
	account.Lock()
	defer account.Unlock()
	for _, call := range account.Calls {
		if _, operation, _ := strings.Cut(call, ":"); !strings.HasPrefix(operation, "Get") && !strings.HasPrefix(operation, "List") && !strings.HasPrefix(operation, "Describe") {
			t.Errorf("%s was called, which does not only read", call)
		}
	}
}

// internet is a proxy that leads to a name by TLS, with a certificate of its own authority, and
// by plain HTTP to a redirect. Behind the name is an address of this machine, which gets the
// bytes as they come. It returns the proxy's address and the file of the authority.
func internet(t *testing.T, name, address string) (proxy, authority string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	authority = filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodConnect && r.Host == name+":443":
			viewer, buffered, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer viewer.Close()
			if _, err := io.WriteString(buffered, "HTTP/1.1 200 OK\r\n\r\n"); err != nil || buffered.Flush() != nil {
				return
			}
			endpoint, err := net.Dial("tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			defer endpoint.Close()
			secure := tls.Server(viewer, config)
			go func() {
				_, _ = io.Copy(endpoint, secure)
				_ = endpoint.(*net.TCPConn).CloseWrite()
			}()
			if _, err := io.Copy(secure, endpoint); err == nil {
				_ = secure.CloseWrite()
			}
		case r.Host == name:
			http.Redirect(w, r, "https://"+name+r.URL.RequestURI(), http.StatusMovedPermanently)
		default:
			http.Error(w, "nobody but "+name+" is on this internet", http.StatusBadGateway)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, authority
}
