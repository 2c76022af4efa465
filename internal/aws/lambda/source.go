package lambda

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/regular"
)

// maxSource is how much of a function's code is read, in bytes: more than any bundle has. In
// a larger package a word may be missed.
const maxSource = 64 << 20

// A Source is the text of a function's files.
type Source struct{ files [][]byte }

// Contains tells whether the code has the word.
func (s *Source) Contains(word string) bool {
	return slices.ContainsFunc(s.files, func(file []byte) bool { return bytes.Contains(file, []byte(word)) })
}

// Names tells whether the code has the name of a header, which is given in lower case, in any
// case.
func (s *Source) Names(header string) bool {
	return slices.ContainsFunc(s.files, func(file []byte) bool { return bytes.Contains(bytes.ToLower(file), []byte(header)) })
}

// Source returns the code of the function; nil if the assembly does not have it.
func (d *Definition) Source() *Source {
	if !d.asked {
		d.asked, d.source = true, d.Code.read()
	}
	return d.source
}

func (c Code) read() *Source {
	if c.Inline != "" {
		return &Source{files: [][]byte{[]byte(c.Inline)}}
	}
	if c.Dir == "" {
		return nil
	}
	s := &Source{}
	var err error
	if strings.HasSuffix(c.Dir, ".zip") {
		err = s.zip(c.Dir)
	} else {
		err = s.tree(c.Dir)
	}
	if err != nil || len(s.files) == 0 {
		return nil
	}
	return s
}

func (s *Source) tree(path string) error {
	left := int64(maxSource)
	return filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !isCode(name) || left <= 0 {
			return err
		}
		file, err := regular.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		return s.take(file, &left)
	})
}

func (s *Source) zip(path string) error {
	if err := regular.Check(path); err != nil {
		return err
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer archive.Close()
	left := int64(maxSource)
	for _, entry := range archive.File {
		if !isCode(entry.Name) || left <= 0 {
			continue
		}
		file, err := entry.Open()
		if err != nil {
			return err
		}
		err = s.take(file, &left)
		file.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) take(file io.Reader, left *int64) error {
	text, err := io.ReadAll(io.LimitReader(file, *left))
	*left -= int64(len(text))
	s.files = append(s.files, text)
	return err
}

// isCode leaves out what is not run: pictures, maps, documents.
func isCode(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".js", ".mjs", ".cjs", ".py", "":
		return true
	}
	return false
}
