package test

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// What operates an endpoint stands beside the way of a request: neither check nor the chain
// stumbles over it, in one region or in two.
func TestTheFullAppPassesCheckAndAnswers(t *testing.T) {
	t.Parallel()
	binary, err := cli()
	if err != nil {
		t.Fatal(err)
	}
	for name, synthesized := range map[string]func() (string, error){"one region": fullAtHome, "two regions": fullAbroad} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := assembly(t, synthesized)
			out, err := exec.CommandContext(t.Context(), binary, "check", dir).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "nothing found") {
				t.Errorf("check: %v\n%s", err, out)
			}
			chain := serve(t, dir)
			resp, body := post(t, chain.URL()+"/v1/chat/completions", question, "Content-Type", "application/json")
			if resp.StatusCode != http.StatusOK || !strings.HasSuffix(body, "data: [DONE]\n\n") {
				t.Errorf("answer = %d %q, want a stream", resp.StatusCode, body)
			}
			if urls := chain.FunctionURLs(); len(urls) != 1 || !strings.Contains(urls[0].Name, "Alias") {
				t.Errorf("function URLs %v, want that of the alias alone", urls)
			}
		})
	}
}
