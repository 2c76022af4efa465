package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/tools/doctor"
	"github.com/streamfront/streamfront/internal/tools/fakeaws"
)

// inAccount makes this process one with credentials for an account, and with the programs
// that the doctor asks for.
func inAccount(t *testing.T, a *fakeaws.Account) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the programs are shell scripts")
	}
	for name, value := range fakeaws.Environment(fakeaws.Start(t, a)) {
		t.Setenv(name, value)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"go": "go1.26.3", "node": "v24.1.0", "cdk": "2.1148.1 (build 1)"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\necho '"+text+"'\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	t.Chdir(dir) // no node_modules here
}

func bootstrapped() *fakeaws.Account {
	return &fakeaws.Account{ID: "123456789012", Regions: []string{"us-east-1", "eu-west-1"}, Parameters: map[string]string{
		"us-east-1 /cdk-bootstrap/hnb659fds/version": "30", "eu-west-1 /cdk-bootstrap/hnb659fds/version": "30",
	}}
}

func TestDoctor(t *testing.T) {
	for name, test := range map[string]struct {
		wrong  func(*fakeaws.Account)
		args   []string
		status int
		stdout string
		stderr string
	}{
		"all is well":             {func(*fakeaws.Account) {}, nil, 0, "ok  bootstrap in us-east-1", ""},
		"a warning":               {func(a *fakeaws.Account) { a.Concurrency = map[string]int{"eu-west-1": 10} }, nil, 0, "warn  quota of concurrency", ""},
		"no bootstrap":            {func(a *fakeaws.Account) { a.Parameters = nil }, nil, 1, "fix  npx cdk bootstrap aws://123456789012/eu-west-1", ""},
		"denied":                  {func(a *fakeaws.Account) { a.Denied = []string{"ssm:GetParameter"} }, nil, 2, "ssm:GetParameter is denied", "2 points could not be examined"},
		"denied, and taken so":    {func(a *fakeaws.Account) { a.Denied = []string{"ssm:GetParameter"} }, []string{"--accept-unknown"}, 0, "unknown", ""},
		"another region":          {func(*fakeaws.Account) {}, []string{"--region", "us-east-1"}, 0, "ok  region us-east-1", ""},
		"a certificate is missed": {func(*fakeaws.Account) {}, []string{"--domain", "example.com"}, 1, "there is none for example.com", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := bootstrapped()
			test.wrong(a)
			inAccount(t, a)
			stdout, stderr, status := try(t, "", append([]string{"doctor"}, test.args...)...)
			if status != test.status || !strings.Contains(squeezed(stdout), squeezed(test.stdout)) || !strings.Contains(stderr, test.stderr) || test.stderr == "" && stderr != "" {
				t.Errorf("status %d, want %d\n%s%s", status, test.status, stdout, stderr)
			}
		})
	}
}

// squeezed has one space where a table has some.
func squeezed(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestDoctorInJSON(t *testing.T) {
	inAccount(t, bootstrapped())
	stdout, _, status := try(t, "", "doctor", "--json")
	var report doctor.Report
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || status != 0 {
		t.Fatalf("status %d, %v: %s", status, err, stdout)
	}
	if report.Account != "123456789012" || report.Region != "eu-west-1" || report.Count(doctor.OK) != len(report.Findings) || len(report.Findings) < 10 {
		t.Errorf("report = %+v, want everything ok", report)
	}
}
