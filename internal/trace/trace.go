// Package trace records what each hop decided about a request.
//
// The services record in it and the tools show it; it imports neither.
package trace

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/streamfront/streamfront/internal/causes"
	"github.com/streamfront/streamfront/internal/cdk"
)

// A Request is the way of one request through the chain. What says "details" is recorded
// only if details are asked for. As JSON it is what MarshalJSON says.
type Request struct {
	ID     string // X-Amz-Cf-Id, or the Function URL's request id for a direct call
	Method string
	Target string // path and query as they came, but credentials in the query masked
	Status int    // what the client got; 0: nothing
	Start  time.Time
	Took   time.Duration
	Hops   []Hop // in the order in which they began

	// FirstByte is how long after Start the first byte of the answer's body went out, or
	// its head if it has no body. Details.
	FirstByte time.Duration
	// Received and Sent are how many bytes of the bodies of request and answer came and
	// went. Details.
	Received, Sent int64

	running  bool         // it is one of Recorder.Running
	language cdk.Language // of the app
}

// A Hop is one step of a request.
type Hop struct {
	Name     string // such as "edge function" or "function url"
	Decision string // what it did, in words
	Detail   string // more for the operator, several lines; "" mostly
	Took     time.Duration
	Refused  bool // the request went no further

	// Cause is why the hop refused, as 'streamfront explain' knows it, such as
	// "payload-hash-missing"; "" for a reason that is not in that table. A hop that did not
	// refuse has one if it saw that what it passes on will not do.
	Cause string
	// Began is how long after the request's start the hop began. Details.
	Began time.Duration
	// Before and After are the head of the request, or that of the response if they have a
	// Status, as it came to the hop and as it left. Nil if the hop changes neither. Details.
	Before, After *Head
	// Canonical is the canonical request of AWS Signature Version 4 that the hop signed, or,
	// if the hop refused a signature, the one that it computed from what arrived. Values of
	// headers with credentials are masked. Details.
	Canonical string
	// Minor is a hop that only details have: it decides nothing.
	Minor bool

	open bool // it has not decided yet
}

// Cause is the cause of the last hop that refused; if none did, of the last one that has a
// cause. "" if none is known.
func (r *Request) Cause() string {
	warned := ""
	for _, h := range slices.Backward(r.Hops) {
		if h.Refused {
			return h.Cause
		}
		if warned == "" {
			warned = h.Cause
		}
	}
	return warned
}

// Fix says how to fix the cause, in the language of the app; "" if no cause is known.
func (r *Request) Fix() string {
	c := causes.Get(causes.ID(r.Cause()))
	if c == nil {
		return ""
	}
	return c.Fix.In(r.language)
}

// A Recorder gives finished requests to Done, one at a time and in order, outside of the
// requests: Done may take its time, and may wait for requests of its own.
type Recorder struct {
	Done func(Request)
	// Details records headers, sizes, times and canonical requests, too. Set it before the
	// first Join.
	Details bool

	mu       sync.Mutex
	open     map[string]*Recording
	language cdk.Language

	finished []Request
	handing  chan struct{} // closed when all that is finished was handed over; nil: it was
}

// A Recording is a request on its way. The servers that it passes share one.
type Recording struct {
	recorder *Recorder
	start    time.Time
	holders  int // guarded by recorder.mu, as is all that follows
	request  Request
	suspect  causes.ID
	meter    *Meter // nil: nobody measures
}

// Detailed reports whether details are recorded.
func (rec *Recording) Detailed() bool { return rec.recorder.Details }

// Suspect notes a cause that will make a later hop refuse the signature: who signs knows
// what is missing, who verifies only that it does not fit.
func (rec *Recording) Suspect(cause causes.ID) {
	rec.recorder.mu.Lock()
	defer rec.recorder.mu.Unlock()
	rec.suspect = cause
}

// Suspected is what Suspect noted last, or else the given cause.
func (rec *Recording) Suspected(otherwise causes.ID) causes.ID {
	rec.recorder.mu.Lock()
	defer rec.recorder.mu.Unlock()
	if rec.suspect != "" {
		return rec.suspect
	}
	return otherwise
}

// Signed is the canonical request that a hop has signed; "" if none did, or without
// details.
func (rec *Recording) Signed() string {
	rec.recorder.mu.Lock()
	defer rec.recorder.mu.Unlock()
	return rec.request.signed()
}

// Speak says in which language of the CDK the fixes of requests name constructs, from the next
// request on.
func (r *Recorder) Speak(language cdk.Language) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.language = language
}

