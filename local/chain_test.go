package local_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/streamfront/streamfront/internal/testclient"
	"github.com/streamfront/streamfront/local"
)

// seen is what the test function answers.
type seen struct {
	Method, Host, Target, Authorization, Local string
	Length, Process                            int
	Headers                                    []string
	Values                                     http.Header
	Key                                        []string // of its role
}

func decode(t *testing.T, body string) seen {
	t.Helper()
	var s seen
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		t.Fatalf("answer %q: %v", body, err)
	}
	return s
}

const (
	mismatch  = `{"message":"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}`
	forbidden = `{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}`
)

func TestRequestReachesTheApplicationAsTheViewerSentIt(t *testing.T) {
	t.Parallel()
	chain := newFixture().start(t, local.Options{})
	url := chain.URL()

	_, body := send(t, "POST", url+"/a%20b/c?x=1&x=2", "hello",
		"Authorization", "Bearer secret", "X-Forwarded-Authorization", "Bearer spoofed", "X-Forwarded-Host", "spoofed.example")

	got := decode(t, body)
	if got.Method != "POST" || got.Target != "/a%20b/c?x=1&x=2" || got.Length != 5 {
		t.Errorf("application saw %+v, want POST /a%%20b/c?x=1&x=2 with 5 bytes", got)
	}
	if want := strings.TrimPrefix(url, "http://"); got.Host != want {
		t.Errorf("application's host = %q, want the viewer's %q", got.Host, want)
	}
	if got.Authorization != "Bearer secret" {
		t.Errorf("application's Authorization = %q, want the viewer's", got.Authorization)
	}
	for _, name := range got.Headers {
		if strings.HasPrefix(name, "X-Amz-") || name == "X-Forwarded-Authorization" {
			t.Errorf("application sees %s, want it taken off", name)
		}
	}
}

// The first line must be with the client before the function has written the last.
func TestResponseStreamsChunkByChunk(t *testing.T) {
	t.Parallel()
	chain := newFixture().start(t, local.Options{})
	gate := newGate(t)

	resp := open(t, "POST", chain.URL()+"/gate", "X-Gate", gate.url)
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)

	if line, err := lines.ReadString('\n'); line != "first\n" || err != nil {
		t.Fatalf("first line = %q, %v", line, err)
	}
	gate.open("/first")
	if line, err := lines.ReadString('\n'); line != "last\n" || err != nil {
		t.Fatalf("last line = %q, %v", line, err)
	}
	gate.open("/last")
	if rest, err := io.ReadAll(lines); len(rest) > 0 || err != nil {
		t.Errorf("after the last line: %q, %v, want a clean end", rest, err)
	}
}

// Documented (Lambda Developer Guide, "Response streaming for Lambda functions"): a broken
// connection to the client does not stop a function that streams.
func TestViewerWhoLeavesDoesNotStopTheFunction(t *testing.T) {
	t.Parallel()
	traces := make(chan local.Trace, 1)
	chain := newFixture().start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }})
	gate := newGate(t)

	resp := open(t, "POST", chain.URL()+"/gate", "X-Gate", gate.url)
	if _, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close() // before the end: the connection goes
	gate.open("/first")
	gate.open("/last") // the function asks for it only after its last line

	tr := testclient.Receive(t, "the trace", traces)
	if last := tr.Hops[slices.IndexFunc(tr.Hops, func(h local.Hop) bool { return h.Name == "function" })]; !strings.Contains(last.Decision, "11 bytes") {
		t.Errorf("function hop = %q, want all 11 bytes written", last.Decision)
	}
}

func TestFunctionThatExitsInMidStreamCutsTheResponse(t *testing.T) {
	t.Parallel()
	chain := newFixture().start(t, local.Options{})
	gate := newGate(t)

	resp := open(t, "GET", chain.URL()+"/exit", "X-Gate", gate.url)
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)
	if line, err := lines.ReadString('\n'); line != "first\n" || err != nil {
		t.Fatalf("first line = %q, %v", line, err)
	}
	gate.open("/first")

	if rest, err := io.ReadAll(lines); err == nil {
		t.Errorf("after the exit: %q and a clean end, want an error: the response is not whole", rest)
	}
	if resp, _ := send(t, "GET", chain.URL()+"/", ""); resp.StatusCode != 200 {
		t.Errorf("next request: status %d, want 200 from a new environment", resp.StatusCode)
	}
}

