package archive_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/archive"
)

func write(t *testing.T, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestOpen(t *testing.T) {
	t.Parallel()
	var data bytes.Buffer
	z := zip.NewWriter(&data)
	w, err := z.Create("index.js")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, strings.Repeat("x", archive.MaxDirectory+1)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := archive.Open(write(t, data.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	file, err := r.Open("index.js")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, file); n != archive.MaxDirectory+1 || err != nil {
		t.Errorf("a file has %d bytes, %v", n, err)
	}
}

// A million entries that say nothing are not read, whatever the archive says of their number.
func TestTablesOfContentsAreBounded(t *testing.T) {
	t.Parallel()
	entry := make([]byte, 46+14) // a header of a file with a name of 14 bytes
	binary.LittleEndian.PutUint32(entry, 0x02014b50)
	binary.LittleEndian.PutUint16(entry[28:], 14)
	copy(entry[46:], "node_modules/a")
	const entries = archive.MaxDirectory/60 + 1
	for name, claimed := range map[string]uint16{"as it is": entries & 0xffff, "none": 0} {
		data := bytes.Repeat(entry, entries)
		end := make([]byte, 22)
		binary.LittleEndian.PutUint32(end, 0x06054b50)
		binary.LittleEndian.PutUint16(end[8:], claimed)
		binary.LittleEndian.PutUint16(end[10:], claimed)
		binary.LittleEndian.PutUint32(end[12:], uint32(len(data)))
		if r, err := archive.Open(write(t, append(data, end...))); err == nil || !strings.Contains(err.Error(), "table of contents has more than 16 MB") {
			t.Errorf("%s: opened %v, %v", name, r != nil, err)
		}
	}
}

func TestWhatIsNotAnArchive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{dir, filepath.Join(dir, "nowhere"), write(t, nil), write(t, []byte("PK\x05\x06")), write(t, bytes.Repeat([]byte("PK\x01\x02"), 1000))} {
		if r, err := archive.Open(name); err == nil {
			r.Close()
			t.Errorf("%s was opened", name)
		}
	}
}
