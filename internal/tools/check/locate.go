package check

import (
	"bytes"
	"cmp"
	"encoding/json"
	"path/filepath"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/regular"
)

// locate fills in where the resources of the findings stand.
func locate(a *assembly.Assembly, findings []found) {
	lines := map[string]map[string]int{} // by template and logical id
	for i := range findings {
		f := &findings[i]
		file := f.resource.Stack.TemplateFile
		if lines[file] == nil {
			text, err := regular.Read(file, regular.MaxText)
			if err != nil {
				text = nil // it was read a moment ago: the finding stands without a line
			}
			lines[file] = resourceLines(text)
		}
		f.Line = lines[file][cmp.Or(f.resource.From, f.LogicalID)]
		f.Template = file
		if relative, err := filepath.Rel(a.Dir, file); err == nil {
			f.Template = filepath.ToSlash(relative)
		}
	}
}

// resourceLines returns the line of each logical id in a template.
func resourceLines(text []byte) map[string]int {
	lines := map[string]int{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return lines
	}
	for decoder.More() {
		section, err := decoder.Token()
		if err != nil {
			return lines
		}
		if section != "Resources" {
			var skipped json.RawMessage
			if decoder.Decode(&skipped) != nil {
				return lines
			}
			continue
		}
		if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
			return lines
		}
		line, counted := 1, int64(0)
		for decoder.More() {
			id, err := decoder.Token()
			if err != nil {
				return lines
			}
			line += bytes.Count(text[counted:decoder.InputOffset()], []byte("\n"))
			counted = decoder.InputOffset()
			if name, ok := id.(string); ok {
				lines[name] = line
			}
			var skipped json.RawMessage
			if decoder.Decode(&skipped) != nil {
				return lines
			}
		}
		return lines
	}
	return lines
}
