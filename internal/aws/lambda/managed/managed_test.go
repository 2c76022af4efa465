package managed_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/managed"
)

// patience bounds every wait: a busy machine may need it, a test that passes does not.
const patience = 60 * time.Second

func TestParse(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]managed.Runtime{
		"nodejs22.x": {managed.Node, "22"}, "nodejs24.x": {managed.Node, "24"},
		"python3.13": {managed.Python, "3.13"}, "python3.9": {managed.Python, "3.9"},
	} {
		if got, ok := managed.Parse(name); !ok || got != want || got.String() != name {
			t.Errorf("Parse(%q) = %+v, %t, want %+v", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "provided.al2023", "java21", "nodejs", "nodejs22", "nodejs22.x ", "python2.7", "python3", "ruby3.4", "dotnet8"} {
		if got, ok := managed.Parse(name); ok {
			t.Errorf("Parse(%q) = %+v, want none", name, got)
		}
	}
}

// A behavior is one row of what AWS documents, or its clients' source shows, of a handler.
type behavior struct {
	handler string
	runtime string // default: the one of the table
	want    string // the response; "*" stands for the request's id
	typ     string // its content type, if it matters
	fails   string // type of the error that the invocation ends with
	message string // what is in the error's message
	logs    string // what the function's log must have
}

func TestNodeHandlers(t *testing.T) {
	t.Parallel()
	runBehaviors(t, "node", "node", "nodejs22.x", map[string]behavior{
		"async":                   {handler: "buffered.echo", want: `{"event":{"n":1},"id":"*","name":"fn","remaining":true}`, typ: "application/json"},
		"a nested export":         {handler: "buffered.settings.nested.handler", want: `{"nested":1}`},
		"in a folder":             {handler: "folder/deep.handler", want: `"deep"`},
		"of the default export":   {handler: "streaming.inside", want: `"of the default export"`},
		"undefined is null":       {handler: "buffered.nothing", want: `null`},
		"the environment":         {handler: "buffered.number", want: `["AWS_Lambda_nodejs22.x","buffered.number"]`},
		"a layer":                 {handler: "buffered.layered", want: `"from the layer"`},
		"a layer, by import":      {handler: "importing.layered", want: `"from the layer"`},
		"throws":                  {handler: "buffered.throws", fails: "TypeError", message: "no such thing"},
		"throws text":             {handler: "buffered.text", fails: "string", message: "only text"},
		"no JSON":                 {handler: "buffered.circular", fails: "Runtime.JSONStringifyError"},
		"callback":                {handler: "buffered.callback", want: `{"by":"callback"}`},
		"callback waits":          {handler: "buffered.late", want: `{"by":"callback"}`, logs: "the event loop was waited for"},
		"callback, later":         {handler: "buffered.after", want: `{"by":"callback"}`},
		"callback does not wait":  {handler: "buffered.hurried", want: `{"by":"callback"}`},
		"callback with an error":  {handler: "buffered.fails", fails: "RangeError", message: "by callback"},
		"context.succeed":         {handler: "buffered.succeed", want: `{"by":"context"}`},
		"neither":                 {handler: "buffered.neither", want: `null`},
		"sync, until 22":          {handler: "buffered.sync", want: `null`},
		"sync, from 24":           {handler: "buffered.sync", runtime: "nodejs24.x", want: `{"value":"sync"}`},
		"callback, from 24":       {handler: "buffered.callback", runtime: "nodejs24.x", fails: "Runtime.CallbackHandlerDeprecated"},
		"unhandled rejection":     {handler: "buffered.rejects", fails: "Runtime.UnhandledPromiseRejection", message: "nobody looks"},
		"uncaught exception":      {handler: "buffered.crashes", fails: "Runtime.UncaughtException", message: "out of turn"},
		"exit":                    {handler: "buffered.exits", fails: "Runtime.ExitError", message: "exit status 7"},
		"not exported":            {handler: "buffered.nowhere", fails: "Runtime.HandlerNotFound"},
		"not a function":          {handler: "buffered.value", fails: "Runtime.HandlerNotFound"},
		"no file":                 {handler: "nowhere.handler", fails: "Runtime.ImportModuleError", message: "nowhere"},
		"without an export":       {handler: "buffered", fails: "Runtime.MalformedHandlerName"},
		"out of the folder":       {handler: "../node/buffered.echo", fails: "Runtime.MalformedHandlerName"},
		"syntax":                  {handler: "syntax.handler", fails: "Runtime.UserCodeSyntaxError"},
		"the SDK is missing":      {handler: "missing.handler", fails: "Runtime.ImportModuleError", message: "this machine does not"},
		"fails to initialize":     {handler: "initfails.handler", fails: "Error", message: "at the top"},
		"streams":                 {handler: "streaming.plain", want: `hello{"id":true}!`, typ: "text/plain"},
		"streams with metadata":   {handler: "streaming.http", want: "{\"statusCode\":201,\"headers\":{\"x-a\":\"1\"}}\x00\x00\x00\x00\x00\x00\x00\x00firstlast", typ: "application/vnd.awslambda.http-integration-response"},
		"ends without a write":    {handler: "streaming.endOnly", want: "", typ: "application/vnd.awslambda.http-integration-response"},
		"fails in mid-stream":     {handler: "streaming.fails", want: "begun", fails: "RangeError", message: "in mid-stream"},
		"fails before the stream": {handler: "streaming.early", fails: "RangeError", message: "before the first byte"},
		"streams, not async":      {handler: "streaming.notAsync", want: "x", logs: "must be async"},
		"streams and returns":     {handler: "streaming.returns", want: "x", logs: "is ignored"},
		"content type, too late":  {handler: "streaming.late", want: "x", fails: "Runtime.InvalidStreamingOperation"},
	})
}

func TestPythonHandlers(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not on this machine: nothing was tested of Python handlers")
	}
	runBehaviors(t, "python", "python3", "python3.13", map[string]behavior{
		"returns":             {handler: "app.echo", want: `{"event": {"n": 1}, "id": "*", "name": "fn", "remaining": true}`, typ: "application/json", logs: "printed by the handler"},
		"in a folder":         {handler: "package/deep.handler", want: `"deep"`},
		"in a package":        {handler: "package.deep.handler", want: `"deep"`},
		"None is null":        {handler: "app.nothing", want: `null`},
		"decimals, not ASCII": {handler: "app.number", want: `[1.5, "AWS_Lambda_python3.13", "über"]`},
		"a layer":             {handler: "app.layered", want: `"from the layer"`},
		"logs":                {handler: "app.logs", want: `[1, "WARNING"]`, logs: "\trequest-1\tlogged by the handler\n"},
		"raises":              {handler: "app.raises", fails: "KeyError", message: "no such thing"},
		"no JSON":             {handler: "app.unmarshalable", fails: "Runtime.MarshalError"},
		"exit":                {handler: "app.exits", fails: "Runtime.ExitError", message: "exit status 7"},
		"not defined":         {handler: "app.nowhere", fails: "Runtime.HandlerNotFound"},
		"no file":             {handler: "nowhere.handler", fails: "Runtime.ImportModuleError"},
		"missing module":      {handler: "missing.handler", fails: "Runtime.ImportModuleError", message: "boto3_nowhere"},
		"without a function":  {handler: "app", fails: "Runtime.MalformedHandlerName"},
		"syntax":              {handler: "syntax.handler", fails: "Runtime.UserCodeSyntaxError"},
		"fails to initialize": {handler: "initfails.handler", fails: "RuntimeError", message: "at the top"},
	})
}

