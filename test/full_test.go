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

// Closed is what the guard of costs makes of an endpoint.
func TestAClosedEndpointAnswers429(t *testing.T) {
	t.Parallel()
	chain := serve(t, mutate(t, assembly(t, fullAtHome), func(resources object) {
		function := only(t, resources, "AWS::Lambda::Function", func(p object) bool { return p["Runtime"] == "provided.al2023" })
		if function["ReservedConcurrentExecutions"] != 10.0 {
			t.Errorf("%v are reserved, want 10", function["ReservedConcurrentExecutions"])
		}
		function["ReservedConcurrentExecutions"] = 0
	}))
	if resp, body := post(t, chain.URL()+"/v1/chat/completions", question, "Content-Type", "application/json"); resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("answer = %d %s, want 429", resp.StatusCode, body)
	}
}

// Each key of the full app has a quota, which the chain counts in memory.
func TestTheFullAppCountsWhatAKeyAsksFor(t *testing.T) {
	t.Parallel()
	chain := serve(t, mutate(t, assembly(t, fullAtHome), func(resources object) {
		function := only(t, resources, "AWS::Lambda::Function", func(p object) bool { return p["Runtime"] == "provided.al2023" })
		variables := function["Environment"].(object)["Variables"].(object)
		if variables["QUOTA_REQUESTS"] != "1000" {
			t.Errorf("QUOTA_REQUESTS = %v, want 1000", variables["QUOTA_REQUESTS"])
		}
		variables["QUOTA_REQUESTS"] = "1"
	}))
	for i, want := range []int{http.StatusOK, http.StatusTooManyRequests} {
		resp, body := post(t, chain.URL()+"/v1/chat/completions", question, "Content-Type", "application/json")
		if resp.StatusCode != want {
			t.Errorf("request %d: %d %s, want %d", i, resp.StatusCode, body, want)
		}
	}
}
