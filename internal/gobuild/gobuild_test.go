package gobuild_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/gobuild"
)

// The architectures of Lambda, seen from this host, which may be neither.
var own, foreign = func() (string, string) {
	if runtime.GOARCH == "arm64" {
		return "arm64", "x86_64"
	}
	return "x86_64", "arm64"
}()

const host = runtime.GOOS + "/" + runtime.GOARCH

func writeFile(t *testing.T, content string, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
}

// The program prints which of its files was built: the one with the tag, or the other.
const (
	mainFile   = "package main\n\nfunc main() { println(said) }\n"
	taggedFile = "//go:build special\n\npackage main\n\nconst said = \"special\"\n"
	plainFile  = "//go:build !special\n\npackage main\n\nconst said = \"plain\"\n"
)

// newModule writes a module with a program in the package cmd/fn.
func newModule(t *testing.T, dir, path string) {
	t.Helper()
	writeFile(t, "// A comment first.\n\nmodule "+path+" // and one after\n\ngo 1.26\n", dir, "go.mod")
	writeFile(t, mainFile, dir, "cmd", "fn", "main.go")
	writeFile(t, taggedFile, dir, "cmd", "fn", "special.go")
	writeFile(t, plainFile, dir, "cmd", "fn", "plain.go")
}

// newAsset builds the program of a module for this host into the folder of an asset.
func newAsset(t *testing.T, module string, args ...string) string {
	t.Helper()
	asset := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", append([]string{"-C", module, "build", "-o", filepath.Join(asset, "bootstrap")}, append(args, "./cmd/fn")...)...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return asset
}

func skipOffLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("a host that is not Linux builds every function again")
	}
}

func TestAnAssetForThisHostRunsAsItIs(t *testing.T) {
	t.Parallel()
	skipOffLinux(t)
	asset := t.TempDir()
	writeFile(t, "#!/bin/sh\n", asset, "bootstrap") // need not be Go
	p, err := (&gobuild.Builder{}).Find(t.Context(), "Site/Fn", asset, own)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(asset, "bootstrap"); p.Path != want || p.Note != "" {
		t.Errorf("program = %+v, want the asset's own %s without a note", p, want)
	}
}

// The module that the program was built from is found below the sources, and the package
// is built again with the tags of the first build.
func TestAnAssetForAnotherHostIsBuiltAgain(t *testing.T) {
	t.Parallel()
	sources := t.TempDir()
	module := filepath.Join(sources, "services", "chat")
	newModule(t, module, "example.com/chat")
	writeFile(t, "module example.com/other\n", sources, "go.mod")
	// None of these is the source, though the module has the right path.
	for _, dir := range []string{"node_modules", ".hidden", "cdk.out"} {
		writeFile(t, "module example.com/chat\n", sources, dir, "go.mod")
	}
	for name, test := range map[string]struct {
		args []string
		said string
	}{
		"without tags": {nil, "plain\n"},
		"with tags":    {[]string{"-tags", "special,lambda.norpc"}, "special\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asset := newAsset(t, module, test.args...)
			b := &gobuild.Builder{Sources: []string{t.TempDir(), sources}, Dir: t.TempDir()}
			p, err := b.Find(t.Context(), "Site/Fn", asset, foreign)
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("Site/Fn is for linux/%s: runs example.com/chat/cmd/fn from %s, built for this host (%s)", foreign, module, host)
			if p.Note != want {
				t.Errorf("note = %q, want %q", p.Note, want)
			}
			if filepath.Dir(p.Path) != b.Dir {
				t.Errorf("path = %q, want it in %s", p.Path, b.Dir)
			}
			out, err := exec.CommandContext(t.Context(), p.Path).CombinedOutput()
			if err != nil || string(out) != test.said {
				t.Errorf("the program said %q, %v, want %q", out, err, test.said)
			}
		})
	}
}

// A package may come from a dependency of the user's module.
func TestSourceInADependency(t *testing.T) {
	t.Parallel()
	elsewhere, user := t.TempDir(), t.TempDir()
	newModule(t, elsewhere, "example.com/library")
	writeFile(t, "module example.com/user\n\ngo 1.26\n\nrequire example.com/library v1.0.0\n\nreplace example.com/library => "+elsewhere+"\n", user, "go.mod")
	asset := newAsset(t, elsewhere)

	p, err := (&gobuild.Builder{Sources: []string{user}, Dir: t.TempDir()}).Find(t.Context(), "Site/Fn", asset, foreign)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.Note, "from "+elsewhere+",") {
		t.Errorf("note = %q, want it to name %s", p.Note, elsewhere)
	}
}

func TestFindErrors(t *testing.T) {
	t.Parallel()
	empty, script, odd := t.TempDir(), t.TempDir(), t.TempDir()
	writeFile(t, "#!/bin/sh\n", script, "bootstrap")
	writeFile(t, "not a folder", odd, "asset")
	module := t.TempDir()
	newModule(t, module, "example.com/chat")
	asset := newAsset(t, module)
	broken := t.TempDir()
	newModule(t, broken, "example.com/chat")
	writeFile(t, "package main\n\nfunc main() { nonsense() }\n", broken, "cmd", "fn", "main.go")

	for name, test := range map[string]struct {
		asset   string
		sources string
		want    []string
	}{
		"no bootstrap": {empty, empty, []string{"Site/Fn: the asset " + empty + " has no file 'bootstrap'"}},
		"not a folder": {filepath.Join(odd, "asset"), empty, []string{"Site/Fn: ", "not a directory"}},
		"no Go program": {script, empty, []string{
			"Site/Fn is for linux/" + foreign + ", this host is " + host + ", and its bootstrap is not a Go program that could be rebuilt: ",
		}},
		"no source": {asset, empty, []string{
			"Site/Fn is for linux/" + foreign + ", this host is " + host + ": the Go module example.com/chat, which its bootstrap was built from, is in none of ",
			fmt.Sprintf("%q", empty), "give its folder as a source (--source)",
		}},
		"source that does not build": {asset, broken, []string{
			"Site/Fn: building example.com/chat/cmd/fn for " + host + ": ", "undefined: nonsense",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := (&gobuild.Builder{Sources: []string{test.sources}, Dir: t.TempDir()}).Find(t.Context(), "Site/Fn", test.asset, foreign)
			if err == nil {
				t.Fatalf("Find = %+v, want an error", p)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error = %q\nwant it to say %q", err, want)
				}
			}
		})
	}
}
