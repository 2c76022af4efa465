package functionurl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/streamfront/streamfront/internal/aws/lambda"
	"github.com/streamfront/streamfront/internal/aws/lambda/answer"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/internal/trace"
)

// patience bounds every wait.
const patience = 60 * time.Second

const nuls = "\x00\x00\x00\x00\x00\x00\x00\x00"

// pieces is a body that comes in the given pieces and ends with an error.
type pieces struct {
	parts []string
	end   error
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.parts) == 0 {
		return 0, p.end
	}
	n := copy(b, p.parts[0])
	if p.parts[0] = p.parts[0][n:]; p.parts[0] == "" {
		p.parts = p.parts[1:]
	}
	return n, nil
}

func integration(body io.Reader) *lambda.Response {
	return &lambda.Response{ContentType: answer.IntegrationResponse, Body: body}
}

// Property: however the bytes are cut, head and body are the same.
func TestPreludeUnderEverySplit(t *testing.T) {
	t.Parallel()
	const head = `{"statusCode":201,"headers":{"a":"b"},"cookies":["c=d"]}`
	const body = "\x00\x00body\x00\x00\x00\x00\x00\x00\x00\x00 goes on"
	wire := head + nuls + body
	check := func(name string, r io.Reader) {
		t.Helper()
		p, rest, err := answer.Begin(integration(r))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := io.ReadAll(rest)
		if err != nil || string(got) != body {
			t.Fatalf("%s: body = %q, %v, want %q", name, got, err, body)
		}
		if p.StatusCode != 201 || p.Headers["a"] != "b" || len(p.Headers) != 1 || !slices.Equal(p.Cookies, []string{"c=d"}) {
			t.Fatalf("%s: prelude = %+v", name, p)
		}
	}
	for i := range len(wire) + 1 {
		for j := i; j <= len(wire); j++ {
			check(fmt.Sprintf("cut at %d and %d", i, j), &pieces{parts: parts(wire[:i], wire[i:j], wire[j:]), end: io.EOF})
		}
	}
	check("one byte at a time", iotest.OneByteReader(strings.NewReader(wire)))
	check("half of what is asked for", iotest.HalfReader(strings.NewReader(wire)))
	check("the end with the last bytes", iotest.DataErrReader(strings.NewReader(wire)))

	random := rand.New(rand.NewPCG(8, 8))
	for range 500 {
		var cut []string
		for rest := wire; rest != ""; {
			n := 1 + random.IntN(len(rest))
			cut, rest = append(cut, rest[:n]), rest[n:]
		}
		check(fmt.Sprintf("%q", cut), &pieces{parts: cut, end: io.EOF})
	}
}

