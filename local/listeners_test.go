package local_test

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// Every listener of a running chain, found by asking the system and not the chain, refuses a
// name that is not its own; those that no page has business with refuse pages by any name.
// It runs alone, so that what listens is the chain's.
func TestEveryListenerRefusesOtherNamesAndPages(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	before := listening(t)
	f := withBucket().addWebSocket().addBalancer()
	chain := f.start(t, local.Options{TracePage: true})
	b := whatIsBehind(t, chain) // now the functions run, each with its runtime API
	var own []string
	for _, address := range listening(t) {
		if !slices.Contains(before, address) {
			own = append(own, address)
		}
	}
	ports := map[string]string{
		port(t, chain.URL()): "distribution", port(t, chain.FunctionURLs()[0].URL): "function URL", port(t, b.S3): "Amazon S3",
	}
	for _, d := range chain.FrontDoors() {
		if d.Kind == "load balancer" || d.Kind == "websocket api" {
			ports[port(t, strings.TrimSuffix(d.URL, "/prod"))] = d.Kind
		}
	}
	if found := regexp.MustCompile(`http://127\.0\.0\.1:(\d+) stands in for AWS Lambda`).FindStringSubmatch(strings.Join(chain.Notes(), "\n")); found != nil {
		ports[found[1]] = "AWS Lambda"
	}
	counts := map[string]int{}
	for _, address := range own {
		host, p, err := net.SplitHostPort(address)
		if err != nil || !net.ParseIP(host).IsLoopback() {
			t.Errorf("%s listens for more than this machine", address)
		}
		kind := ports[p]
		if kind == "" {
			kind = "runtime API"
			switch statusOf(t, address, "/", "Host: "+address) {
			case http.StatusBadRequest, http.StatusMisdirectedRequest: // TLS, or a proxy; or hosts that are led here alone
				counts["detour"]++
				continue
			}
		}
		counts[kind]++
		for _, target := range []string{"/", "/.streamfront/", "/.streamfront/events", "/my-bucket/a", "/2018-06-01/runtime/invocation/next", "/2018-06-01/runtime/init/error"} {
			for _, name := range []string{"evil.example", "evil.example:" + p, "localhost.evil.example:" + p, "0.0.0.0:" + p, "evil.localhost.example:" + p} {
				if status := statusOf(t, address, target, "Host: "+name); status != http.StatusForbidden {
					t.Errorf("%s at %s answers %d to the host %s for %s, want 403", kind, address, status, name, target)
				}
			}
			if kind != "runtime API" && kind != "AWS Lambda" {
				continue
			}
			for _, header := range []string{"Origin: http://" + address, "Origin: null", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Dest: empty"} {
				if status := statusOf(t, address, target, "Host: "+address, header); status != http.StatusForbidden {
					t.Errorf("%s at %s answers %d to a page (%s) for %s, want 403", kind, address, status, header, target)
				}
			}
		}
	}
	families := 2
	if _, err := net.Listen("tcp", "[::1]:0"); err != nil {
		families = 1
	}
	for kind, least := range map[string]int{"distribution": families, "function URL": families, "Amazon S3": families, "runtime API": 2, "websocket api": families, "load balancer": families, "AWS Lambda": families, "detour": 3} {
		if counts[kind] < least {
			t.Errorf("%d listeners are %s, want %d: the test does not see all", counts[kind], kind, least)
		}
	}
	// The chain still runs: nobody ended a function by init/error.
	if resp, _ := send(t, "GET", chain.URL(), ""); resp.StatusCode != http.StatusOK {
		t.Errorf("afterwards the chain answers %s", resp.Status)
	}
}

// A listener that is opened elsewhere would have none of the rules.
func TestListenersComeFromOnePackage(t *testing.T) {
	t.Parallel()
	// It opens one to find a free port, and closes it at once.
	allowed := []string{"internal/loopback/listen.go", "internal/loopback/port.go"}
	for _, pattern := range []string{"*.go", "../internal/*/*.go", "../internal/*/*/*.go", "../internal/*/*/*/*.go", "../cmd/*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files, %v", pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || strings.Contains(file, "testdata") || slices.Contains(allowed, filepath.ToSlash(strings.TrimPrefix(file, "../"))) {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range []string{"net.Listen(", "ListenAndServe", "http.Server{"} {
				if call == "http.Server{" && strings.HasSuffix(file, "loopback/server.go") {
					continue
				}
				if strings.Contains(string(source), call) {
					t.Errorf("%s has %s: use package loopback, which has the rules of all listeners", file, call)
				}
			}
		}
	}
}

