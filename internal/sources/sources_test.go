package sources

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestWalk(t *testing.T) {
	t.Parallel()
	elsewhere, root := t.TempDir(), t.TempDir()
	for _, file := range []string{
		filepath.Join(root, "a.go"), filepath.Join(root, "bin", "b.go"), filepath.Join(root, "left-out", "c.go"),
		filepath.Join(elsewhere, "module", "d.go"), filepath.Join(elsewhere, "left-out", "e.go"), filepath.Join(elsewhere, "file.go"),
	} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		filepath.Join(root, "linked"): filepath.Join(elsewhere, "module"), filepath.Join(root, "linked-again"): filepath.Join(elsewhere, "module"),
		filepath.Join(root, "linked.go"): filepath.Join(elsewhere, "file.go"), filepath.Join(root, "not-left-out-by-name"): filepath.Join(elsewhere, "left-out"),
		filepath.Join(root, "nowhere"): filepath.Join(elsewhere, "none"), filepath.Join(elsewhere, "module", "back"): root, filepath.Join(elsewhere, "root"): root,
	} {
		if err := os.Symlink(target, link); err != nil {
			t.Skip("this machine has no links for us: ", err)
		}
	}
	for _, root := range []string{root, filepath.Join(elsewhere, "root")} {
		var got []string
		Walk(root, func(name string) bool { return name == "left-out" }, func(path string, info fs.FileInfo) {
			relative, err := filepath.Rel(root, path)
			if err != nil || info.Size() != 1 {
				t.Errorf("%s: %v, %d bytes, want that of the file and not of the link", path, err, info.Size())
			}
			got = append(got, filepath.ToSlash(relative))
		})
		if want := []string{"a.go", "bin/b.go", "linked/d.go", "linked.go"}; !slices.Equal(got, want) {
			t.Errorf("files below %s = %q, want %q", root, got, want)
		}
	}
	Walk(filepath.Join(root, "none"), nil, func(path string, _ fs.FileInfo) { t.Errorf("visited %s of a folder that is not there", path) })
}
