package local

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/streamfront/streamfront/internal/aws/door"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/managed"
	"github.com/streamfront/streamfront/internal/aws/webadapter"
	"github.com/streamfront/streamfront/internal/gobuild"
)

// runtimeProgram marks a program of Options.Functions that asks the runtime API for events by
// itself. Any other is a web application.
const runtimeProgram = "lambda:"

// A programmer finds the program of each function.
type programmer struct {
	options  *Options
	builder  *gobuild.Builder
	dir      string            // for what has to be written
	versions map[string]string // of interpreters, as they print it
	note     func(format string, args ...any)
}

// configure says how the function's environments are started: by the program that the user
// gives, behind the web adapter's stand-in, by a managed runtime's client, or as the Go program
// that the asset is.
func (p *programmer) configure(ctx context.Context, t door.Target, c *lambda.Config) error {
	f := t.Function
	command, given := p.given(f)
	if given {
		return p.replace(t, c, command)
	}
	p.noteTexts(f)
	switch {
	case f.Adapter != nil:
		task, err := managed.Folder(f.Code.Dir, p.dir)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		c.Dir = task
		c.Command = []string{filepath.Join(task, f.Handler.V)} // the wrapper runs the handler as a script
		c.Extension = webadapter.Extension(*f.Adapter)
		p.note("%s is a web application: runs %s with the programs of this machine, and a stand-in for the Lambda Web Adapter", f.Name, f.Handler.V)
		return nil
	default:
		if r, ok := managed.Parse(f.Runtime.V); ok {
			return p.manage(ctx, f, c, r)
		}
		return p.build(ctx, f, c)
	}
}

func (p *programmer) given(f *lambda.Definition) (string, bool) {
	for _, name := range slices.Sorted(maps.Keys(p.options.Functions)) {
		if f.Called(name) {
			return p.options.Functions[name], true
		}
	}
	return "", false
}

// replace runs a command of the user's in the working directory.
func (p *programmer) replace(t door.Target, c *lambda.Config, command string) error {
	f := t.Function
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	c.Dir = dir
	command, asks := strings.CutPrefix(command, runtimeProgram)
	c.Command = inShell(command)
	if asks {
		p.note("%s: runs %q in its place, which has to speak the runtime API", f.Name, command)
		return nil
	}
	// An image may have it among its own variables, which are not in the template.
	if t.Streams && c.Environment["AWS_LWA_INVOKE_MODE"] == "" {
		c.Environment["AWS_LWA_INVOKE_MODE"] = "response_stream"
	}
	settings, err := webadapter.ParseSettings(c.Environment)
	if err != nil {
		return fmt.Errorf("%s: Environment.Variables: %w", f.Name, err)
	}
	c.Extension = webadapter.Extension(settings)
	p.note("%s: runs %q in its place, as a web application behind a stand-in for the Lambda Web Adapter", f.Name, command)
	return nil
}

func inShell(command string) []string {
	if runtime.GOOS == "windows" {
		return []string{"cmd", "/c", command}
	}
	return []string{"sh", "-c", command}
}

// noteTexts names what the code has where AWS has values of the deployment.
func (p *programmer) noteTexts(f *lambda.Definition) {
	if len(f.Code.Texts) > 0 {
		p.note("%s: its code has %s here, where the deployment puts values in their place", f.Name, strings.Join(f.Code.Texts, ", "))
	}
}

// manage runs a handler of a managed runtime.
func (p *programmer) manage(ctx context.Context, f *lambda.Definition, c *lambda.Config, r managed.Runtime) error {
	interpreter, err := p.interpreter(ctx, f.Name, r)
	if err != nil {
		return err
	}
	if f.Code.Inline != "" {
		c.Dir, err = r.Inline(f.Code.Inline, p.dir)
	} else {
		c.Dir, err = managed.Folder(f.Code.Dir, p.dir)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	var layers []string
	for _, layer := range f.LayerDirs {
		folder, err := managed.Folder(layer, p.dir)
		if err != nil {
			return fmt.Errorf("%s: a layer: %w", f.Name, err)
		}
		layers = append(layers, folder)
	}
	program, err := r.Program(interpreter, p.dir, layers)
	if err != nil {
		return err
	}
	c.Command = program.Command
	environment := program.Environment
	maps.Copy(environment, c.Environment)
	c.Environment = environment
	return nil
}

// interpreter returns that of a function's runtime, and notes if it has another version.
func (p *programmer) interpreter(ctx context.Context, function string, r managed.Runtime) (string, error) {
	interpreter, option, language := p.options.Node, "--node", "Node.js "
	if r.Language == managed.Python {
		interpreter, option, language = p.options.Python, "--python", "" // which prints its name
	}
	version, err := p.version(ctx, interpreter)
	if err != nil {
		return "", fmt.Errorf("%s runs on %s, and %q does not run (%w): install it, or give its path (%s)", function, r, interpreter, err, option)
	}
	if !r.Fits(version) {
		p.note("%s declares %s: runs on %s%s here", function, r, language, version)
	}
	return interpreter, nil
}

// version returns what an interpreter prints of its version, such as "v22.4.1" or
// "Python 3.13.2".
func (p *programmer) version(ctx context.Context, interpreter string) (string, error) {
	if version, known := p.versions[interpreter]; known {
		return version, nil
	}
	command := exec.CommandContext(ctx, interpreter, "--version")
	command.WaitDelay = time.Second // for what a wrapper has started
	out, err := command.Output()
	if err != nil {
		return "", err
	}
	p.versions[interpreter] = strings.TrimSpace(string(out))
	return p.versions[interpreter], nil
}

// task is the folder that a program runs in: its asset, or what an archive unpacks to.
func (p *programmer) task(f *lambda.Definition) (string, error) {
	if !strings.HasSuffix(f.Code.Dir, ".zip") {
		return filepath.Abs(f.Code.Dir)
	}
	folder, err := managed.Folder(f.Code.Dir, p.dir)
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.Name, err)
	}
	return folder, nil
}

// build finds the Go program of an asset, or builds it again for this host.
func (p *programmer) build(ctx context.Context, f *lambda.Definition, c *lambda.Config) error {
	task, err := p.task(f)
	if err != nil {
		return err
	}
	program, err := p.builder.Find(ctx, f.Name, task, f.Architecture())
	if err != nil {
		return err
	}
	if program.Note != "" {
		p.note("%s", program.Note)
	}
	path, err := filepath.Abs(program.Path)
	if err != nil {
		return err
	}
	c.Dir, c.Command = task, []string{path}
	c.EnvironmentConcurrency = p.options.EnvironmentConcurrency
	return nil
}
