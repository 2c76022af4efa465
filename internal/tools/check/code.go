package check

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/regular"
)

// maxCode is how much of a function's code is read, in bytes: more than any bundle has. In
// a larger package a word may be missed.
const maxCode = 64 << 20

// code is the text of a function's files.
type code struct{ files [][]byte }

func (c *code) contains(word string) bool {
	return slices.ContainsFunc(c.files, func(file []byte) bool { return bytes.Contains(file, []byte(word)) })
}

// names tells whether the code has the name of a header, in any case.
func (c *code) names(header string) bool {
	return slices.ContainsFunc(c.files, func(file []byte) bool { return bytes.Contains(bytes.ToLower(file), []byte(header)) })
}

// codeOf returns the code of an AWS::Lambda::Function; nil if the assembly does not have it.
func (c *checker) codeOf(function *assembly.Resource) *code {
	inline := c.carriedCode(function, "ZipFile")
	if inline != "" {
		return &code{files: [][]byte{[]byte(inline)}}
	}
	path, err := function.Stack.AssetPath(c.carriedCode(function, "S3Key"))
	if err != nil {
		return nil
	}
	read := &code{}
	if strings.HasSuffix(path, ".zip") {
		err = read.zip(path)
	} else {
		err = read.tree(path)
	}
	if err != nil || len(read.files) == 0 {
		return nil
	}
	return read
}

func (c *checker) carriedCode(function *assembly.Resource, name string) string {
	object, _ := function.RawProperties()["Code"].(map[string]any)
	v := value{c: c, res: function}
	if object != nil {
		v.v = object
	}
	return v.carried(name)
}

func (c *code) tree(path string) error {
	left := int64(maxCode)
	return filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !isCode(name) || left <= 0 {
			return err
		}
		file, err := regular.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		return c.take(file, &left)
	})
}

func (c *code) zip(path string) error {
	if err := regular.Check(path); err != nil {
		return err
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer archive.Close()
	left := int64(maxCode)
	for _, entry := range archive.File {
		if !isCode(entry.Name) || left <= 0 {
			continue
		}
		file, err := entry.Open()
		if err != nil {
			return err
		}
		err = c.take(file, &left)
		file.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *code) take(file io.Reader, left *int64) error {
	text, err := io.ReadAll(io.LimitReader(file, *left))
	*left -= int64(len(text))
	c.files = append(c.files, text)
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
