package ecs

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/template"
)

func TestDockerfiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text      string
		pkg       string // "": not known
		arguments []string
	}{
		"two stages":         {"FROM golang AS build\nRUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /s ./functions/stream\nFROM scratch\nENV A=1\nENTRYPOINT [\"/s\"]\n", "./functions/stream", nil},
		"one line of many":   {"FROM golang\nRUN go mod download && \\\n    go build -o /s ./cmd/s && \\\n    rm -rf x\nCMD [\"/s\", \"-v\"]\n", "./cmd/s", []string{"-v"}},
		"the root":           {"FROM golang\nRUN go build -o /s .\nENTRYPOINT [\"/s\"]\nCMD [\"serve\"]\n", ".", []string{"serve"}},
		"another language":   {"FROM node\nCMD [\"node\", \"index.js\"]\n", "", nil},
		"without a program":  {"FROM golang\nRUN go build ./cmd/s\n", "", nil},
		"a shell's form":     {"FROM golang\nRUN go build ./cmd/s\nCMD /s\n", "", nil},
		"of the first stage": {"FROM golang\nRUN go build ./cmd/s\nENTRYPOINT [\"x\"]\nFROM scratch\n", "", nil},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		image := assembly.Image{Dir: dir, Dockerfile: "Dockerfile"}
		p := readDockerfile(image, &Container{})
		switch {
		case test.pkg == "" && p != nil:
			t.Errorf("%s: builds %s, want nothing", name, p.Package)
		case test.pkg != "" && (p == nil || p.Package != test.pkg || !slices.Equal(p.Arguments, test.arguments)):
			t.Errorf("%s: %+v, want %s %q", name, p, test.pkg, test.arguments)
		}
		if readDockerfile(image, &Container{Entry: template.TextsOf("/other")}) != nil {
			t.Errorf("%s: a container with another entry point runs another program", name)
		}
		if p := readDockerfile(image, &Container{Command: template.TextsOf("a", "b")}); name == "the root" && !slices.Equal(p.Arguments, []string{"a", "b"}) {
			t.Errorf("%s: arguments %q, want those of the container", name, p.Arguments)
		}
	}
}