// parts leaves out the empty ones: a reader that returns nothing is not the point.
func parts(all ...string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

func TestPreludeLimit(t *testing.T) {
	t.Parallel()
	padded := func(size int) string { // prelude and separator together
		const frame = `{"statusCode":200,"x":""}`
		return strings.Replace(frame, `""`, `"`+strings.Repeat("x", size-len(frame)-len(nuls))+`"`, 1) + nuls
	}
	for size, ok := range map[int]bool{16<<10 - 1: true, 16 << 10: true, 16<<10 + 1: false, 20 << 10: false} {
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(padded(size) + "body"),
			"bytes": iotest.OneByteReader(strings.NewReader(padded(size) + "body")),
		} {
			_, rest, err := answer.Begin(integration(r))
			if !ok {
				if err == nil || err.Error() != "no prelude that ends in 8 NUL bytes within 16384 bytes" {
					t.Errorf("%s prelude of %d bytes: %v, want an error that says the limit", name, size, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s prelude of %d bytes: %v", name, size, err)
				continue
			}
			if body, err := io.ReadAll(rest); string(body) != "body" || err != nil {
				t.Errorf("%s prelude of %d bytes: body = %q, %v", name, size, body, err)
			}
		}
	}
}

func TestPreludeErrors(t *testing.T) {
	t.Parallel()
	broke := &lambda.FunctionError{Type: "Runtime.ExitError", Message: "gone", Broken: true}
	for name, test := range map[string]struct {
		body io.Reader
		want string
	}{
		"empty":            {strings.NewReader(""), "no prelude that ends in 8 NUL bytes within 16384 bytes"},
		"no separator":     {strings.NewReader(`{"statusCode":200}`), "no prelude that ends in 8 NUL bytes within 16384 bytes"},
		"7 NULs":           {strings.NewReader(`{"statusCode":200}` + nuls[1:]), "no prelude that ends in 8 NUL bytes within 16384 bytes"},
		"no JSON":          {strings.NewReader("statusCode: 200" + nuls), "the prelude is not JSON: "},
		"nothing":          {strings.NewReader(nuls), "the prelude is not JSON: "},
		"status 199":       {strings.NewReader(`{"statusCode":199}` + nuls), "the prelude's statusCode is 199: want 200 to 599"},
		"status 600":       {strings.NewReader(`{"statusCode":600}` + nuls), "the prelude's statusCode is 600: want 200 to 599"},
		"broken off":       {&pieces{parts: []string{`{"status`}, end: broke}, "the prelude broke off: Runtime.ExitError: gone"},
		"broken at once":   {&pieces{end: broke}, "the prelude broke off: Runtime.ExitError: gone"},
		"headers of lists": {strings.NewReader(`{"statusCode":200,"headers":{"a":["b"]}}` + nuls), "the prelude has a value of the type array in headers: want a string"},
		"status as text":   {strings.NewReader(`{"statusCode":"201"}` + nuls), "the prelude has a value of the type string in statusCode: want a number"},
		"a list":           {strings.NewReader(`[]` + nuls), "the prelude is JSON of the type array: want an object"},
	} {
		_, _, err := answer.Begin(integration(test.body))
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// run serves one response of the function and returns what a client on the wire gets, with
// the hop that was recorded.
func run(t *testing.T, method string, response *lambda.Response) (resp *http.Response, got string, hop trace.Hop, err error) {
	t.Helper()
	return runBy(t, &streamer{}, method, response)
}

func runBy(t *testing.T, s *streamer, method string, response *lambda.Response) (resp *http.Response, got string, hop trace.Hop, err error) {
	t.Helper()
	done := make(chan trace.Request, 1)
	recorder := &trace.Recorder{Done: func(r trace.Request) { done <- r }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec, _ := recorder.Join("id", r.Method, r.RequestURI)
		defer rec.Leave()
		if whole := s.stream(w, r, response, rec, rec.Hop("function")); !whole {
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(server.Close)
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err = http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	hops := testclient.Receive(t, "the record", done).Hops
	if len(hops) != 1 {
		t.Fatalf("hops = %+v, want one", hops)
	}
	hops[0].Took = 0
	return resp, string(body), hops[0], err
}

func TestStream(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method      string
		contentType string
		text        string
		status      int
		headers     http.Header
		body        string
		decision    string
	}{
		"status, headers, cookies": {
			contentType: answer.IntegrationResponse,
			text:        `{"statusCode":418,"headers":{"content-type":"text/plain","x-one":"1"},"cookies":["a=1; Path=/","b=2"]}` + nuls + "tea",
			status:      418, body: "tea", decision: "418, 3 bytes in 1 chunk",
			headers: http.Header{"Content-Type": {"text/plain"}, "X-One": {"1"}, "Set-Cookie": {"a=1; Path=/", "b=2"}},
		},
		"content type with parameters": {
			contentType: answer.IntegrationResponse + "; charset=utf-8", text: `{"statusCode":201}` + nuls, status: 201,
			headers: http.Header{"Content-Type": {"application/octet-stream"}}, decision: "201 without a body, which is reported to hang on AWS (stream-without-body)",
		},
		"no status": {
			contentType: answer.IntegrationResponse, text: `{}` + nuls + "x", status: 200, body: "x",
			headers: http.Header{"Content-Type": {"application/octet-stream"}}, decision: "200, 1 bytes in 1 chunk",
		},
		"plain JSON is not interpreted": {
			contentType: "application/json", text: `{"statusCode":404,"body":"x"}`, status: 200, body: `{"statusCode":404,"body":"x"}`,
			headers: http.Header{"Content-Type": {"application/json"}}, decision: "200, 29 bytes in 1 chunk",
		},
		"no content type": {
			text: "x" + nuls + "y", status: 200, body: "x" + nuls + "y",
			headers: http.Header{"Content-Type": {"application/octet-stream"}}, decision: "200, 10 bytes in 1 chunk",
		},
		"headers that the URL sets itself are renamed, and encodings are taken off": {
			contentType: answer.IntegrationResponse,
			text: `{"statusCode":401,"headers":{"WWW-authenticate":"Bearer","content-LENGTH":"99","Connection":"close","transfer-encoding":"identity",` +
				`"server":"nginx","date":"Sat, 21 Nov 2026 12:00:00 GMT","content-encoding":"identity"}}` + nuls + "no",
			status: 401, body: "no", decision: "401, 2 bytes in 1 chunk",
			headers: http.Header{
				"Content-Type": {"application/octet-stream"}, "X-Amzn-Remapped-Www-Authenticate": {"Bearer"},
				"X-Amzn-Remapped-Content-Length": {"99"}, "X-Amzn-Remapped-Connection": {"close"},
				"X-Amzn-Remapped-Server": {"nginx"}, "X-Amzn-Remapped-Date": {"Sat, 21 Nov 2026 12:00:00 GMT"},
			},
		},
		"204": {
			contentType: answer.IntegrationResponse, text: `{"statusCode":204}` + nuls, status: 204, decision: "204 without a body, which is reported to hang on AWS (stream-without-body)",
			headers: http.Header{"Content-Type": {"application/octet-stream"}},
		},
		"304 with a body nobody may send": {
			contentType: answer.IntegrationResponse, text: `{"statusCode":304}` + nuls + "x", status: 304, decision: "304, 1 bytes in 1 chunk",
		},
		"302 without a body": {
			contentType: answer.IntegrationResponse, text: `{"statusCode":302,"headers":{"location":"/x"}}` + nuls, status: 302, decision: "302 without a body, which is reported to hang on AWS (stream-without-body)",
			headers: http.Header{"Content-Type": {"application/octet-stream"}, "Location": {"/x"}},
		},
		"HEAD": {
			method: "HEAD", contentType: answer.IntegrationResponse, text: `{"statusCode":200}` + nuls + "x", status: 200, decision: "200, 1 bytes in 1 chunk",
			headers: http.Header{"Content-Type": {"application/octet-stream"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method := test.method
			if method == "" {
				method = "GET"
			}
			resp, body, hop, err := run(t, method, &lambda.Response{ContentType: test.contentType, Body: strings.NewReader(test.text)})
			if resp.StatusCode != test.status || body != test.body || err != nil {
				t.Errorf("answer = %d %q, %v, want %d %q", resp.StatusCode, body, err, test.status, test.body)
			}
			if resp.Header.Get("Date") == "" {
				t.Error("no Date, want the URL's own")
			}
			resp.Header.Del("Date")
			if test.headers == nil {
				test.headers = http.Header{}
			}
			if !maps.EqualFunc(resp.Header, test.headers, slices.Equal) {
				t.Errorf("headers = %v, want %v", resp.Header, test.headers)
			}
			if want := (trace.Hop{Name: "function", Decision: test.decision}); hop != want {
				t.Errorf("hop = %+v, want %+v", hop, want)
			}
			if resp.ContentLength >= 0 && test.status == 200 && test.method != "HEAD" {
				t.Errorf("content length = %d, want a chunked response", resp.ContentLength)
			}
		})
	}
}

// A body that cannot be decoded is named, whoever asked for it to be compressed.
func TestCompressedStream(t *testing.T) {
	t.Parallel()
	const head = `{"statusCode":%d,"headers":{"Content-encoding":"br"}}` + nuls
	for name, test := range map[string]struct {
		method, text string
		named        bool
	}{
		"GET":           {"GET", fmt.Sprintf(head, 200) + "\x8b", true},
		"an error":      {"POST", fmt.Sprintf(head, 500) + "\x8b", true},
		"HEAD":          {"HEAD", fmt.Sprintf(head, 200) + "\x8b", false},
		"304":           {"GET", fmt.Sprintf(head, 304), false},
		"without bytes": {"GET", fmt.Sprintf(head, 200), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp, _, hop, err := run(t, test.method, integration(strings.NewReader(test.text)))
			if err != nil || resp.Header.Get("Content-Encoding") != "" {
				t.Errorf("%v, Content-Encoding %q, want none", err, resp.Header.Get("Content-Encoding"))
			}
			if named := hop.Cause == string(causes.StreamCompressed); named != test.named || named && !strings.Contains(hop.Decision, "1 bytes in 1 chunk in br") {
				t.Errorf("hop = %+v, want the cause stream-compressed: %v", hop, test.named)
			}
		})
	}
}

// As users report of AWS: nothing until the client gives up. Responses with a byte are not
// touched.
func TestEmptyStreamsHangOnDemand(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method, text string
	}{
		"302":  {"GET", `{"statusCode":302,"headers":{"location":"/x"}}` + nuls},
		"200":  {"POST", `{"statusCode":200}` + nuls},
		"204":  {"DELETE", `{"statusCode":204}` + nuls},
		"HEAD": {"HEAD", `{"statusCode":200}` + nuls},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done := make(chan trace.Request, 1)
			recorder := &trace.Recorder{Done: func(r trace.Request) { done <- r }}
			asked, answered := make(chan struct{}), make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				rec, _ := recorder.Join("id", r.Method, r.RequestURI)
				defer rec.Leave()
				close(asked)
				whole := (&streamer{hangEmpty: true}).stream(w, r, integration(strings.NewReader(test.text)), rec, rec.Hop("function"))
				if whole {
					t.Error("the answer is complete, want none")
				}
				panic(http.ErrAbortHandler)
			}))
			t.Cleanup(server.Close)
			ctx, giveUp := context.WithCancel(t.Context())
			request, err := http.NewRequestWithContext(ctx, test.method, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				defer close(answered)
				if resp, err := http.DefaultTransport.RoundTrip(request); err == nil {
					resp.Body.Close()
					t.Errorf("answer = %d, want none", resp.StatusCode)
				}
			}()
			testclient.Receive(t, "the request", asked)
			hangs := func(r trace.Request) bool { return len(r.Hops) > 0 && r.Hops[0].Cause != "" }
			for running := recorder.Running(); len(running) == 1 && !hangs(running[0]); running = recorder.Running() {
				runtime.Gosched() // until it hangs
			}
			giveUp()
			testclient.Receive(t, "the client", answered)
			if hop := testclient.Receive(t, "the record", done).Hops[0]; !hop.Refused || hop.Cause != string(causes.StreamWithoutBody) {
				t.Errorf("hop = %+v, want the cause stream-without-body", hop)
			}
		})
	}
	t.Run("with a byte", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{"\n", "some text"} {
			resp, body, hop, err := runBy(t, &streamer{hangEmpty: true}, "GET", integration(strings.NewReader(`{"statusCode":302}`+nuls+text)))
			if resp.StatusCode != 302 || body != text || err != nil || hop.Refused {
				t.Errorf("answer = %d %q, %v, hop %+v, want it whole", resp.StatusCode, body, err, hop)
			}
		}
	})
	t.Run("that breaks off", func(t *testing.T) {
		t.Parallel()
		_, _, hop, err := runBy(t, &streamer{hangEmpty: true}, "GET", integration(&pieces{parts: []string{`{"statusCode":200}` + nuls}, end: errors.New("odd")}))
		if err == nil || hop.Cause != string(causes.FunctionFailed) {
			t.Errorf("%v, hop %+v, want it broken off", err, hop)
		}
	})
}

