package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/streamfront/streamfront/internal/tools/terminal"
	"github.com/streamfront/streamfront/local"
)

// acting is a text that moves the cursor by both sets of control characters, hides what comes
// after it, and turns the direction of text.
const acting = "\x1b[2J\u009b8m\u202e"

// Foreign text comes by templates, answers and requests, and goes to both streams, of people
// and of programs. Nothing of it acts on the terminal.
func TestNothingForeignActsOnTheTerminal(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{"X-Amzn-Errortype", "X-Cache", "Server"} {
			w.Header().Set(name, "a\u009b8m\u202e")
		}
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"Message":"` + acting + `"}` + acting))
	}))
	t.Cleanup(server.Close)
	dir := hostileAssembly(t)
	paste := "$ curl https://a.example/" + acting + "\nHTTP/1.1 403 " + acting + "\nx-amzn-errortype: " + acting + "\n\n" + acting
	for _, args := range [][]string{
		{"check", dir},
		{"check", "--json", dir},
		{"check", "--sarif", dir},
		{"run", "--port", "0", dir},
		{"check", t.TempDir() + "/" + acting},
		{"explain", acting},
		{"explain"},
		{"explain", "--json"},
		{acting},
		{"run", "--" + acting},
		{"explain", server.URL},
		{"explain", "--json", server.URL},
		{"explain", server.URL + "/" + acting},
		{"smoke", "--quick", "--only", "GET*", server.URL},
		{"smoke", "--quick", "--json", "--only", "GET*", server.URL},
		{"smoke", acting},
	} {
		stdout, stderr, _ := try(t, paste, args...)
		if shown := stdout + stderr; strings.ContainsFunc(shown, acts) {
			t.Errorf("%q prints\n%q", args, shown)
		} else if len(shown) == 0 {
			t.Errorf("%q prints nothing", args)
		}
	}
}

func acts(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\u202e' || r == unicode.ReplacementChar
}

// hostileAssembly has such text wherever a template may have it.
func hostileAssembly(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]any{
		"manifest.json": map[string]any{"artifacts": map[string]any{acting: map[string]any{
			"type": "aws:cloudformation:stack", "properties": map[string]any{"templateFile": "t.json", "stackName": acting},
		}}},
		"t.json": map[string]any{"Resources": map[string]any{
			acting: map[string]any{
				"Type": "AWS::Lambda::Url", "Metadata": map[string]any{"aws:cdk:path": acting},
				"Properties": map[string]any{"AuthType": acting, "InvokeMode": acting, "TargetFunctionArn": acting, acting: acting},
			},
			acting + "2": map[string]any{"Type": "AWS::CloudFront::Distribution", "Properties": map[string]any{
				"DistributionConfig": map[string]any{"Enabled": true, "Origins": []any{map[string]any{"Id": acting, "DomainName": acting}}, acting: acting},
			}},
		}},
	} {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// What a request and its function say, in text of one line each.
func TestRequestsAreEscaped(t *testing.T) {
	t.Parallel()
	var screen strings.Builder
	io := terminal.New(&screen, &screen, func(string) string { return "" })
	for _, json := range []bool{false, true} {
		report := &report{out: io.Out, json: json}
		report.request(local.Trace{Method: acting, Target: "/" + acting + "\n  forged line", Took: time.Second, Hops: []local.Hop{{
			Name: "function", Refused: true, Decision: acting + "\n  forged line", Detail: acting + "\r\n" + acting,
		}}})
	}
	if _, err := io.Err.Write([]byte("log: " + acting + "\n")); err != nil { // as local.Options.Log
		t.Fatal(err)
	}
	if got := screen.String(); strings.ContainsFunc(got, acts) || strings.Contains(got, "\n  forged") || !strings.Contains(got, `log: \u001b[2J\u009b8m\u202e`) {
		t.Errorf("printed %q", got)
	}
}
