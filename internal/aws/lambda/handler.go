package lambda

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/archive"
)

// MissingHandler says what the function's code lacks of its handler, of what a template and
// its assets show: the message goes on where the name of the property ends. "" is nothing, or
// that it cannot be known. A layer or a wrapper may bring a handler of its own.
//
// Sources: AWS Lambda Developer Guide, "Define Lambda function handler in Node.js" and "Define
// Lambda function handler in Python"; AWS CloudFormation Template Reference,
// "AWS::Lambda::Function Code", ZipFile. Documented.
func (d *Definition) MissingHandler() string {
	node, python := strings.HasPrefix(d.Runtime.V, "nodejs"), strings.HasPrefix(d.Runtime.V, "python")
	handler := d.Handler.V
	_, wrapped := d.Variables["AWS_LAMBDA_EXEC_WRAPPER"]
	if !node && !python || handler == "" || wrapped || d.Layers.Given || d.Replaced || strings.HasPrefix(handler, "/") {
		return ""
	}
	module, export, ok := splitHandler(handler, python)
	if !ok {
		return fmt.Sprintf("is %s: want a file and what it exports, such as index.handler", handler)
	}
	if d.Code.Inline != "" {
		switch {
		case module != "index":
			return fmt.Sprintf("is %s, and inline code is the file index", handler)
		case !regexp.MustCompile(`\b` + regexp.QuoteMeta(strings.SplitN(export, ".", 2)[0]) + `\b`).MatchString(d.Code.Inline):
			return fmt.Sprintf("is %s, and the inline code has nothing called %s", handler, export)
		}
		return ""
	}
	if d.Source() == nil {
		return "" // no code at all, which others report
	}
	files, known := d.Code.beside(module)
	if !known || slices.ContainsFunc(files, func(found string) bool { return runs(found, module, python) }) {
		return ""
	}
	return fmt.Sprintf("is %s, and the code has no such file for %s", handler, d.Runtime.V)
}

// splitHandler returns the module of a handler, a path without the ending of its file, and what
// the module exports.
func splitHandler(handler string, python bool) (module, export string, ok bool) {
	folder, name := path.Split(handler)
	dot := strings.IndexByte(name, '.')
	if python {
		dot = strings.LastIndexByte(name, '.')
	}
	if dot <= 0 || dot == len(name)-1 {
		return "", "", false
	}
	file := name[:dot]
	if python {
		file = strings.ReplaceAll(file, ".", "/")
	}
	return folder + file, name[dot+1:], true
}

// runs reports whether a file of the code, or a folder that is a package of Python, is the
// handler's.
func runs(found, module string, python bool) bool {
	found = strings.TrimSuffix(found, "/")
	want := []string{".js", ".mjs", ".cjs", ""}
	if python {
		want = []string{".py", ".pyc", ".so", ""}
	}
	rest, ok := strings.CutPrefix(found, path.Base(module))
	return ok && slices.Contains(want, rest)
}

// beside lists what stands in the folder of a file of the code.
func (c Code) beside(file string) (names []string, known bool) {
	folder := path.Dir(path.Clean(file))
	switch {
	case c.Dir == "" || strings.HasPrefix(folder, ".."):
		return nil, false
	case strings.HasSuffix(c.Dir, ".zip"):
		contents, err := archive.Open(c.Dir)
		if err != nil {
			return nil, false
		}
		defer contents.Close()
		for _, entry := range contents.File {
			name := path.Clean(entry.Name)
			if folder != "." {
				var below bool
				if name, below = strings.CutPrefix(name, folder+"/"); !below {
					continue
				}
			}
			name, _, _ = strings.Cut(name, "/") // a folder may have no entry of its own
			names = append(names, name)
		}
		return names, len(contents.File) > 0
	}
	entries, err := os.ReadDir(filepath.Join(c.Dir, filepath.FromSlash(folder)))
	if err != nil {
		_, err := os.Stat(c.Dir)
		return nil, err == nil
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, true
}