func TestEndOfStream(t *testing.T) {
	t.Parallel()
	const head = `{"statusCode":200}` + nuls
	late := &lambda.FunctionError{Type: "Function.Late", Message: "too late"}
	for name, test := range map[string]struct {
		end      error
		cut      bool // by the switch
		clean    bool
		decision string
	}{
		"reported by the function": {
			late, false, true, "200, 5 bytes in 1 chunk, then the function reported: Function.Late: too late; the viewer sees a complete answer",
		},
		"reported by the function, to be cut": {
			late, true, false, "200, 5 bytes in 1 chunk, then the function reported: Function.Late: too late; the connection is cut",
		},
		"process gone": {
			&lambda.FunctionError{Type: "Runtime.ExitError", Message: "exit status 3", Broken: true}, false, false,
			"200, 5 bytes in 1 chunk, then it broke off: Runtime.ExitError: exit status 3",
		},
		"never, until the timeout": {
			&lambda.FunctionError{Type: lambda.TimedOut, Message: "too long", Broken: true}, false, false,
			"200, 5 bytes in 1 chunk, then the stream was not ended: Sandbox.Timedout: too long",
		},
		"any other error": {errors.New("odd"), false, false, "200, 5 bytes in 1 chunk, then it broke off: odd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, body, hop, err := runBy(t, &streamer{cutFailed: test.cut}, "GET", integration(&pieces{parts: []string{head, "begun"}, end: test.end}))
			if body != "begun" || (err == nil) != test.clean {
				t.Errorf("body = %q, %v, want \"begun\" and a clean end: %v", body, err, test.clean)
			}
			cause := "function-failed"
			if strings.HasPrefix(name, "never") {
				cause = "stream-not-ended"
			}
			if want := (trace.Hop{Name: "function", Decision: test.decision, Refused: true, Cause: cause}); hop != want {
				t.Errorf("hop = %+v, want %+v", hop, want)
			}
		})
	}
}

