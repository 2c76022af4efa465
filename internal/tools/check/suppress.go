package check

import (
	"fmt"
	"maps"
	"slices"

	"github.com/streamfront/streamfront/internal/assembly"
	"github.com/streamfront/streamfront/internal/causes"
)

// suppress splits the findings by what the resources' metadata say:
//
//	"Metadata": {"streamfront": {"suppress": [{"id": causes.URLPublic, "reason": "a webhook"}]}}
//
// Without a reason a finding stays.
func suppress(findings []found) (left, suppressed []Finding) {
	left, suppressed = []Finding{}, []Finding{}
	for _, f := range findings {
		if reason := suppression(f.resource, f.Rule); reason != "" {
			f.Reason = reason
			suppressed = append(suppressed, f.Finding)
			continue
		}
		left = append(left, f.Finding)
	}
	return left, suppressed
}

// suppression returns the reason to suppress a rule at a resource; "" if there is none.
func suppression(res *assembly.Resource, rule causes.ID) string {
	for _, entry := range suppressions(res) {
		if entry.id == string(rule) {
			return entry.reason
		}
	}
	return ""
}

type entry struct{ id, reason string }

func suppressions(res *assembly.Resource) []entry {
	ours, _ := res.Metadata["streamfront"].(map[string]any)
	list, _ := ours["suppress"].([]any)
	var found []entry
	for _, item := range list {
		object, _ := item.(map[string]any)
		id, _ := object["id"].(string)
		reason, _ := object["reason"].(string)
		found = append(found, entry{id, reason})
	}
	return found
}

// suppressionNotes reports suppressions that do nothing.
func suppressionNotes(a *assembly.Assembly) []string {
	var notes []string
	for _, s := range a.Stacks {
		for _, id := range slices.Sorted(maps.Keys(s.Resources)) {
			for _, entry := range suppressions(s.Resources[id]) {
				switch {
				case causes.Get(causes.ID(entry.id)) == nil:
					notes = append(notes, fmt.Sprintf("%s suppresses %q, which is not a rule", s.Resources[id].Name(), entry.id))
				case entry.reason == "":
					notes = append(notes, fmt.Sprintf("%s suppresses %s without a reason, which does nothing: give one", s.Resources[id].Name(), entry.id))
				}
			}
		}
	}
	return notes
}
