package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spf13/cobra"

	"github.com/streamfront/streamfront/internal/tools/terminal"
)

// try runs a command line and returns what it printed, and its exit status.
func try(t *testing.T, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	io := terminal.New(&out, &errs, func(string) string { return "" })
	root := newRootCommand(io)
	root.SetIn(strings.NewReader(stdin))
	status = execute(t.Context(), root, io, args)
	return out.String(), errs.String(), status
}

// commands are ours, without those that cobra adds.
func commands() []*cobra.Command {
	return newRootCommand(terminal.New(&bytes.Buffer{}, &bytes.Buffer{}, os.Getenv)).Commands()
}

func TestEveryCommandHelps(t *testing.T) {
	t.Parallel()
	for _, command := range commands() {
		t.Run(command.Name(), func(t *testing.T) {
			t.Parallel()
			help, _, status := try(t, "", command.Name(), "--help")
			if status != 0 {
				t.Errorf("exit status %d, want 0", status)
			}
			for _, want := range []string{"Usage:\n  streamfront " + command.Name(), "Examples:\n  ", "\nExit status: 0 ", ", 2 on an error or a wrong command line.\n", "  --json"} {
				if !strings.Contains(help, want) {
					t.Errorf("the help has no %q:\n%s", want, help)
				}
			}
			if again, _, _ := try(t, "", "help", command.Name()); again != help {
				t.Errorf("'help %s' is not what '--help' prints", command.Name())
			}
		})
	}
}

// Every example is a command line that is one: its flags are there.
func TestExamplesAreCommandLines(t *testing.T) {
	t.Parallel()
	for _, command := range commands() {
		for line := range strings.Lines(command.Example) {
			line, _, _ = strings.Cut(line, "  #")
			_, line, found := strings.Cut(line, "streamfront "+command.Name())
			if !found {
				t.Errorf("the example %q does not show %s", line, command.Name())
				continue
			}
			line, _, _ = strings.Cut(line, "|")
			line, _, _ = strings.Cut(line, ">")
			for _, word := range strings.Fields(line) {
				name, isFlag := strings.CutPrefix(word, "--")
				name, _, _ = strings.Cut(name, "=")
				if isFlag && command.Flags().Lookup(name) == nil {
					t.Errorf("%s has no flag %q, which its example shows", command.Name(), word)
				}
			}
		}
	}
}

func TestExitStatus(t *testing.T) {
	t.Parallel()
	shown := errors.New("it broke")
	for name, test := range map[string]struct {
		err    error
		args   []string
		status int
		stderr string
	}{
		"success":             {nil, []string{"x"}, 0, ""},
		"an error":            {shown, []string{"x"}, 2, "streamfront: it broke\n"},
		"an error once shown": {errShown, []string{"x"}, 1, ""},
		"a wrong value":       {usagef("--x is %d, want 1", 2), []string{"x"}, 2, "streamfront: --x is 2, want 1\nRun 'streamfront x --help' for its flags and examples.\n"},
		"an unknown shell":    {nil, []string{"completion", "y"}, 2, "streamfront: unknown command \"y\" for \"streamfront completion\"\nRun 'streamfront completion --help' for its flags and examples.\n"},
		"help of nothing":     {nil, []string{"help", "y"}, 2, "streamfront: there is no command \"y\"\nRun 'streamfront help --help' for its flags and examples.\n"},
		"a port in words":     {nil, []string{"run", "--port", "abc"}, 2, "streamfront: --port is \"abc\", want a whole number\nRun 'streamfront run --help' for its flags and examples.\n"},
		"a truth in words":    {nil, []string{"run", "--tls=perhaps"}, 2, "streamfront: --tls is \"perhaps\", want true or false\nRun 'streamfront run --help' for its flags and examples.\n"},
		"a time in words":     {nil, []string{"run", "--signature-window", "long"}, 2, "streamfront: --signature-window is \"long\", want a duration such as 90s or 5m\nRun 'streamfront run --help' for its flags and examples.\n"},
		"a context":           {nil, []string{"run", "--context", "stage=dev"}, 2, "streamfront: --context: a synthesized app takes no context any more: run 'cdk synth -q -c stage=dev' first; give what only a deployment knows by --parameter\nRun 'streamfront run --help' for its flags and examples.\n"},
		"sources of nobody":   {nil, []string{"run", "--source", "/nope"}, 2, "streamfront: the folder of sources \"/nope\" (--source) is not a folder that can be read: give one with the Go modules of the functions\n"},
		"a wrong flag":        {nil, []string{"x", "--y"}, 2, "streamfront: unknown flag: --y\nRun 'streamfront x --help' for its flags and examples.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			io := terminal.New(&out, &errs, func(string) string { return "" })
			root := newRootCommand(io)
			root.AddCommand(&cobra.Command{Use: "x", RunE: func(*cobra.Command, []string) error { return test.err }})
			if status := execute(t.Context(), root, io, test.args); status != test.status || errs.String() != test.stderr {
				t.Errorf("exit status %d, printed %q, want %d, %q", status, errs.String(), test.status, test.stderr)
			}
		})
	}
}

