package sweep

import (
	"cmp"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/assembly"
)

// A Kept is a resource that stays when its stack goes, since its template says so.
type Kept struct {
	Type   string `json:"type"`
	Path   string `json:"path"` // of the construct, or the stack's and its logical id
	Region string `json:"region"`
}

// KeptBy lists what the templates of a cloud assembly keep, but for functions and their
// versions, which are what sweep is for.
func KeptBy(dir string) ([]Kept, error) {
	a, err := assembly.Load(dir)
	if err != nil {
		return nil, err
	}
	var kept []Kept
	for _, s := range a.Stacks {
		for _, r := range s.Resources {
			if !strings.HasPrefix(r.DeletionPolicy, "Retain") || r.Type == "AWS::Lambda::Function" || r.Type == "AWS::Lambda::Version" {
				continue
			}
			if exists, err := r.Exists(); err == nil && !exists {
				continue
			}
			path, ok := r.Metadata["aws:cdk:path"].(string)
			if path = strings.TrimSuffix(path, "/Resource"); !ok {
				path = r.Name()
			}
			kept = append(kept, Kept{Type: r.Type, Path: path, Region: s.Region})
		}
	}
	slices.SortFunc(kept, func(a, b Kept) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Path, b.Path)) })
	return kept, nil
}
