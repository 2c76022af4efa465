// Package archive opens the zip archives of a cloud assembly, which may come from anyone.
package archive

import (
	"archive/zip"
	"fmt"
	"io"
	"os"

	"github.com/streamfront/streamfront/internal/regular"
)

// MaxDirectory is how many bytes the table of contents of an archive may have: some 100,000 files
// with long names. A small file can claim millions of entries, each of which takes several times
// its size in memory.
const MaxDirectory = 16 << 20

// A Reader reads an open archive.
type Reader struct {
	*zip.Reader
	file *os.File
}

// Open reads the table of contents of an archive.
func Open(name string) (*Reader, error) {
	file, err := regular.Open(name)
	if err != nil {
		return nil, err
	}
	reader, err := read(file)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &Reader{reader, file}, nil
}

func read(file *os.File) (*zip.Reader, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	directory := &bounded{ReaderAt: file, left: MaxDirectory}
	reader, err := zip.NewReader(directory, info.Size())
	if directory.left < 0 {
		return nil, fmt.Errorf("the table of contents has more than %d MB: split the archive", MaxDirectory>>20)
	}
	directory.read = true
	return reader, err
}

// Close closes the archive.
func (r *Reader) Close() error { return r.file.Close() }

// bounded lets the table of contents have so many bytes, and then everything be read.
type bounded struct {
	io.ReaderAt
	left int64
	read bool
}

func (b *bounded) ReadAt(p []byte, offset int64) (int, error) {
	if !b.read {
		if b.left -= int64(len(p)); b.left < 0 {
			return 0, io.ErrUnexpectedEOF
		}
	}
	return b.ReaderAt.ReadAt(p, offset)
}
