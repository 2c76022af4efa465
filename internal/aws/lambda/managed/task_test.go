package managed

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
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

func archive(t *testing.T, files map[string]string) string {
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
	folder, err := Folder(archive(t, map[string]string{"index.js": "1", "lib/": "", "lib/a.js": "2"}), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"index.js": "1", "lib/a.js": "2", "package.json": "{}\n"} {
		if text, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(text) != want {
			t.Errorf("%s has %q, %v, want %q", name, text, err, want)
		}
	}
	scratch := t.TempDir()
	if _, err := Folder(archive(t, map[string]string{"../out.js": "1"}), scratch); err == nil || !strings.Contains(err.Error(), "leads out of the folder") {
		t.Errorf("an archive that leads out of its folder: %v", err)
	}
	write(t, "no archive", scratch, "broken.zip")
	if _, err := Folder(filepath.Join(scratch, "broken.zip"), scratch); err == nil {
		t.Error("a file that is not an archive is unpacked")
	}
}