func TestBodySizes(t *testing.T) {
	t.Parallel()
	chain := newFixture().start(t, local.Options{})
	const mib = 1 << 20
	hashed := func(body string) string {
		sum := sha256.Sum256([]byte(body))
		return hex.EncodeToString(sum[:])
	}
	text := func(n int) string { return strings.Repeat("a", n) }
	binary := func(n int) string { return strings.Repeat("\x00\xff\xfe\x80", n/4) }
	for name, test := range map[string]struct {
		body, contentType, hash string
		want                    int
	}{
		"empty":                              {body: "", want: 200},
		"1 MiB of binary":                    {body: binary(mib), want: 200},
		"1 MiB + 1":                          {body: text(mib + 1), want: 413},
		"1 MiB + 1 with its hash":            {body: text(mib + 1), hash: hashed(text(mib + 1)), want: 200},
		"1 MiB + 1 with another hash":        {body: text(mib + 1), hash: hashed("another"), want: 403},
		"6 MiB of text with its hash":        {body: text(6 * mib), contentType: "text/plain", hash: hashed(text(6 * mib)), want: 200},
		"6 MiB + 1 with its hash":            {body: text(6*mib + 1), contentType: "text/plain", hash: hashed(text(6*mib + 1)), want: 413},
		"5 MiB of binary: base64 is too big": {body: binary(5 * mib), hash: hashed(binary(5 * mib)), want: 413},
		"wrong hash on a small body":         {body: "small", hash: hashed("another"), want: 200}, // the signer knows better
	} {
		t.Run(name, func(t *testing.T) {
			headers := []string{"Content-Type", test.contentType}
			if test.contentType == "" {
				headers[1] = "application/octet-stream"
			}
			if test.hash != "" {
				headers = append(headers, "X-Amz-Content-Sha256", test.hash)
			}
			resp, body := send(t, "POST", chain.URL()+"/", test.body, headers...)
			if resp.StatusCode != test.want {
				t.Fatalf("status = %d, want %d; body %.200s", resp.StatusCode, test.want, body)
			}
			if test.want == 200 {
				if got := decode(t, body); got.Length != len(test.body) {
					t.Errorf("application got %d bytes, want %d", got.Length, len(test.body))
				}
			}
		})
	}
}

func TestFunctionURLRefusesUnsignedCalls(t *testing.T) {
	t.Parallel()
	chain := newFixture().start(t, local.Options{})
	resp, body := send(t, "GET", chain.FunctionURLs()[0].URL+"/", "")
	if resp.StatusCode != http.StatusForbidden || body != forbidden {
		t.Errorf("answer = %d %s, want 403 %s", resp.StatusCode, body, forbidden)
	}
}

func TestFaultsFailTheFunction(t *testing.T) {
	t.Parallel()
	chain := newFixture().start(t, local.Options{Fault: func(r *http.Request) local.Fault {
		switch r.URL.Path {
		case "/throttled":
			return local.Fault{Throttle: true}
		case "/failed":
			return local.Fault{Fail: true}
		case "/cut":
			return local.Fault{CutAfter: 5}
		}
		return local.Fault{}
	}})
	url := chain.URL()
	for path, want := range map[string]int{"/": 200, "/throttled": 429, "/failed": 502} {
		if resp, _ := send(t, "GET", url+path, ""); resp.StatusCode != want {
			t.Errorf("GET %s: status %d, want %d", path, resp.StatusCode, want)
		}
	}
	resp := open(t, "GET", url+"/cut")
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); len(body) != 5 || err == nil {
		t.Errorf("GET /cut: %q, %v, want 5 bytes and an error", body, err)
	}
}

// An alias has a resource policy of its own: grants on the function do not count for it.
func TestAliasBehindTheURL(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		granted object
		want    int
	}{
		"grants on the alias":    {object{"Ref": "Live"}, 200},
		"grants on the function": {object{"Fn::GetAtt": []any{"Function", "Arn"}}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			resources := f.at("Resources")
			resources["Version"] = object{"Type": "AWS::Lambda::Version", "Properties": object{"FunctionName": object{"Ref": "Function"}}}
			resources["Live"] = object{"Type": "AWS::Lambda::Alias", "Properties": object{
				"FunctionName": object{"Ref": "Function"}, "Name": "live", "FunctionVersion": object{"Fn::GetAtt": []any{"Version", "Version"}},
			}}
			f.properties("Url")["Qualifier"] = "live"
			f.properties("InvokeFunctionUrl")["FunctionName"] = test.granted
			f.properties("InvokeFunction")["FunctionName"] = test.granted
			if resp, body := send(t, "GET", f.start(t, local.Options{}).URL()+"/", ""); resp.StatusCode != test.want {
				t.Errorf("answer = %d %s, want %d", resp.StatusCode, body, test.want)
			}
		})
	}
}

// An IAM user of the function's own account needs no statement in its resource policy.
func TestInvokerKeySignsDirectCalls(t *testing.T) {
	t.Parallel()
	chain := newFixture().start(t, local.Options{InvokerKey: &local.InvokerKey{ID: "AKIALOCAL", Secret: "made-up"}})
	for name, test := range map[string]struct {
		secret string
		want   int
	}{
		"right secret": {"made-up", 200},
		"wrong secret": {"guessed", 403},
	} {
		r := testclient.Request(t, "POST", chain.FunctionURLs()[0].URL+"/direct", "hello")
		testclient.Sign(t, r, "hello", aws.Credentials{AccessKeyID: "AKIALOCAL", SecretAccessKey: test.secret}, "lambda", "us-east-1", time.Now())
		resp, _ := testclient.Do(t, client.Do, r)
		if resp.StatusCode != test.want {
			t.Errorf("%s: status %d, want %d", name, resp.StatusCode, test.want)
		}
	}
}

