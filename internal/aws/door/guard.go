package door

import (
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/trace"
)

// Guard lets only those requests in that ask for this machine, or for a name of the door: a
// listener on loopback is not out of reach of the web.
func Guard(d Door, recorder *trace.Recorder, next http.Handler) http.Handler {
	rule := loopback.Rule{Names: d.Domains()}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := rule.Admit(r)
		if err == nil {
			next.ServeHTTP(w, r)
			return
		}
		rec, _ := recorder.Join(strings.ToLower(rand.Text()), r.Method, r.RequestURI)
		defer rec.Leave()
		meter := rec.Meter(w, r)
		defer meter.Done()
		rec.Hop(d.Kind()).Refuse(causes.DomainUnknown, "", "403: %v", err)
		http.Error(meter, "Forbidden: "+err.Error(), http.StatusForbidden)
	})
}
