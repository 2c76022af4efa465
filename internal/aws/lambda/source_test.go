package lambda

import (
	"archive/zip"
	"compress/flate"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// zipOf writes an archive.
func zipOf(t *testing.T, fill func(*zip.Writer) error) Code {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "code.zip"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(file)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	if err := fill(z); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return Code{Dir: file.Name()}
}

// zeros are bytes that compress well.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// An archive that unpacks to more than Lambda takes is looked through no further, whether its files
// are programs or text.
func TestSourcesAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("a gigabyte is unpacked")
	}
	t.Parallel()
	bomb := zipOf(t, func(z *zip.Writer) error {
		for _, name := range []string{"one", "two", "three"} {
			w, err := z.Create(name)
			if err != nil {
				return err
			}
			if _, err := io.Copy(w, io.LimitReader(zeros{}, 200<<20)); err != nil {
				return err
			}
		}
		return nil
	})
	s := &Source{}
	if err := s.zip(bomb.Dir); err != nil || s.scanned > maxScanned+1<<20 {
		t.Errorf("%d MB were looked through, %v", s.scanned>>20, err)
	}
	text := &Source{kept: maxSource - 10}
	if err := text.take(strings.NewReader("0123456789abcdef"), 16); err != nil || len(text.files[0]) != 10 || !text.full() {
		t.Errorf("kept %q, %v", text.files, err)
	}
}

// The handler is found among names of any length in time.
func TestBesideInHostileArchives(t *testing.T) {
	t.Parallel()
	code := zipOf(t, func(z *zip.Writer) error {
		for range 200 {
			if _, err := z.Create(strings.Repeat("a/", 30_000) + "b"); err != nil {
				return err
			}
		}
		for _, name := range []string{"src/index.js", "src/lib/x.js", "srcx/other.js", "/src/rooted.js", "src/", "../src/above.js"} {
			if _, err := z.Create(name); err != nil {
				return err
			}
		}
		return nil
	})
	names, known := code.beside("src/index")
	slices.Sort(names)
	if want := []string{"index.js", "lib"}; !known || !slices.Equal(names, want) {
		t.Errorf("beside src/index are %q, %t, want %q", names, known, want)
	}
	if names, _ = code.beside("index"); !slices.Contains(names, "src") || !slices.Contains(names, "a") {
		t.Errorf("beside index are %.200q", names)
	}
}
