// Package sources walks folders of source code as a compiler sees them: links count as their
// targets.
package sources

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Walk calls visit for the files in and below a folder, in lexical order, each with the path
// by which it was reached. A link is followed, and no folder is walked twice: a link may lead
// back. Skip is asked for each folder but the first, by its name and that of what it leads to.
// What cannot be read is left out.
func Walk(root string, skip func(name string) bool, visit func(path string, info fs.FileInfo)) {
	w := walk{skip: skip, visit: visit, seen: map[string]bool{}}
	w.folder(root)
}

type walk struct {
	skip  func(string) bool
	visit func(string, fs.FileInfo)
	seen  map[string]bool // folders, by their path without links
}

func (w *walk) folder(path string) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil || w.seen[real] {
		return
	}
	w.seen[real] = true
	entries, err := os.ReadDir(path)
	if err != nil {
		return
	}
	for _, entry := range entries {
		w.entry(filepath.Join(path, entry.Name()), entry)
	}
}

func (w *walk) entry(path string, entry fs.DirEntry) {
	info, err := entry.Info()
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		info, err = os.Stat(path)
	}
	switch {
	case err != nil: // it went away, or leads nowhere
	case !info.IsDir():
		w.visit(path, info)
	case !w.skip(entry.Name()) && !w.leadsToSkipped(path, entry):
		w.folder(path)
	}
}

// leadsToSkipped reports whether a link leads to a folder of a name that is left out.
func (w *walk) leadsToSkipped(path string, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return false
	}
	real, err := filepath.EvalSymlinks(path)
	return err == nil && w.skip(filepath.Base(real))
}
