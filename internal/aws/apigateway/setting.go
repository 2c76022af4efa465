package apigateway

import (
	"github.com/streamfront/streamfront/internal/aws/throttle"
	"github.com/streamfront/streamfront/internal/template"
)

// A Setting is of some operations of a stage.
type Setting struct {
	template.Place

	Path, Method string // "/*" or "*", and "*", for all
	Limits       throttle.Limits
	Caching      template.Bool
}

// covers reports whether the setting is that of an operation alone, or of all.
func (s *Setting) covers(o *Operation) (own, all bool) {
	all = s.Method == "*" && (s.Path == "/*" || s.Path == "*")
	return s.Path == o.Path && (s.Method == o.Method || s.Method == "*"), all
}

// setting returns what holds for an operation: its own setting, else that of all; nil for none.
func (s *Stage) setting(o *Operation) *Setting {
	var found *Setting
	for _, one := range s.Settings {
		switch own, all := one.covers(o); {
		case own:
			return one
		case all:
			found = one
		}
	}
	return found
}

func readSetting(of *template.Reader, path, method string) *Setting {
	return &Setting{
		Place: of.Place, Path: path, Method: method,
		Limits:  throttle.Read(of, "ThrottlingRateLimit", "ThrottlingBurstLimit"),
		Caching: of.Bool("CachingEnabled", template.Quiet),
	}
}
