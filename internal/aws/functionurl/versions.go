package functionurl

import (
	"sync/atomic"

	"github.com/streamfront/streamfront/internal/aws/lambda"
)

// Versions are the two versions behind an alias while a deployment moves it from one to the
// other.
type Versions struct {
	// Deployed is the version that the deployment began with.
	Deployed *lambda.Function
	// Share is how many of 100 requests the new version gets.
	Share int

	requests atomic.Int64
}

// isNew reports whether the next request goes to the new version. They are spread evenly, so
// that a run can be repeated; AWS draws lots.
func (v *Versions) isNew() bool {
	n, share := v.requests.Add(1), int64(v.Share)
	return n*share/100 != (n-1)*share/100
}

// version returns the function that a request is for, and which version that is; "" if there is
// one alone.
func (s *Server) version() (function *lambda.Function, name string) {
	switch {
	case s.Versions == nil:
		return s.Lambda, ""
	case s.Versions.isNew():
		return s.Lambda, "new"
	default:
		return s.Versions.Deployed, "deployed"
	}
}
