package local_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// A web application that knows nothing of Lambda, in Node.js.
const application = `
const http = require('node:http');
http.createServer((request, response) => {
  if (request.url === '/gate') {
    response.write('first\n');
    http.get(request.headers['x-gate'] + '/first', () => response.end('last\n'));
    return;
  }
  if (request.url === '/crash') {
    response.write('first\n');
    http.get(request.headers['x-gate'] + '/first', () => process.exit(3));
    return;
  }
  if (request.url === '/crash-before') process.exit(4);
  let length = 0;
  request.on('data', (chunk) => { length += chunk.length; });
  request.on('end', () => {
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    response.writeHead(length === 0 ? 204 : 201, { 'content-type': 'application/json' });
    response.end(length === 0 ? undefined : JSON.stringify({
      Method: request.method, Target: request.url, Authorization: request.headers.authorization ?? '', Length: length,
      Headers: Object.keys(request.headers),
    }));
  });
}).listen(process.env.PORT);
`

// adapted makes the fixture's function a web application behind the Lambda Web Adapter.
func (f *fixture) adapted(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"app.cjs": application, "run.sh": "#!/bin/sh\nexec node app.cjs\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	f.asset = dir
	function := f.properties("Function")
	function["Architectures"] = []any{"arm64"}
	function["Runtime"], function["Handler"] = "nodejs24.x", "run.sh"
	function["Layers"] = []any{object{"Fn::Sub": "arn:aws:lambda:${AWS::Region}:753240598075:layer:LambdaAdapterLayerArm64:30"}}
	function["Environment"] = object{"Variables": object{
		"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap", "AWS_LWA_INVOKE_MODE": "response_stream", "AWS_LWA_PORT": "8080",
		"AWS_LWA_AUTHORIZATION_SOURCE": "x-forwarded-authorization", "AWS_LWA_READINESS_CHECK_PROTOCOL": "tcp",
	}}
}

// An asset that is an archive is unpacked, and its programs stay programs.
func TestWebApplicationInAnArchive(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.adapted(t)
	f.asset = archived(t, f.asset)
	chain := f.start(t, local.Options{})
	if resp, body := send(t, "POST", chain.URL()+"/", "ab"); resp.StatusCode != 201 || decode(t, body).Length != 2 {
		t.Errorf("answer = %d %s", resp.StatusCode, body)
	}
}

func TestWebApplicationAnswersThroughTheAdapter(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.adapted(t)
	chain := f.start(t, local.Options{})
	resp, body := send(t, "POST", chain.URL()+"/a%20b?x=1", "\xff\x00", "Authorization", "Bearer secret", "X-Amzn-Lambda-Context", "spoofed")
	got := decode(t, body)
	if resp.StatusCode != 201 || got.Method != "POST" || got.Target != "/a%20b?x=1" || got.Length != 2 || got.Authorization != "Bearer secret" {
		t.Errorf("answer = %d %+v", resp.StatusCode, got)
	}
	if cookies := resp.Header.Values("Set-Cookie"); len(cookies) != 2 {
		t.Errorf("Set-Cookie = %q, want both", cookies)
	}
	if resp, body := send(t, "GET", chain.URL()+"/", ""); resp.StatusCode != 204 || body != "" {
		t.Errorf("empty answer = %d %q, want 204", resp.StatusCode, body)
	}
	if note := strings.Join(chain.Notes(), "\n"); !strings.Contains(note, "a stand-in for the Lambda Web Adapter") {
		t.Errorf("notes = %q, want the stand-in named", note)
	}
}

// In buffered mode adapter and function URL speak JSON.
func TestWebApplicationAnswersInOnePiece(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.adapted(t)
	f.at("Resources", "Function", "Properties", "Environment", "Variables")["AWS_LWA_INVOKE_MODE"] = "buffered"
	f.properties("Url")["InvokeMode"] = "BUFFERED"
	resp, body := send(t, "POST", f.start(t, local.Options{}).URL()+"/x", "\xff\x00")
	if got := decode(t, body); resp.StatusCode != 201 || got.Length != 2 || resp.ContentLength != int64(len(body)) {
		t.Errorf("answer = %d %+v, length %d, want 201 with its length", resp.StatusCode, got, resp.ContentLength)
	}
	if cookies := resp.Header.Values("Set-Cookie"); len(cookies) != 2 {
		t.Errorf("Set-Cookie = %q, want both", cookies)
	}
}