// A broken prelude is a 502, for which the rest of the response is read: the function may
// finish.
func TestBrokenPreludeDrainsTheFunction(t *testing.T) {
	t.Parallel()
	rest := &pieces{parts: []string{"no JSON" + nuls, "a", "b", "c"}, end: io.EOF}
	resp, body, hop, err := run(t, "GET", integration(rest))
	if resp.StatusCode != 502 || body != "Internal Server Error" || err != nil {
		t.Errorf("answer = %d %q, %v, want 502 Internal Server Error", resp.StatusCode, body, err)
	}
	if len(rest.parts) > 0 {
		t.Errorf("%d pieces are unread, want none", len(rest.parts))
	}
	if !hop.Refused || !strings.HasPrefix(hop.Decision, "502: the prelude is not JSON") {
		t.Errorf("hop = %+v", hop)
	}
}

// Chunks go out as they come: the client has each before the next is produced.
func TestChunksAreNotHeldBack(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		rec, _ := (&trace.Recorder{}).Join("id", "GET", "/")
		new(streamer).stream(writer, request, integration(r), rec, rec.Hop("function"))
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { r.Close() })
	type begun struct {
		resp *http.Response
		err  error
	}
	answer := make(chan begun, 1)
	go func() {
		resp, err := http.Get(server.URL)
		answer <- begun{resp, err}
	}()
	if _, err := io.WriteString(w, `{"statusCode":200}`+nuls); err != nil {
		t.Fatal(err)
	}
	// The head is there before any byte of the body.
	got := testclient.Receive(t, "the head", answer)
	if got.err != nil {
		t.Fatal(got.err)
	}
	defer got.resp.Body.Close()
	for _, chunk := range []string{"one", "two", "three"} {
		if _, err := io.WriteString(w, chunk); err != nil {
			t.Fatal(err)
		}
		buffer := make([]byte, len(chunk))
		if _, err := io.ReadFull(got.resp.Body, buffer); err != nil || string(buffer) != chunk {
			t.Fatalf("client read %q, %v, want %q before the next is written", buffer, err, chunk)
		}
	}
	w.Close()
	if rest, err := io.ReadAll(got.resp.Body); len(rest) > 0 || err != nil {
		t.Errorf("rest = %q, %v, want a clean end", rest, err)
	}
}

