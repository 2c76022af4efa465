package local_test

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// openURL is the fixture with its function URL for everybody, and without a distribution.
func openURL() *fixture {
	f := newFixture()
	resources := f.at("Resources")
	for _, id := range []string{"Distribution", "OAC", "Viewer", "Signer", "SignerVersion"} {
		delete(resources, id)
	}
	f.properties("Url")["AuthType"] = "NONE"
	for id, condition := range map[string][2]any{"InvokeFunctionUrl": {"FunctionUrlAuthType", "NONE"}, "InvokeFunction": {"InvokedViaFunctionUrl", true}} {
		p := f.properties(id)
		delete(p, "SourceArn")
		p["Principal"] = "*"
		p[condition[0].(string)] = condition[1]
	}
	return f
}

// A function URL that callers use themselves is a front door as a distribution is: it has the
// port, the outputs and the trace page, and streams.
func TestAFunctionURLWithoutADistribution(t *testing.T) {
	t.Parallel()
	f := openURL()
	f.at()["Outputs"] = object{
		"Url": object{"Value": object{"Fn::GetAtt": []any{"Url", "FunctionUrl"}}},
		"Ws":  object{"Value": object{"Fn::Join": []any{"", []any{"wss://", object{"Fn::Select": []any{2.0, object{"Fn::Split": []any{"/", object{"Fn::GetAtt": []any{"Url", "FunctionUrl"}}}}}}, "/x"}}}},
	}
	port := freePort(t)
	chain := f.start(t, local.Options{Port: port, TracePage: true})
	url := "http://127.0.0.1:" + strconv.Itoa(port)
	doors := chain.FrontDoors()
	if len(doors) != 1 || doors[0].Kind != "function url" || doors[0].Name != "Site/Url" || doors[0].URL != url || !strings.HasSuffix(doors[0].DomainName, ".on.aws") {
		t.Errorf("front doors = %+v, want the function URL at %s", doors, url)
	}
	if chain.URL() != url || len(chain.Distributions()) != 0 || chain.FunctionURLs()[0].URL != url || chain.TracePage() != url+local.TracePagePath {
		t.Errorf("url %s, distributions %v, function URLs %v, trace page %s", chain.URL(), chain.Distributions(), chain.FunctionURLs(), chain.TracePage())
	}
	if out := chain.Outputs(); len(out) != 2 || out[0].Value != url+"/" || out[1].Value != strings.Replace(url, "http", "ws", 1)+"/x" {
		t.Errorf("outputs = %+v", out)
	}
	if resp, _ := send(t, "GET", chain.TracePage(), ""); resp.StatusCode != 200 {
		t.Errorf("trace page: %d", resp.StatusCode)
	}
	foreign, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	foreign.Host = "evil.example"
	if resp, err := client.Do(foreign); err != nil || resp.StatusCode != 403 {
		t.Errorf("a foreign host name: %v, %v, want 403", resp, err)
	} else {
		resp.Body.Close()
	}
	gate := newGate(t)
	resp := open(t, "GET", url+"/gate", "X-Gate", gate.url)
	defer resp.Body.Close()
	gate.await("/first")
	gate.release("/first")
	gate.open("/last")
	if resp.StatusCode != 200 {
		t.Errorf("the stream: %d", resp.StatusCode)
	}
}

// The first front door is served by HTTPS where that is asked for.
func TestAFunctionURLByHTTPS(t *testing.T) {
	t.Parallel()
	chain := openURL().start(t, local.Options{TLS: true})
	if !strings.HasPrefix(chain.URL(), "https://") {
		t.Errorf("served at %s, want https", chain.URL())
	}
}

func TestNothingToServe(t *testing.T) {
	t.Parallel()
	f := openURL()
	delete(f.at("Resources"), "Url")
	chain, err := local.Start(context.Background(), local.Options{Assembly: f.write(t)})
	if err == nil {
		chain.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "front door") {
		t.Errorf("error = %v, want one about front doors", err)
	}
}

// freePort is a port that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
