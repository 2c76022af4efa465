package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEnvFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), ".env")
	text := "# settings\n\nMODEL=a=b\n export QUOTED=\"two words\"\nSINGLE='x'\nEMPTY=\n  SPACED =  y \n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := readEnvFile(file)
	want := map[string]string{"MODEL": "a=b", "QUOTED": "two words", "SINGLE": "x", "EMPTY": "", "SPACED": "y"}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	for bad, message := range map[string]string{"AB=1\nB C\n": ":2: want NAME=VALUE", "1A=2\n": ":1: want NAME=VALUE"} {
		if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readEnvFile(file); err == nil || !strings.HasSuffix(err.Error(), message) {
			t.Errorf("%q: %v, want %s", bad, err, message)
		}
	}
}