func TestConcurrentStreamsRunInEnvironmentsOfTheirOwn(t *testing.T) {
	t.Parallel()
	chain := newFixture().start(t, local.Options{})
	const streams = 8
	gate := newGate(t)
	var group sync.WaitGroup
	for range streams {
		group.Go(func() {
			resp := open(t, "GET", chain.URL()+"/gate", "X-Gate", gate.url)
			defer resp.Body.Close()
			if body, err := io.ReadAll(resp.Body); string(body) != "first\nlast\n" || err != nil {
				t.Errorf("body = %q, %v", body, err)
			}
		})
	}
	// All of them wait at once, before any goes on: one environment could not do that.
	for range streams {
		gate.await("/first")
	}
	for range streams {
		gate.release("/first")
	}
	for range streams {
		gate.open("/last")
	}
	group.Wait()
}

func TestCloseEndsEveryProcess(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*local.Chain, context.CancelFunc){
		"Close":          func(c *local.Chain, _ context.CancelFunc) { c.Close() },
		"end of context": func(c *local.Chain, cancel context.CancelFunc) { cancel(); c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			chain, err := local.Start(ctx, local.Options{Assembly: newFixture().write(t), Log: t.Output()})
			if err != nil {
				t.Fatal(err)
			}
			defer chain.Close()
			_, body := send(t, "GET", chain.URL()+"/", "")
			process := decode(t, body).Process

			end(chain, cancel)

			if alive(process) {
				t.Errorf("function process %d is still there, want it gone", process)
			}
			if _, err := client.Get(chain.URL()); err == nil {
				t.Error("the distribution still answers")
			}
		})
	}
}

func TestTraceNamesEveryHop(t *testing.T) {
	t.Parallel()
	traces := make(chan local.Trace, 1)
	chain := newFixture().start(t, local.Options{Trace: func(tr local.Trace) { traces <- tr }})
	send(t, "POST", chain.URL()+"/x?y", "hello", "Authorization", "Bearer secret")

	tr := testclient.Receive(t, "the trace", traces)
	var names []string
	for _, hop := range tr.Hops {
		names = append(names, hop.Name)
		if strings.Contains(hop.Decision+hop.Detail, "secret") {
			t.Errorf("hop %s shows a credential: %s", hop.Name, hop.Decision)
		}
	}
	want := []string{"behavior", "viewer function", "edge function", "oac", "function url", "function"}
	if !slices.Equal(names, want) || tr.Status != 200 || tr.Target != "/x?y" {
		t.Errorf("trace = %d %s %q, want 200 /x?y %q", tr.Status, tr.Target, names, want)
	}
}

func TestStartRefusesWhatItDoesNotModel(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.behavior()["FieldLevelEncryptionId"] = "C123"
	f.properties("Function")["Layers"] = []any{"arn:aws:lambda:us-east-1:1:layer:x:1"}
	_, err := local.Start(t.Context(), local.Options{Assembly: f.write(t)})
	if err == nil {
		t.Fatal("Start succeeded, want an error")
	}
	for _, want := range []string{
		"Site/Distribution: DistributionConfig.DefaultCacheBehavior.FieldLevelEncryptionId is not modelled",
		"Site/Function: Layers[0] is arn:aws:lambda:us-east-1:1:layer:x:1",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v\nwant it to say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "streamfront check") {
		t.Errorf("error = %v\nwhich leads to check, and that knows nothing of what is not modelled here", err)
	}
}

// What AWS refuses has its fix in check.
func TestRefusalsLeadToTheirFix(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.properties("Function")["Timeout"] = 1000
	dir := f.write(t)
	_, err := local.Start(t.Context(), local.Options{Assembly: dir})
	if want := "Site/Function: Timeout is 1000: AWS accepts 1 to 900\nAWS refuses it, too: 'streamfront check " + dir + "' says why, and how to fix it"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error = %v\nwant it to say %q", err, want)
	}
}

func TestStartWithoutNodeSaysWhatToDo(t *testing.T) {
	t.Parallel()
	_, err := local.Start(t.Context(), local.Options{Assembly: newFixture().write(t), Node: "no-such-node"})
	if err == nil || !strings.Contains(err.Error(), `Site/Signer runs on nodejs24.x, and "no-such-node" does not run`) {
		t.Errorf("error = %v, want it to say what to do", err)
	}
}

func TestStartWithoutAssemblySaysWhatToDo(t *testing.T) {
	t.Parallel()
	_, err := local.Start(t.Context(), local.Options{Assembly: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "run 'cdk synth' first") {
		t.Errorf("error = %v, want it to say what to do", err)
	}
}

// Teams that build their programs outside of the CDK give it archives: 'cargo lambda build
// --output-format zip', or 'zip function.zip bootstrap'.
func TestProgramInAnArchive(t *testing.T) {
	t.Parallel()
	program, err := functionAsset()
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture()
	f.asset = archived(t, program)
	if resp, body := send(t, "POST", f.start(t, local.Options{}).URL()+"/x", "ab"); resp.StatusCode != 200 || decode(t, body).Target != "/x" {
		t.Errorf("answer = %d %s", resp.StatusCode, body)
	}
}
