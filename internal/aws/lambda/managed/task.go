package managed

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/streamfront/streamfront/internal/archive"
)

// maxUnpacked is how large the code of a function may be, layers included, in bytes.
//
// Source: AWS Lambda Developer Guide, "Lambda quotas": 250 MB, unzipped. Documented.
const maxUnpacked = 250 << 20

// Inline makes a folder below dir with a function's inline code, and returns it.
func (r Runtime) Inline(source, dir string) (string, error) {
	folder, err := taskFolder(dir)
	if err != nil {
		return "", err
	}
	return folder, os.WriteFile(filepath.Join(folder, r.inlineFile()), []byte(source), 0o600)
}

// taskFolder makes a folder for code. Without a package.json of its own, Node.js would go by
// that of any folder above.
func taskFolder(dir string) (string, error) {
	folder, err := os.MkdirTemp(dir, "task-")
	if err != nil {
		return "", err
	}
	return folder, os.WriteFile(filepath.Join(folder, "package.json"), []byte("{}\n"), 0o600)
}

// Folder returns the folder that code runs from: the given one, which may be that of an asset,
// unless it is a zip archive, or Node.js would take its .js files for what a package.json
// further up says, which on AWS is not there. It then makes a copy below dir.
func Folder(code, dir string) (string, error) {
	code, err := filepath.Abs(code)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(code)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("its code, %s, is not there: run 'cdk synth' again, on this machine", code)
	}
	if err != nil {
		return "", err
	}
	if info.IsDir() && !underModules(code) {
		return code, nil
	}
	folder, err := taskFolder(dir)
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		return folder, os.CopyFS(folder, os.DirFS(code))
	}
	return folder, unpack(code, folder)
}

// underModules reports whether a folder without a package.json lies below one that makes modules
// of .js files.
func underModules(folder string) bool {
	for first := true; ; first = false {
		text, err := os.ReadFile(filepath.Join(folder, "package.json"))
		if err == nil {
			var p struct{ Type string }
			return !first && json.Unmarshal(text, &p) == nil && p.Type == "module"
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return false
		}
		folder = parent
	}
}

// unpack writes the files of an archive. Links are not followed: Lambda's archives of code hold
// few, and a local one could lead anywhere.
func unpack(file, folder string) error {
	z, err := archive.Open(file)
	if err != nil {
		return err
	}
	defer z.Close()
	left := int64(maxUnpacked)
	for _, entry := range z.File {
		if err := unpackFile(entry, folder, &left); err != nil {
			return fmt.Errorf("%s: %q: %w", file, entry.Name, err)
		}
	}
	return nil
}

func unpackFile(entry *zip.File, folder string, left *int64) error {
	name := filepath.FromSlash(entry.Name)
	if !filepath.IsLocal(name) {
		return errors.New("the name leads out of the folder")
	}
	path := filepath.Join(folder, name)
	if strings.HasSuffix(entry.Name, "/") {
		return os.MkdirAll(path, 0o700)
	}
	if !entry.Mode().IsRegular() {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	from, err := entry.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, entry.Mode().Perm()|0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(to, io.LimitReader(from, *left+1))
	if closed := to.Close(); err == nil {
		err = closed
	}
	if *left -= n; err == nil && *left < 0 {
		return fmt.Errorf("the archive has more than %d MB: %w", maxUnpacked>>20, fs.ErrInvalid)
	}
	return err
}
