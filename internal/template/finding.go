package template

import (
	"fmt"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
)

// A Kind is what a finding means.
type Kind int

// The kinds of findings; see the package's comment.
const (
	Refused Kind = iota + 1
	Hole
	Unknown
	Unseen
	Unmodelled
)

// A Level is how bad a finding is.
type Level string

const (
	// Error is what AWS refuses, and what lets in who should not be.
	Error Level = "error"
	// Warning is what works, but not as well or as safely as it should, and what could not
	// be looked at.
	Warning Level = "warning"
	// Note is what rests on something outside of the template.
	Note Level = "note"
)

// A Finding is one thing about a template.
type Finding struct {
	Place
	Rule    causes.ID // None for what is Unmodelled
	Kind    Kind
	Level   Level
	Message string // goes on where the name of the property ends
}

// String returns the finding on one line.
func (f *Finding) String() string {
	place, message := f.Place.String(), f.Message
	switch {
	case f.Property == "" && f.Resource != nil:
		place += ":"
	case strings.HasPrefix(message, ":"):
		return place + message
	}
	return strings.TrimSpace(place + " " + message)
}

// A Log collects findings. Each is reported once.
type Log struct{ findings []Finding }

// Findings are those of the log.
func (l *Log) Findings() []Finding { return l.findings }

// Add adds a finding that is not there yet.
func (l *Log) Add(f Finding) {
	if !slices.Contains(l.findings, f) {
		l.findings = append(l.findings, f)
	}
}

// Take adds the findings of other logs of the given kinds, of all kinds if none is given.
func (l *Log) Take(other *Log, kinds ...Kind) {
	for _, f := range other.findings {
		if len(kinds) == 0 || slices.Contains(kinds, f.Kind) {
			l.Add(f)
		}
	}
}

// Unmodelled notes what the local chain cannot serve.
func (l *Log) Unmodelled(at Place, format string, args ...any) {
	l.Add(Finding{Place: at, Kind: Unmodelled, Level: Error, Message: fmt.Sprintf(format, args...)})
}

// Unknown notes a value that is not known before the deployment, which the local chain
// cannot serve, and which some rule is about.
func (l *Log) Unknown(at Place, format string, args ...any) {
	l.Unmodelled(at, format, args...)
	l.Add(Finding{at, causes.ValueUnknown, Unknown, Warning, fmt.Sprintf(format, args...)})
}