// goneWriter is a client who left after so many writes.
type goneWriter struct {
	*httptest.ResponseRecorder
	left int
}

func (w *goneWriter) Write(p []byte) (int, error) {
	if w.left == 0 {
		return 0, errors.New("connection reset by peer")
	}
	w.left--
	return w.ResponseRecorder.Write(p)
}

func TestClientLeaves(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]error{
		"and the function ends":    io.EOF,
		"and the function reports": &lambda.FunctionError{Type: "Function.Late"},
	} {
		body := &pieces{parts: []string{`{"statusCode":200}` + nuls, "one", "two", "three", "four", "five"}, end: end}
		w := &goneWriter{httptest.NewRecorder(), 1}
		var got trace.Request
		recorder := &trace.Recorder{Done: func(r trace.Request) { got = r }}
		rec, _ := recorder.Join("id", "GET", "/")
		whole := new(streamer).stream(w, httptest.NewRequest("GET", "/", nil), integration(body), rec, rec.Hop("function"))
		rec.Leave()
		recorder.Flush()
		if len(body.parts) > 0 {
			t.Errorf("%s: %d pieces are unread, want the function read to its end", name, len(body.parts))
		}
		if w.Code != 200 || !whole || w.Body.String() != "one" {
			t.Errorf("%s: %d, %v, client got %q, want 200 and \"one\"", name, w.Code, whole, w.Body)
		}
		if errors.Is(end, io.EOF) {
			if want := "200, 19 bytes in 5 chunks; the client left, the function ran on"; got.Hops[0].Decision != want {
				t.Errorf("%s: decision = %q, want %q", name, got.Hops[0].Decision, want)
			}
		}
	}
}

