package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/functions/signer"
	"github.com/streamfront/streamfront/functions/viewer"
	"github.com/streamfront/streamfront/internal/tools/fakeaws"
)

// patience bounds every wait: a machine that is busy compiling may need it.
const patience = 4 * time.Minute

// The commands of the guides do what the guides say: by the real command line, in a folder with
// the sample's assembly, in an account that is a stand-in.
func TestPagesRunAsWritten(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the guides are for a POSIX shell")
	}
	for _, program := range []string{"make", "curl", "openssl"} { // Node.js and Go run this test, too
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed, which commands of the guides call", program)
		}
	}
	bin, function := t.TempDir(), t.TempDir()
	build(t, filepath.Join(bin, "streamfront"), "./cmd/streamfront")
	build(t, filepath.Join(function, "bootstrap"), "./functions/stream")
	repository, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	maker, err := exec.LookPath("make")
	if err != nil {
		t.Fatal(err)
	}
	// The guides are read in a clone; here the folder is another one, for its cdk.out.
	script(t, bin, "make", fmt.Sprintf("exec %q --no-print-directory -C %q \"$@\"", maker, repository))
	script(t, bin, "cdk", "echo '2.1148.1 (build fake)'")

	for page, g := range guides {
		t.Run(strings.TrimSuffix(filepath.Base(page), ".md"), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			r := &reader{dir: t.TempDir(), environment: fakeaws.Environment(fakeaws.Start(t, account()))}
			maps.Copy(r.environment, map[string]string{
				"PATH": bin + string(filepath.ListSeparator) + os.Getenv("PATH"), "MAKEFLAGS": "", "STREAMFRONT_API_KEY": "", "HTTP_PROXY": "", "http_proxy": "",
			})
			writeSample(t, filepath.Join(r.dir, "cdk.out"), function)
			if g.file != "" {
				_, text, _ := strings.Cut(read(t, page), "```json\n")
				text, _, _ = strings.Cut(text, "```")
				if err := os.WriteFile(filepath.Join(r.dir, g.file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			serve := g.serve
			var commands []command
			for _, c := range g.commands {
				if strings.Contains(c.line, "streamfront run ") {
					serve = c.line
					continue
				}
				commands = append(commands, c)
			}
			if serve != "" {
				r.environment["URL"] = r.serve(ctx, t, serve) + g.path
				if key := regexp.MustCompile(`^API_KEY=(\S+)`).FindStringSubmatch(serve); key != nil {
					r.environment["API_KEY"] = key[1]
				}
			}
			r.run(ctx, t, commands)
		})
	}
}

// account is one that is ready, and that a deployment has left an edge function in.
func account() *fakeaws.Account {
	return &fakeaws.Account{
		ID: "123456789012", Regions: []string{"us-east-1", "eu-west-1"},
		Parameters: map[string]string{"us-east-1 /cdk-bootstrap/hnb659fds/version": "30"},
		Functions: map[string]*fakeaws.Lambda{"Streamfront-Signer": {
			Description: "streamfront: hashes request bodies for OAC", Tags: map[string]string{"aws:cloudformation:stack-name": "Streamfront"},
		}},
	}
}

// A reader follows a page, in a shell.
type reader struct {
	dir         string
	environment map[string]string
}

func (r *reader) shell(ctx context.Context, script string) *exec.Cmd {
	c := exec.CommandContext(ctx, "sh", "-c", script)
	c.Dir, c.Env, c.WaitDelay = r.dir, os.Environ(), patience
	for name, value := range r.environment {
		c.Env = append(c.Env, name+"="+value)
	}
	return c
}

// serve starts a line of 'streamfront run', stops it when the test ends, and returns the
// address that it prints.
func (r *reader) serve(ctx context.Context, t *testing.T, line string) string {
	t.Helper()
	c := r.shell(context.WithoutCancel(ctx), "exec env "+line) // the program gets Ctrl-C, not a shell
	c.Stderr = t.Output()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	address, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		lines := bufio.NewReader(out)
		for err := error(nil); err == nil; {
			var printed string
			printed, err = lines.ReadString('\n')
			_, _ = io.WriteString(t.Output(), printed)
			if m := regexp.MustCompile(`^distribution +(http://\S+)`).FindStringSubmatch(printed); m != nil {
				address <- m[1]
			}
		}
	}()
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		kill := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
		defer kill.Stop()
		<-ended
		if err := c.Wait(); err != nil {
			t.Errorf("%s: %v after Ctrl-C", line, err)
		}
	})
	select {
	case url := <-address:
		return url
	case <-ended:
		t.Fatalf("%s ended without an address", line)
	case <-ctx.Done():
		t.Fatalf("%s: %v", line, ctx.Err())
	}
	return ""
}

