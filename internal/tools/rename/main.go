// Command rename gives the module another path, for those who publish it under their own name:
// in go.mod files, imports, documents and settings. 'make rename MODULE=...' runs it.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: make rename MODULE=github.com/you/streamfront")
		os.Exit(2)
	}
	changed, err := rename(".", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "rename:", err)
		os.Exit(2)
	}
	fmt.Printf("changed %d files; now run 'make fmt', 'make golden' and 'make test'\n", changed)
}

// modulePath finds the path of the module in a go.mod file.
var modulePath = regexp.MustCompile(`(?m)^module (\S+)$`)

// rename replaces the path of the module in the folder by another, in all files that git
// knows, and returns how many it changed.
func rename(root, path string) (int, error) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return 0, err
	}
	m := modulePath.FindSubmatch(mod)
	if m == nil {
		return 0, errors.New("go.mod names no module: run this at the root of the repository")
	}
	if err := check(path); err != nil {
		return 0, err
	}
	replace := replacer(string(m[1]), path)
	git := exec.Command("git", "ls-files", "-z")
	git.Dir = root
	list, err := git.Output()
	if err != nil {
		return 0, fmt.Errorf("git ls-files: %w", err)
	}
	changed := 0
	for _, name := range strings.Split(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		file := filepath.Join(root, name)
		info, err := os.Lstat(file)
		if errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		old, err := os.ReadFile(file)
		if err != nil {
			return changed, err
		}
		if bytes.IndexByte(old, 0) >= 0 {
			continue // not text
		}
		text := replace(string(old))
		if text == string(old) {
			continue
		}
		if err := os.WriteFile(file, []byte(text), info.Mode()); err != nil {
			return changed, err
		}
		changed++
	}
	return changed, nil
}

// check lets the go command say whether a path can be that of a module which others import.
func check(path string) error {
	if first, _, found := strings.Cut(path, "/"); !found || !strings.Contains(first, ".") {
		return fmt.Errorf("%q is not the path of a module that others can import: want one such as github.com/you/streamfront", path)
	}
	dir, err := os.MkdirTemp("", "streamfront-rename-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	command := exec.Command("go", "mod", "init", path)
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%q is not the path of a module: %s", path, bytes.TrimSpace(out))
	}
	return nil
}

// replacer replaces the path where no longer name begins with it, and the repository of
// GitHub that the action is used by.
func replacer(from, to string) func(string) string {
	path := regexp.MustCompile(regexp.QuoteMeta(from) + `([^\w-]|$)`)
	return func(text string) string {
		text = path.ReplaceAllStringFunc(text, func(found string) string { return to + strings.TrimPrefix(found, from) })
		if was, ok := strings.CutPrefix(from, "github.com/"); ok {
			if is, ok := strings.CutPrefix(to, "github.com/"); ok {
				text = strings.ReplaceAll(text, "uses: "+was+"@", "uses: "+is+"@")
			}
		}
		return text
	}
}