func runBehaviors(t *testing.T, folder, interpreter, runtime string, behaviors map[string]behavior) {
	for name, b := range behaviors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if b.runtime == "" {
				b.runtime = runtime
			}
			log := &log{}
			f := newFunction(t, folder, interpreter, b.runtime, b.handler, log)
			body, typ, err := invoke(t, f, "request-1", `{"n":1}`)
			if want := strings.ReplaceAll(b.want, "*", "request-1"); body != want {
				t.Errorf("response %q, want %q\n%s", body, want, log)
			}
			if b.typ != "" && typ != b.typ {
				t.Errorf("content type %q, want %q", typ, b.typ)
			}
			var failed *lambda.FunctionError
			switch errors.As(err, &failed); {
			case b.fails == "" && err != nil:
				t.Errorf("the invocation failed: %v\n%s", err, log)
			case b.fails != "" && (failed == nil || failed.Type != b.fails || !strings.Contains(failed.Message, b.message)):
				t.Errorf("the invocation ended with %v, want %s with %q\n%s", err, b.fails, b.message, log)
			}
			f.Close() // then all of the log is there
			if !strings.Contains(log.String(), b.logs) {
				t.Errorf("logged %q, want %q in it", log, b.logs)
			}
		})
	}
}

// An environment serves one request after the other and keeps its state.
func TestEnvironmentsAreReused(t *testing.T) {
	t.Parallel()
	for folder, interpreter := range map[string]string{"node": "node", "python": "python3"} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(interpreter); err != nil {
				t.Skipf("%s is not on this machine", interpreter)
			}
			handler, runtime := "buffered.count", "nodejs22.x"
			if folder == "python" {
				handler, runtime = "app.count", "python3.13"
			}
			f := newFunction(t, folder, interpreter, runtime, handler, io.Discard)
			for i := 1; i <= 3; i++ {
				body, _, err := invoke(t, f, fmt.Sprintf("request-%d", i), "{}")
				if err != nil || body != fmt.Sprint(i) {
					t.Errorf("invocation %d: %s, %v", i, body, err)
				}
			}
		})
	}
}

