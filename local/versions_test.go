package local_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/local"
)

// released is a function behind an alias that answers with its version and a word.
func released(word string) *fixture {
	f := newFixture()
	resources := f.at("Resources")
	resources["Version"] = object{"Type": "AWS::Lambda::Version", "Properties": object{"FunctionName": object{"Ref": "Function"}}}
	resources["Live"] = object{"Type": "AWS::Lambda::Alias", "Properties": object{
		"FunctionName": object{"Ref": "Function"}, "Name": "live", "FunctionVersion": object{"Fn::GetAtt": []any{"Version", "Version"}},
	}}
	f.properties("Url")["Qualifier"] = "live"
	f.properties("InvokeFunctionUrl")["FunctionName"] = object{"Ref": "Live"}
	f.properties("InvokeFunction")["FunctionName"] = object{"Ref": "Live"}
	p := f.properties("Function")
	p["Runtime"], p["Handler"] = "nodejs24.x", "index.handler"
	p["Code"] = object{"ZipFile": fmt.Sprintf(`exports.handler = awslambda.streamifyResponse(async (event, stream) => {
		stream.write(process.env.AWS_LAMBDA_FUNCTION_VERSION + " %s");
		stream.end();
	});`, word)}
	return f
}

// As while CodeDeploy moves the alias: a part of the requests meets the new version, and the
// trace tells which.
func TestTwoVersionsSideBySide(t *testing.T) {
	t.Parallel()
	deployed := released("old").write(t)
	traces := make(chan local.Trace, 8)
	chain := released("new").start(t, local.Options{Deployed: deployed, Canary: 25, Trace: func(r local.Trace) { traces <- r }})
	if notes := strings.Join(chain.Notes(), "\n"); !strings.Contains(notes, "two versions: that of "+deployed+", and the new one, which gets 25 % of the requests") {
		t.Errorf("notes = %s, want the versions named", notes)
	}
	for i, want := range []string{"1 old", "1 old", "1 old", "2 new", "1 old"} {
		if resp, body := send(t, "GET", chain.URL()+"/", ""); resp.StatusCode != 200 || body != want {
			t.Errorf("request %d: %d %q, want %q", i+1, resp.StatusCode, body, want)
		}
		version := "deployed"
		if want == "2 new" {
			version = "new"
		}
		told := false
		for _, hop := range (<-traces).Hops {
			told = told || hop.Name == "alias" && strings.HasPrefix(hop.Decision, "the "+version+" version")
		}
		if !told {
			t.Errorf("request %d: the trace does not name the %s version", i+1, version)
		}
	}
}

// After a reload there are still two, and the new one is what the assembly has now.
func TestVersionsSurviveAReload(t *testing.T) {
	t.Parallel()
	f := released("new")
	chain := f.start(t, local.Options{Deployed: released("old").write(t), Canary: 50})
	if err := chain.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1 old", "2 new"} {
		if _, body := send(t, "GET", chain.URL()+"/", ""); body != want {
			t.Errorf("answer = %q, want %q", body, want)
		}
	}
}

func TestVersionsNeedAnAlias(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		deployed, now *fixture
		want          string
	}{
		"no alias now":    {released("old"), newFixture(), "put an alias behind the URL (operations.NewRelease), or leave --deployed out"},
		"no alias before": {newFixture(), released("new"), "so there are no two versions to run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := local.Start(t.Context(), local.Options{Assembly: test.now.write(t), Deployed: test.deployed.write(t), Log: t.Output()})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %q in it", err, test.want)
			}
		})
	}
	_, err := local.Start(t.Context(), local.Options{Assembly: released("new").write(t), Deployed: t.TempDir(), Log: t.Output()})
	if err == nil || !strings.Contains(err.Error(), "the assembly that is deployed now: ") {
		t.Errorf("error = %v, want the other folder named", err)
	}
	_, err = local.Start(t.Context(), local.Options{Assembly: released("new").write(t), Deployed: released("old").write(t), Canary: 101, Log: t.Output()})
	if err == nil || !strings.Contains(err.Error(), "Canary is 101") {
		t.Errorf("error = %v, want the percentage named", err)
	}
}
