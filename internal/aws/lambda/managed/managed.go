// Package managed runs handlers written for Lambda's managed runtimes, Node.js and Python,
// with this machine's interpreters.
//
// AWS's own runtime clients cannot serve here: the one for Node.js compiles C++ when it is
// installed, and the one for Python is not on a machine without the network. The clients
// beside this file, node.mjs and python.py, are ours. Their behavior follows AWS's
// documentation and, where that is silent, the published source of AWS's clients; a table of
// tests holds them to it.
//
// Sources: AWS Lambda Developer Guide, "Define Lambda function handler in Node.js",
// "Define Lambda function handler in Python", "Response streaming for Lambda functions";
// aws/aws-lambda-nodejs-runtime-interface-client and aws/aws-lambda-python-runtime-interface-client.
package managed

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

//go:embed node.mjs
var nodeClient []byte

//go:embed python.py
var pythonClient []byte

// A Language is what the handlers of a managed runtime are written in.
type Language string

// The languages that have a client here.
const (
	Node   Language = "nodejs"
	Python Language = "python"
)

// A Runtime is a managed runtime of Lambda, such as nodejs24.x.
type Runtime struct {
	Language Language
	Version  string // "24" of nodejs24.x, "3.13" of python3.13
}

var name = regexp.MustCompile(`^(nodejs)(\d+)\.x$|^(python)(3\.\d+)$`)

// Parse reads a function's Runtime property. It reports false for runtimes without a client
// here, OS-only runtimes among them.
func Parse(runtime string) (Runtime, bool) {
	m := name.FindStringSubmatch(runtime)
	if m == nil {
		return Runtime{}, false
	}
	return Runtime{Language: Language(m[1] + m[3]), Version: m[2] + m[4]}, true
}

// String returns the runtime as a template names it.
func (r Runtime) String() string {
	if r.Language == Node {
		return "nodejs" + r.Version + ".x"
	}
	return string(r.Language) + r.Version
}

// Fits reports whether an interpreter that prints the version, such as "v22.4.1" or
// "Python 3.13.2", is one of the runtime's.
func (r Runtime) Fits(version string) bool {
	version = strings.TrimPrefix(strings.TrimPrefix(version, "Python "), "v")
	return strings.HasPrefix(version+".", r.Version+".")
}

// inlineFile is the name of the file that Lambda makes of a function's inline code. The
// handler of such a function begins with "index.".
//
// Source: AWS CloudFormation Template Reference, "AWS::Lambda::Function Code", ZipFile.
func (r Runtime) inlineFile() string {
	if r.Language == Python {
		return "index.py"
	}
	return "index.js"
}

// A Program is how an execution environment of a managed runtime is started.
type Program struct {
	Command     []string
	Environment map[string]string // variables that the runtime has of its own
}

// Program returns how to run the handlers of the runtime: with the interpreter, and with the
// runtime client, which it writes into dir. Layers are folders that lie under /opt on AWS;
// the first one wins where two have the same file.
func (r Runtime) Program(interpreter, dir string, layers []string) (*Program, error) {
	file, source, options := "node.mjs", nodeClient, []string(nil)
	search, folders := "NODE_PATH", []string{"nodejs/node" + r.Version + "/node_modules", "nodejs/node_modules"}
	if r.Language == Python {
		// Unbuffered, so that a process that is killed has printed all; and without bytecode,
		// which would be written into the assembly.
		file, source, options = "python.py", pythonClient, []string{"-u", "-B"}
		search, folders = "PYTHONPATH", []string{"python", "python/lib/python" + r.Version + "/site-packages"}
	}
	client := filepath.Join(dir, file)
	if err := writeWhole(client, source); err != nil {
		return nil, err
	}
	paths := func(folders ...string) string {
		var all []string
		for _, layer := range layers {
			for _, folder := range folders {
				all = append(all, filepath.Join(layer, filepath.FromSlash(folder)))
			}
		}
		return strings.Join(all, string(os.PathListSeparator))
	}
	p := &Program{
		Command:     slices.Concat([]string{interpreter}, options, []string{client}),
		Environment: map[string]string{"AWS_EXECUTION_ENV": "AWS_Lambda_" + r.String()},
	}
	if len(layers) > 0 {
		p.Environment[search] = paths(folders...)
		p.Environment["PATH"] = paths("bin") + string(os.PathListSeparator) + os.Getenv("PATH")
		p.Environment["LD_LIBRARY_PATH"] = paths("lib")
	}
	return p, nil
}

// writeWhole writes a file so that an environment that starts meanwhile never reads a part.
func writeWhole(file string, data []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return fmt.Errorf("writing the runtime client: %w", err)
	}
	_, err = temporary.Write(data)
	if closed := temporary.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
		return fmt.Errorf("writing the runtime client: %w", err)
	}
	return nil
}
