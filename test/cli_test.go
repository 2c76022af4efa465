package test

import (
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var curl = regexp.MustCompile(`curl -N (\S+) -H 'content-type: application/json' -d '([^']*)'`)

// What 'run' prints is what a newcomer does next: the line must work as it stands.
func TestRunPrintsARequestThatStreamsAndEndsOnInterrupt(t *testing.T) {
	t.Parallel()
	var printed []string
	var request []string
	command, lines := launch(t, func(line string) bool {
		printed = append(printed, line)
		request = curl.FindStringSubmatch(line)
		return request != nil
	}, nil, assembly(t, atHome))
	if request == nil {
		t.Fatalf("no curl line among\n%s", strings.Join(printed, "\n"))
	}
	_, body := post(t, request[1], []byte(request[2]), "Content-Type", "application/json")
	if !strings.HasSuffix(body, "data: [DONE]\n\n") {
		t.Errorf("answer = %q, want a stream that ends in data: [DONE]", body)
	}

	rest := interrupt(t, command, lines)
	for _, hop := range []string{"behavior", "viewer function", "edge function", "oac", "function url", "function"} {
		if !regexp.MustCompile(`(?m)^  ` + hop + ` +\S+  \S`).MatchString(rest) {
			t.Errorf("no line of the hop %q in\n%s", hop, rest)
		}
	}
}

func TestCommandLineErrors(t *testing.T) {
	t.Parallel()
	binary, err := cli()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"no command":      {nil, 2, "Usage:"},
		"unknown command": {[]string{"rum"}, 2, `unknown command "rum"`},
		"a slip":          {[]string{"rum"}, 2, "Did you mean this?\n\trun"},
		"next step":       {[]string{"run", "--prot", "1"}, 2, "Run 'streamfront run --help'"},
		"unknown flag":    {[]string{"run", "--prot", "1"}, 2, "unknown flag: --prot"},
		"two assemblies":  {[]string{"run", "a", "b"}, 2, "run takes one cloud assembly"},
		"no assembly":     {[]string{"run", t.TempDir()}, 2, "run 'cdk synth' first"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), binary, test.args...)
			out, err := command.CombinedOutput()
			if command.ProcessState.ExitCode() != test.status {
				t.Errorf("%v, want exit status %d", err, test.status)
			}
			if !strings.Contains(string(out), test.want) {
				t.Errorf("printed %q, want it to say %q", out, test.want)
			}
		})
	}
}

// A reader sets API_KEY, and finds the variable in what is printed, but not the key.
func TestAKeyOfTheEnvironmentIsAskedFor(t *testing.T) {
	t.Parallel()
	const key = "the-key-of-a-reader"
	dry := exec.CommandContext(t.Context(), "make", "--dry-run", "run", "PORT=0")
	dry.Dir, dry.Env = root, append(os.Environ(), "API_KEY="+key)
	recipe, err := dry.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^bin/streamfront run --env API_KEY +--port 0 cdk.out`).Match(recipe) {
		t.Errorf("with API_KEY set 'make run' runs\n%s", recipe)
	}

	var request []string
	line := ""
	command, lines := launch(t, func(printed string) bool {
		line, request = printed, curl.FindStringSubmatch(printed)
		return request != nil
	}, []string{"API_KEY=" + key}, assembly(t, atHome), "--env", "API_KEY")
	if request == nil {
		t.Fatal("no curl line is printed")
	}
	if !strings.Contains(line, `"authorization: Bearer $API_KEY"`) {
		t.Errorf("printed %s, want the variable in it", line)
	}
	if resp, body := post(t, request[1], []byte(request[2]), "Content-Type", "application/json"); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("without the key: %d %s, want 401", resp.StatusCode, body)
	}
	if resp, body := post(t, request[1], []byte(request[2]), "Content-Type", "application/json", "Authorization", "Bearer "+key); resp.StatusCode != http.StatusOK || !strings.HasSuffix(body, "data: [DONE]\n\n") {
		t.Errorf("with the key: %d %s, want the stream", resp.StatusCode, body)
	}
	interrupt(t, command, lines)
}