func TestBuffered(t *testing.T) {
	t.Parallel()
	large := `"` + strings.Repeat("x", answer.MaxWhole-2) + `"`
	for name, test := range map[string]struct {
		contentType string
		body        io.Reader
		status      int
		typ         string // of the content
		want        string
		decision    string // of a refusal
	}{
		"whole form":        {body: strings.NewReader(`{"statusCode":201,"headers":{"Content-Type":"text/x"},"body":"b"}`), status: 201, typ: "text/x", want: "b"},
		"default type":      {body: strings.NewReader(`{"statusCode":200,"body":"b"}`), status: 200, typ: "application/json", want: "b"},
		"status as text":    {body: strings.NewReader(`{"statusCode":"418","body":"b"}`), status: 418, typ: "application/json", want: "b"},
		"base64":            {body: strings.NewReader(`{"statusCode":200,"body":"/wA=","isBase64Encoded":true}`), status: 200, typ: "application/json", want: "\xff\x00"},
		"no status":         {body: strings.NewReader(`{"a":1}`), status: 200, typ: "application/json", want: `{"a":1}`},
		"text":              {body: strings.NewReader(`"hello"`), status: 200, typ: "application/json", want: "hello"},
		"number":            {body: strings.NewReader(`5`), status: 200, typ: "application/json", want: "5"},
		"null":              {body: strings.NewReader(`null`), status: 200, typ: "application/json"},
		"largest":           {body: strings.NewReader(large), status: 200, typ: "application/json", want: large[1 : len(large)-1]},
		"too large":         {body: strings.NewReader(large + " "), status: 502, decision: "502: the response has over 6291456 bytes (Function.ResponseSizeTooLarge)"},
		"no JSON":           {body: strings.NewReader(`{`), status: 502, decision: "502: the response is not JSON, which a buffered front door requires"},
		"status 99":         {body: strings.NewReader(`{"statusCode":99}`), status: 502, decision: "502: statusCode is 99: want 200 to 599"},
		"header of number":  {body: strings.NewReader(`{"statusCode":200,"headers":{"x-count":3},"body":"b"}`), status: 502, decision: "502: the response has a value of the type number in headers: want a string"},
		"body of object":    {body: strings.NewReader(`{"body":{"a":1},"statusCode":200}`), status: 502, decision: "502: the response has a value of the type object in body: want a string"},
		"cookie":            {body: strings.NewReader(`{"statusCode":200,"cookies":"a=b"}`), status: 502, decision: "502: the response has a value of the type string in cookies: want an array of strings"},
		"no base64":         {body: strings.NewReader(`{"statusCode":200,"body":"!","isBase64Encoded":true}`), status: 502, decision: "502: the body is not base64: illegal base64 data at input byte 0"},
		"broken":            {body: &pieces{parts: []string{`"a`}, end: errors.New("odd")}, status: 502, decision: "502: odd"},
		"streaming content": {contentType: answer.IntegrationResponse, body: strings.NewReader(`{}` + nuls), status: 502, decision: "502: the function answers in the streaming protocol, and its front door waits for the whole answer (BUFFERED)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got trace.Request
			recorder := &trace.Recorder{Done: func(r trace.Request) { got = r }}
			rec, _ := recorder.Join("id", "GET", "/")
			w := httptest.NewRecorder()
			buffered(w, &lambda.Response{ContentType: test.contentType, Body: test.body}, rec.Hop("function"), nil)
			rec.Leave()
			recorder.Flush()
			if test.decision != "" {
				test.typ, test.want = "text/plain", "Internal Server Error"
			} else {
				test.decision = fmt.Sprintf("%d, %d bytes at once", test.status, w.Body.Len())
			}
			if w.Code != test.status || w.Header().Get("Content-Type") != test.typ {
				t.Errorf("answer = %d %q, want %d %q", w.Code, w.Header().Get("Content-Type"), test.status, test.typ)
			}
			if name == "null" {
				test.want = w.Body.String() // what AWS sends is not known
			}
			if !bytes.Equal(w.Body.Bytes(), []byte(test.want)) {
				t.Errorf("body = %.100q, want %.100q", w.Body, test.want)
			}
			if hop := got.Hops[0]; hop.Decision != test.decision || hop.Refused != (w.Code == 502) {
				t.Errorf("hop = %+v, want %q", hop, test.decision)
			}
		})
	}
}

// The error bodies are JSON as AWS writes it, without HTML escapes and new lines.
func TestRefusalBodies(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	(&Server{}).refuse(w, "id", &refusal{status: 403, errorType: "X", body: map[string]string{"message": "a < b & c"}})
	if got, want := w.Body.String(), `{"message":"a < b & c"}`; got != want || !json.Valid(w.Body.Bytes()) {
		t.Errorf("body = %s, want %s", got, want)
	}
	for name, want := range map[string]string{"Content-Type": "application/json", "X-Amzn-Errortype": "X", "X-Amzn-Requestid": "id", "Content-Length": "23"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}
