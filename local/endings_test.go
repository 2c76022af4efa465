//go:build unix

package local_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// commandLine builds the command once for this process.
var commandLine = sync.OnceValues(func() (string, error) {
	dir, err := functionAsset() // whose folder goes away at the end
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "streamfront")
	if out, err := exec.Command("go", "build", "-o", file, "../cmd/streamfront").CombinedOutput(); err != nil {
		return "", errors.New(string(out))
	}
	return file, nil
})

// A run is a 'streamfront run' of an assembly, with its own folder for temporary files.
type running struct {
	*exec.Cmd
	t       *testing.T
	stdout  *os.File // what it prints, from the second line on
	started struct {
		FunctionURLs, Distributions []struct{ URL string }
	}
	temporary string
}

func runCommand(t *testing.T, dir string, stderr *os.File, arguments ...string) *running {
	t.Helper()
	binary, err := commandLine()
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close() })
	r := &running{Cmd: exec.Command(binary, append([]string{"run", "--json", "--port", "0", dir}, arguments...)...), t: t, stdout: read, temporary: t.TempDir()}
	r.Env = append(os.Environ(), "TMPDIR="+r.temporary)
	r.Stdout = write
	if stderr != nil {
		r.Stderr = stderr
	} else {
		r.Stderr = t.Output()
		r.WaitDelay = patience
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	watchdog := time.AfterFunc(patience, func() { _ = r.Process.Kill() })
	t.Cleanup(func() { watchdog.Stop() })
	line, err := bufio.NewReaderSize(read, 1).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(line), &r.started); err != nil {
		t.Fatal(err)
	}
	return r
}

// wantGone waits for the end and wants nothing left of it.
func (r *running) wantGone(processes ...int) {
	r.t.Helper()
	if err := r.Wait(); err != nil {
		r.t.Errorf("it ended with %v, want exit status 0", err)
	}
	for _, process := range processes {
		if alive(process) {
			r.t.Errorf("the function's process %d is still there", process)
		}
	}
	if left, err := filepath.Glob(filepath.Join(r.temporary, "streamfront*")); err != nil || len(left) > 0 {
		r.t.Errorf("left are %q, %v", left, err)
	}
}

// Whatever tells the command to end, the terminal that is closed and the reader that has seen
// enough among it, neither a process nor a file of it is left.
func TestEveryEndingLeavesNothing(t *testing.T) {
	t.Parallel()
	if signal.Ignored(syscall.SIGHUP) { // under nohup, which the chain respects: a caught signal is not inherited
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	for name, end := range map[string]func(*testing.T, *running){
		"Ctrl-C":  func(_ *testing.T, r *running) { _ = r.Process.Signal(os.Interrupt) },
		"SIGTERM": func(_ *testing.T, r *running) { _ = r.Process.Signal(syscall.SIGTERM) },
		"the terminal is closed": func(_ *testing.T, r *running) { // shell and system send one each
			_ = r.Process.Signal(syscall.SIGHUP)
			_ = r.Process.Signal(syscall.SIGHUP)
		},
		"nobody reads the output": func(_ *testing.T, r *running) { r.stdout.Close() }, // and nothing is printed
		"nobody reads what is printed": func(_ *testing.T, r *running) {
			r.stdout.Close()
			resp, err := client.Get(r.started.Distributions[0].URL) // which it prints
			if err == nil {
				resp.Body.Close()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := runCommand(t, withBucket().write(t), nil)
			go func() { _, _ = io.Copy(io.Discard, r.stdout) }()
			_, body := send(t, "GET", r.started.Distributions[0].URL, "")
			var b behind
			if err := json.Unmarshal([]byte(body), &b); err != nil {
				t.Fatal(err)
			}
			if resp, text := send(t, "PUT", b.presigned(t, "PUT", "left"), "uploaded"); resp.StatusCode != http.StatusOK {
				t.Fatal(text)
			}
			end(t, r)
			r.wantGone(decode(t, body).Process)
		})
	}
}

// A viewer that disconnects in the middle of an answer ends that answer alone. A process that asks
// for SIGPIPE gets it for sockets, too.
func TestViewersWhoLeaveDoNotEndTheChain(t *testing.T) {
	t.Parallel()
	r := runCommand(t, newFixture().write(t), nil)
	go func() { _, _ = io.Copy(io.Discard, r.stdout) }()
	var process int
	for range 20 {
		_ = r.Process.Signal(syscall.SIGPIPE)
		_, body := send(t, "GET", r.started.Distributions[0].URL, "")
		process = decode(t, body).Process
	}
	_ = r.Process.Signal(os.Interrupt)
	r.wantGone(process)
}

// A disk that is full where functions print is not the functions' failure: requests go on, and
// that the log is lost is said once.
func TestAFullDiskUnderTheLog(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	defer full.Close()
	r := runCommand(t, newFixture().write(t), full)
	printed := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(r.stdout)
		printed <- string(text)
	}()
	processes := map[string]bool{}
	for range 3 {
		resp, body := send(t, "GET", r.started.Distributions[0].URL+"/prints", "")
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("a request whose function prints is answered %s %s", resp.Status, body)
		}
		processes[body] = true
	}
	if len(processes) != 1 {
		t.Errorf("processes = %v, want one that lives on", processes)
	}
	_ = r.Process.Signal(os.Interrupt)
	for process := range processes {
		number, err := strconv.Atoi(process)
		if err != nil {
			t.Fatal(err)
		}
		r.wantGone(number)
	}
	if got := testclient.Receive(t, "the line", printed); strings.Count(got, `"event":"log lost"`) != 1 || !strings.Contains(got, "no space left on device") {
		t.Errorf("printed %s, want once that the log is lost", got)
	}
}

