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

	"github.com/streamfront/streamfront/internal/template"
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
	if err := text.take("text", strings.NewReader("0123456789abcdef"), 16); err != nil || len(text.files[0].text) != 10 || !text.full() {
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

// A folder that several functions share, and a library with a way to stream, say nothing of a
// handler that has a module of its own. What cannot be told apart counts as before.
func TestTheHandlersModuleShowsWhetherItStreams(t *testing.T) {
	t.Parallel()
	const streams, buffers = "exports.handler = awslambda.streamifyResponse(async () => {});", "exports.handler = async () => ({});"
	dir := t.TempDir()
	for name, text := range map[string]string{
		"api.js": buffers, "stream.mjs": streams, "web/api.js": streams, "node_modules/library/index.js": streams,
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	packed := zipOf(t, func(z *zip.Writer) error { return z.AddFS(os.DirFS(dir)) })
	for handler, want := range map[string]bool{
		"api.handler": false, "stream.handler": true, "web/api.handler": true, "./api.handler": false,
		"/opt/wrapper.handler": true, "handler": true, "missing.handler": true,
	} {
		for _, code := range []Code{{Dir: dir}, packed} {
			d := &Definition{Code: code, Handler: template.Of(handler), Runtime: template.Of("nodejs24.x")}
			if d.HandlerStreams() != want {
				t.Errorf("%s in %s: streams = %v, want %v", handler, filepath.Base(code.Dir), !want, want)
			}
		}
	}
	inline := &Definition{Code: Code{Inline: streams}, Handler: template.Of("index.handler"), Runtime: template.Of("nodejs24.x")}
	if !inline.HandlerStreams() {
		t.Error("inline code that streams is not found to")
	}
	if none := (&Definition{Handler: template.Of("index.handler"), Runtime: template.Of("nodejs24.x")}); none.HandlerStreams() {
		t.Error("code that is not here is found to stream")
	}
}
