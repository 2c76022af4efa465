// Package script runs CloudFront Functions in a JavaScript interpreter inside this process: the
// language and the modules that AWS documents, and nothing else of a JavaScript host.
//
// Each run has its own interpreter, so that no state is left for the next one: AWS promises none.
// This takes a tenth of the time of a Node.js process that answers over the runtime API, and the
// bounds below can be enforced.
//
// Source: Amazon CloudFront Developer Guide, "JavaScript runtime features for CloudFront
// Functions" and "Restrictions on CloudFront Functions".
package script

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// The runtimes of CloudFront Functions.
const (
	Runtime1 = "cloudfront-js-1.0"
	Runtime2 = "cloudfront-js-2.0"
)

// Bounds of a run. Each is far beyond what AWS allows, which is about a millisecond of
// computing and 2 MB of memory: this machine measures differently, but a function without
// an end must end here, too.
const (
	maxTime   = 5 * time.Second
	maxMemory = 256 << 20 // bytes by which the heap of this process may grow meanwhile
	maxDepth  = 2048      // calls within calls
	lookEvery = 20 * time.Millisecond
)

// Options say what a function runs with.
type Options struct {
	Runtime string            // Runtime1 or Runtime2
	Store   map[string]string // its key-value store; nil: none is associated
	Log     io.Writer         // gets what it logs
}

// A Function is a compiled CloudFront Function.
type Function struct {
	program *goja.Program
	options Options
	reach   *reach        // of its code
	sized   bool          // it may make values of any size in one call
	spare   chan *machine // is ready for the next run
}

// An Error is a failure of the function itself: CloudFront answers 503.
type Error struct {
	Compile bool // it does not compile: AWS refuses it when it is created
	Message string
}

func (e *Error) Error() string { return e.Message }

// Compile compiles the source of a function, in which handler is a function. The error is an
// *Error.
func Compile(source string, o Options) (*Function, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	text, err := withoutImports(source, o.Runtime)
	if err != nil {
		return nil, err
	}
	tree, err := parser.ParseFile(nil, "function.js", text+call(o.Runtime), 0)
	if err != nil {
		err = fmt.Errorf("SyntaxError: %w", err)
	}
	if err == nil && o.Runtime == Runtime1 {
		err = onlyOldStatements(tree)
	}
	if err == nil {
		err = noBigInts(tree)
	}
	var program *goja.Program
	if err == nil {
		program, err = goja.CompileAST(tree, false)
	}
	if err != nil {
		return nil, &Error{Compile: true, Message: err.Error()}
	}
	return &Function{program: program, options: o, reach: reachOf(tree), sized: namesSizes.MatchString(source), spare: make(chan *machine, 1)}, nil
}

// call is what follows the function's own code: its value takes the text of an event and
// returns a promise of the text of the result. Of the field rawQueryString of the event's
// request it makes the method of that name, which came with runtime 2.0 (documented: "General
// helper methods").
func call(runtime string) string {
	method := "() => query"
	if runtime == Runtime1 {
		method = "undefined"
	}
	return `
;(async (text) => {
	const event = JSON.parse(text);
	if (event.request) {
		const query = event.request.rawQueryString;
		event.request.rawQueryString = ` + method + `;
	}
	return JSON.stringify(await handler(event));
})`
}

// imports is the one form of an import that AWS documents: a module's default export.
var imports = regexp.MustCompile(`(?m)^([ \t]*)import\s+([A-Za-z_$][\w$]*)\s+from\s+(['"])([^'"\n]+)['"][ \t]*;?`)

var otherImport = regexp.MustCompile(`(?m)^[ \t]*import\b[ \t]*[\w{*'"][^\n]*`)

// withoutImports turns imports into calls of require, line by line: the interpreter has no
// modules.
func withoutImports(source, runtime string) (string, error) {
	if runtime != Runtime2 {
		return source, nil // a syntax error there, too
	}
	text := imports.ReplaceAllString(source, "${1}const ${2} = require(${3}${4}${3});")
	if odd := otherImport.FindString(text); odd != "" {
		return "", &Error{Compile: true, Message: fmt.Sprintf("%q: CloudFront Functions import a whole module, as in: import cf from 'cloudfront'", strings.TrimSpace(odd))}
	}
	return text, nil
}

// A Result is what a run returned.
type Result struct {
	JSON []byte // of what the handler returned; nil: undefined
	Choice
}

// A Choice is what a function chose of the origin: what it gave the methods of the module
// cloudfront last. Nil, or "": it did not call them.
type Choice struct {
	Update    json.RawMessage // updateRequestOrigin
	ID        string          // selectRequestOriginById
	Overrides json.RawMessage // its second argument
	Group     json.RawMessage // createRequestOriginGroup
}

// Made reports whether the function chose anything.
func (c *Choice) Made() bool { return c.Update != nil || c.ID != "" || c.Group != nil }

// Run calls the handler with an event, which is JSON. The error is ctx's or an *Error.
func (f *Function) Run(ctx context.Context, event []byte) (result *Result, err error) {
	// A panic of the interpreter is the function's doing, and must not end this process. It may
	// be one whose text cannot be had, since making it runs the function's code.
	defer func() {
		if recover() != nil {
			result, err = nil, &Error{Message: "the JavaScript interpreter failed in the function: a value is too large for it, or throws when it is printed"}
			fmt.Fprintln(f.options.Log, err)
		}
	}()
	return f.runBounded(ctx, event)
}