// Close gives up a reload that hangs: here a Node.js that never says its version, the first
// time but one, while something that it started holds its output.
func TestCloseGivesUpAReload(t *testing.T) {
	t.Parallel()
	node := filepath.Join(t.TempDir(), "node")
	asked := filepath.Join(filepath.Dir(node), "asked")
	script := "#!/bin/sh\nif [ \"$1\" = --version ]; then\n  if [ -e " + asked + " ]; then sleep 1000 & echo $! > " + asked + ".new; mv " + asked + ".new " + asked + ".again; wait; fi\n  echo > " + asked + "\nfi\nexec node \"$@\"\n"
	if err := os.WriteFile(node, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	chain := newFixture().start(t, local.Options{Node: node})
	reloaded, closed := make(chan error, 1), make(chan struct{})
	go func() { reloaded <- chain.Reload(t.Context()) }()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if sleeper, err := os.ReadFile(asked + ".again"); err == nil {
			process, err := strconv.Atoi(strings.TrimSpace(string(sleeper)))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = kill(process) }()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the reload does not ask for the version")
		}
	}
	go func() {
		chain.Close()
		close(closed)
	}()
	testclient.Receive(t, "the end", closed)
	if err := testclient.Receive(t, "the reload", reloaded); err == nil {
		t.Error("the reload succeeded, want it given up")
	}
}

// A pipe in place of a template ends the reload, and not the chain.
func TestAPipeInTheAssemblyDoesNotBlock(t *testing.T) {
	t.Parallel()
	dir := newFixture().write(t)
	reloads := make(chan error, 10)
	chain := start(t, local.Options{Assembly: dir, Sources: []string{dir}, Watch: func(err error) { reloads <- err }})
	template := filepath.Join(dir, "Site.template.json")
	text, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(template); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(template, 0o600); err != nil {
		t.Fatal(err)
	}
	for { // it may look while there is no file at all
		if err := testclient.Receive(t, "the reload", reloads); err == nil {
			t.Fatal("reloaded from a pipe")
		} else if strings.Contains(err.Error(), "a named pipe") {
			break
		}
	}
	if resp, _ := send(t, "GET", chain.URL(), ""); resp.StatusCode != http.StatusOK {
		t.Errorf("meanwhile the chain answers %s", resp.Status)
	}
	if err := os.Remove(template); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(template, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for testclient.Receive(t, "the reload", reloads) != nil { // until the file is whole
	}
}