// An OS-only runtime has no exec wrapper: its bootstrap is the application.
func TestWebApplicationOfAnOSOnlyRuntime(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.adapted(t)
	f.properties("Function")["Runtime"] = "provided.al2023"
	delete(f.at("Resources", "Function", "Properties", "Environment", "Variables"), "AWS_LAMBDA_EXEC_WRAPPER")
	if err := os.Rename(filepath.Join(f.asset, "run.sh"), filepath.Join(f.asset, "bootstrap")); err != nil {
		t.Fatal(err)
	}
	if resp, body := send(t, "POST", f.start(t, local.Options{}).URL()+"/x", "body"); resp.StatusCode != 201 {
		t.Errorf("answer = %d %s, want 201", resp.StatusCode, body)
	}
}

func TestWebApplicationStreamsThroughTheAdapter(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.adapted(t)
	chain := f.start(t, local.Options{})
	gate := newGate(t)
	resp := open(t, "GET", chain.URL()+"/gate", "X-Gate", gate.url)
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)
	if line, err := lines.ReadString('\n'); line != "first\n" || err != nil {
		t.Fatalf("first line = %q, %v", line, err)
	}
	gate.open("/first")
	if rest, err := io.ReadAll(lines); string(rest) != "last\n" || err != nil {
		t.Errorf("rest = %q, %v", rest, err)
	}
}

// A control character in a path is no fault of the application, which sees it as it came.
func TestWebApplicationSeesControlCharacters(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.adapted(t)
	chain := f.start(t, local.Options{})
	for c := range 0x80 {
		if c > 0x1f && c < 0x7f {
			continue
		}
		target := fmt.Sprintf("/echo/%%%02Xx?a=%%%02X", c, c)
		resp, body := send(t, "POST", chain.URL()+target, "body")
		if resp.StatusCode != 201 || decode(t, body).Target != target {
			t.Errorf("%s: %d %s, want 201 and the target as it came", target, resp.StatusCode, body)
		}
	}
}

// A crash has the process's end for its reason, not what the adapter notices of it.
func TestCrashOfAWebApplication(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"response_stream", "buffered"} {
		for path, want := range map[string]string{"/crash": "exit status 3", "/crash-before": "exit status 4"} {
			t.Run(mode+path, func(t *testing.T) {
				t.Parallel()
				f := newFixture()
				f.adapted(t)
				f.at("Resources", "Function", "Properties", "Environment", "Variables")["AWS_LWA_INVOKE_MODE"] = mode
				f.properties("Url")["InvokeMode"] = strings.ToUpper(mode)
				traces := make(chan local.Trace, 1)
				chain := f.start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }})
				gate := newGate(t)
				if path == "/crash" {
					go gate.open("/first")
				}
				status, whole := 0, false
				request, err := http.NewRequestWithContext(t.Context(), "GET", chain.URL()+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("X-Gate", gate.url)
				if resp, err := client.Do(request); err == nil {
					_, err = io.ReadAll(resp.Body)
					resp.Body.Close()
					status, whole = resp.StatusCode, err == nil
				}
				if begun := mode == "response_stream" && path == "/crash"; begun && (status != 200 || whole) || !begun && status != 502 {
					t.Errorf("status %d, whole %t", status, whole)
				}
				tr := testclient.Receive(t, "the trace", traces)
				last := tr.Hops[len(tr.Hops)-1]
				for _, h := range tr.Hops {
					if h.Name == "function" {
						last = h
					}
				}
				if last.Cause != "function-failed" || !strings.Contains(last.Decision, "Runtime.ExitError: the process ended ("+want+")") {
					t.Errorf("the function's hop: %s, cause %q, want the process's end", last.Decision, last.Cause)
				}
			})
		}
	}
}

func TestWebAdapterThatCouldNotWorkIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(function, variables object)
		want   string
	}{
		"no exec wrapper": {func(_, v object) { delete(v, "AWS_LAMBDA_EXEC_WRAPPER") }, "does nothing unless AWS_LAMBDA_EXEC_WRAPPER is /opt/bootstrap"},
		"layer of the other architecture": {func(f, _ object) {
			f["Layers"] = []any{"arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:30"}
		}, "which does not run on arm64"},
		"setting of another name": {func(_, v object) { v["AWS_LWA_REMOVE_BASE_PATH"] = "/x" }, "AWS_LWA_REMOVE_BASE_PATH"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			f.adapted(t)
			test.change(f.properties("Function"), f.at("Resources", "Function", "Properties", "Environment", "Variables"))
			_, err := local.Start(t.Context(), local.Options{Assembly: f.write(t)})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %q", err, test.want)
			}
		})
	}
}