func (f *Function) runBounded(ctx context.Context, event []byte) (*Result, error) {
	var m *machine
	select {
	case m = <-f.spare:
	default:
		m = f.newMachine()
	}
	stop := bound(ctx, m.vm)
	defer stop()
	result := &m.result
	value, err := m.run(f.program, event)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &Error{Message: f.explain(err)}
	}
	go f.prepare()
	if value != nil && !goja.IsUndefined(value) {
		result.JSON = []byte(value.String())
	}
	return result, nil
}

// A machine is an interpreter for one run.
type machine struct {
	vm     *goja.Runtime
	result Result
	log    heldLog
	handle goja.Callable // nil: the function's own code, outside of the handler, has not run yet
}

func (f *Function) newMachine() *machine {
	m := &machine{vm: goja.New()}
	m.vm.SetMaxCallStackSize(maxDepth)
	options := f.options
	m.log.to, options.Log = f.options.Log, &m.log
	install(m.vm, &options, &m.result, f.reach, f.sized)
	return m
}

// prepare makes a machine for the next run while no request waits for it: that takes longer
// than most runs. One that fails is not kept, so that the next run tells why.
func (f *Function) prepare() {
	defer func() { _ = recover() }()
	if len(f.spare) > 0 {
		return
	}
	m := f.newMachine()
	m.log.held = true
	stop := bound(context.Background(), m.vm)
	defer stop()
	if m.load(f.program) != nil {
		return
	}
	select {
	case f.spare <- m:
	default: // another was sooner
	}
}

// load runs the function's own code, outside of the handler.
func (m *machine) load(program *goja.Program) error {
	value, err := m.vm.RunProgram(program)
	if err == nil {
		m.handle, _ = goja.AssertFunction(value)
	}
	return err
}

func (m *machine) run(program *goja.Program, event []byte) (goja.Value, error) {
	m.log.release()
	if m.handle == nil {
		if err := m.load(program); err != nil {
			return nil, err
		}
	}
	value, err := m.handle(goja.Undefined(), m.vm.ToValue(string(event)))
	if err != nil {
		return nil, err
	}
	switch promise := value.Export().(*goja.Promise); promise.State() {
	case goja.PromiseStateFulfilled:
		return promise.Result(), nil
	case goja.PromiseStateRejected:
		return nil, rejection{promise.Result()}
	default:
		return nil, errors.New("the handler's promise never settles: a CloudFront Function can wait for nothing but its key-value store")
	}
}

// A heldLog keeps what is logged before the run that it belongs to.
type heldLog struct {
	to   io.Writer
	held bool
	kept bytes.Buffer
}

func (l *heldLog) Write(p []byte) (int, error) {
	if l.held {
		return l.kept.Write(p)
	}
	return l.to.Write(p)
}

func (l *heldLog) release() {
	l.held = false
	_, _ = l.kept.WriteTo(l.to)
}

// A rejection is a value that was thrown.
type rejection struct{ value goja.Value }

func (r rejection) Error() string {
	if object, ok := r.value.(*goja.Object); ok {
		if stack := object.Get("stack"); stack != nil && !goja.IsUndefined(stack) {
			return strings.TrimSpace(stack.String())
		}
	}
	return r.value.String()
}

// explain logs an error with its stack, and returns its first line.
func (f *Function) explain(err error) string {
	text := err.Error()
	var thrown *goja.Exception
	var deep *goja.StackOverflowError
	var interrupted *goja.InterruptedError
	switch {
	case errors.As(err, &deep):
		text = "RangeError: Maximum call stack size exceeded" + text
	case errors.As(err, &interrupted):
		text = fmt.Sprint(interrupted.Value())
	case errors.As(err, &thrown):
		text = thrown.String()
	}
	fmt.Fprintln(f.options.Log, text)
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// Where a regular expression looks around or back, its engine is one that no interrupt
// reaches, and that may backtrack for years.
func init() { regexp2.DefaultMatchTimeout = maxTime }

// bound interrupts the interpreter when the context or the time ends, or when the process
// grows too much. What it returns ends the watch.
func bound(ctx context.Context, vm *goja.Runtime) func() {
	cancelled := context.AfterFunc(ctx, func() { vm.Interrupt(ctx.Err()) })
	done := make(chan struct{})
	started, before := time.Now(), uint64(0)
	var look func()
	look = func() {
		select {
		case <-done:
			return
		default:
		}
		if before == 0 {
			before = heap() // not sooner: most runs have ended by now
		}
		switch {
		case time.Since(started) > maxTime:
			vm.Interrupt(fmt.Sprintf("the function did not end within %s; CloudFront allows about a millisecond", maxTime))
		case heap() > before+maxMemory:
			vm.Interrupt(fmt.Sprintf("the function took more than %d MB of memory; CloudFront allows 2 MB", maxMemory>>20))
		default:
			time.AfterFunc(lookEvery, look)
		}
	}
	time.AfterFunc(lookEvery, look)
	return func() {
		close(done)
		cancelled()
	}
}

func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
