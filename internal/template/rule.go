package template

import (
	"fmt"

	"github.com/streamfront/streamfront/internal/causes"
)

// A Rule finds one thing that can be wrong with a part of the model.
type Rule[T any] struct {
	// ID names the rule, and its cause in package causes.
	ID   causes.ID
	Kind Kind
	// Level is the worst that the rule reports.
	Level Level
	// Look reports what is wrong with the part.
	Look func(part T, r *Report)
}

// A Report takes what a rule finds.
type Report struct {
	id   causes.ID
	kind Kind
	log  *Log
}

// Judge lets each rule look at the part.
func Judge[T any](rules []Rule[T], part T, log *Log) {
	for i := range rules {
		rules[i].Look(part, &Report{rules[i].ID, rules[i].Kind, log})
	}
}

func (r *Report) add(at Place, level Level, format string, args []any) {
	r.log.Add(Finding{Place: at, Rule: r.id, Kind: r.kind, Level: level, Message: fmt.Sprintf(format, args...)})
}

// Error reports an error. The message goes on where the name of the property ends.
func (r *Report) Error(at Place, format string, args ...any) { r.add(at, Error, format, args) }

// Warn reports a warning.
func (r *Report) Warn(at Place, format string, args ...any) { r.add(at, Warning, format, args) }

// Unseen warns of a part of the way that cannot be looked at.
func (r *Report) Unseen(at Place, format string, args ...any) {
	(&Report{r.id, Unseen, r.log}).add(at, Warning, format, args)
}

// Note reports a note.
func (r *Report) Note(at Place, format string, args ...any) { r.add(at, Note, format, args) }

// An Entry is a rule in the list of all.
type Entry struct {
	ID    causes.ID
	Kind  Kind
	Level Level
}

// Entries lists rules. Those that are found while a template is read are Reading.
func Entries[T any](rules []Rule[T]) []Entry {
	var entries []Entry
	for _, rule := range rules {
		entries = append(entries, Entry{rule.ID, rule.Kind, rule.Level})
	}
	return entries
}

// Reading are the rules that a Reader applies by itself.
var Reading = []Entry{
	{causes.ValueRefused, Refused, Error},
	{causes.ValueUnknown, Unknown, Warning},
}
