package managed

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func write(t *testing.T, text string, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A folder is used as it is, but where a package.json above it would say what AWS does not.
func TestFolder(t *testing.T) {
	t.Parallel()
	above, scratch := t.TempDir(), t.TempDir()
	write(t, `{"type": "module"}`, above, "package.json")
	write(t, "1", above, "bare", "index.js")
	write(t, "1", above, "own", "index.js")
	write(t, `{"type": "module"}`, above, "own", "package.json")
	write(t, `{}`, above, "between", "package.json")
	write(t, "1", above, "between", "code", "index.js")
	if _, err := Folder(filepath.Join(above, "nowhere"), scratch); err == nil || !strings.Contains(err.Error(), "nowhere, is not there: run 'cdk synth' again") {
		t.Errorf("a folder that is not there: %v, want it to say what to do", err)
	}
	for name, copied := range map[string]bool{"bare": true, "own": false, "between/code": false} {
		got, err := Folder(filepath.Join(above, name), scratch)
		if err != nil {
			t.Fatal(err)
		}
		if (got != filepath.Join(above, name)) != copied {
			t.Errorf("%s runs from %s, want a copy: %t", name, got, copied)
		}
		if text, err := os.ReadFile(filepath.Join(got, "index.js")); err != nil || string(text) != "1" {
			t.Errorf("%s: index.js has %q, %v", name, text, err)
		}
	}
	if _, err := Folder(filepath.Join(above, "nowhere"), scratch); err == nil {
		t.Error("a folder that is not there is used")
	}
}

func zipped(t *testing.T, files map[string]string) string {
	t.Helper()
	var data bytes.Buffer
	z := zip.NewWriter(&data)
	for name, text := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "code.zip")
	write(t, data.String(), path)
	return path
}

func TestArchives(t *testing.T) {
	t.Parallel()
	folder, err := Folder(zipped(t, map[string]string{"index.js": "1", "lib/": "", "lib/a.js": "2"}), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"index.js": "1", "lib/a.js": "2", "package.json": "{}\n"} {
		if text, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(text) != want {
			t.Errorf("%s has %q, %v, want %q", name, text, err, want)
		}
	}
	scratch := t.TempDir()
	if _, err := Folder(zipped(t, map[string]string{"../out.js": "1"}), scratch); err == nil || !strings.Contains(err.Error(), "leads out of the folder") {
		t.Errorf("an archive that leads out of its folder: %v", err)
	}
	write(t, "no archive", scratch, "broken.zip")
	if _, err := Folder(filepath.Join(scratch, "broken.zip"), scratch); err == nil {
		t.Error("a file that is not an archive is unpacked")
	}
}

// An archive may be made by anybody: it writes nothing outside of its folder, and no more than
// Lambda takes.
func TestHostileArchives(t *testing.T) {
	t.Parallel()
	link := &zip.FileHeader{Name: "link"}
	link.SetMode(fs.ModeSymlink | 0o777)
	setuid := &zip.FileHeader{Name: "setuid"}
	setuid.SetMode(fs.ModeSetuid | 0o4755)
	for name, test := range map[string]struct {
		entries []*zip.FileHeader
		fails   string
		want    []string
	}{
		"above":           {[]*zip.FileHeader{{Name: "a/../../out"}}, "leads out of the folder", nil},
		"absolute":        {[]*zip.FileHeader{{Name: "/tmp/out"}}, "leads out of the folder", nil},
		"no name":         {[]*zip.FileHeader{{Name: ""}}, "leads out of the folder", nil},
		"a NUL":           {[]*zip.FileHeader{{Name: "a\x00b"}}, "invalid argument", nil},
		"through a link":  {[]*zip.FileHeader{link, {Name: "link/out"}}, "", []string{"link", "link/out"}},
		"a link alone":    {[]*zip.FileHeader{link}, "", nil},
		"twice":           {[]*zip.FileHeader{{Name: "a"}, {Name: "a"}}, "", []string{"a"}},
		"below a file":    {[]*zip.FileHeader{{Name: "a"}, {Name: "a/b"}}, "not a directory", nil},
		"with privileges": {[]*zip.FileHeader{setuid}, "", []string{"setuid"}},
	} {
		var data bytes.Buffer
		z := zip.NewWriter(&data)
		for _, entry := range test.entries {
			w, err := z.CreateHeader(entry)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(w, "../../outside")
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		root := t.TempDir()
		write(t, data.String(), root, "code.zip")
		folder := filepath.Join(root, "a", "b")
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		err := unpack(filepath.Join(root, "code.zip"), folder)
		if test.fails == "" && err != nil || test.fails != "" && (err == nil || !strings.Contains(err.Error(), test.fails)) {
			t.Errorf("%s: %v, want %q", name, err, test.fails)
		}
		var got []string
		_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, _ error) error {
			if relative, err := filepath.Rel(folder, path); err == nil && relative != "." && relative != ".." && relative != "../.." && relative != "../../code.zip" {
				if info, err := entry.Info(); err != nil || info.Mode()&^(fs.ModeDir|fs.ModePerm) != 0 {
					t.Errorf("%s: %s is %v", name, relative, info.Mode())
				}
				got = append(got, filepath.ToSlash(relative))
			}
			return nil
		})
		if test.fails == "" && !slices.Equal(got, test.want) {
			t.Errorf("%s: wrote %q, want %q", name, got, test.want)
		}
		for _, path := range got {
			if strings.HasPrefix(path, "..") {
				t.Errorf("%s: wrote %s", name, path)
			}
		}
	}
}

func TestArchivesThatGrow(t *testing.T) {
	t.Parallel()
	z, err := zip.OpenReader(zipped(t, map[string]string{"a": strings.Repeat("a", 1000)}))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	folder, left := t.TempDir(), int64(999)
	if err := unpackFile(z.File[0], folder, &left); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("%v, want that the archive is too large", err)
	}
	if info, err := os.Stat(filepath.Join(folder, "a")); err != nil || info.Size() > 1000 {
		t.Errorf("of a file %v bytes are written, %v", info.Size(), err)
	}
}
