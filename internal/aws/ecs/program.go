package ecs

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/regular"
)

// A Program is a Go program that the Dockerfile of an image builds.
type Program struct {
	Dir       string // with the module
	Package   string // such as ./cmd/server
	Arguments []string
	Variables map[string]string // that the image has
}

// findProgram finds the program of the container that the load balancer asks.
func (s *Service) findProgram() {
	c := s.Container
	if c == nil || s.Replaced {
		return
	}
	image, ok := s.Task.Resource.Stack.Image(c.Image.V)
	if ok {
		s.Program = readDockerfile(image, c)
	}
	if s.Program == nil {
		s.Task.Log.Unmodelled(c.Image.Place, "is a container image, which the local chain does not run unless its Dockerfile builds a Go program; give it the program of the image: --function %s='npm start'", s.Name)
	}
}

var (
	// goBuild is the package that a line of a Dockerfile builds: what stands last.
	goBuild  = regexp.MustCompile(`\bgo build\b[^\n&|;]*?\s(\.\S*)\s*(?:$|&&|;|\|)`)
	variable = regexp.MustCompile(`^ENV\s+([A-Za-z_][A-Za-z0-9_]*)[= ]\s*(.*)$`)
	begins   = regexp.MustCompile(`(?i)^FROM\s`)
)

// readDockerfile returns the Go program that the image runs; nil if it is not known to be one:
// if there is no 'go build' of a package by its path, or the container has another entry point.
// Of the last stage it reads ENV, ENTRYPOINT and CMD, the latter two in their form of JSON.
func readDockerfile(image assembly.Image, c *Container) *Program {
	text, err := regular.Read(filepath.Join(image.Dir, image.Dockerfile), regular.MaxText)
	if err != nil || c.Entry.Given {
		return nil
	}
	p := &Program{Dir: image.Dir}
	var entry, command []string
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\\\n", " ")) {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case begins.MatchString(line):
			p.Variables, entry, command = map[string]string{}, nil, nil
		case strings.EqualFold(word, "ENTRYPOINT"):
			entry = list(rest)
		case strings.EqualFold(word, "CMD"):
			command = list(rest)
		default:
			if found := variable.FindStringSubmatch(line); found != nil && p.Variables != nil {
				p.Variables[found[1]] = strings.Trim(found[2], `"`)
			}
			if found := goBuild.FindStringSubmatch(line); found != nil {
				p.Package = found[1]
			}
		}
	}
	if c.Command.Given {
		command = c.Command.Strings()
	}
	all := append(entry, command...)
	if p.Package == "" || len(all) == 0 {
		return nil
	}
	p.Arguments = all[1:]
	return p
}

// list reads the form of JSON of an instruction; nil for a line of a shell.
func list(text string) []string {
	var items []string
	if json.Unmarshal([]byte(strings.TrimSpace(text)), &items) != nil {
		return nil
	}
	return items
}