// Join opens the recording with the id, or joins the one that is open already. Each Join
// needs a Leave.
func (r *Recorder) Join(id, method, target string) (rec *Recording, opened bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rec, ok := r.open[id]
	if !ok {
		start := time.Now()
		rec = &Recording{recorder: r, start: start, request: Request{ID: id, Method: method, Target: MaskURL(target), Start: start, language: r.language}}
		if r.open == nil {
			r.open = map[string]*Recording{}
		}
		r.open[id] = rec
	}
	rec.holders++
	return rec, !ok
}

// Hop begins a hop. The returned function ends it.
func (rec *Recording) Hop(name string) *OpenHop {
	rec.recorder.mu.Lock()
	defer rec.recorder.mu.Unlock()
	h := &OpenHop{recording: rec, index: len(rec.request.Hops), start: time.Now(), hop: Hop{Name: name}}
	if rec.Detailed() {
		h.hop.Began = h.start.Sub(rec.request.Start)
	}
	rec.request.Hops = append(rec.request.Hops, h.hop)
	rec.request.Hops[h.index].open = true
	return h
}

// Running returns the requests that are on their way, as far as they have come, the oldest
// first.
func (r *Recorder) Running() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	var running []Request
	for _, rec := range r.open {
		request := rec.request
		request.running, request.Took = true, time.Since(request.Start)
		request.Hops = slices.Clone(request.Hops)
		for i := range request.Hops {
			if h := &request.Hops[i]; h.open && r.Details {
				h.Took = request.Took - h.Began
			}
		}
		if rec.meter != nil {
			rec.meter.measure(&request)
		}
		running = append(running, request)
	}
	slices.SortFunc(running, func(a, b Request) int { return a.Start.Compare(b.Start) })
	return running
}

// Leave closes the recording once everybody who joined has left.
func (rec *Recording) Leave() {
	r := rec.recorder
	r.mu.Lock()
	rec.holders--
	last := rec.holders == 0
	if last {
		delete(r.open, rec.request.ID)
		rec.request.Took = time.Since(rec.request.Start)
	}
	if last && r.Done != nil {
		r.finished = append(r.finished, rec.request)
		if r.handing == nil {
			r.handing = make(chan struct{})
			go r.hand()
		}
	}
	r.mu.Unlock()
}

func (r *Recorder) hand() {
	for {
		r.mu.Lock()
		if len(r.finished) == 0 {
			close(r.handing)
			r.handing = nil
			r.mu.Unlock()
			return
		}
		next := r.finished[0]
		r.finished = r.finished[1:]
		r.mu.Unlock()
		r.Done(next)
	}
}

// Flush returns when all requests that have finished were handed over. Done must not call
// it.
func (r *Recorder) Flush() {
	r.mu.Lock()
	handing := r.handing
	r.mu.Unlock()
	if handing != nil {
		<-handing
	}
}

// An OpenHop is a hop that has not decided yet.
type OpenHop struct {
	recording *Recording
	index     int
	start     time.Time
	hop       Hop
}

// Detailed reports whether details are recorded.
func (h *OpenHop) Detailed() bool { return h.recording.Detailed() }

// Changed says what the hop made of the head of the request or of the response. It is for
// recordings with details.
func (h *OpenHop) Changed(before, after *Head) { h.hop.Before, h.hop.After = before, after }

// Canonical says which canonical request the hop signed or computed. It is for recordings
// with details, and masks what is secret in it.
func (h *OpenHop) Canonical(request string) { h.hop.Canonical = MaskCanonical(request) }

// Minor says that the hop decides nothing. It is for recordings with details.
func (h *OpenHop) Minor() { h.hop.Minor = true }

// Pass ends the hop: the request, or its answer, goes on.
func (h *OpenHop) Pass(format string, args ...any) {
	h.hop.Decision = MaskText(fmt.Sprintf(format, args...))
	h.end()
}

// Warn ends the hop as Pass does, of a request or answer with which a cause is known to be
// wrong.
func (h *OpenHop) Warn(cause causes.ID, format string, args ...any) {
	h.hop.Cause = string(cause)
	h.Pass(format, args...)
}

// Refuse ends the hop: it answers the request itself. The cause is one of package causes,
// or "" where none fits.
func (h *OpenHop) Refuse(cause causes.ID, detail, format string, args ...any) {
	h.hop.Decision, h.hop.Detail = MaskText(fmt.Sprintf(format, args...)), MaskText(detail)
	h.hop.Cause, h.hop.Refused = string(cause), true
	h.end()
}

func (h *OpenHop) end() {
	rec := h.recording
	rec.recorder.mu.Lock()
	defer rec.recorder.mu.Unlock()
	h.hop.Took = time.Since(h.start)
	rec.request.Hops[h.index] = h.hop
}
