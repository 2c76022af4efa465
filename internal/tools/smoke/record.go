package smoke

import (
	"errors"
	"slices"
	"time"

	"github.com/streamfront/streamfront/internal/settled"
)

// Assumptions are all that a run can settle.
func Assumptions() []Assumption { return slices.Clone(assumptions) }

// Facts are what the run has settled, for a file by which the local chain behaves. They have
// nothing of the endpoint but what AWS did. The local chain settles nothing.
func (r *Report) Facts(by string, on time.Time) (*settled.Facts, error) {
	if r.Local {
		return nil, errors.New("this is an endpoint of this machine, which settles nothing about AWS: ask a deployment")
	}
	var facts []settled.Fact
	for _, s := range r.Assumptions {
		state := map[State]settled.State{Confirmed: settled.Confirmed, Refuted: settled.Refuted}[s.State]
		if state == "" || s.Assumption.ID == settled.ChallengeRenamed && s.State == Refuted {
			continue // not settled; a challenge that keeps its name may be RestoreChallenge's work
		}
		facts = append(facts, settled.Fact{ID: s.Assumption.ID, Says: s.Assumption.Says, State: state, Value: s.Value})
	}
	return settled.New(by, on, r.Failed, facts), nil
}
