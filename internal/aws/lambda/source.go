package lambda

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/archive"
	"github.com/streamfront/streamfront/internal/regular"
)

// maxSource is how much of a function's code is read, in bytes: more than any bundle has. In
// a larger package a word may be missed. What is looked through and not kept has Lambda's own
// limit, which is documented: an archive of a few kilobytes may say that it has terabytes.
const (
	maxSource  = 64 << 20
	maxScanned = 250 << 20
)

// A Source is the text of a function's files, in lower case: programs are large, and are looked
// through for many words.
type Source struct {
	files         []sourceFile
	kept, scanned int64 // bytes, of text and of programs
}

type sourceFile struct {
	name string // with slashes, from the root of the code
	text []byte
}

func (f sourceFile) names(word string) bool {
	return bytes.Contains(f.text, []byte(strings.ToLower(word)))
}

// Names reports whether the code has a word, such as the name of a header, in any case.
func (s *Source) Names(word string) bool {
	return slices.ContainsFunc(s.files, func(file sourceFile) bool { return file.names(word) })
}

// HandlerStreams reports whether the function answers in the streaming protocol, of what its code
// shows. One folder often is the code of several functions, and libraries have a way to stream that
// a handler may not use: of Node.js the module of the handler alone counts, if it is there.
func (d *Definition) HandlerStreams() bool {
	const word = "streamifyResponse"
	code := d.Source()
	if code == nil {
		return false
	}
	if module, _, ok := splitHandler(d.Handler.V, false); ok && strings.HasPrefix(d.Runtime.V, "nodejs") {
		for _, file := range code.files {
			if path.Dir(file.name) == path.Dir(module) && runs(path.Base(file.name), module, false) {
				return file.names(word)
			}
		}
	}
	return code.Names(word)
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
		return &Source{files: []sourceFile{{"index.js", []byte(strings.ToLower(c.Inline))}}}
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

func (s *Source) tree(root string) error {
	return filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !isCode(name) || s.full() {
			return err
		}
		file, err := regular.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		return s.take(filepath.ToSlash(relative), file, info.Size())
	})
}

func (s *Source) zip(file string) error {
	contents, err := archive.Open(file)
	if err != nil {
		return err
	}
	defer contents.Close()
	for _, entry := range contents.File {
		if !isCode(entry.Name) || s.full() {
			continue
		}
		file, err := entry.Open()
		if err != nil {
			return err
		}
		err = s.take(path.Clean(entry.Name), file, int64(min(entry.UncompressedSize64, maxSource)))
		file.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) full() bool { return s.kept >= maxSource || s.scanned >= maxScanned }

func (s *Source) take(name string, file io.Reader, size int64) error {
	whole := bufio.NewReaderSize(file, 64<<10)
	if head, _ := whole.Peek(8 << 10); bytes.IndexByte(head, 0) >= 0 {
		return s.scan(name, io.LimitReader(whole, maxScanned-s.scanned))
	}
	text, err := io.ReadAll(io.LimitReader(whole, min(size, maxSource-s.kept)))
	s.files = append(s.files, sourceFile{name, bytes.ToLower(text)})
	s.kept += int64(len(text))
	return err
}

// marks are the words that rules look for in programs, which are too large to be kept, as code
// writes them: no copy in lower case is made.
var marks = []string{
	"streamifyResponse", "LambdaFunctionURLStreamingResponse",
	"x-forwarded-authorization", "X-Forwarded-Authorization", "x-forwarded-host", "X-Forwarded-Host",
	"x-amz-content-sha256", "X-Amz-Content-Sha256",
}

// scan keeps the marks that a program has.
func (s *Source) scan(name string, file io.Reader) error {
	const overlap = 64 // more than any mark has
	window := make([]byte, overlap+256<<10)
	missing := slices.Clone(marks)
	var found []string
	held := 0
	for {
		n, err := io.ReadFull(file, window[held:])
		s.scanned += int64(n)
		missing = slices.DeleteFunc(missing, func(mark string) bool {
			has := bytes.Contains(window[:held+n], []byte(mark))
			if has {
				found = append(found, strings.ToLower(mark))
			}
			return has
		})
		if err != nil {
			s.files = append(s.files, sourceFile{name, []byte(strings.Join(found, "\n"))})
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil
			}
			return err
		}
		held = copy(window, window[len(window)-overlap:])
	}
}

// isCode leaves out what is not run: pictures, maps, documents.
func isCode(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".js", ".mjs", ".cjs", ".py", "":
		return true
	}
	return false
}

// Release forgets the code that has been read, which may be large; it is read again when it is
// asked for.
func (ds *Definitions) Release() {
	for _, d := range ds.read {
		d.asked, d.source = false, nil
	}
}
