package test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// launch runs 'streamfront run', which the end of the test interrupts. It reads the lines that are
// printed until stop returns true.
func launch(t *testing.T, stop func(line string) bool, environment []string, args ...string) (command *exec.Cmd, lines *bufio.Scanner) {
	t.Helper()
	binary, err := cli()
	if err != nil {
		t.Fatal(err)
	}
	command = exec.CommandContext(t.Context(), binary, append([]string{"run", "--port", "0", "--source", root}, args...)...)
	command.Env = append(os.Environ(), environment...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = patience
	command.Stderr = t.Output()
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
	defer watchdog.Stop()
	lines = bufio.NewScanner(stdout)
	for lines.Scan() && !stop(lines.Text()) {
	}
	return command, lines
}

// interrupt ends the command as Ctrl-C does, and returns what it still prints.
func interrupt(t *testing.T, command *exec.Cmd, lines *bufio.Scanner) string {
	t.Helper()
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
	defer watchdog.Stop()
	var rest strings.Builder
	for lines.Scan() {
		rest.WriteString(lines.Text() + "\n")
	}
	if err := command.Wait(); err != nil {
		t.Errorf("after an interrupt: %v, want exit status 0", err)
	}
	return rest.String()
}

// startRun runs 'streamfront run' for the time of the test.
func startRun(t *testing.T, dir string) (url, functionURL string) {
	t.Helper()
	command, lines := launch(t, func(line string) bool {
		switch words := strings.Fields(line); {
		case len(words) > 2 && words[0] == "function" && words[1] == "url":
			functionURL = words[2]
		case len(words) > 1 && words[0] == "distribution":
			url = words[1]
		}
		return url != ""
	}, nil, dir, "--invoker-key", "AKIDEXAMPLE:secret")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines.Scan() { // the hops of each request
		}
		_ = command.Wait() // an interrupt is how it is meant to end
	}()
	// The test's context has interrupted it by then. A second interrupt would kill it, and leave
	// its temporary files.
	t.Cleanup(func() { <-ended })
	if url == "" || functionURL == "" {
		t.Fatalf("run printed no addresses: %q, %q", url, functionURL)
	}
	return url, functionURL
}

// smokeReport is what 'streamfront smoke --json' prints.
type smokeReport struct {
	OK, Failed, Skipped int
	Keyed, Local        bool
	Results             []struct {
		Name, Outcome, Want, Seen, Cause, Note string
	}
	Assumptions []struct{ State string }
}

// smoke runs 'streamfront smoke --json'.
func smoke(t *testing.T, key string, args ...string) (report smokeReport, status int, stderr string) {
	t.Helper()
	binary, err := cli()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), binary, append([]string{"smoke", "--json", "--timeout", patience.String()}, args...)...)
	command.Env = append(os.Environ(), "STREAMFRONT_API_KEY="+key,
		"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=", "AWS_REGION=us-east-1") // for --sign
	var stdout, messages bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &messages
	_ = command.Run()
	if stdout.Len() > 0 {
		if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
			t.Fatalf("%v in %s", err, &stdout)
		}
	}
	return report, command.ProcessState.ExitCode(), messages.String()
}

// All rows, heartbeats over a silence longer than the read timeout among them.
func TestSmokePassesAgainstRun(t *testing.T) {
	t.Parallel()
	keyed := mutate(t, assembly(t, atHome), func(resources object) {
		sampleEnvironment(t, resources)["API_KEY"] = "the-key"
	})
	for name, test := range map[string]struct {
		dir, key string
		args     []string
		skipped  int
	}{
		"with a key":    {keyed, "the-key", nil, 2},
		"without a key": {assembly(t, atHome), "", []string{"--quick"}, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, functionURL := startRun(t, test.dir)
			report, status, stderr := smoke(t, test.key, append(test.args, "--sign", "--function-url", functionURL, url)...)
			for _, row := range report.Results {
				if row.Outcome == "FAIL" {
					t.Errorf("%s: want %s, seen %s (%s)", row.Name, row.Want, row.Seen, row.Cause)
				}
			}
			if status != 0 || report.OK < 90 || report.Skipped != test.skipped {
				t.Errorf("exit status %d, %d ok, %d skipped, want 0, 90 at least, %d; %s", status, report.OK, report.Skipped, test.skipped, stderr)
			}
			if report.Keyed != (test.key != "") || !report.Local {
				t.Errorf("keyed %v, local %v", report.Keyed, report.Local)
			}
			for _, a := range report.Assumptions {
				if a.State != "assumed" {
					t.Errorf("an assumption of the chain is %q against the chain: %+v", a.State, report.Assumptions)
				}
			}
		})
	}
}

