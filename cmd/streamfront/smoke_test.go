package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/functions/stream/probe"
	"github.com/streamfront/streamfront/internal/cdk"
	"github.com/streamfront/streamfront/internal/tools/smoke"
	"github.com/streamfront/streamfront/internal/tools/terminal"
)

// The probes alone, without an endpoint around them, refuse nothing: some rows pass, others
// do not.
func TestSmokeExitStatus(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(probe.Handler())
	t.Cleanup(server.Close)
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, test := range map[string]struct {
		args   []string
		status int
		stdout string
		stderr string
	}{
		"passes":         {[]string{server.URL, "--only", "POST of text"}, 0, "1 ok, in ", ""},
		"fails":          {[]string{server.URL, "--only", "GET with a body*"}, 1, "want  status 403", ""},
		"fails as JSON":  {[]string{server.URL, "--only", "GET with a body*", "--json"}, 1, `"outcome": "FAIL"`, ""},
		"quick":          {[]string{server.URL, "--only", "heartbeats", "--quick"}, 0, "1 skipped", ""},
		"nobody there":   {[]string{closed.URL}, 2, "", "does not answer"},
		"no URL":         {nil, 2, "", "smoke takes one URL"},
		"two URLs":       {[]string{"a", "b"}, 2, "", "smoke takes one URL"},
		"no such row":    {[]string{server.URL, "--only", "none of it"}, 2, "", "no row fits"},
		"key in clear":   {[]string{"http://example.com"}, 2, "", "want https"},
		"an odd flag":    {[]string{server.URL, "--insecure"}, 2, "", "--insecure"},
		"an odd silence": {[]string{server.URL, "--silence", "5m"}, 2, "", "at most 2m30s"},
		"an odd timeout": {[]string{server.URL, "--timeout", "-5s"}, 2, "", "the timeout is -5s"},
		"no rows":        {[]string{server.URL, "--parallel", "-1"}, 2, "", "with -1 rows at once"},
		"help":           {[]string{"--help"}, 0, "Exit status: 0 if no row fails", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, err bytes.Buffer
			io := terminal.New(&out, &err, func(string) string { return "" })
			status := execute(t.Context(), newRootCommand(io), io, append([]string{"smoke"}, test.args...))
			if status != test.status || !strings.Contains(out.String(), test.stdout) || !strings.Contains(err.String(), test.stderr) {
				t.Errorf("exit status %d, printed %q and %q, want %d, %q and %q", status, &out, &err, test.status, test.stdout, test.stderr)
			}
		})
	}
}

func TestSmokeReport(t *testing.T) {
	t.Parallel()
	hidden := smoke.Assumption{Row: "delete-bodies", Says: "bodies of DELETE are hidden"}
	kept := smoke.Assumption{Row: "caching-extras", Says: "errors are not kept"}
	report := &smoke.Report{
		URL: "https://example.com", OK: 2, Failed: 2, Skipped: 1, Milliseconds: 65100,
		Results: []smoke.Result{
			{Name: "DELETE with a body", Outcome: smoke.OK, Milliseconds: 12, Settled: []smoke.Settlement{{Assumption: hidden, State: smoke.Confirmed}}},
			{Name: "errors", Outcome: smoke.OK, Milliseconds: 65000, Settled: []smoke.Settlement{{Assumption: kept, State: smoke.Refuted}}},
			{Name: "POST", Outcome: smoke.Fail, Milliseconds: 7, Want: "status 200", Seen: "status 403", Cause: "payload-hash-missing"},
			{Name: "PUT", Outcome: smoke.Fail, Milliseconds: 7, Want: "status 200", Seen: "status 403", Cause: "payload-hash-missing"},
			{Name: "direct", Outcome: smoke.Skip, Note: "needs --function-url"},
		},
		Assumptions: []smoke.Settlement{{Assumption: kept, State: smoke.Refuted}, {Assumption: hidden, State: smoke.Confirmed}},
	}
	text := func() string {
		var out bytes.Buffer
		io := terminal.New(&out, &out, func(string) string { return "" })
		if err := writeSmoke(io.Out, report, cdk.Python); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for _, want := range []string{
		"ok     12ms  DELETE with a body (confirmed: delete-bodies)\n",
		"ok    65.0s  errors (refuted: caching-extras)\n",
		"FAIL    7ms  POST\n               want  status 200\n               seen  status 403\n               cause payload-hash-missing\n",
		"skip         direct (needs --function-url)\n",
		"https://example.com: 2 ok, 2 failed, 1 skipped, in 65.1s\n",
		"payload-hash-missing  2  ", "edge_lambdas=[cloudfront.EdgeLambda(",
		"  refuted    caching-extras  errors are not kept\n  confirmed  delete-bodies   bodies of DELETE are hidden\n",
	} {
		if got := text(); !strings.Contains(got, want) {
			t.Errorf("printed\n%s\nwant it to have\n%s", got, want)
		}
	}
	report.Local = true
	if got, want := text(), "(docs/fidelity.md): 2."; !strings.Contains(got, want) || strings.Contains(got, "refuted") {
		t.Errorf("printed\n%s\nwant %q, and nothing settled", got, want)
	}
}

func TestWhatCannotBeRecordedOrFollowed(t *testing.T) {
	t.Parallel()
	wrong := filepath.Join(t.TempDir(), "settled.json")
	if err := os.WriteFile(wrong, []byte(`{"version": 9}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"of this machine":         {[]string{"smoke", "--record", "x.json", "http://127.0.0.1:1"}, "--record keeps what AWS does, and http://127.0.0.1:1 is on this machine"},
		"signed, by nobody asked": {[]string{"smoke", "--sign", "https://d111111abcdef8.cloudfront.net"}, "--sign is for calls of the function URL"},
		"another version":         {[]string{"run", "--settled", wrong, t.TempDir()}, wrong + " has version 9, and this streamfront reads version 1"},
		"no file":                 {[]string{"run", "--settled", wrong + "x", t.TempDir()}, "no such file"},
		"a window of nothing":     {[]string{"run", "--signature-window", "0s", t.TempDir()}, "--signature-window is 0s"},
	} {
		if _, stderr, status := try(t, "", test.args...); status != 2 || !strings.Contains(stderr, test.says) {
			t.Errorf("%s: status %d, %q, want 2 and %q", name, status, stderr, test.says)
		}
	}
}
