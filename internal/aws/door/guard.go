package door

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/streamfront/streamfront/internal/aws/lambda/event"
	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/loopback"
	"github.com/streamfront/streamfront/internal/trace"
)

// Guard lets only those requests in that ask for this machine, or for a name of the door: a
// listener on loopback is not out of reach of the web.
func Guard(d Door, recorder *trace.Recorder, next http.Handler) http.Handler {
	rule := loopback.Rule{Names: d.Domains()}
	origin, _ := d.(Origin)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if loopback.ByPipe(r) {
			if origin != nil && origin.AnyHost() || slices.ContainsFunc(d.Domains(), func(own string) bool { return strings.EqualFold(own, r.Host) }) {
				next.ServeHTTP(w, r)
				return
			}
			refuseHost(d, recorder, w, r)
			return
		}
		err := rule.Admit(r)
		if err == nil {
			next.ServeHTTP(w, r)
			return
		}
		rec, _ := recorder.Join(RecordingID(r, event.RequestID()), r.Method, r.RequestURI)
		defer rec.Leave()
		meter := rec.Meter(w, r)
		defer meter.Done()
		rec.Hop(d.Kind()).Refuse(causes.DomainUnknown, "", "403: %v", err)
		http.Error(meter, "Forbidden: "+err.Error(), http.StatusForbidden)
	})
}

// refuseHost answers a distribution that asks an API for a host which is not its own, as one
// that forwards the viewer's Host does.
func refuseHost(d Door, recorder *trace.Recorder, w http.ResponseWriter, r *http.Request) {
	rec, _ := recorder.Join(RecordingID(r, event.RequestID()), r.Method, r.RequestURI)
	defer rec.Leave()
	rec.Hop(d.Kind()).Refuse(causes.HostForwarded, "", "403: the request is for the host %q, and the %s answers for %s", r.Host, d.Kind(), strings.Join(d.Domains(), ", "))
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", "ForbiddenException")
	w.WriteHeader(http.StatusForbidden)
	_, _ = io.WriteString(w, `{"message":"Forbidden"}`)
}

// RecordingID is the id of the recording of a request: that of the distribution whose hop it
// is, or else the one given.
func RecordingID(r *http.Request, id string) string {
	if loopback.ByPipe(r) {
		if of := r.Header.Get("X-Amz-Cf-Id"); of != "" {
			return of
		}
	}
	return id
}
