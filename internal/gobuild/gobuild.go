// Package gobuild finds the program that runs a Go function's asset on this machine: the
// asset's own bootstrap, or the same package built for this host.
package gobuild

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/regular"
	"github.com/streamfront/streamfront/internal/sources"
)

// goarch maps Lambda's architectures to Go's.
var goarch = map[string]string{"x86_64": "amd64", "arm64": "arm64"}

// A Program runs a function on this machine.
type Program struct {
	Path string
	// Note says how the program differs from the asset's; "" if it is the asset's own.
	Note string
}

// A Builder builds programs.
type Builder struct {
	Sources []string // folders of Go modules, searched in this order
	Dir     string   // where the programs go
	Fresh   bool     // build also where the asset's own program would run
	// Progress is called with what takes so long, unless it is nil.
	Progress func(string)
}

// Find returns the program for the asset in dir, whose function has the architecture.
func (b *Builder) Find(ctx context.Context, name, dir, architecture string) (*Program, error) {
	bootstrap := filepath.Join(dir, "bootstrap")
	if err := regular.Check(bootstrap); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: the asset %s has no file 'bootstrap': build the function and run 'cdk synth' again ('cdk list' and the like leave assets unbuilt)", name, dir)
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	fits := runtime.GOOS == "linux" && runtime.GOARCH == goarch[architecture]
	if fits && !b.Fresh {
		return &Program{Path: bootstrap}, nil
	}
	host := runtime.GOOS + "/" + runtime.GOARCH
	info, err := buildinfo.ReadFile(bootstrap)
	if err != nil {
		return nil, fmt.Errorf("%s is for linux/%s, this host is %s, and its bootstrap is not a Go program that could be rebuilt: %w",
			name, architecture, host, err)
	}
	source, err := b.source(ctx, info)
	if err != nil && fits {
		return &Program{Path: bootstrap}, nil // its sources are elsewhere: they have not changed here
	}
	if err != nil {
		return nil, fmt.Errorf("%s is for linux/%s, this host is %s: %w", name, architecture, host, err)
	}
	out := filepath.Join(b.Dir, strings.NewReplacer("/", "-", ":", "-").Replace(name))
	if runtime.GOOS == "windows" {
		out += ".exe" // nothing else is a program there
	}
	if b.Progress != nil {
		b.Progress(fmt.Sprintf("building %s for %s", info.Path, name))
	}
	if err := build(ctx, source, out, info); err != nil {
		return nil, fmt.Errorf("%s: building %s for %s: %w", name, info.Path, host, err)
	}
	if fits {
		return &Program{Path: out, Note: fmt.Sprintf("%s runs the current state of %s in %s", name, info.Path, source)}, nil
	}
	return &Program{
		Path: out,
		Note: fmt.Sprintf("%s is for linux/%s: runs %s from %s, built for this host (%s)", name, architecture, info.Path, source, host),
	}, nil
}

// Package builds a package of the module in dir for this host, such as ./cmd/server.
func (b *Builder) Package(ctx context.Context, name, dir, pkg string) (*Program, error) {
	out := filepath.Join(b.Dir, strings.NewReplacer("/", "-", ":", "-").Replace(name))
	if runtime.GOOS == "windows" {
		out += ".exe"
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if b.Progress != nil {
		b.Progress(fmt.Sprintf("building %s for %s", pkg, name))
	}
	static := debug.BuildSetting{Key: "CGO_ENABLED", Value: "0"}
	if err := build(ctx, dir, out, &buildinfo.BuildInfo{Path: pkg, Settings: []debug.BuildSetting{static}}); err != nil {
		return nil, fmt.Errorf("%s: building %s of %s: %w", name, pkg, dir, err)
	}
	return &Program{Path: out}, nil
}

// source returns the folder of the module that the program was built from.
func (b *Builder) source(ctx context.Context, info *buildinfo.BuildInfo) (string, error) {
	for _, dir := range b.Sources {
		if found := modules(dir)[info.Main.Path]; found != "" {
			return found, nil
		}
	}
	// The package may come from a dependency of the module here, in the module cache.
	for _, dir := range b.Sources {
		list := exec.CommandContext(ctx, "go", "-C", dir, "list", "-m", "-f", "{{.Dir}}", info.Main.Path)
		list.WaitDelay = 5 * time.Second
		if out, err := list.Output(); err == nil && len(bytes.TrimSpace(out)) > 0 {
			return string(bytes.TrimSpace(out)), nil
		}
	}
	return "", fmt.Errorf("the Go module %s, which its bootstrap was built from, is in none of %q: give its folder as a source (--source)",
		info.Main.Path, b.Sources)
}

// staged is the name of the folder of an asset in a cloud assembly, whatever that is called: a
// copy of sources that may be old.
var staged = regexp.MustCompile(`^asset\.[0-9a-f]{64}$`)

// modules returns the folders of the Go modules at and below a folder, by module path; of
// several with one path the one that is nearest.
func modules(root string) map[string]string {
	found := map[string]string{}
	sources.Walk(root, func(name string) bool {
		return name == "node_modules" || name == "cdk.out" || strings.HasPrefix(name, ".") || staged.MatchString(name)
	}, func(path string, _ fs.FileInfo) {
		if filepath.Base(path) != "go.mod" {
			return
		}
		dir := filepath.Dir(path)
		module := modulePath(path)
		if before, known := found[module]; module != "" && (!known || depth(dir) < depth(before)) {
			found[module] = dir
		}
	})
	return found
}

func depth(dir string) int { return strings.Count(filepath.Clean(dir), string(filepath.Separator)) }

func modulePath(file string) string {
	data, err := regular.Read(file, regular.MaxText)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == "module" {
			return strings.Trim(fields[1], `"`)
		}
	}
	return ""
}

// build builds the package again with what the first build says of itself: its tags, and
// whether it used cgo.
func build(ctx context.Context, dir, out string, info *buildinfo.BuildInfo) error {
	args := []string{"-C", dir, "build", "-trimpath", "-buildvcs=false"}
	env := append(os.Environ(), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH, "GOFLAGS=-mod=readonly", "GOWORK=off")
	for _, s := range info.Settings {
		switch s.Key {
		case "-tags":
			args = append(args, "-tags", s.Value)
		case "CGO_ENABLED":
			env = append(env, "CGO_ENABLED="+s.Value)
		}
	}
	command := exec.CommandContext(ctx, "go", slices.Concat(args, []string{"-o", out, info.Path})...)
	command.Env = env
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) } // it tidies up then
	command.WaitDelay = 5 * time.Second
	if message, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, message)
	}
	return nil
}