// What fails when nobody waits for it ends the process, which asks for the next event meanwhile.
func TestFailureBetweenInvocations(t *testing.T) {
	t.Parallel()
	log := &log{}
	f := newFunction(t, "node", "node", "nodejs22.x", "buffered.stray", log)
	body, _, err := invoke(t, f, "request-1", "{}")
	pid, malformed := strconv.Atoi(body)
	if err != nil || malformed != nil {
		t.Fatalf("response %q, %v\n%s", body, err, log)
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return // it has ended already
	}
	for end := time.Now().Add(patience); process.Signal(syscall.Signal(0)) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the process is still there\n%s", log)
		}
	}
	f.Close()
	if !strings.Contains(log.String(), "between invocations") {
		t.Errorf("logged %q, want the reason in it", log)
	}
}

func newFunction(t testing.TB, folder, interpreter, runtime, handler string, log io.Writer) *lambda.Function {
	t.Helper()
	r, ok := managed.Parse(runtime)
	if !ok {
		t.Fatalf("there is no runtime %q", runtime)
	}
	dir, err := folder, error(nil)
	if !filepath.IsAbs(folder) {
		if dir, err = filepath.Abs(filepath.Join("testdata", folder)); err != nil {
			t.Fatal(err)
		}
	}
	program, err := r.Program(interpreter, t.TempDir(), []string{layer(t)})
	if err != nil {
		t.Fatal(err)
	}
	f := lambda.New(lambda.Config{
		Name: "fn", ARN: "arn:aws:lambda:eu-west-1:111122223333:function:fn", Version: "$LATEST", Region: "eu-west-1", Handler: handler,
		Memory: 128, Timeout: patience, Concurrency: 1, Command: program.Command, Dir: dir, Environment: program.Environment, Log: lambda.NewLog(log),
	})
	t.Cleanup(f.Close)
	return f
}

// What the project has is not there on AWS, but for the AWS SDK.
func TestModulesOfTheProject(t *testing.T) {
	t.Parallel()
	project := t.TempDir()
	code := filepath.Join(project, "cdk.out", "asset")
	write(t, filepath.Join(project, "node_modules"), map[string]string{
		"of-the-project/index.js": "module.exports = 'of the project';", "of-the-project/package.json": `{"main": "index.js"}`,
		"@aws-sdk/client/index.js": "module.exports = require('of-the-sdk');", "@aws-sdk/client/package.json": `{"main": "index.js"}`,
		"of-the-sdk/index.js": "module.exports = 'the SDK';", "of-the-sdk/package.json": `{"main": "index.js"}`,
	})
	write(t, code, map[string]string{
		"required.js":               "exports.project = async () => require('of-the-project'); exports.sdk = async () => require('@aws-sdk/client'); exports.own = async () => require('own');",
		"early.js":                  "require('of-the-project'); exports.handler = async () => 1;",
		"imported.mjs":              "import 'of-the-project'; export const handler = async () => 1;",
		"sdk.mjs":                   "import sdk from '@aws-sdk/client'; export const handler = async () => sdk;",
		"own.mjs":                   "import own from 'own'; import layer from 'of-a-layer'; export const handler = async () => own + ' and ' + layer;",
		"node_modules/own/index.js": "module.exports = 'its own';", "node_modules/own/package.json": `{"main": "index.js"}`,
	})
	const hint = "node_modules has it, and is no part of the function's code: bundle it"
	for handler, want := range map[string]string{
		"required.project": "Cannot find module 'of-the-project'", "required.sdk": `"the SDK"`, "required.own": `"its own"`,
		"early.handler": hint, "imported.handler": hint, "sdk.handler": `"the SDK"`, "own.handler": `"its own and from the layer"`,
	} {
		t.Run(handler, func(t *testing.T) {
			t.Parallel()
			body, _, err := invoke(t, newFunction(t, code, "node", "nodejs22.x", handler, io.Discard), "1", "{}")
			if got := fmt.Sprint(body, err); !strings.Contains(got, want) {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

// layer makes a layer with a module for each language.
func layer(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"nodejs/node_modules/of-a-layer/index.js":     "module.exports = 'from the layer';\n",
		"nodejs/node_modules/of-a-layer/package.json": `{"main": "index.js"}`,
		"python/of_a_layer.py":                        "VALUE = \"from the layer\"\n",
	})
	return dir
}

func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, code := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// invoke returns the response, as much of it as came, its content type, and how it ended.
func invoke(t testing.TB, f *lambda.Function, id, event string) (body, typ string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if !json.Valid([]byte(event)) {
		t.Fatalf("the event is not JSON: %s", event)
	}
	response, err := f.Invoke(ctx, id, "Root=1-2-3", []byte(event))
	if err != nil {
		return "", "", err
	}
	data, err := io.ReadAll(response.Body)
	return string(data), response.ContentType, err
}

// A log takes what processes print.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
