package script

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// patience bounds every wait: a busy machine may need it, a test that passes does not.
const patience = 60 * time.Second

func run(t *testing.T, source string, o Options) (string, *Result, error) {
	t.Helper()
	if o.Runtime == "" {
		o.Runtime = Runtime2
	}
	f, err := Compile(source, o)
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	result, err := f.Run(ctx, []byte(`{"n":1,"text":"über"}`))
	if err != nil {
		return "", nil, err
	}
	return string(result.JSON), result, nil
}

func returning(expression string) string {
	return "function handler(event) { return " + expression + "; }"
}

func TestHandlers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ source, want string }{
		"function":          {returning("event"), `{"n":1,"text":"über"}`},
		"constant":          {"const handler = (event) => event.n", "1"},
		"async":             {"async function handler(event) { await null; return event.n }", "1"},
		"promise":           {returning("Promise.resolve([1]).then((a) => a.concat(2))"), "[1,2]"},
		"undefined":         {"function handler() {}", ""},
		"template literals": {returning("`${event.n}-${`b`}`"), `"1-b"`},
		"destructuring":     {"function handler({ n, ...rest }) { return [n, rest.text?.length ?? 0] }", "[1,4]"},
		"named groups":      {returning(`/(?<a>\d)/.exec('x7').groups.a`), `"7"`},
		"typed arrays":      {returning("Array.from(new Uint8Array([1, 2]))"), "[1,2]"},
		"atob":              {returning("typeof atob"), `"undefined"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, _, err := run(t, test.source, Options{}); err != nil || got != test.want {
				t.Errorf("%s = %s, %v, want %s", test.source, got, err, test.want)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		source  string
		runtime string
		compile bool
		want    string
	}{
		"syntax":            {source: "function handler(", compile: true, want: "SyntaxError"},
		"no handler":        {source: "function other() {}", want: "ReferenceError: handler is not defined"},
		"throws":            {source: "function handler() { throw new TypeError('no') }", want: "TypeError: no"},
		"throws text":       {source: "function handler() { throw 'no' }", want: "no"},
		"rejects":           {source: "async function handler() { throw new Error('later') }", want: "Error: later"},
		"at the top":        {source: "throw new Error('top'); function handler() {}", want: "Error: top"},
		"never settles":     {source: "function handler() { return new Promise(() => {}) }", want: "never settles"},
		"circular":          {source: "function handler(e) { e.e = e; return e }", want: "TypeError"},
		"no such module":    {source: returning("require('fs')"), want: "module fs is not available"},
		"named imports":     {source: "import { createHash } from 'crypto'\nfunction handler() {}", compile: true, want: "import a whole module"},
		"eval":              {source: returning("eval('1')"), want: "code generation from text"},
		"Function":          {source: returning("new Function('return 1')()"), want: "code generation from text"},
		"its constructor":   {source: returning("(function () {}).constructor('return 1')()"), want: "code generation from text"},
		"endless recursion": {source: "function handler(e) { return handler(e) }", want: "RangeError"},
		"unknown algorithm": {source: returning("require('crypto').createHash('sha512')"), want: "sha512"},
		"no store":          {source: returning("require('cloudfront').kvs()"), want: "no key-value store"},
		"no origin group":   {source: returning("require('cloudfront').createRequestOriginGroup()"), want: "cf.createRequestOriginGroup takes an object"},
		"let in 1.0":        {source: "function handler() {\n let a = 1; return a }", runtime: Runtime1, compile: true, want: "Line 2: let is not supported by cloudfront-js-1.0"},
		"const in 1.0":      {source: "const a = 1; function handler() { return a }", runtime: Runtime1, compile: true, want: "const is not supported"},
		"const in a loop":   {source: "function handler() { for (const a of []) {} }", runtime: Runtime1, compile: true, want: "const is not supported"},
		"async in 1.0":      {source: "async function handler() {}", runtime: Runtime1, compile: true, want: "async is not supported"},
		"imports in 1.0":    {source: "import c from 'crypto'\nfunction handler() {}", runtime: Runtime1, compile: true, want: "SyntaxError"},
		"Buffer in 1.0":     {source: returning("Buffer.from('a')"), runtime: Runtime1, want: "ReferenceError: Buffer is not defined"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := run(t, test.source, Options{Runtime: test.runtime})
			var failed *Error
			if !errors.As(err, &failed) || failed.Compile != test.compile || !strings.Contains(failed.Message, test.want) {
				t.Errorf("%v, want an error with %q, at compilation: %t", err, test.want, test.compile)
			}
		})
	}
}

func TestOldStatementsCompile(t *testing.T) {
	t.Parallel()
	source := "var a = (b) => `${b}`;\nfunction handler(event) { for (var i = 0; i < 2; i++) { event.n += i } return a(event.n) }"
	if got, _, err := run(t, source, Options{Runtime: Runtime1}); err != nil || got != `"2"` {
		t.Errorf("%s, %v", got, err)
	}
}

// What AWS documents of the modules, with Node.js as the oracle where it has the same.
func TestModules(t *testing.T) {
	t.Parallel()
	same := []string{
		`require('crypto').createHash('sha256').update('über').digest('hex')`,
		`require('crypto').createHash('md5').update('a').update('b').digest('base64')`,
		`require('crypto').createHmac('sha1', 'key').update(Buffer.from([0, 255])).digest('base64url')`,
		`require('crypto').createHmac('sha256', Buffer.from('ff', 'hex')).update('x').digest('hex')`,
		`require('crypto').createHash('sha1').update('x').digest().toString('hex')`,
		`require('querystring').parse('a=1&b=%C3%BC&a=2&c&d=x+y&=e&%zz=1')`,
		`require('querystring').parse('a:1;b:2', ';', ':')`,
		`require('querystring').stringify({ a: ['1', '2'], b: 'ü &', c: true, d: null })`,
		`require('querystring').escape('a b&')`,
		`require('querystring').unescape('a%20b')`,
		`Buffer.from('aGk', 'base64').toString()`,
		`Buffer.from('über').toString('base64')`,
		`Buffer.from([1, 2, 255]).toString('hex')`,
		`Buffer.concat([Buffer.from('a'), Buffer.alloc(1, 98)]).toString()`,
		`Buffer.from('abc').equals(Buffer.from('abc'))`,
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("Node.js is not on this machine, which the README asks for: there is nothing to compare with")
	}
	list, _ := json.Marshal(same)
	out, err := exec.CommandContext(t.Context(), node, "-e", "console.log(JSON.stringify("+string(list)+".map((e) => eval(e))))").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []json.RawMessage
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	for i, expression := range same {
		if got, _, err := run(t, returning(expression), Options{}); err != nil || got != string(want[i]) {
			t.Errorf("%s = %s, %v, want %s", expression, got, err, want[i])
		}
	}
	// In 1.0 a digest without an encoding is a byte string.
	if got, _, err := run(t, returning(`require('crypto').createHash('md5').update('').digest().charCodeAt(0)`), Options{Runtime: Runtime1}); err != nil || got != "212" {
		t.Errorf("a byte string begins with %s, %v, want 212", got, err)
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	source := `import cf from 'cloudfront';
import crypto from "crypto"
async function handler(event) {
  const kvs = cf.kvs();
  const missing = await kvs.get('nowhere').catch((e) => String(e.message));
  cf.updateRequestOrigin({ domainName: 'other.example.com', timeouts: { readTimeout: 9 } });
  return [await kvs.get('a'), await kvs.get('j', { format: 'json' }), await kvs.exists('a'), await kvs.count(), missing, crypto.createHash('md5').update('').digest('hex').length];
}`
	got, result, err := run(t, source, Options{Store: map[string]string{"a": "1", "j": `{"x":[1]}`}})
	if want := `["1",{"x":[1]},true,2,"KeyNotFound: nowhere",32]`; err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	if want := `{"domainName":"other.example.com","timeouts":{"readTimeout":9}}`; result != nil && string(result.Update) != want {
		t.Errorf("origin %s, want %s", result.Update, want)
	}
}

// Nothing is left of a run for the next.
func TestRunsShareNothing(t *testing.T) {
	t.Parallel()
	f, err := Compile("let count = 0; function handler() { Array.prototype.left = ++count; return [count, [].left] }", Options{Runtime: Runtime2})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		result, err := f.Run(t.Context(), []byte("{}"))
		if err != nil || string(result.JSON) != "[1,1]" {
			t.Errorf("%+v, %v", result, err)
		}
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	if _, _, err := run(t, "function handler(e) { console.log('n', e, 1); }", Options{Log: &log}); err != nil || log.String() != "n {\"n\":1,\"text\":\"über\"} 1\n" {
		t.Errorf("logged %q, %v", log.String(), err)
	}
	log.Reset()
	_, _, _ = run(t, "function handler() {\n throw new Error('no') }", Options{Log: &log})
	if !strings.Contains(log.String(), "Error: no\n") || !strings.Contains(log.String(), "function.js:2") {
		t.Errorf("logged %q, want the stack", log.String())
	}
}

// What never ends, or grows, ends here.
func TestBounds(t *testing.T) {
	t.Parallel()
	_, _, err := run(t, "function handler() { const all = []; for (;;) all.push('x'.repeat(1000000).split('')) }", Options{})
	if err == nil || !strings.Contains(err.Error(), "of memory") && !strings.Contains(err.Error(), "did not end within") {
		t.Errorf("growth: %v", err)
	}
	f, err := Compile("function handler() { for (;;); }", Options{Runtime: Runtime2})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Run(ctx, []byte("{}")); !errors.Is(err, context.Canceled) {
		t.Errorf("a run whose request ended: %v", err)
	}
}

func BenchmarkViewerFunction(b *testing.B) {
	source, err := os.ReadFile("../../../../functions/viewer/index.js")
	if err != nil {
		b.Fatal(err)
	}
	f, err := Compile(string(source), Options{Runtime: Runtime2})
	if err != nil {
		b.Fatal(err)
	}
	event := []byte(`{"request":{"method":"POST","uri":"/","querystring":{},"headers":{"host":{"value":"d.cloudfront.net"}},"cookies":{}}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Run(b.Context(), event); err != nil {
			b.Fatal(err)
		}
	}
}

// The query as it came is what a method of the request returns, in runtime 2.0 alone.
func TestRawQueryString(t *testing.T) {
	t.Parallel()
	for runtime, want := range map[string]string{Runtime1: `"undefined"`, Runtime2: `"a[]=1&&b"`} {
		f, err := Compile(`function handler(event) { var r = event.request; return String(r.rawQueryString && r.rawQueryString()); }`, Options{Runtime: runtime})
		if err != nil {
			t.Fatal(err)
		}
		result, err := f.Run(t.Context(), []byte(`{"request": {"rawQueryString": "a[]=1&&b"}}`))
		if err != nil || string(result.JSON) != want {
			t.Errorf("%s: %s, %v, want %s", runtime, result.JSON, err, want)
		}
	}
}

// The interpreter that was made ready before a request is as good as a new one: nothing of the
// run before is in it, and what the function's own code logs comes with its run.
func TestMachinesThatWereMadeReady(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	f, err := Compile("let runs = 0; console.log('loaded'); function handler(event) { runs++; console.log('run ' + event.n); return { runs }; }", Options{Runtime: Runtime2, Log: &log})
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for n := range 20 {
		f.prepare()
		result, err := f.Run(t.Context(), fmt.Appendf(nil, `{"n":%d}`, n))
		if err != nil || string(result.JSON) != `{"runs":1}` {
			t.Fatalf("run %d = %s, %v, want the first of its interpreter", n, result.JSON, err)
		}
		want += fmt.Sprintf("loaded\nrun %d\n", n)
	}
	if log.String() != want {
		t.Errorf("log = %q, want %q", log.String(), want)
	}
}
