package streamhttp_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// startServer runs Serve outside Lambda on a free port.
func startServer(t *testing.T) (process *os.Process, url string, wait func() error) {
	t.Helper()
	server := startTestBinary(t, "AWS_LAMBDA_RUNTIME_API=", "PORT=0")
	stderr, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	log := bufio.NewReader(stderr)
	line, err := log.ReadString('\n')
	if err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	match := regexp.MustCompile(`address=\S*:(\d+)`).FindStringSubmatch(line)
	if match == nil {
		t.Fatalf("the first line of the log has no address: %q", line)
	}
	return server.Process, "http://127.0.0.1:" + match[1], func() error {
		_, _ = io.Copy(io.Discard, log)
		return server.Wait()
	}
}

func TestServeTrustsNothingOutsideLambda(t *testing.T) {
	_, url, _ := startServer(t)
	request, err := http.NewRequestWithContext(t.Context(), "GET", url+"/headers", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer real")
	request.Header.Set("X-Forwarded-Authorization", "Bearer forwarded")
	request.Header.Set("X-Forwarded-Proto", "https")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if want := "Bearer real Bearer forwarded false"; err != nil || string(body) != want {
		t.Errorf("got %q, %v, want %q", body, err, want)
	}
}

// A signal lets the stream in progress end, and the program end well.
func TestServeShutsDownGracefully(t *testing.T) {
	process, url, wait := startServer(t)
	gate := make(chan struct{})
	gates, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gateServer := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	})}
	go func() { _ = gateServer.Serve(gates) }()
	defer gateServer.Close()

	request, err := http.NewRequestWithContext(t.Context(), "GET", url+"/ordered?gate=http://"+gates.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	close(gate)
	body, err := io.ReadAll(response.Body)
	if want := "data: 0\n\ndata: 1\n\ndata: 2\n\n"; err != nil || string(body) != want {
		t.Errorf("stream = %q, %v, want %q", body, err, want)
	}
	if err := wait(); err != nil {
		t.Errorf("the program ends with %v, want success", err)
	}
}

func TestServePortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server := startTestBinary(t, "AWS_LAMBDA_RUNTIME_API=", "PORT="+port)
	output, err := server.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "set PORT to a free port") {
		t.Errorf("got %v, %q, want a failure that says what to do", err, output)
	}
}
