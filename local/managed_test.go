package local_test

import (
	"bufio"
	"encoding/json"
	"html"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// stranger copies an app of testdata/apps, and gives absolute asset paths, which begin with
// /app there, the folder that they have here.
func stranger(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata/apps", name))); err != nil {
		t.Fatal(err)
	}
	apps, err := filepath.Abs("testdata/apps")
	if err != nil {
		t.Fatal(err)
	}
	manifests, err := filepath.Glob(filepath.Join(dir, "*.assets.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range manifests {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		path, err := json.Marshal(apps)
		if err != nil {
			t.Fatal(err)
		}
		text = []byte(strings.ReplaceAll(string(text), `"/app`, strings.TrimSuffix(string(path), `"`)))
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A function as people write it in TypeScript: it streams, on a managed runtime, behind CDK's
// own origin and a signer; twice, since the app has two stages.
func TestStreamingNodeFunction(t *testing.T) {
	t.Parallel()
	chain := startChain(t, local.Options{Assembly: stranger(t, "stages")})
	url := chain.Distributions()[0].URL
	request, err := http.NewRequestWithContext(t.Context(), "POST", url+"/", strings.NewReader("one two"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || got != "text/event-stream" {
		t.Errorf("status %d, %q", resp.StatusCode, got)
	}
	if got := resp.Header.Get("Set-Cookie"); got != "seen=1; Secure" {
		t.Errorf("Set-Cookie = %q", got)
	}
	var words []string
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if word, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			words = append(words, word)
		}
	}
	if got, want := strings.Join(words, " "), "You said: one two [DONE]"; got != want || lines.Err() != nil {
		t.Errorf("streamed %q, %v, want %q", got, lines.Err(), want)
	}
}

// A layer of others is in a folder of this machine, or left out.
func TestLayersOfOthers(t *testing.T) {
	t.Parallel()
	layer := t.TempDir()
	module := filepath.Join(layer, "nodejs", "node_modules", "of-others")
	if err := os.MkdirAll(module, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(module, "index.js"), []byte("module.exports = 'from the layer';"), 0o600); err != nil {
		t.Fatal(err)
	}
	const name, arn = "Of-Others", "arn:aws:lambda:us-east-1:094274105915:layer:Of-Others:30"
	f := newFixture()
	function := f.properties("Function")
	function["Runtime"], function["Handler"] = "nodejs22.x", "index.handler"
	function["Code"] = object{"ZipFile": "let layer = 'no layer'; try { layer = require('of-others'); } catch {} exports.handler = async () => layer;"}
	function["Layers"] = []any{arn, "arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:55"}
	f.properties("Url")["InvokeMode"] = "BUFFERED"
	assembly := f.write(t)
	for _, test := range []struct {
		layers map[string]string
		want   string
	}{
		{map[string]string{name: layer}, "from the layer"},
		{map[string]string{arn: layer}, "from the layer"},
		{map[string]string{name: ""}, "no layer"},
	} {
		chain := startChain(t, local.Options{Assembly: assembly, Layers: test.layers})
		if resp, body := send(t, "GET", chain.Distributions()[0].URL+"/", ""); resp.StatusCode != 200 || body != test.want {
			t.Errorf("with %v: %d %s, want %q", test.layers, resp.StatusCode, body, test.want)
		}
	}
	for want, layers := range map[string]map[string]string{
		"Layers[0] is " + arn + ": the layer is not in this cloud assembly: say in which folder it is unpacked with --layer " + name + "=FOLDER": nil,
		`no function behind a front door has a layer ["Nobody"]`:                                                                                 {"Nobody": "", name: ""},
	} {
		if _, err := local.Start(t.Context(), local.Options{Assembly: assembly, Layers: layers}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("with %v: %v, want %s", layers, err, want)
		}
	}
}

func TestBufferedPythonFunction(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not on this machine: nothing was tested of Python functions")
	}
	chain := startChain(t, local.Options{Assembly: stranger(t, "python")})
	resp, body := send(t, "POST", chain.Distributions()[0].URL+"/a/b", "über")
	if want := `{"path": "/a/b", "method": "POST", "body": "\u00fcber"}`; resp.StatusCode != 200 || body != want {
		t.Errorf("%d %s, want %s", resp.StatusCode, body, want)
	}
}

// What Lambda cannot send is a 502, and the fix says what to do about that, too.
func TestAResponseThatCannotBeSent(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not on this machine: nothing was tested of Python functions")
	}
	dir := stranger(t, "python")
	files, err := filepath.Glob(filepath.Join(dir, "asset.*", "app.py"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	const code = `def handler(event, context):
    if event["rawPath"] == "/large":
        return "x" * 7000000
    return {"statusCode": 200, "headers": {"x-count": 3}, "body": "b"}
`
	if err := os.WriteFile(files[0], []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	traces := make(chan local.Trace, 2)
	chain := startChain(t, local.Options{Assembly: dir, Trace: func(tr local.Trace) { traces <- tr }})
	for path, want := range map[string]string{"/large": "the response has over 6291456 bytes", "/odd": "a value of the type number in headers: want a string"} {
		resp, body := send(t, "GET", chain.Distributions()[0].URL+path, "")
		got := <-traces
		if last := got.Hops[len(got.Hops)-1]; resp.StatusCode != 502 || !strings.Contains(last.Decision, want) || !strings.Contains(got.Fix(), "Stream a response over 6 MB") {
			t.Errorf("%s: %d %s, %s, fix %q", path, resp.StatusCode, body, last.Decision, got.Fix())
		}
	}
}

// The program of a container image, given by the user: a web application, and one that asks the
// runtime API.
func TestProgramInThePlaceOfAFunction(t *testing.T) {
	t.Parallel()
	const web = `require('node:http').createServer((q, r) => { let b = ''; q.on('data', (d) => b += d).on('end', () => r.end(q.method + ' ' + q.url + ' ' + b + ' ' + process.env.GREETING)) }).listen(process.env.PORT, '127.0.0.1')`
	file := filepath.Join(t.TempDir(), "server.cjs")
	if err := os.WriteFile(file, []byte(web), 0o600); err != nil {
		t.Fatal(err)
	}
	assembly := stranger(t, "container")
	chain := startChain(t, local.Options{
		Assembly: assembly, Functions: map[string]string{"App/Server": "node " + file}, Environment: map[string]string{"GREETING": "hello"},
	})
	resp, body := send(t, "POST", chain.Distributions()[0].URL+"/x", "body")
	if want := "POST /x body hello"; resp.StatusCode != 200 || body != want {
		t.Errorf("%d %s, want %s", resp.StatusCode, body, want)
	}

	_, err := local.Start(t.Context(), local.Options{Assembly: assembly, Log: t.Output()})
	if err == nil || !strings.Contains(err.Error(), "--function App/Server7E7D21FA='npm start'") {
		t.Errorf("without the program: %v, want the flag to give", err)
	}
	_, err = local.Start(t.Context(), local.Options{Assembly: assembly, Functions: map[string]string{"Nobody": "x"}, Log: t.Output()})
	if err == nil || !strings.Contains(err.Error(), `called ["Nobody"] (--function)`) || !strings.Contains(err.Error(), "App/Server") {
		t.Errorf("a name that nobody has: %v", err)
	}
}

// A function that is not modelled keeps nothing else from running: its own paths answer 501 by
// name, with the flag that would serve them, and its URL does.
func TestFunctionThatIsNotModelled(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		properties object
		want       string
	}{
		"an image":   {object{"PackageType": "Image", "Code": object{"ImageUri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/a:b"}}, "Site/Container: PackageType is Image: the local chain runs no containers; give it the program of the image: --function Site/Container='npm start'"},
		"Java":       {object{"Runtime": "java21", "Handler": "a.B", "Code": object{"S3Bucket": "assets", "S3Key": "function.zip"}}, "Site/Container: Runtime is java21: the local chain models nodejs, python, provided.al2023, provided.al2; give it a program of your own: --function Site/Container='npm start'"},
		"a property": {object{"Runtime": "provided.al2023", "Handler": "bootstrap", "Code": object{"S3Bucket": "assets", "S3Key": "function.zip"}, "Nonsense": true}, "Site/Container: Nonsense is not modelled by the local chain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			resources := f.at("Resources")
			test.properties["Role"] = "arn:aws:iam::111122223333:role/container"
			resources["Container"] = object{"Type": "AWS::Lambda::Function", "Properties": test.properties}
			getAtt := func(id, name string) object { return object{"Fn::GetAtt": []any{id, name}} }
			resources["ContainerUrl"] = object{"Type": "AWS::Lambda::Url", "Properties": object{"AuthType": "AWS_IAM", "TargetFunctionArn": getAtt("Container", "Arn")}}
			config := f.at("Resources", "Distribution", "Properties", "DistributionConfig")
			config["Origins"] = append(config["Origins"].([]any), object{
				"Id": "container", "DomainName": object{"Fn::Select": []any{2.0, object{"Fn::Split": []any{"/", getAtt("ContainerUrl", "FunctionUrl")}}}},
				"CustomOriginConfig": object{"OriginProtocolPolicy": "https-only"}, "OriginAccessControlId": getAtt("OAC", "Id"),
			})
			config["CacheBehaviors"] = []any{object{
				"PathPattern": "/api/*", "TargetOriginId": "container", "ViewerProtocolPolicy": "redirect-to-https", "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
			}}
			chain := f.start(t, local.Options{})
			if resp, body := send(t, "GET", chain.URL()+"/healthz", ""); resp.StatusCode != 200 {
				t.Errorf("the other route: %d %s", resp.StatusCode, body)
			}
			urls := map[string]string{}
			for _, u := range chain.FunctionURLs() {
				urls[u.Name] = u.URL
			}
			for _, url := range []string{chain.URL() + "/api/x", urls["Site/ContainerUrl"] + "/x"} {
				resp, body := send(t, "GET", url, "")
				if resp.StatusCode != 501 || !strings.Contains(html.UnescapeString(body), test.want) {
					t.Errorf("%s: %d %s, want 501 and why", url, resp.StatusCode, body)
				}
			}
			if notes := strings.Join(chain.Notes(), "\n"); !strings.Contains(notes, "Site/Distribution: the behavior /api/* is answered 501: "+test.want) {
				t.Errorf("notes = %s, want the behavior and why", notes)
			}
		})
	}
}

// Without a distribution the function URL says it.
func TestFunctionURLThatIsNotModelled(t *testing.T) {
	t.Parallel()
	f := newFixture()
	resources := f.at("Resources")
	for _, id := range []string{"Distribution", "InvokeFunctionUrl", "InvokeFunction"} {
		delete(resources, id)
	}
	resources["Other"] = object{"Type": "AWS::Lambda::Function", "Properties": object{
		"PackageType": "Image", "Code": object{"ImageUri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/a:b"}, "Role": "arn:aws:iam::111122223333:role/other",
	}}
	resources["OtherUrl"] = object{"Type": "AWS::Lambda::Url", "Properties": object{"AuthType": "NONE", "TargetFunctionArn": object{"Fn::GetAtt": []any{"Other", "Arn"}}}}
	chain := f.start(t, local.Options{})
	if notes := strings.Join(chain.Notes(), "\n"); !strings.Contains(notes, "Site/OtherUrl is answered 501: Site/Other: PackageType is Image") {
		t.Errorf("notes = %s", notes)
	}
	for _, front := range chain.FrontDoors() {
		resp, body := send(t, "GET", front.URL+"/", "")
		if want := map[string]int{"Site/OtherUrl": 501, "Site/Url": 403}[front.Name]; resp.StatusCode != want {
			t.Errorf("%s: %d %s, want %d", front.Name, resp.StatusCode, body, want)
		}
	}
}

func startChain(t *testing.T, o local.Options) *local.Chain {
	t.Helper()
	o.Log = t.Output()
	chain := start(t, o)
	return chain
}