// What a template lacks shows in the rows about it.
func TestSmokeFindsWhatATemplateLacks(t *testing.T) {
	t.Parallel()
	behavior := func(t *testing.T, resources object) object {
		distribution := only(t, resources, "AWS::CloudFront::Distribution", anyOf)
		return distribution["DistributionConfig"].(object)["DefaultCacheBehavior"].(object)
	}
	for name, test := range map[string]struct {
		edit  func(*testing.T, object)
		row   string
		cause string
	}{
		"without the signer": {func(t *testing.T, resources object) {
			delete(behavior(t, resources), "LambdaFunctionAssociations")
		}, "POST of text", "payload-hash-missing"},
		"without the viewer function": {func(t *testing.T, resources object) {
			delete(behavior(t, resources), "FunctionAssociations")
		}, "the host is the viewer's", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _ := startRun(t, mutate(t, assembly(t, atHome), func(resources object) { test.edit(t, resources) }))
			report, status, stderr := smoke(t, "", "--only", test.row, url)
			if status != 1 || len(report.Results) == 0 || report.Results[0].Outcome != "FAIL" || report.Results[0].Cause != test.cause {
				t.Errorf("exit status %d, %+v, want 1 and %s failed for %q; %s", status, report.Results, test.row, test.cause, stderr)
			}
		})
	}
}

// One error with the next step, not a hundred failures.
func TestSmokeSaysWhatItCannotAsk(t *testing.T) {
	t.Parallel()
	keyed, _ := startRun(t, mutate(t, assembly(t, atHome), func(resources object) {
		sampleEnvironment(t, resources)["API_KEY"] = "the-key"
		sampleEnvironment(t, resources)["PROBES"] = "false"
	}))
	ungranted, _ := startRun(t, mutate(t, assembly(t, atHome), func(resources object) {
		revoke(t, resources, "lambda:InvokeFunction")
	}))
	buffered, _ := startRun(t, mutate(t, assembly(t, atHome), func(resources object) {
		url := only(t, resources, "AWS::Lambda::Url", anyOf)
		url["InvokeMode"] = "BUFFERED"
	}))
	node, _ := startRun(t, assembly(t, inNode))
	for name, test := range map[string]struct {
		key  string
		args []string
		exit int
		want []string
	}{
		"no key with the probes off": {"", []string{keyed}, 2, []string{"has no probes", "PROBES"}},
		"probes off":                 {"the-key", []string{keyed}, 2, []string{"has no probes", "PROBES"}},
		"another application":        {"", []string{node}, 2, []string{"has no probes", "functions/stream"}},
		"a grant missing":            {"", []string{ungranted}, 2, []string{"AccessDeniedException", "grant-function-missing"}},
		"a URL that does not stream": {"", []string{buffered}, 2, []string{"status 502", "function-failed"}},
		"no URL":                     {"", nil, 2, []string{"smoke takes one URL"}},
		"a path":                     {"", []string{keyed + "/v1"}, 2, []string{"without path"}},
	} {
		report, status, stderr := smoke(t, test.key, test.args...)
		missing := slices.ContainsFunc(test.want, func(want string) bool { return !strings.Contains(stderr, want) })
		if status != test.exit || len(report.Results) > 0 || missing {
			t.Errorf("%s: exit status %d, %s, want %d and %q", name, status, stderr, test.exit, test.want)
		}
	}
}