func TestInterruptedCommand(t *testing.T) {
	t.Parallel()
	var errs bytes.Buffer
	io := terminal.New(&bytes.Buffer{}, &errs, func(string) string { return "" })
	root := newRootCommand(io)
	ctx, interrupt := context.WithCancel(t.Context())
	root.AddCommand(&cobra.Command{Use: "x", RunE: func(command *cobra.Command, _ []string) error {
		interrupt()
		return fmt.Errorf("asking: %w", command.Context().Err())
	}})
	if status := execute(ctx, root, io, []string{"x"}); status != 2 || errs.String() != "streamfront: interrupted\n" {
		t.Errorf("exit status %d, printed %q, want 2 and that it was interrupted", status, errs.String())
	}
}

// Ctrl-C ends run as it should, also before it serves.
func TestInterruptedStart(t *testing.T) {
	t.Parallel()
	var errs bytes.Buffer
	io := terminal.New(&bytes.Buffer{}, &errs, func(string) string { return "" })
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	if status := execute(ctx, newRootCommand(io), io, []string{"run", "--port", "0", "../../local/testdata/foreign/own-oac"}); status != 0 || errs.String() != "" {
		t.Errorf("exit status %d, printed %q, want 0 and nothing", status, errs.String())
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if script, _, status := try(t, "", "completion", shell); status != 0 || !strings.Contains(script, "streamfront") {
			t.Errorf("completion %s: exit status %d, %d bytes", shell, status, len(script))
		}
	}
	for name, test := range map[string]struct {
		args []string
		want string // of the answer to a shell
	}{
		"commands":           {[]string{"ex"}, "explain\t"},
		"folders of cdk.out": {[]string{"run", ""}, ":16\n"},
		"one folder only":    {[]string{"run", "cdk.out", ""}, ":4\n"},
		"folders of sources": {[]string{"run", "--source", ""}, ":16\n"},
		"causes":             {[]string{"explain", "payload"}, "payload-hash-missing\t"},
		"methods":            {[]string{"explain", "-X", "P"}, "POST\n"},
	} {
		if out, _, _ := try(t, "", append([]string{"__complete"}, test.args...)...); !strings.Contains(out, test.want) {
			t.Errorf("%s: %q, want %q in it", name, out, test.want)
		}
	}
}

// What is wrong with a flag is said before anything is built.
func TestRunRefusesOddFlags(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--port", "65536"}, {"--port", "-1"}, {"--environment-concurrency", "0"}, {"--signature-window", "-1s"}, {"--canary", "101", "--deployed", "x"}, {"--canary", "5"}} {
		_, stderr, status := try(t, "", append([]string{"run", t.TempDir()}, args...)...)
		if want := fmt.Sprintf("%s is %s, want ", args[0], args[1]); status != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit status %d, printed %q, want 2 and %q", args, status, stderr, want)
		}
	}
}

const unknownHost = "HTTP/2 403 \nx-amzn-errortype: AccessDeniedException\nx-cache: Error from cloudfront\n\n{\"Message\":null}"

func TestExplainReadsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "answer.txt")
	if err := os.WriteFile(file, []byte(unknownHost), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	otherName := strings.Replace(server.URL, "127.0.0.1", "localhost", 1) // its certificate is for another
	for name, test := range map[string]struct {
		stdin  string
		args   []string
		status int
		want   string
	}{
		"standard input": {unknownHost, nil, 0, "1. host-forwarded  likely"},
		"a dash":         {unknownHost, []string{"-"}, 0, "1. host-forwarded  likely"},
		"a file":         {"", []string{file}, 0, "1. host-forwarded  likely"},
		"flags":          {"", []string{"--status", "403", "--error-type", "AccessDeniedException", "--body", `{"Message":null}`}, 0, "1. host-forwarded  likely"},
		"a type alone":   {"", []string{"--error-type", "InvalidSignatureException"}, 0, "1. payload-hash-missing  likely"},
		"a cause":        {"", []string{"throttled"}, 0, "More requests at once"},
		"the list":       {"", []string{"--list"}, 0, "payload-hash-missing"},
		"nothing fits":   {"HTTP/1.1 403 Forbidden\nserver: nginx\n\nno", nil, 1, "None of the known causes fits"},
		"all is well":    {"HTTP/2 200 \nx-cache: Miss from cloudfront\n\nhello", nil, 0, "Nothing is known to be wrong"},
		"an empty paste": {"", nil, 2, "the paste is empty"},
		"no such thing":  {"", []string{"nonsense"}, 2, `"nonsense" is not a URL, a file or a known cause`},
		"two arguments":  {"", []string{"a", "b"}, 2, "takes one URL, file or cause"},
		"no URL":         {"", []string{"-X", "POST"}, 2, "--request describes a request: give the URL"},
		"an odd status":  {"", []string{"--status", "4"}, 2, "--status is 4, want one from 100 to 599"},
		"both":           {"", []string{"--status", "403", file}, 2, "--status is the answer"},
		"a wrong header": {"", []string{"http://127.0.0.1:1/", "-H", "x"}, 2, `"x" is not a header`},
		"nobody there":   {"", []string{"http://127.0.0.1:1/"}, 2, "curl -sS -i 'http://127.0.0.1:1/'"},
		"no time":        {"", []string{"http://127.0.0.1:1/", "--max-time", "-3s"}, 2, "--max-time is -3s, want more than 0"},
		"another name":   {"", []string{otherName}, 2, "Probable cause: domain-unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, status := try(t, test.stdin, append([]string{"explain"}, test.args...)...)
			if status != test.status || !strings.Contains(stdout+stderr, test.want) {
				t.Errorf("exit status %d, printed\n%s%s\nwant %d and %q", status, stdout, stderr, test.status, test.want)
			}
		})
	}
}

// Who reports a problem copies what explain prints.
func TestExplainMasksCredentials(t *testing.T) {
	t.Parallel()
	const answer = "$ curl -i 'https://user:hidden@b.example/a?session_id=hidden&b=1' -H 'X-Auth-Key: hidden'\nHTTP/2 401\n" +
		"x-amzn-remapped-www-authenticate: Bearer realm=\"https://b.example/?token=hidden\"\n\nno"
	for _, args := range [][]string{{"explain"}, {"explain", "--json"}, {"explain", "http://127.0.0.1:1/?a=1&pwd=hidden"}} {
		stdout, stderr, _ := try(t, answer, args...)
		if strings.Contains(stdout+stderr, "hidden") || !strings.Contains(stdout+stderr, "sha256 ") {
			t.Errorf("%v: want fingerprints in place of credentials:\n%s%s", args, stdout, stderr)
		}
	}
}

func TestExplainInJSON(t *testing.T) {
	t.Parallel()
	stdout, _, _ := try(t, unknownHost, "explain", "--json")
	var report struct {
		Answer struct {
			Status          int
			ErrorType, From string
		}
		Causes []struct {
			ID, Fit  string
			Because  []string
			Diagnose []string
		}
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if report.Answer.Status != 403 || report.Answer.From != "from the function URL through CloudFront" || len(report.Causes) != 2 ||
		report.Causes[0].ID != "host-forwarded" || report.Causes[0].Fit != "likely" || len(report.Causes[0].Because) == 0 || len(report.Causes[0].Diagnose) == 0 {
		t.Errorf("report = %+v", report)
	}
	stdout, _, _ = try(t, "", "explain", "--list", "--json")
	var list []struct{ ID string }
	if err := json.Unmarshal([]byte(stdout), &list); err != nil || len(list) < 30 {
		t.Errorf("%d causes, %v", len(list), err)
	}
}

// A POST may have effects: it goes out once, and again with --probe only.
func TestExplainRepeatsAPostOnlyIfTold(t *testing.T) {
	t.Parallel()
	for args, test := range map[string]struct {
		posts int32
		want  string
	}{
		"":        {1, "not sent, since it repeats a POST: --probe does"},
		"--probe": {2, "payload-hash-missing  certain"},
	} {
		t.Run("explain "+args, func(t *testing.T) {
			t.Parallel()
			var posts atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Via", "1.1 a.cloudfront.net (CloudFront)")
				if r.Method != http.MethodPost {
					return
				}
				posts.Add(1)
				if r.Header.Get("X-Amz-Content-Sha256") == "" {
					w.Header().Set("X-Amzn-Errortype", "InvalidSignatureException")
					w.WriteHeader(http.StatusForbidden)
				}
			}))
			defer server.Close()
			stdout, stderr, status := try(t, "", append([]string{"explain", server.URL, "-d", "hello"}, strings.Fields(args)...)...)
			if posts.Load() != test.posts || status != 0 || !strings.Contains(stdout, test.want) {
				t.Errorf("%d POSTs, exit status %d, printed\n%s%s\nwant %d and %q", posts.Load(), status, stdout, stderr, test.posts, test.want)
			}
		})
	}
}
