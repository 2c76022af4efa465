package npmtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A recorder notes how a test was ended.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()                        {}
func (r *recorder) Fatalf(format string, a ...any) { r.end("failed: "+format, a) }
func (r *recorder) Skipf(format string, a ...any)  { r.end("skipped: "+format, a) }
func (r *recorder) end(format string, a []any) {
	if r.ended == "" { // the first ends it
		r.ended = fmt.Sprintf(format, a...)
	}
}

// A lack is skipped where nobody installed anything, and nowhere else.
func TestWhereALackIsSkipped(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		installed bool
		ci, want  string
	}{
		"a fresh clone":   {false, "", "skipped"},
		"CI=false":        {false, "false", "skipped"},
		"CI":              {false, "true", "failed"},
		"after 'npm ci'":  {true, "", "failed"},
		"after it, in CI": {true, "1", "failed"},
	} {
		r := &recorder{TB: t}
		lack(r, test.installed, test.ci, "x.mjs")
		if !strings.HasPrefix(r.ended, test.want+": node x.mjs needs") || !strings.Contains(r.ended, "npm ci") {
			t.Errorf("%s: %q, want it %s with the reason", name, r.ended, test.want)
		}
	}
}

func TestRun(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("there is no Node.js")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"package-lock.json": "{}",
		"echo.mjs":          "process.stdin.pipe(process.stdout); process.stdin.on('end', () => process.stdout.write(process.argv[2]))",
		"needs.mjs":         "import 'a-package-that-there-is-not'",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("CI", "")
	if got := string(Run(t, strings.NewReader("in "), "echo.mjs", "out")); got != "in out" {
		t.Errorf("Run = %q", got)
	}
	r := &recorder{TB: t}
	if Run(r, nil, "needs.mjs"); !strings.HasPrefix(r.ended, "skipped") {
		t.Errorf("without the package: %q, want it skipped", r.ended)
	}
	if err := os.Mkdir(filepath.Join(dir, "node_modules"), 0o700); err != nil {
		t.Fatal(err)
	}
	r = &recorder{TB: t}
	if Run(r, nil, "needs.mjs"); !strings.HasPrefix(r.ended, "failed") {
		t.Errorf("without the package among others: %q, want an error", r.ended)
	}
}
