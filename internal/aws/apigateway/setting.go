package apigateway

import (
	"strconv"

	"github.com/streamfront/streamfront/internal/template"
)

// A Setting is of some operations of a stage.
type Setting struct {
	template.Place

	Path, Method string // "/*" or "*", and "*", for all
	Rate         float64
	Burst        int
	Limited      bool // it has a rate or a burst
	Caching      template.Bool
}

// covers tells whether the setting is that of an operation alone, or of all.
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

// unlimited stands for a rate or a burst that nothing bounds but the account's quotas.
const unlimited = -1

func readSetting(of *template.Reader, path, method string) *Setting {
	s := &Setting{Place: of.Place, Path: path, Method: method, Rate: unlimited, Burst: unlimited}
	s.Rate, s.Burst, s.Limited = readLimits(of, "ThrottlingRateLimit", "ThrottlingBurstLimit")
	s.Caching = of.Bool("CachingEnabled", template.Quiet)
	return s
}

// readLimits reads a rate, which need not be whole, and a burst.
func readLimits(of *template.Reader, rateName, burstName string) (rate float64, burst int, limited bool) {
	rate, burst = unlimited, unlimited
	given := of.Text(rateName, template.Quiet)
	if given.Given && given.Known() {
		if v, err := strconv.ParseFloat(given.V, 64); err != nil || v < 0 && v != unlimited {
			of.Refuse(rateName, "is %s: want a number of requests a second, from 0 on", given.V)
		} else {
			rate = v
		}
	}
	number := of.Number(burstName, template.Quiet)
	if number.Given && number.Known() {
		burst = number.V
	}
	return rate, burst, rate != unlimited || burst != unlimited
}
