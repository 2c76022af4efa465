package main

import (
	"strings"
	"testing"
)

func TestFilledIn(t *testing.T) {
	t.Parallel()
	environment := map[string]string{"API_KEY": "the-key", "ODD": "a$(b)"}
	for line, want := range map[string]string{
		`curl -H "authorization: Bearer $API_KEY"`:   `curl -H "authorization: Bearer the-key"`,
		`curl -H "authorization: Bearer ${API_KEY}"`: `curl -H "authorization: Bearer the-key"`,
		`echo $API_KEYS $API_KEY_2 $OTHER $ODD $`:    `echo $API_KEYS $API_KEY_2 $OTHER $ODD $`,
	} {
		if got := filledIn(line, environment); got != want {
			t.Errorf("filledIn(%s) = %s, want %s", line, got, want)
		}
		if got := filledIn(line, nil); got != line {
			t.Errorf("without variables filledIn(%s) = %s", line, got)
		}
	}
}

func TestVariablesForFunctions(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]string{
		"STREAMFRONT_TEST_NOT_SET": "STREAMFRONT_TEST_NOT_SET is not set here: want NAME=VALUE",
		"=x":                       "want NAME=VALUE or NAME",
		"A-B=x":                    "want NAME=VALUE or NAME",
	} {
		if _, stderr, status := try(t, "", "run", "--env", arg); status != exitFailed || !strings.Contains(stderr, want) {
			t.Errorf("--env %s: exit status %d, %q, want %q", arg, status, stderr, want)
		}
	}
}
