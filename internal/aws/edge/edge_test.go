package edge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/streamfront/streamfront/internal/aws/edge/script"
	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/managed"
	"github.com/streamfront/streamfront/internal/template"
)

// patience bounds every wait.
const patience = 60 * time.Second

var about = Context{DistributionID: "EDIST", DistributionDomain: "d1.cloudfront.net", RequestID: "request-id"}

type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(string(p))
	return len(p), nil
}

func newHost(t *testing.T) *Host {
	t.Helper()
	return &Host{Interpreter: interpreter, Dir: t.TempDir(), Log: lambda.NewLog(testLog{t})}
}

func interpreter(_ string, r managed.Runtime) (string, error) {
	return exec.LookPath(map[managed.Language]string{managed.Node: "node", managed.Python: "python3"}[r.Language])
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func viewerFunction(t *testing.T, code string) *ViewerFunction {
	t.Helper()
	f, err := newHost(t).ViewerFunction(&ViewerDefinition{Name: "Site/Viewer", ARN: "arn:aws:cloudfront::1:function/viewer", Runtime: template.Of(script.Runtime2), Code: template.Of(code)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// definition is a function for Node.js.
func definition(name, arn string, code lambda.Code) *Definition {
	return &Definition{ARN: arn, Definition: &lambda.Definition{
		Name: name, Handler: template.Of("index.handler"), Runtime: template.Of("nodejs24.x"),
		Timeout: template.Of(30 * time.Second), Memory: template.Of(128), Code: code,
	}}
}

func edgeFunction(t *testing.T, change func(*Definition)) *OriginRequest {
	t.Helper()
	f := definition("Site/Signer", "arn:aws:lambda:us-east-1:111122223333:function:signer:7", lambda.Code{})
	change(f)
	fn, err := newHost(t).OriginRequest(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fn.Close)
	return fn
}

func inline(code string) func(*Definition) {
	return func(f *Definition) { f.Code.Inline = code }
}

func writeFile(t *testing.T, content string, path ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(path...), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

var origin = &Origin{
	Protocol: "https", Port: 443,
	DomainName: "abc.lambda-url.eu-west-1.on.aws", Path: "/base", Headers: map[string]string{"X-Tenant": "one"},
	ReadTimeout: time.Minute, KeepAliveTimeout: 5 * time.Second, CompletionTimeout: 2 * time.Minute, SSLProtocols: []string{"TLSv1.2"},
}

func get(header http.Header) *Request {
	h := http.Header{"Host": {origin.DomainName}, "Via": {"1.1 x"}}
	for name, values := range header {
		h[name] = values
	}
	return &Request{Method: "GET", Path: "/a%20b", Query: "x=1&y=%2F", Header: h, ClientIP: "203.0.113.7"}
}

// choose makes one function of many: the header x-case says which one runs.
func choose(cases map[string]string) string {
	var b strings.Builder
	b.WriteString("const cases = {\n")
	for name, code := range cases {
		fmt.Fprintf(&b, "  %s: (event, request, headers) => {\n%s\n  },\n", quote(name), code)
	}
	b.WriteString("};\n")
	return b.String()
}

func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func asInvalid(err error) string {
	var wrong *InvalidResultError
	if errors.As(err, &wrong) {
		return wrong.Reason
	}
	return ""
}

// wantInvalid compares an error with what is to be wrong with the result. It reports whether anything
// is.
func wantInvalid(t *testing.T, err error, want string) bool {
	t.Helper()
	if got := asInvalid(err); want != "" && !strings.HasPrefix(got, want) {
		t.Errorf("error = %v, want an invalid result: %s", err, want)
	}
	return want != ""
}

func asFunctionError(err error) lambda.FunctionError {
	var failed *lambda.FunctionError
	if errors.As(err, &failed) {
		return *failed
	}
	return lambda.FunctionError{}
}

// How Lambda's runtimes take handlers.
func TestHandlers(t *testing.T) {
	t.Parallel()
	const respond = `{ status: '200', body: 'x' }`
	for name, test := range map[string]struct {
		runtime string // default: nodejs24.x
		handler string // default: index.handler
		code    string
		body    string // of the response: it works
		err     lambda.FunctionError
		invalid string
	}{
		"async":          {code: `exports.handler = async () => (` + respond + `)`, body: "x"},
		"async, 22":      {runtime: "nodejs22.x", code: `exports.handler = async () => (` + respond + `)`, body: "x"},
		"promise":        {code: `exports.handler = () => Promise.resolve(` + respond + `)`, body: "x"},
		"another name":   {handler: "index.main", code: `exports.main = async () => (` + respond + `)`, body: "x"},
		"callback, 22":   {runtime: "nodejs22.x", code: `exports.handler = (event, context, callback) => setTimeout(() => callback(null, ` + respond + `), 1)`, body: "x"},
		"async of 3, 22": {runtime: "nodejs22.x", code: `exports.handler = async (event, context, callback) => (` + respond + `)`, body: "x"},
		"callback with an error, 22": {
			runtime: "nodejs22.x", code: `exports.handler = (event, context, callback) => callback(new Error('no'))`,
			err: lambda.FunctionError{Type: "Error", Message: "no"},
		},
		// Until 22 a value that is returned is no result; the request would go to nobody.
		"sync, 22":   {runtime: "nodejs22.x", code: `exports.handler = () => (` + respond + `)`, invalid: "the function returned nothing"},
		"sync, 24":   {code: `exports.handler = () => (` + respond + `)`, body: "x"},
		"undefined":  {code: `exports.handler = async () => {}`, invalid: "the function returned nothing"},
		"null":       {code: `exports.handler = async () => null`, invalid: "the function returned nothing"},
		"a text":     {code: `exports.handler = async () => 'x'`, invalid: "the result does not have the shape of a request or a response"},
		"a list":     {code: `exports.handler = async () => []`, invalid: "the result does not have the shape of a request or a response"},
		"sync throw": {code: `exports.handler = () => { throw new TypeError('odd') }`, err: lambda.FunctionError{Type: "TypeError", Message: "odd"}},
		"rejection":  {code: `exports.handler = async () => { throw 'a text' }`, err: lambda.FunctionError{Type: "string", Message: "a text"}},
		"circular":   {code: `exports.handler = async () => { const r = {}; r.r = r; return r }`, err: lambda.FunctionError{Type: "Runtime.JSONStringifyError"}},
		"Python": {
			runtime: "python3.13", code: `
def handler(event, context):
    request = event['Records'][0]['cf']['request']
    return {'status': '200', 'body': ' '.join([request['method'], request['uri'], request['origin']['custom']['domainName'], context.aws_request_id])}`,
			body: "GET /a%20b abc.lambda-url.eu-west-1.on.aws request-id",
		},
		"Python that fails": {
			runtime: "python3.13", code: `
def handler(event, context):
    raise ValueError('odd')`,
			err: lambda.FunctionError{Type: "ValueError", Message: "odd"},
		},
		"callback, 24": {
			code: `exports.handler = (event, context, callback) => callback(null, {})`,
			err:  lambda.FunctionError{Type: "Runtime.CallbackHandlerDeprecated", Message: "nodejs24.x takes no handlers with a callback: make index.handler async"},
		},
		"missing handler": {code: `exports.other = async () => {}`, err: lambda.FunctionError{Type: "Runtime.HandlerNotFound", Message: "index.handler is undefined or not a function"}},
		"syntax error":    {code: `exports.handler = async (`, err: lambda.FunctionError{Type: "Runtime.UserCodeSyntaxError"}},
		"throws at start": {code: `throw new Error('at start')`, err: lambda.FunctionError{Type: "Error", Message: "at start"}},
		"exit":            {code: `exports.handler = async () => process.exit(3)`, err: lambda.FunctionError{Type: "Runtime.ExitError", Message: "the process ended (exit status 3)", Broken: true}},
		"what a handler may ask": {
			code: `exports.handler = async (event, c) => ({ status: '200', body: [c.awsRequestId, c.functionVersion, c.memoryLimitInMB,
				c.invokedFunctionArn, c.getRemainingTimeInMillis() > 0].join(' ') })`,
			body: "request-id 7 128 arn:aws:lambda:us-east-1:111122223333:function:signer:7 true",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := edgeFunction(t, func(f *Definition) {
				f.Code.Inline = test.code
				if test.runtime != "" {
					f.Runtime.V = test.runtime
				}
				if test.handler != "" {
					f.Handler.V = test.handler
				}
			})
			result, err := f.Run(bounded(t), about, origin, get(nil), nil)
			switch {
			case test.body != "":
				if err != nil || result.Response == nil || string(result.Response.Body) != test.body {
					t.Errorf("result = %+v, %v, want a response with %q", result, err, test.body)
				}
			case wantInvalid(t, err, test.invalid):
			default:
				got := asFunctionError(err)
				if test.err.Message == "" {
					got.Message = ""
				}
				if got.Type != test.err.Type || got.Message != test.err.Message || got.Broken != test.err.Broken {
					t.Errorf("error = %#v, want %#v", err, test.err)
				}
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	f := edgeFunction(t, func(f *Definition) {
		f.Code.Inline = `exports.handler = () => new Promise(() => setInterval(() => {}, 1000))`
		f.Timeout.V = 100 * time.Millisecond
	})
	_, err := f.Run(bounded(t), about, origin, get(nil), nil)
	if got := asFunctionError(err); got.Type != "Sandbox.Timedout" {
		t.Errorf("error = %v, want Sandbox.Timedout", err)
	}
}

// A package.json above the folder for temporary files says nothing about the function.
func TestInlineCodeIsOfNoPackage(t *testing.T) {
	t.Parallel()
	host := newHost(t)
	writeFile(t, `{"type": "module"}`, host.Dir, "package.json")
	f, err := host.OriginRequest(definition("Site/Signer", "a:1",
		lambda.Code{Inline: `const said = require('node:path').sep; exports.handler = async () => ({ status: '200', body: said })`}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	if result, err := f.Run(bounded(t), about, origin, get(nil), nil); err != nil || len(result.Response.Body) != 1 {
		t.Errorf("result = %+v, %v, want that of CommonJS", result, err)
	}
}

// The function's code may be an asset, whose folder may be relative to the working one.
func TestCodeFromAssets(t *testing.T) {
	t.Parallel()
	const handler = `async () => ({ status: '200', body: 'from ' + said })`
	for name, test := range map[string]struct {
		files   map[string]string
		handler string
	}{
		"js":              {map[string]string{"index.js": `const said = require('./said.js'); exports.handler = ` + handler, "said.js": `module.exports = 'js'`}, "index.handler"},
		"mjs":             {map[string]string{"index.mjs": `const said = 'mjs'; export const handler = ` + handler}, "index.handler"},
		"cjs":             {map[string]string{"main.cjs": `const said = 'cjs'; exports.run = ` + handler}, "main.run"},
		"js before mjs":   {map[string]string{"index.js": `const said = 'js before mjs'; exports.handler = ` + handler, "index.mjs": "nonsense("}, "index.handler"},
		"module of a dir": {map[string]string{"index.js": `const said = 'module of a dir'; exports.handler = ` + handler}, "index.handler"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, content := range test.files {
				writeFile(t, content, dir, file)
			}
			here, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			relative, err := filepath.Rel(here, dir)
			if err != nil {
				t.Fatal(err)
			}
			f := edgeFunction(t, func(f *Definition) { f.Code.Dir, f.Handler.V = relative, test.handler })
			result, err := f.Run(bounded(t), about, origin, get(nil), nil)
			if err != nil || string(result.Response.Body) != "from "+name {
				t.Errorf("result = %+v, %v, want the text \"from %s\"", result, err, name)
			}
		})
	}

	_, err := newHost(t).OriginRequest(definition("Site/Signer", "a:1", lambda.Code{Dir: "/nowhere"}))
	if want := "Site/Signer: its code, /nowhere, is not there: run 'cdk synth' again, on this machine"; err == nil || err.Error() != want {
		t.Errorf("asset without the file: %v, want %q", err, want)
	}
}

// A CloudFront Function has the language, crypto, querystring and Buffer, and no more.
func TestWhatCloudFrontFunctionsSee(t *testing.T) {
	t.Parallel()
	answer := func(expression string) string {
		return `return { statusCode: 200, body: String(` + expression + `) }`
	}
	cases := map[string]struct{ code, want string }{}
	for _, name := range []string{"process", "fetch", "setTimeout", "setInterval", "setImmediate", "queueMicrotask", "module", "exports", "__dirname", "URL", "XMLHttpRequest", "global"} {
		cases[name] = struct{ code, want string }{answer("typeof " + name), "undefined"}
	}
	cases["crypto"] = struct{ code, want string }{answer(`require('crypto').createHash('sha256').update('').digest('hex').slice(0, 8)`), "e3b0c442"}
	cases["querystring"] = struct{ code, want string }{answer(`require('querystring').parse('a=b').a`), "b"}
	cases["Buffer"] = struct{ code, want string }{answer(`Buffer.from('aGk=', 'base64').toString()`), "hi"}
	cases["promises"] = struct{ code, want string }{`return Promise.resolve({ statusCode: 200, body: 'later' })`, "later"}
	code := map[string]string{}
	for name, test := range cases {
		code[name] = test.code
	}
	for _, module := range []string{"fs", "http", "node:fs", "child_process", "./x"} {
		code["require "+module] = answer(`require('` + module + `')`)
	}
	code["eval"] = answer(`eval('1')`)
	code["Function"] = answer(`new Function('return 1')()`)
	f := viewerFunction(t, choose(code)+`
function handler(event) { return cases[event.request.headers['x-case'].value](event, event.request, event.request.headers); }`)

	for name := range code {
		result, err := f.Run(bounded(t), about, get(http.Header{"X-Case": {name}}))
		if test, ok := cases[name]; ok {
			if err != nil || string(result.Response.Body) != test.want {
				t.Errorf("%s: %+v, %v, want %q", name, result, err, test.want)
			}
			continue
		}
		if failed := (*script.Error)(nil); !errors.As(err, &failed) || failed.Compile {
			t.Errorf("%s: %+v, %v, want an error of the function", name, result, err)
		}
	}
}

func TestCloudFrontFunctionFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		code    string
		fails   string
		invalid string
	}{
		"missing handler": {code: `function other() {}`, fails: "ReferenceError: handler is not defined"},
		"throw":           {code: `function handler() { throw new Error('no') }`, fails: "Error: no"},
		"undefined":       {code: `function handler() {}`, invalid: "the function returned nothing"},
		"null":            {code: `function handler() { return null }`, invalid: "the function returned nothing"},
		"the event":       {code: `function handler(event) { return event }`, invalid: `the function changed the method from "GET" to ""`},
		"a text":          {code: `function handler() { return 'x' }`, invalid: "the result does not have the shape"},
		"a group of origins": {
			code:  `import cf from 'cloudfront'; function handler(event) { cf.createRequestOriginGroup(); return event.request }`,
			fails: "GoError: cf.createRequestOriginGroup takes an object, as in cf.createRequestOriginGroup({ originIds: [{ originId: 'a' }, { originId: 'b' }], failoverCriteria: { statusCodes: [500] } })",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := viewerFunction(t, test.code).Run(bounded(t), about, get(nil))
			if failed := (*script.Error)(nil); test.fails != "" {
				if !errors.As(err, &failed) || failed.Message != test.fails {
					t.Errorf("error = %v, want %s", err, test.fails)
				}
				return
			}
			wantInvalid(t, err, test.invalid)
		})
	}
}

// AWS compiles a function when it is created, and refuses what does not compile.
func TestCloudFrontFunctionsThatDoNotCompile(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]*ViewerDefinition{
		"syntax": {Name: "Site/Viewer", Runtime: template.Of(script.Runtime2), Code: template.Of("function handler(")},
		"1.0":    {Name: "Site/Viewer", Runtime: template.Of(script.Runtime1), Code: template.Of("function handler(event) { const r = event.request; return r }")},
	} {
		if _, err := newHost(t).ViewerFunction(f); err == nil || !strings.HasPrefix(err.Error(), "Site/Viewer: CloudFront does not create the function: SyntaxError") {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	before := &Request{Path: "/a", Query: "x", Header: http.Header{"Gone": {"1"}, "Same": {"1"}, "Other": {"1", "2"}}}
	for name, test := range map[string]struct {
		after *Request
		want  string
	}{
		"nothing": {before, "nothing changed"},
		"all": {
			&Request{Path: "/b", Query: "y", Header: http.Header{"New": {"1"}, "Same": {"1"}, "Other": {"1"}}},
			"-gone +new ~other uri /b query y",
		},
	} {
		if got := Summary(before, test.after); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