func TestNamesOfTheDistribution(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.config()["ViewerCertificate"] = object{"AcmCertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/1", "SslSupportMethod": "sni-only"}
	f.at("Resources", "Distribution", "Properties", "DistributionConfig")["Aliases"] = []any{
		"chat.example.com", "*.example.org", object{"Fn::Sub": "${AWS::Region}.example.net"}, object{"Fn::ImportValue": "elsewhere"},
	}
	traces := make(chan local.Trace, 1)
	chain := f.start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }})
	d := chain.Distributions()[0]
	p := port(t, d.URL)
	for _, host := range []string{
		"localhost:" + p, "localhost", "127.0.0.1:" + p, "[::1]:" + p, "app.localhost:" + p, d.DomainName,
		"chat.example.com", "CHAT.example.com", "chat.example.com:" + p, "a.example.org", "us-east-1.example.net",
	} {
		if status := statusOf(t, net.JoinHostPort("127.0.0.1", p), "/", "Host: "+host); status != http.StatusOK {
			t.Errorf("the distribution answers %d to the host %s, which is its own", status, host)
		}
		testclient.Receive(t, "the trace", traces)
	}
	for _, host := range []string{"evil.example", "example.org", "a.b.example.org", "chat.example.com.evil.example", "d111111abcdef8.cloudfront.net", "192.168.0.1"} {
		if status := statusOf(t, net.JoinHostPort("127.0.0.1", p), "/", "Host: "+host); status != http.StatusForbidden {
			t.Errorf("the distribution answers %d to the host %s, want 403", status, host)
		}
		if tr := testclient.Receive(t, "the trace", traces); tr.Cause() != "domain-unknown" {
			t.Errorf("cause = %q for the host %s, want domain-unknown", tr.Cause(), host)
		}
	}
	if notes := strings.Join(chain.Notes(), "\n"); !strings.Contains(notes, "known after a deployment only") {
		t.Errorf("notes = %q, want the name that cannot be known in them", notes)
	}
}

// A browser may take either address for localhost.
func TestLocalhostIsBothAddresses(t *testing.T) {
	t.Parallel()
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("this machine has no IPv6")
	} else {
		l.Close()
	}
	chain := newFixture().start(t, local.Options{})
	for _, host := range []string{"localhost", "127.0.0.1", "[::1]"} {
		_, body := send(t, "GET", "http://"+host+":"+port(t, chain.URL())+"/", "")
		if got, want := decode(t, body).Host, host+":"+port(t, chain.URL()); got != want {
			t.Errorf("the application's host = %q, want %q", got, want)
		}
	}
}

func port(t *testing.T, url string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// statusOf sends a GET with the header lines to an address and returns the status.
func statusOf(t *testing.T, address, target string, lines ...string) int {
	t.Helper()
	resp, _ := testclient.Wire(t, address, fmt.Sprintf("GET %s HTTP/1.1\r\n%s\r\nConnection: close\r\n\r\n", target, strings.Join(lines, "\r\n")))
	return resp.StatusCode
}

// listening are the addresses on which this process listens.
func listening(t *testing.T) (addresses []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	own := map[string]bool{}
	for _, link := range links {
		if name, err := os.Readlink(link); err == nil {
			own[strings.TrimSuffix(strings.TrimPrefix(name, "socket:["), "]")] = true
		}
	}
	for _, file := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // no IPv6
		}
		for line := range strings.Lines(string(text)) {
			const listen = "0A"
			if fields := strings.Fields(line); len(fields) > 9 && fields[3] == listen && own[fields[9]] {
				addresses = append(addresses, address(t, fields[1]))
			}
		}
	}
	return addresses
}

// address reads what /proc/net/tcp writes: words of four bytes in the order of the machine.
func address(t *testing.T, hexadecimal string) string {
	t.Helper()
	host, port, _ := strings.Cut(hexadecimal, ":")
	ip, err := hex.DecodeString(host)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(ip); i += 4 { // of the usual machines, which are little endian
		slices.Reverse(ip[i : i+4])
	}
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort(net.IP(ip).String(), strconv.FormatUint(number, 10))
}
