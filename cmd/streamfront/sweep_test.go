package main

import (
	"strings"
	"testing"

	"github.com/streamfront/streamfront/internal/tools/fakeaws"
)

func TestSweep(t *testing.T) {
	a := bootstrapped()
	a.Functions = map[string]*fakeaws.Lambda{"Chat-Signer": {
		Description: "streamfront: hashes request bodies for OAC", Tags: map[string]string{"aws:cloudformation:stack-name": "Chat"}, Replicated: true,
	}}
	a.LogGroups = []fakeaws.LogGroup{{Region: "eu-west-1", Name: "/aws/lambda/us-east-1.Chat-Signer", Bytes: 1}}
	inAccount(t, a)
	for _, step := range []struct {
		args   []string
		change func()
		status int
		says   string
	}{
		{nil, func() {}, 1, "left function Chat-Signer of Chat left log group /aws/lambda/us-east-1.Chat-Signer in eu-west-1, 1 KB Left: 1 function and 1 log group. Nothing was deleted: 'streamfront sweep --yes' does that."},
		{[]string{"--yes"}, func() {}, 1, "replicated function Chat-Signer of Chat (CloudFront still has replicas, which go within hours of its last use: try again later)"},
		{[]string{"--yes", "--json"}, func() { a.Functions["Chat-Signer"].Replicated = false }, 0, `"state": "deleted"`},
		{nil, func() {}, 0, "No edge function is left"},
		{nil, func() { a.Denied = []string{"lambda:ListFunctions"} }, 2, ""},
		{[]string{"everything"}, func() {}, 2, ""},
	} {
		step.change()
		stdout, stderr, status := try(t, "", append([]string{"sweep"}, step.args...)...)
		if status != step.status || !strings.Contains(squeezed(stdout), step.says) {
			t.Errorf("sweep %q: status %d, want %d and %q\n%s%s", step.args, status, step.status, step.says, stdout, stderr)
		}
	}
	if len(a.Functions)+len(a.LogGroups) > 0 {
		t.Errorf("%v and %v are left", a.Functions, a.LogGroups)
	}
}