// run runs the commands in one shell, so that what one of them sets the next ones have.
func (r *reader) run(ctx context.Context, t *testing.T, commands []command) {
	t.Helper()
	const mark = "\x01"
	var script strings.Builder
	for _, c := range commands {
		fmt.Fprintf(&script, "%s\nprintf '%s%%s%s' $?\n", c.line, mark, mark)
	}
	out, err := r.shell(ctx, "exec 2>&1\n"+script.String()).Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	parts := strings.Split(string(out), mark)
	for i, c := range commands {
		if len(parts) < 2*i+2 {
			t.Fatalf("%s: the shell ended: %v\n%s", c.line, err, out)
		}
		said := strings.Join(strings.Fields(parts[2*i]), " ")
		if status := parts[2*i+1]; status != fmt.Sprint(c.status) || !strings.Contains(said, c.says) {
			t.Errorf("%s\nexit status %s, want %d and %q in\n%.3000s", c.line, status, c.status, c.says, parts[2*i])
		}
	}
}

// writeSample writes what 'make synth' does, without the CDK: the golden template of the
// sample, with the code in it that the golden one leaves out, and the function for this machine.
func writeSample(t *testing.T, dir, function string) {
	t.Helper()
	type object = map[string]any
	var template struct {
		Resources map[string]struct{ Type string }
	}
	text := read(t, "test/testdata/Streamfront.template.json")
	if err := json.Unmarshal([]byte(text), &template); err != nil {
		t.Fatal(err)
	}
	text = strings.ReplaceAll(text, `"arm64"`, fmt.Sprintf("%q", map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]))
	for key, code := range map[string]string{"FunctionCode": viewer.Route{Streamed: true, Signed: true}.Source(), "ZipFile": signer.Source} {
		quoted, err := json.Marshal(code)
		if err != nil {
			t.Fatal(err)
		}
		golden := fmt.Sprintf("%q: %q", key, "CODE")
		if !strings.Contains(text, golden) {
			t.Fatalf("the golden template has no %s", golden)
		}
		text = strings.ReplaceAll(text, golden, fmt.Sprintf("%q: %s", key, quoted))
	}
	const bucket = "cdk-hnb659fds-assets-123456789012-us-east-1"
	files := map[string]any{
		"manifest.json": object{"version": "54.0.0", "artifacts": object{
			"Streamfront": object{
				"type": "aws:cloudformation:stack", "environment": "aws://123456789012/us-east-1",
				"properties": object{"templateFile": "Streamfront.template.json"},
			},
			"Streamfront.assets": object{"type": "cdk:asset-manifest", "properties": object{"file": "Streamfront.assets.json"}},
		}},
		"Streamfront.template.json": json.RawMessage(text),
		"Streamfront.assets.json": object{"files": object{"function": object{
			"source":       object{"path": function, "packaging": "zip"},
			"destinations": object{"here": object{"bucketName": bucket, "objectKey": "HASH.zip"}},
		}}, "dockerImages": object{}},
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		data, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// build compiles a program of the project for this machine.
func build(t *testing.T, file, program string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", "build", "-o", file, program)
	c.Dir, c.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", program, err, out)
	}
}

func script(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}
