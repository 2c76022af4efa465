package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The commands are those of infra's TestOutputsSayHowToGetTheKey.
const (
	secretCommand    = `API_KEY=$(aws secretsmanager get-secret-value --region eu-west-1 --secret-id arn:aws:secretsmanager:eu-west-1:123456789012:secret:k --query SecretString --output text); echo "$API_KEY"`
	parameterCommand = `API_KEY=$(aws ssm get-parameter --region eu-west-1 --name /chat/key --with-decryption --query Parameter.Value --output text); echo "$API_KEY"`
)

func TestKeyOfTheOutputs(t *testing.T) {
	a := bootstrapped()
	inAccount(t, a)
	a.Secrets = map[string]string{}
	for stored, want := range map[string]string{
		"the-key": "the-key", " the-key\n": "the-key", `["new","old"]`: "new", `{"previous":"old","current":"new"}`: "new", `{"chat":"it"}`: "it", " ": "",
	} {
		a.Secrets["arn:aws:secretsmanager:eu-west-1:123456789012:secret:k"] = stored
		a.Parameters["eu-west-1 /chat/key"] = stored
		for _, command := range []string{secretCommand, parameterCommand} {
			got, err := (&outputs{Key: command}).readKey(t.Context())
			if got != want || (err == nil) != (want != "") {
				t.Errorf("%q by %.30s: %q, %v, want %q", stored, command, got, err, want)
			}
		}
	}
	if got, err := (&outputs{}).readKey(t.Context()); got != "" || err != nil {
		t.Errorf("without a key: %q, %v", got, err)
	}
	if _, err := (&outputs{Key: "cat key"}).readKey(t.Context()); err == nil {
		t.Error("another command is taken for a key")
	}
}

func TestReadOutputs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"Chat": {"Url": "https://d111111abcdef8.cloudfront.net", "Key": "k"}, "edge": {"X": "y"}}`: "",
		`{"edge": {"X": "y"}}`: "no stack with an output Url",
		`{"A": {"Url": "https://a"}, "B": {"Url": "https://b"}}`: "several stacks with an output Url, A, B",
		`[]`: "is not what 'cdk deploy --outputs-file' writes",
	} {
		file := filepath.Join(t.TempDir(), "outputs.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		o, err := readOutputs(file)
		if want == "" && (err != nil || o.URL != "https://d111111abcdef8.cloudfront.net") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %+v, %v, want %q", text, o, err, want)
		}
	}
}
