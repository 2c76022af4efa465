// Package npmtest runs scripts that need npm packages, for tests that compare Go code with those
// packages.
package npmtest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Run runs a script by Node.js and returns what it prints. On a fresh clone, where 'npm ci' was
// not run, it skips the test; in CI (the variable CI is set) and where packages of npm are
// installed a missing one is an error.
func Run(t testing.TB, input io.Reader, script string, args ...string) []byte {
	t.Helper()
	var complaint bytes.Buffer
	command := exec.CommandContext(t.Context(), "node", append([]string{script}, args...)...)
	command.Stdin, command.Stderr = input, &complaint
	out, err := command.Output()
	switch {
	case err == nil:
		return out
	case errors.Is(err, exec.ErrNotFound) || strings.Contains(complaint.String(), "ERR_MODULE_NOT_FOUND"):
		lack(t, installed(t), os.Getenv("CI"), script)
	default:
		t.Fatalf("node %s: %v\n%s", script, err, &complaint)
	}
	return nil
}

// lack ends the test that cannot run without Node.js and packages of npm.
func lack(t testing.TB, installed bool, ci, script string) {
	t.Helper()
	const advice = "node %s needs Node.js and packages of npm: install the one, and run 'npm ci' at the root of the repository for the others"
	if installed || ci != "" && ci != "false" && ci != "0" {
		t.Fatalf(advice, script)
	}
	t.Skipf(advice, script)
}

// installed reports whether the packages of the repository were ever installed.
func installed(t testing.TB) bool {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "package-lock.json")); err == nil {
			_, err := os.Stat(filepath.Join(dir, "node_modules"))
			return err == nil
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		t.Fatal("there is no package-lock.json above the working directory")
	}
}
